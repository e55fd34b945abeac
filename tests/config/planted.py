"""Mistakes planted into a configuration that has none: what is changed, and where the lint finds what."""

from dataclasses import dataclass
from datetime import UTC, datetime

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
"""A Thursday."""

CLEAN = """\
zone: Europe/London
people:
  alice: {email: alice@example.com}
  bob: {email: bob@example.com}
  chen: {email: chen@example.com}
  dana: {email: dana@example.com}
  eli: {}
schedules:
  support: {rotation: {people: [alice, bob], starts: 2026-01-05}}
  experts: {people: [chen]}
channels:
  pager: {type: webhook, url: "http://127.0.0.1:9911/page"}
  chat: {type: console}
  mail: {type: mail}
tiers:
  L1: {role: Support, reach: support, through: [pager, chat]}
  L2: {role: Senior, reach: experts, through: [pager, mail]}
  L3: {role: Engineering, reach: dana, through: [pager, mail]}
  L4: {role: Executive, reach: eli, through: [pager], only: [P0]}
severities:
  P0: &plan
    page: [L1, L2]
    acknowledge_within: 5m
    climb_to: L4
    engineering_within: 15m
    while_unresolved: {L4: 1h}
    acknowledgement_lasts: 1h
    stable_for: 30m
    resolves: person
  P1: {<<: *plan, climb_to: L3, engineering_within: 30m, while_unresolved: {L3: 2h}}
  P2: {<<: *plan, page: [L1], acknowledge_within: 15m, climb_to: L3, while_unresolved: {L2: 30m}, resolves: window}
  P3: {<<: *plan, page: [L1], hours: business, climb_to: L1, engineering_within: null, while_unresolved: {}}
rules:
  - {severity: P0, match: ['severity="critical"', 'scope="platform"']}
  - {severity: P1, match: ['alertname=~"Disk.*"']}
  - {severity: none, match: ['alertname="Watchdog"']}
  - {severity: P3, match: ['team=~"web|shop"']}
policies:
  - {name: database, match: ['team="dba"'], severities: {P2: {acknowledge_within: 10m}}}
  - {name: night, match: ['team=~"night.*"', 'site!="test"']}
operator: default
"""
"""Line numbers matter: tests name them."""


@dataclass(frozen=True)
class Plant:
    """What the lint finds, as ids and lines, once ``changes`` are made; with nothing, what it almost finds."""

    found: tuple[tuple[str, int], ...]
    changes: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        text = CLEAN
        for old, new in self.changes:
            if text.count(old) != 1:
                raise LookupError(f"{old!r} stands {text.count(old)} times in the sample")
            text = text.replace(old, new)
        return text


def plant(kind: str, line: int, *changes: tuple[str, str], also: tuple[tuple[str, int], ...] = ()) -> Plant:
    return Plant(((kind, line), *also), changes)


def rule(*matchers: str, severity: str = "P2") -> tuple[str, str]:
    """One more rule at the end of the rules, in line 38."""
    return "policies:\n", f"  - {{severity: {severity}, match: [{', '.join(map(repr, matchers))}]}}\npolicies:\n"


def policy(*matchers: str, more: str = "") -> tuple[str, str]:
    """One more policy at the end of the file, in line 41."""
    return (
        "operator: default\n",
        f"  - {{name: more, match: [{', '.join(map(repr, matchers))}]{more}}}\noperator: default\n",
    )


STEP_GONE = ("    climb_to: L4\n", "    climb_to: L3\n"), ("{L4: 1h}", "{L3: 1h}")
L5 = ("severities:\n", "  L5: {role: Board, reach: bob, through: [pager], only: [P0]}\nseverities:\n")
ALONE = ", ".join(
    f"{tier}: {{role: x, reach: {who}, through: [pager]}}"
    for tier, who in zip(("L1", "L2", "L3"), ("support", "chen", "dana"), strict=True)
)


def alice(wants: str, contact: str = "zone: Asia/Tokyo") -> tuple[tuple[str, str]]:
    """How alice of L1, in line 3, wants to be reached."""
    return (("alice@example.com", f"alice@example.com, {contact}, reached: {{{wants}}}"),)


ABROAD = (
    ("dana: {", 'dana: {phone: "+44 20 7946 0003", '),
    ("  mail: {type: mail}\n", "  mail: {type: mail}\n  phone: {type: voice, country: '+44'}\n"),
    ("dana, through: [pager, mail]", "dana, through: [pager, phone]"),
)
"""Somebody with a telephone, and a channel that calls one country only."""
PHONE = "  mail: {type: mail}\n", "  mail: {type: mail}\n  phone: {type: voice}\n"
CALLS = "{type: webhook, url:", "{type: webhook, calls: true, url:"
"""The pager is a telephone, and reaches everybody."""
DISKS = """'alertname=~"Disk.*"'"""


def told(through: str) -> tuple[str, str]:
    """People hear of their shifts of the schedule in line 9."""
    return "starts: 2026-01-05}}", f"starts: 2026-01-05}}, tell: {{through: [{through}]}}}}"


def reconciler(keys: str) -> tuple[str, str]:
    """A source whose Alertmanager is asked."""
    asked = f"alertmanager: {{url: http://am:9093, {keys}}}"
    return "operator: default\n", f"operator: default\nsources: {{am: {{anonymous: true, {asked}}}}}\n"


def maintenance(until: str, more: str = "") -> tuple[str, str]:
    """A window that begins on the first of December, in line 41."""
    window = f"{{name: move, match: ['a=b'], from: 2026-12-01 00:00, until: {until} 00:00{more}}}"
    return "operator: default", f"maintenance: [{window}]\noperator: default"


def for_p3_only(hours: str) -> tuple[tuple[str, str], ...]:
    """L1 is there for P3 alone, which rings in business hours, and has somebody at these hours."""
    return (
        ("reach: support, through: [pager, chat]", "reach: support, through: [pager, chat], only: [P3]"),
        ("    page: [L1, L2]", "    page: [L2]"),
        ("P2: {<<: *plan, page: [L1]", "P2: {<<: *plan, page: [L2]"),
        (
            "{rotation: {people: [alice, bob], starts: 2026-01-05}}",
            f"{{layers: [{{people: alice, hours: '{hours}'}}]}}",
        ),
    )


PLANTED = [
    # a rule that never decides
    plant("unreachable-rule", 38, rule('alertname="DiskFull"')),
    plant("unreachable-rule", 38, rule('alertname=~"DiskFull|DiskSlow"')),
    plant("unreachable-rule", 38, rule('alertname=~"Disk(Full|Slow).*"', 'team="db"')),
    plant("unreachable-rule", 38, rule('alertname=~"Disk[a-z]+"')),
    plant("unreachable-rule", 38, rule('team="shop"')),
    plant("unreachable-rule", 38, rule('team="web"', 'team!="x"')),
    plant("unreachable-rule", 38, rule('scope="platform"', 'severity=~"critical"')),
    plant("unreachable-rule", 38, rule('team=~"web|shop"')),
    plant("unreachable-rule", 38, (DISKS, """'site=~"(?i)x.*"'"""), rule('site=~"(?i)x.*"', 'a="b"')),
    plant("unreachable-rule", 38, (DISKS, """'site!="test"'"""), rule('site=~"live.*"')),
    plant("unreachable-rule", 38, (DISKS, """'team="db"'"""), rule('team=~"db|web"')),
    plant("unreachable-rule", 38, (DISKS, """'site=~".+"'"""), rule('site!=""')),
    plant("unreachable-rule", 38, rule('team="a"', 'team="b"')),
    plant("unreachable-rule", 38, rule('team=~"a|b"', 'team!~"[ab]"')),
    plant("unreachable-rule", 38, rule('alertname=~"Api.*"', 'alertname=~"Db.*"')),
    plant("unreachable-rule", 38, rule('site!~".*"')),
    plant("unreachable-rule", 38, rule('severity=~"none|None"')),
    plant("unreachable-rule", 36, ("severity: none", "severity: P1")),
    plant("unreachable-rule", 38, rule("a=b"), ("P3, match: ['team=~\"web|shop\"']", "P3")),
    # a policy that no alert can follow
    plant("policy-never-chosen", 41, policy('team="dba"', 'site="a"')),
    plant("policy-never-chosen", 41, policy('team=~"night-(a|b)"', 'site="live"')),
    plant("policy-never-chosen", 41, policy('team="x"', 'team!~"x|y"')),
    plant("policy-never-chosen", 41, policy('severity="none"')),
    plant("policy-never-chosen", 40, ("name: database, match: ['team=\"dba\"']", "name: database")),
    # a step that no clock takes
    plant("unreachable-step", 19, *STEP_GONE),
    plant("unreachable-step", 20, L5),
    plant("unreachable-step", 41, policy('a="b"', more=", tiers: {L5: {role: Board, reach: bob, through: [pager]}}")),
    plant("unreachable-step", 31, ("{L2: 30m}", "{L4: 30m}")),
    plant("unreachable-step", 31, ("15m, climb_to: L3", "15m, engineering_within: 4h, climb_to: L2")),
    plant("unreachable-step", 26, ("    climb_to: L4\n", "    climb_to: L3\n")),
    plant("unreachable-step", 32, ("engineering_within: null", "engineering_within: 2h")),
    plant("unreachable-step", 10, ("{people: [chen]}", "{layers: [{people: [chen]}, {people: [bob]}]}")),
    # nobody, or nobody who can be reached
    plant("tier-with-nobody", 16, ("2026-01-05", "2027-01-05"), also=(("schedule-gap", 9),)),
    plant(
        "tier-with-nobody",
        17,
        ("experts, through: [pager, mail]", "eli, through: [mail]"),
        also=(("person-without-contact", 17),),
    ),
    plant("tier-with-nobody", 16, ("reach: support", "reach: []")),
    plant("tier-with-nobody", 10, ("people: [chen]", "people: []")),
    plant("person-without-contact", 17, ("experts, through: [pager, mail]", "[chen, eli], through: [mail]")),
    plant(
        "person-without-contact", 16, ("[alice, bob]", "[alice, eli]"), ("through: [pager, chat]", "through: [mail]")
    ),
    # a number that is never called
    plant(
        "contact-refused",
        6,
        *ABROAD,
        ("+44 20 7946 0003", "+1 202 555 0100"),
        also=(("p0-without-phone", 17),),
    ),
    # the same person twice
    plant("same-person-next-tier", 18, ("reach: experts", "reach: [experts, dana]")),
    plant("same-person-next-tier", 17, ("reach: experts", "reach: support")),
    plant("same-person-next-tier", 17, ("{people: [chen]}", "{rotation: {people: [chen, bob], starts: 2026-01-05}}")),
    plant("same-person-next-tier", 19, ("reach: dana", "reach: eli")),
    plant("same-person-next-tier", 41, policy('a="b"', more=", tiers: {L2: {role: x, reach: dana, through: [pager]}}")),
    # nobody for a while
    plant("schedule-gap", 9, ("2026-01-05", "2026-12-07")),
    plant("schedule-gap", 10, ("{people: [chen]}", "{layers: [{people: [chen], hours: '08:00-20:00'}]}")),
    plant("schedule-gap", 9, *for_p3_only("10:00-20:00")),
    # one way for everything
    plant(
        "single-channel",
        16,
        ("[pager, chat]", "[pager]"),
        ("experts, through: [pager, mail]", "experts, through: [pager]"),
        ("dana, through: [pager, mail]", "dana, through: [pager]"),
    ),
    plant("single-channel", 41, policy('a="b"', more=f", tiers: {{{ALONE}}}")),
    # nobody can answer
    plant("channel-without-answers", 13, ("{type: console}", "{type: talk}")),
    # the worst rings no telephone, or waits longest
    plant("p0-without-phone", 17, PHONE, ("experts, through: [pager, mail]", "experts, through: [pager, mail, phone]")),
    plant(
        "p0-without-phone",
        42,
        PHONE,
        ("through: [pager, chat]", "through: [pager, phone]"),
        policy('a="b"', more=", tiers: {L1: {role: x, reach: support, through: [pager]}}"),
    ),
    plant(
        "p0-without-phone", 3, PHONE, ("[pager, chat]", "[pager, chat, phone]"), *alice("P0: chat", "phone: '+44 1'")
    ),
    # what people want
    plant("preference-falls-back", 3, *alice("P0: mail, otherwise: chat")),
    plant("preference-falls-back", 6, ("dana@example.com", "dana@example.com, reached: chat")),
    plant("preference-unused", 3, *alice("otherwise: [chat, mail]")),
    plant("preference-waits", 3, *alice("otherwise: [{pager: 1m}, {chat: 2m}]")),
    plant("preference-waits", 3, *alice("P1: [chat, {pager: 5m}]")),
    plant("p0-slower-than-p1", 23, ("P1: {<<: *plan,", "P1: {<<: *plan, acknowledge_within: 4m,")),
    plant("p0-slower-than-p1", 25, ("engineering_within: 30m", "engineering_within: 10m")),
    plant("p0-slower-than-p1", 26, ("{L4: 1h}", "{L3: 3h, L4: 4h}")),
    plant(
        "p0-slower-than-p1",
        22,
        ("P0: &plan\n", "P0: &plan\n    hours: business\n"),
        ("P1: {<<: *plan,", "P1: {<<: *plan, hours: always,"),
    ),
    plant("p0-slower-than-p1", 39, ("{P2: {acknowledge_within: 10m}}", "{P1: {acknowledge_within: 1m}}")),
    plant(
        "p0-slower-than-p1",
        22,
        ("    page: [L1, L2]", "    page: [L1]"),
        ("P1: {<<: *plan,", "P1: {<<: *plan, page: [L1, L2],"),
    ),
    plant("p0-slower-than-p1", 27, ("P1: {<<: *plan,", "P1: {<<: *plan, acknowledgement_lasts: 30m,")),
    plant(
        "p0-slower-than-p1",
        27,
        ("acknowledgement_lasts: 1h", "acknowledgement_lasts: next_business_day"),
        ("P1: {<<: *plan,", "P1: {<<: *plan, acknowledgement_lasts: 1h,"),
    ),
    plant(
        "p0-slower-than-p1",
        26,
        ("{L3: 2h}", "{L2: 10m, L3: 30m}"),
        ("{L4: 1h}", "{L4: 15m}"),
        ("page: [L1, L2]", "page: [L1]"),
    ),
    # an expression that some value makes slow
    plant("slow-regex", 38, rule('a=~"(a+)+"')),
    plant("slow-regex", 38, rule('a=~"(a|ab)*"')),
    plant("slow-regex", 38, rule('a=~".*.*.*.*"')),
    plant("slow-regex", 38, rule('a=~".*.*(a?){10}b"')),
    plant("slow-regex", 40, ("night.*", "(n|ni)+ght")),
    # the rest
    plant("no-operator", 1, ("operator: default\n", "")),
    plant(
        "short-stability",
        28,
        ("stable_for: 30m", "stable_for: 10m"),
        also=(("short-stability", 28), ("short-stability", 28)),
    ),
    plant("person-not-told", 9, ("[alice, bob]", "[alice, eli]"), told("mail")),
    plant("telephone-not-rung", 9, CALLS, told("mail, pager")),
    plant("telephone-not-rung", 9, CALLS, told("pager, chat"), ("[alice, bob]", "[alice, eli]")),
    plant("long-maintenance", 41, maintenance("2026-12-09")),
    plant("holidays-end", 42, ("operator: default\n", "operator: default\nbusiness_hours: {holidays: LK}\n")),
    plant("holidays-end", 40, ("name: night,", "name: night, business_hours: {holidays: {country: UA}},")),
    plant("renamed-zone", 1, ("zone: Europe/London\n", "zone: GB\n")),
    plant("renamed-zone", 9, ("starts: 2026-01-05}}", "starts: 2026-01-05, zone: GB-Eire}}")),
    plant("hasty-reconciler", 42, reconciler("every: 30s, settle_after: 4m")),
    plant("unknown-allow", 1, ("zone: Europe/London\n", "zone: Europe/London # rungbell: allow everything\n")),
]

NEAR_MISSES = {
    "unreachable-rule": [
        [rule('alertname=~"Dis.*"')],
        [rule('alertname=~"(?i)diskfull"')],
        [rule('alertname=~"[D-E]isk.*"')],
        [rule('team=~"web|api"')],
        [rule('team=~"web.*"')],
        [rule('scope="platform"')],
        [rule('scope="platform"', 'severity!="critical"')],
        [rule('alertname=~"Api.*"', 'alertname=~".*Down"')],
        [rule('severity="none"', severity="none")],
        [(DISKS, """'site!="test"'"""), rule('site=~"test|live"')],
        [(DISKS, """'site=~".+"'"""), rule('site=~".*"')],
        [(DISKS, """'site=~"a.b"'"""), rule('site=~"a.*b"')],
        [(DISKS, """'site!~"a.*"'"""), rule('site!~"ab.*"')],
    ],
    "policy-never-chosen": [
        [policy('team=~"dba|db"')],
        [policy('team=~"night.*"', 'site="test"')],
        [policy('team="dba"', 'site="a"'), ("operator: default", "operator: more")],
    ],
    "unreachable-step": [
        [L5, policy('a="b"', more=", severities: {P0: {climb_to: L5}}")],
    ],
    "tier-with-nobody": [
        [("experts, through: [pager, mail]", "[chen, eli], through: [pager, mail]")],
    ],
    "person-without-contact": [
        [("experts, through: [pager, mail]", "eli, through: [mail, pager]")],
    ],
    "contact-refused": [
        [*ABROAD],
        [*ABROAD, ("chen: {", 'chen: {phone: "+1 202 555 0100", ')],
    ],
    "same-person-next-tier": [
        [("reach: support", "reach: [support, dana]")],
        [("{people: [chen]}", "{rotation: {people: [bob, chen], starts: 2026-01-05}}")],
    ],
    "schedule-gap": [
        [("2026-01-05", "2026-12-07"), ("reach: support", "reach: [support, dana]")],
        [("reach: support", "reach: alice"), ("2026-01-05", "2026-12-07")],
        [("2026-01-05", "2026-11-23")],
        [*for_p3_only("08:00-20:00")],
        [
            ("{people: [chen]}", "{layers: [{people: [chen], hours: '08:00-20:00'}]}"),
            ("channels:", "  west: {layers: [{people: [eli], hours: '20:00-08:00'}]}\nchannels:"),
            ("reach: experts", "reach: [experts, west]"),
        ],
        [("{people: [chen]}", "{layers: [{people: [chen], hours: '08:00-20:00'}, {round_robin: [chen, eli]}]}")],
    ],
    "single-channel": [
        [("[pager, chat]", "[pager]")],
    ],
    "channel-without-answers": [
        [("{type: console}", "{type: talk, hears: true}")],
    ],
    "p0-without-phone": [
        [],
        [PHONE, ("through: [pager, chat]", "through: [pager, {phone: 2m}]")],
        [
            PHONE,
            ("    page: [L1, L2]", "    page: [L2]"),
            ("experts, through: [pager, mail]", "experts, through: [phone]"),
        ],
    ],
    "preference-falls-back": [
        [*alice("otherwise: [chat, mail]")],
        [("eli: {}", "eli: {reached: {P1: chat}}")],
    ],
    "preference-unused": [
        [*alice("P0: [chat, pager]")],
        [*alice("otherwise: [chat, mail]"), ("reach: experts", "reach: [experts, support]")],
    ],
    "preference-waits": [
        [*alice("P0: [chat, {pager: 299s}]")],
        [*alice("P2: [chat, {pager: 9m}]")],
    ],
    "p0-slower-than-p1": [
        [("P1: {<<: *plan,", "P1: {<<: *plan, acknowledge_within: 5m,")],
        [("engineering_within: 30m", "engineering_within: 15m")],
        [("{L4: 1h}", "{L3: 2h, L4: 4h}")],
        [("P1: {<<: *plan,", "P1: {<<: *plan, page: [L1], acknowledgement_lasts: 2h,")],
        [("{L3: 2h}", "{L2: 1m, L3: 2h}")],
    ],
    "slow-regex": [
        [rule('a=~"(foo|bar)+.*x.*"')],
        [rule('a=~".*(prod|preprod|staging)-.*"')],
    ],
    "renamed-zone": [
        [("zone: Europe/London\n", "zone: Europe/Jersey\n")],
        [("zone: Europe/London\n", "zone: UTC\n")],
    ],
    "no-operator": [
        [("operator: default", "operator: night")],
    ],
    "short-stability": [
        [("stable_for: 30m", "stable_for: 15m")],
        [("P2: {<<: *plan,", "P2: {<<: *plan, stable_for: 0s,")],
    ],
    "person-not-told": [[told("mail")], [("[alice, bob]", "[alice, eli]"), told("mail, chat")]],
    "telephone-not-rung": [
        [told("mail, pager")],
        [CALLS, told("pager")],
        [CALLS, told("mail, pager"), ("[alice, bob]", "[alice, eli]")],
    ],
    "long-maintenance": [
        [maintenance("2026-12-08")],
        [maintenance("2026-12-09", ", hours: '01:00-03:00'")],
    ],
    "holidays-end": [
        [("operator: default\n", "operator: default\nbusiness_hours: {holidays: JP}\n")],
        [("operator: default\n", "operator: default\nbusiness_hours: {holidays: [2020-12-25]}\n")],
    ],
    "hasty-reconciler": [[reconciler("settle_after: 5m")], [reconciler("every: 10m")]],
    "unknown-allow": [
        [("zone: Europe/London\n", "zone: Europe/London # rungbell: allow no-operator, schedule-gap until May\n")],
        [("zone: Europe/London\n", "zone: Europe/London # rungbell allows nothing\n")],
    ],
}
"""By the kind that is almost found."""
