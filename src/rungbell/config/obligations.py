"""What a severity demands beside the paging, and when a postmortem is due: from the file to the values of the domain.

May import: ``domain`` and ``model``.
"""

from rungbell.config.model.ladders import PostmortemsSection, SeverityChanges
from rungbell.domain.policy import Obligations, PostmortemPlan, PostmortemRule


def build_obligations(section: SeverityChanges) -> Obligations:
    """Build the obligations of one severity."""
    rule = section.postmortem
    return Obligations(
        triaged_within=section.triaged_within,
        declared_within=section.declared_within,
        executives_told_within=section.executives_told_within,
        clients_told_within=section.clients_told_within,
        clients_drafted_within=section.clients_drafted_within,
        impacts_clients=section.impacts_clients,
        updates_every=section.updates_every,
        remind_of_updates_after=section.remind_of_updates_after,
        sla_at_risk_after=section.sla_at_risk_after,
        ask_for_provider_after=section.ask_for_provider_after,
        handoff_after=section.handoff_after,
        postmortem=PostmortemRule(rule.otherwise, rule.beyond, rule.repeat),
    )


def build_postmortems(section: PostmortemsSection) -> PostmortemPlan:
    """Build when the parts of a postmortem are due."""
    given = PostmortemPlan()
    return PostmortemPlan(
        draft_within=section.draft_within,
        review_business_days=section.review_business_days,
        publish_within=section.publish_within,
        repeat_within=section.repeat_within,
        items_due_within={**given.items_due_within, **section.items_due_within},
        items_reviewed_every=section.items_reviewed_every,
        repeats_by=section.repeats_by,
    )
