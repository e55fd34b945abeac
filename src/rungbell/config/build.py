"""From a sound file to the values of the domain.

Rules
-----
* Every policy is pinned: it carries the hash under which incidents keep it.
* The routes end with the default policy, which matches everything.
* Without any source there is one, ``default``, that asks for no credentials.

May import: ``domain`` and the other modules of this package.
"""

from collections.abc import Callable, Iterable, Mapping

from rungbell.config.chosen import warn_fallen_back
from rungbell.config.communication import build_communication
from rungbell.config.findings import Findings
from rungbell.config.ladders import Ladder, ladders
from rungbell.config.maintenance import build_maintenance
from rungbell.config.mistakes import Path, spelled
from rungbell.config.model.file import FileSection
from rungbell.config.model.hours import HoursSection
from rungbell.config.model.ladders import SeverityChanges, TierSection
from rungbell.config.model.people import ThroughSection
from rungbell.config.model.sources import AlertmanagerSection, HmacSection
from rungbell.config.obligations import build_obligations, build_postmortems
from rungbell.config.recipes import build_recipes
from rungbell.config.schedules import build_schedules, build_tellings, warn_untold
from rungbell.config.settings import AlertmanagerSettings, ChannelSettings, HmacSettings, NotifierType, SourceSettings
from rungbell.config.storms import build_storms
from rungbell.domain.book import Book, PolicyRoute
from rungbell.domain.calendar import BusinessHours
from rungbell.domain.matchers import parse_matchers
from rungbell.domain.policy import Policy, PostmortemPlan, SeverityPlan, Tier, TierPlan, pinned
from rungbell.domain.preference import Through, Ways
from rungbell.domain.roster import Channel, Person, Roster
from rungbell.domain.severity import Severity, SeverityRule, SeverityRules


def build_book(
    file: FileSection,
    channels: Mapping[str, ChannelSettings],
    notifiers: Mapping[str, NotifierType],
    findings: Findings,
    filled: Callable[[Roster], Roster],
) -> Book:
    """Build everything that decisions read; notes people who cannot be reached as warnings.

    ``filled`` gives a roster that knows what is read elsewhere.
    """
    given = Roster(
        people=_people(file),
        schedules=build_schedules(file),
        channels={name: _channel(file, channel, notifiers[channel.type]) for name, channel in channels.items()},
    )
    for index, name in enumerate(file.follow):
        if not given.channels[name].follows:
            text = f"channels of the type `{channels[name].type}` do not hear what becomes of incidents"
            findings.wrong(("follow", index), text, "leave it out; people are paged through it all the same")
    roster = filled(given)
    all_ladders = ladders(file)
    postmortems = build_postmortems(file.postmortems)
    policies = {ladder.name: _policy(ladder, file.zone, postmortems) for ladder in all_ladders}
    for ladder in all_ladders:
        _warn_unreachable(ladder, policies[ladder.name], roster, findings)
    _warn_refused(policies.values(), channels, roster, findings)
    warn_fallen_back(file, policies.values(), roster, findings)
    tellings = build_tellings(file)
    warn_untold(roster, tellings, findings)
    return Book(
        rules=_rules(file, findings),
        routes=tuple(_route(ladder, policies[ladder.name], findings) for ladder in all_ladders),
        roster=roster,
        operator=policies[file.operator] if file.operator else None,
        maintenance=build_maintenance(file),
        tellings=tellings,
        recipes=build_recipes(file.recipes),
        communication=build_communication(file, roster, findings),
        followers=file.follow,
        storms=build_storms(file.storms, channels, notifiers, findings),
        silenced=frozenset(
            name
            for name, source in file.sources.items()
            if source.alertmanager and source.alertmanager.silence_while_acknowledged
        ),
    )


def _channel(file: FileSection, channel: ChannelSettings, notifier: NotifierType) -> Channel:
    needs = getattr(channel.settings, "needs", notifier.needs)  # some settings say it, such as those without a room
    calls = bool(getattr(channel.settings, "calls", getattr(notifier, "calls", False)))
    return Channel(channel.name, needs, _follows(file, channel, notifier), calls)


def _follows(file: FileSection, channel: ChannelSettings, notifier: NotifierType) -> bool:
    """Whether a channel hears what becomes of incidents: its type can, and it wants to or the file says so."""
    return hasattr(notifier, "follow") and (channel.name in file.follow or getattr(channel.settings, "follows", True))


def build_sources(file: FileSection) -> tuple[SourceSettings, ...]:
    """Build who may send, in the order of the file."""
    sources = tuple(
        SourceSettings(
            name=name,
            bearer=source.bearer_token,
            username=source.basic_auth.username if source.basic_auth else "",
            password=source.basic_auth.password if source.basic_auth else None,
            hmac=_hmac(source.hmac),
            anonymous=source.anonymous,
            watchdog_within=source.watchdog_within,
            alertmanager=_alertmanager(source.alertmanager) if source.alertmanager else None,
        )
        for name, source in file.sources.items()
    )
    return sources or (SourceSettings("default", anonymous=True),)


def _alertmanager(section: AlertmanagerSection) -> AlertmanagerSettings:
    basic = section.basic_auth
    return AlertmanagerSettings(
        urls=section.url,
        http=section,
        every=section.every,
        settle_after=section.settle_after,
        receivers=section.receivers,
        silences=section.silence_while_acknowledged,
        bearer=section.bearer_token,
        username=basic.username if basic else "",
        password=basic.password if basic else None,
    )


def _hmac(section: HmacSection | None) -> HmacSettings | None:
    return None if section is None else HmacSettings(section.secret, section.header, section.timestamp_header)


def _people(file: FileSection) -> dict[str, Person]:
    found = {}
    for name, section in file.people.items():
        given = {"email": section.email, "phone": section.phone, **section.contacts}
        contacts = {kind: contact for kind, contact in given.items() if contact}
        wanted = {severity: _ways(section.reached.ways_for(severity)) for severity in Severity}
        reached = {severity: ways for severity, ways in wanted.items() if ways}
        found[name] = Person(name, section.name or name, contacts, reached, section.zone, section.language)
    return found


def _rules(file: FileSection, findings: Findings) -> SeverityRules:
    rules = tuple(
        SeverityRule(
            severity=None if rule.severity == "none" else Severity(rule.severity),
            match=parse_matchers(rule.match),
            label=_label(("rules", index), findings),
        )
        for index, rule in enumerate(file.rules)
    )
    schemes = {name: source.scheme for name, source in file.sources.items() if source.scheme}
    return SeverityRules(rules, schemes, file.fallback_severity)


def _route(ladder: Ladder, policy: Policy, findings: Findings) -> PolicyRoute:
    if ladder.own is None:
        return PolicyRoute((), policy, "the top of the file")
    path: Path = (*ladder.path, "match") if ladder.own.match else ladder.path
    return PolicyRoute(parse_matchers(ladder.own.match), policy, _label(path, findings))


def _label(path: Path, findings: Findings) -> str:
    return f"{spelled(path)} (line {findings.document.locate(path).line})"


def _policy(ladder: Ladder, zone: str, postmortems: PostmortemPlan) -> Policy:
    return pinned(
        Policy(
            name=ladder.name,
            tiers={name: _tier(name, section) for name, section in ladder.tiers.items()},
            severities={severity: _plan(section) for severity, section in ladder.severities.items()},
            hours=_hours(ladder.hours, zone),
            postmortems=postmortems,
        )
    )


def _hours(section: HoursSection, zone: str) -> BusinessHours:
    opens, closes = section.hours
    return BusinessHours(zone, section.days, opens, closes, section.holidays.dates)


def _tier(name: Tier, section: TierSection) -> TierPlan:
    return TierPlan(name, section.role, section.reach, _ways(section.through), frozenset(section.only))


def _ways(sections: Iterable[ThroughSection]) -> Ways:
    return tuple(Through(way.channel, way.after) for way in sections)


def _plan(section: SeverityChanges) -> SeverityPlan:
    return SeverityPlan(
        page=section.page,
        acknowledge_within=section.acknowledge_within,
        climb_to=section.climb_to,
        acknowledgement_lasts=section.acknowledgement_lasts,
        stable_for=section.stable_for,
        resolves=section.resolves,
        reopen_within=section.reopen_within,
        engineering_within=section.engineering_within,
        while_unresolved=section.while_unresolved,
        business_hours_only=section.hours == "business",
        repage_unanswered=section.repage_unanswered,
        repeat_exhausted_every=section.repeat_exhausted_every,
        obligations=build_obligations(section),
        bridge_url=section.bridge_url or "",
    )


def _warn_refused(
    policies: Iterable[Policy], channels: Mapping[str, ChannelSettings], roster: Roster, findings: Findings
) -> None:
    """Note whom a channel does not reach although they have what it needs, such as a number of another country."""
    told = set()
    for plan in (plan for policy in policies for plan in policy.tiers.values()):
        for name in plan.reach:
            schedule = roster.schedules.get(name)
            for person in schedule.members if schedule else (name,):
                for way in roster.ways(person, plan.through):
                    refuses = getattr(channels[way.channel].settings, "refuses", None)
                    needs = roster.channels[way.channel].needs or ""
                    why = refuses(roster.people[person].contacts.get(needs, "")) if refuses else ""
                    if why and (person, way.channel) not in told:
                        told.add((person, way.channel))
                        text = f"{way.channel} does not reach {person}"
                        findings.warn("contact-refused", ("people", person, needs), text, why)


def _warn_unreachable(ladder: Ladder, policy: Policy, roster: Roster, findings: Findings) -> None:
    for tier, plan in policy.tiers.items():
        path: Path = (*ladder.tier_at(tier), "reach")
        for name in plan.reach:
            schedule = roster.schedules.get(name)
            for person in schedule.members if schedule else (name,):
                if not roster.ways(person, plan.through):
                    needed = {roster.channels[way.channel].needs or "" for way in plan.through}
                    missing = " or ".join(sorted(needed))
                    text = f"no channel of {tier} reaches {person}"
                    findings.warn("person-without-contact", path, text, f"people.{person} has no {missing}")
