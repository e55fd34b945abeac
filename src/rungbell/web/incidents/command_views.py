"""How the command of an incident looks over the API: from the core's values to ``command_answers``.

May import: ``domain``, ``command_answers``.
"""

from collections.abc import Iterable
from dataclasses import asdict

from rungbell.domain.command.checklists import CHECKLISTS, Checklist, attested
from rungbell.domain.command.recipes import Recipe, Recipes, fitting
from rungbell.domain.command.record import Role
from rungbell.domain.command.war_room import bridge_of, channel_of
from rungbell.domain.incident import Incident
from rungbell.domain.policy import Policy
from rungbell.web.incidents.command_answers import (
    Checklists,
    ChecklistView,
    CommandView,
    ImpactView,
    LineView,
    RecipeList,
    RecipeView,
    RemedyView,
    RoleView,
)

Labels = Iterable[dict[str, str]]
"""Those of each alert of an incident."""


def command_view(incident: Incident, policy: Policy, labels: Labels, recipes: Recipes) -> CommandView:
    """Give who leads, where they meet, and what they say of the harm."""
    command, holder = incident.command, incident.holder
    commander = command.roles.get(Role.INCIDENT_COMMANDER)
    owner = commander.person if commander else holder.by if holder else None
    return CommandView(
        declared_at=command.declared_at,
        declared_by=command.declared_by,
        owner=owner,
        war_room=channel_of(incident),
        bridge_url=bridge_of(incident, policy),
        roles=[_role_view(incident, role) for role in Role],
        impact=_impact_view(incident),
        recipes=[_recipe_view(one) for one in fitting(recipes, incident.group_labels, labels)],
    )


def _role_view(incident: Incident, role: Role) -> RoleView:
    held = incident.command.roles.get(role)
    if held is None:
        return RoleView(role=role, person=None, tier=None, since=None, shift_ends_at=None)
    return RoleView(role=role, person=held.person, tier=held.tier, since=held.since, shift_ends_at=held.shift_ends_at)


def _impact_view(incident: Incident) -> ImpactView:
    command = incident.command
    return ImpactView(
        **asdict(command.impact) | {"clients": list(command.impact.clients)},
        client_impacting=command.client_impacting,
        clients_asked=command.clients_asked,
        impact_started_at=command.impact_started_at,
    )


def _recipe_view(recipe: Recipe) -> RecipeView:
    return RecipeView(name=recipe.name, text=recipe.text, commands=list(recipe.commands))


def recipe_list(incident: Incident, labels: Labels, recipes: Recipes) -> RecipeList:
    """Give the recipes for an incident."""
    return RecipeList(
        containment=[_recipe_view(one) for one in fitting(recipes, incident.group_labels, labels)],
        eradication=[
            RemedyView(cause=one.cause, fix=one.fix, validation=one.validation) for one in recipes.eradication
        ],
    )


def checklists(incident: Incident) -> Checklists:
    """Give every checklist as it stands for an incident."""
    return Checklists(
        phase=incident.phase,
        checklists=[_checklist_view(checklist, incident) for checklist in CHECKLISTS],
    )


def _checklist_view(checklist: Checklist, incident: Incident) -> ChecklistView:
    ticks = {line.id: attested(incident, line.id) for line in checklist.lines}
    return ChecklistView(
        name=checklist.name,
        title=checklist.title,
        phase=checklist.phase,
        lines=[
            LineView(
                id=line.id,
                text=line.text,
                then=line.then,
                ticked_by=tick.by if (tick := ticks[line.id]) else None,
                ticked_at=tick.at if tick else None,
            )
            for line in checklist.lines
        ],
        otherwise=checklist.otherwise,
    )
