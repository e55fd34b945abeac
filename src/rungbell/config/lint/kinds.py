"""The kinds of findings: their ids, why each hurts at three in the morning, and how it is mended.

Rules
-----
* This is the only list; ``check config --lint`` prints from it, and ``config/README.md`` shows it.
* An id never changes its meaning: files name it in ``# rungbell: allow <id>``.

May import: the standard library.
"""

from collections.abc import Mapping

from rungbell.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of finding."""

    id: str
    title: str
    """What is found, in a few words."""
    why: str
    """What it does to people when something breaks at night."""
    how: str
    """How it is mended, where a finding has no better hint of its own."""


_ALL = (
    Kind(
        "unreachable-rule",
        "a rule that never decides: an earlier one takes all of its alerts, or its matchers cannot hold",
        "an outage rings with the urgency of another rule, or waits until morning",
        "move it above the rule that takes its alerts, or remove it",
    ),
    Kind(
        "policy-never-chosen",
        "a policy that no alert can follow: an earlier one takes all of them, or its matchers cannot hold",
        "another team is woken, and the one that can help sleeps",
        "move it above the policy that takes its alerts, or mend its matchers",
    ),
    Kind(
        "unreachable-step",
        "a tier that no severity pages, a step above `climb_to` or closed by `only`, a layer after one that always has "
        "somebody",
        "whoever counts on that step waits for a page that never leaves",
        "raise climb_to, open the tier with `only`, or remove the step",
    ),
    Kind(
        "tier-with-nobody",
        "a tier on which nobody can be reached for the next 14 days",
        "its page rings nobody, and the tier above is woken in its place",
        "put somebody on it whom one of its channels reaches",
    ),
    Kind(
        "person-without-contact",
        "somebody on a tier whom none of its channels reaches",
        "the page is for somebody who will never get it",
        "give the person the contact that the channel needs",
    ),
    Kind(
        "contact-refused",
        "somebody on a tier whom one of its channels does not reach by the number or address that they have",
        "that channel never rings them, however often it is tried",
        "mend the number or address, or let the channel reach it",
    ),
    Kind(
        "person-not-told",
        "somebody of a schedule whom none of the channels of its `tell` reaches",
        "whoever does not know that the shift has begun has left the telephone at home",
        "give the person the contact that the channel needs, or tell through another one",
    ),
    Kind(
        "telephone-not-rung",
        "a telephone in the `tell` of a schedule that rings nobody: news ring none where there is another way",
        "whoever counts on a call when the shift begins sleeps through a message",
        "leave the telephone out, or tell through nothing else",
    ),
    Kind(
        "same-person-next-tier",
        "somebody who stands on two tiers in a row, now or within 14 days",
        "whoever slept through the first page is counted on for the next one, too",
        "put somebody else on the upper tier",
    ),
    Kind(
        "schedule-gap",
        "a time within the next 14 days at which a schedule, and with it a tier, has nobody on call",
        "what breaks then wakes the tier above at once",
        "close the gap in the schedule, or let the tier reach somebody else too",
    ),
    Kind(
        "calendar-nobody-now",
        "a calendar by which, and by whatever else its schedule has, nobody is on call at this moment",
        "what breaks now wakes the tier above at once",
        "put somebody into the calendar, or give the schedule another layer",
    ),
    Kind(
        "calendar-unknown-name",
        "an event of a calendar within the next 14 days that names nobody of `people`",
        "somebody believes to be on call, and is not rung",
        "give the calendar `aliases`, or the person the name that it uses",
    ),
    Kind(
        "hasty-reconciler",
        "a source whose Alertmanager is believed in less than five minutes",
        "after a restart of Alertmanager, what still fires is taken for over before Prometheus has repeated it",
        "give settle_after 5m or more, and more than the longest evaluation interval of your rules",
    ),
    Kind(
        "single-channel",
        "a ladder whose tiers all page through the same channel",
        "when that provider is down, nobody is reached, however high the ladder climbs",
        "page at least one tier through a second channel, of another provider",
    ),
    Kind(
        "channel-without-answers",
        "a channel that people could answer through, and nothing that lets it hear them",
        "whoever is paged there has to leave it to acknowledge, half asleep",
        "give the channel what it needs to hear answers",
    ),
    Kind(
        "p0-without-phone",
        "the first tier of a P0, or somebody on it by choice, without a telephone where a channel of the file is one",
        "whoever is to answer first sleeps through a message, and the tiers above are woken for nothing",
        "page it through the telephone too",
    ),
    Kind(
        "preference-falls-back",
        "somebody on a tier that allows none of the channels of their `reached`",
        "whoever believes that only the chat rings is called, or the other way round",
        "name a channel of the tier in `reached`, or let the tier page through another one",
    ),
    Kind(
        "preference-unused",
        "a channel of somebody's `reached` that no tier of theirs pages through",
        "whoever waits for that channel waits in vain",
        "leave it out, or let a tier of theirs page through it",
    ),
    Kind(
        "preference-waits",
        "a `reached` that waits everywhere, or so long that the next tier is rung first",
        "others are woken while the telephone of whoever is on call keeps still",
        "let something ring at once, and the rest before `acknowledge_within` is over",
    ),
    Kind(
        "p0-slower-than-p1",
        "a clock that gives P0 more time than P1, or a step that brings help into a P1 and not into a P0",
        "the worst outage waits longer for help than a lesser one",
        "give P0 at most the time of P1, and every step of it",
    ),
    Kind(
        "slow-regex",
        "a regular expression that some label value makes slow; such a file is refused",
        "one alert with an odd label would hold up every page",
        "repeat one character or class, such as [a-z0-9-]+, or use several matchers",
    ),
    Kind(
        "no-operator",
        "no `operator`",
        "rungbell cannot do its work, and nobody hears of it",
        "name the policy of whoever looks after rungbell",
    ),
    Kind(
        "short-stability",
        "a stability window below the playbook's 15 minutes where a person resolves",
        "somebody is asked to declare over what is about to come back",
        "give stable_for 15m or more",
    ),
    Kind(
        "long-maintenance",
        "a maintenance window of more than a week in one go",
        "what breaks meanwhile rings nobody, long after the work is done",
        "give it `hours` or `days`, or end it sooner",
    ),
    Kind(
        "holidays-end",
        "business hours by a country whose holidays are not all known for this year and the next",
        "what may wait for a business day rings people on a holiday, and counts the hours of one",
        "bring the package `holidays` up to date, or list the dates in `also`",
    ),
    Kind(
        "renamed-zone",
        "a time zone by a name that it no longer has, such as Europe/Kiev",
        "where an update takes old names away, the file is refused, and nobody is rung by it",
        "write the name of today",
    ),
    Kind(
        "open-secret",
        "a secret that everybody on the machine may read",
        "whoever reads it can acknowledge, silence or forge pages",
        "chmod 600",
    ),
    Kind(
        "template-does-not-render",
        "a template of one's own that fails, or a file that no text is written by",
        "clients get a bare list of facts in place of your words",
        "`rungbell templates check FOLDER` tries it again; `rungbell templates facts` lists what it may name",
    ),
    Kind(
        "unknown-allow",
        "a comment `# rungbell: allow` that names no kind of finding",
        "what it was to allow is found all the same, and drowns what matters",
        "use an id of this list",
    ),
)

KINDS: Mapping[str, Kind] = {kind.id: kind for kind in _ALL}
"""By id."""
