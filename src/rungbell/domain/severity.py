"""How bad it is: the severities P0 to P3, and the ordered rules that map an alert's labels to one.

Rules
-----
* The first rule whose matchers all match decides (requirements 3.11 rule 13; matchers as in Alertmanager).
* ``severity: none`` and the alert ``InfoInhibitor`` never page, whatever a rule says.
* The operator's rules come first, then the scheme declared for the alert's source, then the shipped defaults.
* P0 comes only from an operator's rule or a declared scheme: one third of real-world rules say ``critical``, and they
  must not wake the CTO.
* What no rule knows becomes the fallback severity, is counted, and is shown as guessed.

May import: ``matchers`` and the standard library's pure parts.
"""

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from rungbell.domain.matchers import Matcher, all_match
from rungbell.domain.values import dataclass

NEVER_PAGES = frozenset({"InfoInhibitor"})
"""Alert names that exist to inhibit others and are never told to people (kube-prometheus)."""
NEVER = "never pages"
"""The reason for what no rule is asked about."""


class Severity(StrEnum):
    """P0 (critical, catastrophic) to P3 (low, minor): playbook L57-177."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"

    @property
    def word(self) -> str:
        """The playbook's word for it."""
        return {"P0": "Critical", "P1": "High", "P2": "Medium", "P3": "Low"}[self.value]

    def worse_than(self, other: "Severity") -> bool:
        """Whether this one is more urgent than ``other`` (P0 is the worst)."""
        return self < other


@dataclass(frozen=True, slots=True)
class SeverityRule:
    """One line of the ordered table: where all ``match`` hold, this is the severity (``None``: never pages)."""

    severity: Severity | None
    match: tuple[Matcher, ...]
    label: str
    """What a person is shown as the reason, for example ``rules[2]`` or ``severity="critical"``."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """The severity of one alert and why; ``severity`` is ``None`` where the alert never pages."""

    severity: Severity | None
    rule: str
    guessed: bool = False


DEFAULTS: Mapping[str, Severity | None] = {
    "critical": Severity.P1,
    "crit": Severity.P1,
    "page": Severity.P1,
    "emergency": Severity.P1,
    "error": Severity.P1,
    "high": Severity.P1,
    "warning": Severity.P2,
    "warn": Severity.P2,
    "info": Severity.P3,
    "informational": Severity.P3,
    "information": Severity.P3,
    "none": None,
}
"""The shipped defaults of rule 13, by normalised value of the label ``severity``, in its usual spellings."""

SCHEMES: Mapping[str, Mapping[str, Severity]] = {
    "p0": {f"p{n}": severity for n, severity in enumerate(Severity)},
    "p1": {f"p{n + 1}": severity for n, severity in enumerate(Severity)},
    "sev0": {f"sev{n}": severity for n, severity in enumerate(Severity)},
    "sev1": {f"sev{n + 1}": severity for n, severity in enumerate(Severity)},
    "disaster": {
        "disaster": Severity.P0,
        "high": Severity.P1,
        "average": Severity.P2,
        "warning": Severity.P2,
        "information": Severity.P3,
        "notclassified": Severity.P3,
    },
}
"""What a source may declare about its own words. P1 is the top in some shops and the second
in others, so it is never guessed."""


_DEFAULTS = {value: Mapped(severity, f'default: severity="{value}"') for value, severity in DEFAULTS.items()}
_SEPARATORS = str.maketrans("", "", " -_")


def normalised(value: str) -> str:
    """Fold the spellings ``SEV-1``, ``sev 1`` and ``Sev_1`` into one."""
    return value.casefold().translate(_SEPARATORS).strip()


@dataclass(frozen=True, slots=True)
class SeverityRules:
    """The whole table for one configuration: the operator's rules, each source's scheme and the fallback."""

    rules: tuple[SeverityRule, ...] = ()
    schemes: Mapping[str, str] | None = None
    """Source name to the scheme it declared."""
    fallback: Severity = Severity.P2
    looks_at: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """The labels that decide: alerts that agree in them have one severity, and there may be ten thousand of those."""

    def __post_init__(self) -> None:
        names = {matcher.name for rule in self.rules for matcher in rule.match}
        object.__setattr__(self, "looks_at", tuple(sorted({"alertname", "severity", *names})))

    def map(self, labels: Mapping[str, str], source: str) -> Mapped:
        """Decide the severity of one alert that ``source`` sent."""
        value = normalised(labels.get("severity", ""))
        if value == "none" or labels.get("alertname") in NEVER_PAGES:
            return Mapped(None, NEVER)
        for rule in self.rules:
            if all_match(rule.match, labels):
                return Mapped(rule.severity, rule.label)
        scheme = (self.schemes or {}).get(source)
        if scheme is not None and value in SCHEMES[scheme]:
            return Mapped(SCHEMES[scheme][value], f"scheme {scheme}: {value}")
        if value in _DEFAULTS:
            return _DEFAULTS[value]
        return Mapped(self.fallback, f"no rule knows severity={labels.get('severity', '')[:40]!r}", guessed=True)
