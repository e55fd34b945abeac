"""What must hold between the parts of the file: references, order, credentials.

Rules
-----
* A reference to something unknown is a mistake at the line of the reference.
* What can never take effect (a rule after one that matches everything) is a mistake, not a curiosity.

May import: ``domain``, ``chosen``, ``communication``, ``durations``, ``findings``, ``heartbeat``, ``ladders``,
``maintenance``, ``mistakes``, ``model``, ``recipes``, ``references``, ``schedules``, ``storms`` and pydantic.
"""

from collections.abc import Iterable
from datetime import timedelta

from pydantic import SecretStr

from rungbell.config.chosen import check_chosen, check_ways
from rungbell.config.communication import check_communication
from rungbell.config.durations import format_duration
from rungbell.config.findings import Findings
from rungbell.config.heartbeat import check_heartbeat
from rungbell.config.ladders import DEFAULT_POLICY, check_ladder, ladders
from rungbell.config.maintenance import check_maintenance
from rungbell.config.mistakes import Path, spelled
from rungbell.config.model.file import FileSection
from rungbell.config.model.ladders import TierSection
from rungbell.config.recipes import check_recipes
from rungbell.config.references import people_of, refer
from rungbell.config.schedules import check_schedules
from rungbell.config.secrets import is_known
from rungbell.config.storms import check_storms
from rungbell.domain.severity import Severity

HASTY = timedelta(minutes=5)
"""Prometheus repeats what fires each minute, or at each evaluation of the rule where that is rarer."""


def crosscheck(file: FileSection, findings: Findings) -> None:
    """Hold the parts of the file against each other; parts that are not sound themselves are passed over."""
    check_schedules(file, findings)
    _check_severities(file, findings)
    check_chosen(file, findings)
    for path, tier in _tiers(file):
        _check_reach(path, tier, file, findings)
    for ladder in ladders(file):
        check_ladder(ladder, findings)
    _check_reachable("rules", "unreachable-rule", findings)
    _check_reachable("policies", "policy-never-chosen", findings)
    _check_policies(file, findings)
    check_maintenance(file, findings)
    check_recipes(file, findings)
    check_communication(file, findings)
    check_storms(file, findings)
    check_heartbeat(file, findings)
    for index, channel in enumerate(getattr(file, "follow", ())):
        refer(("follow", index), channel, getattr(file, "channels", {}), "channel", findings)
    _check_credentials(file, findings)
    _check_alertmanagers(file, findings)


def _check_severities(file: FileSection, findings: Findings) -> None:
    given = getattr(file, "severities", None)
    missing = [severity for severity in Severity if severity not in given] if given is not None else []
    raw = findings.document.data.get("severities")
    for severity in missing:
        if isinstance(raw, dict) and severity not in raw:
            findings.wrong(("severities",), f"{severity} is missing", "P0 to P3 must all be given")
    if getattr(file, "tiers", None) == {} and findings.document.data.get("tiers") == {}:
        findings.wrong(("tiers",), "must not be empty", "L1 at least")


def _tiers(file: FileSection) -> Iterable[tuple[Path, TierSection]]:
    for name, tier in getattr(file, "tiers", {}).items():
        yield ("tiers", name), tier
    for index, policy in enumerate(file.policies):
        for name, tier in policy.tiers.items():
            yield ("policies", index, "tiers", name), tier


def _check_reach(path: Path, tier: TierSection, file: FileSection, findings: Findings) -> None:
    known = [*people_of(file), *file.schedules]
    for index, name in enumerate(getattr(tier, "reach", ())):
        refer((*path, "reach", index), name, known, "person or schedule", findings)
    check_ways((*path, "through"), getattr(tier, "through", ()), file, findings)


def _check_reachable(section: str, kind: str, findings: Findings) -> None:
    """Find entries that stand after one without matchers; read from the plain data, where a broken matcher is one."""
    entries = findings.document.data.get(section)
    final: int | None = None
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if not isinstance(entry, dict):
            continue
        if final is not None:
            line = findings.document.locate((section, final)).line
            everything = f"is never reached: {section}[{final}] (line {line}) matches everything"
            findings.wrong((section, index), everything, "move it up", kind=kind)
        elif not entry.get("match"):
            final = index


def _check_policies(file: FileSection, findings: Findings) -> None:
    names = [getattr(policy, "name", None) for policy in file.policies]
    for index, name in enumerate(names):
        if name == DEFAULT_POLICY:
            findings.wrong(("policies", index, "name"), "`default` is the policy at the top of the file")
        elif name is not None and name in names[:index]:
            findings.wrong(("policies", index, "name"), f"there is another policy `{name}`")
    if file.operator is not None:
        known = [DEFAULT_POLICY, *(name for name in names if name)]
        refer(("operator",), file.operator, known, "policy", findings)
    elif "operator" not in findings.document.data or findings.document.data["operator"] is None:
        nobody = "no `operator` policy: nobody is paged about rungbell's own troubles"
        findings.warn("no-operator", (), nobody, "operator: default")


def _check_credentials(file: FileSection, findings: Findings) -> None:
    seen: dict[tuple[str, ...], Path] = {}
    anonymous: list[str] = []
    for name, source in file.sources.items():
        path: Path = ("sources", name)
        if source.bearer_token is not None:
            _check_token(source.bearer_token, (*path, "bearer_token"), seen, findings)
        basic = source.basic_auth
        if basic is not None and hasattr(basic, "password") and hasattr(basic, "username"):
            pair = (basic.username, basic.password.get_secret_value())
            _check_shared(pair, (*path, "basic_auth"), seen, findings)
        if source.hmac is not None and hasattr(source.hmac, "secret"):
            _check_shared((source.hmac.secret.get_secret_value(),), (*path, "hmac", "secret"), seen, findings)
        if source.anonymous:
            if anonymous:
                findings.wrong(path, f"`{anonymous[0]}` is anonymous too, so nothing tells them apart")
            anonymous.append(name)
    for person, section in file.api_tokens.items():
        path = ("api_tokens", person)
        refer(path, person, people_of(file), "person", findings)
        if hasattr(section, "token"):
            _check_token(section.token, (*path, "token"), seen, findings)


def _check_alertmanagers(file: FileSection, findings: Findings) -> None:
    for name, source in file.sources.items():
        asked = source.alertmanager
        if asked is None:
            continue
        path: Path = ("sources", name, "alertmanager")
        token = getattr(asked, "bearer_token", None)
        if token is not None:
            _check_printable(token, (*path, "bearer_token"), findings)
        settle_after = getattr(asked, "settle_after", HASTY)
        if settle_after < HASTY:
            text = f"{format_duration(settle_after)} is less than Prometheus may need to repeat what fires"
            findings.warn("hasty-reconciler", (*path, "settle_after"), text)


def _check_token(token: SecretStr, path: Path, seen: dict[tuple[str, ...], Path], findings: Findings) -> None:
    _check_printable(token, path, findings)
    _check_shared((token.get_secret_value(),), path, seen, findings)


def _check_printable(token: SecretStr, path: Path, findings: Findings) -> None:
    text = token.get_secret_value()
    if is_known(token) and (not text.isascii() or not text.isprintable() or " " in text):
        findings.wrong(_written(path, findings), "a token is one line of printable characters without blanks")


def _check_shared(secret: tuple[str, ...], path: Path, seen: dict[tuple[str, ...], Path], findings: Findings) -> None:
    first = seen.setdefault(secret, path)
    if first != path:
        other = spelled(first[:2])
        findings.wrong(_written(path, findings), f"is the same credential as that of {other}", "each needs its own")


def _written(path: Path, findings: Findings) -> Path:
    """Give the path of a secret as it was written, which may be that of its twin."""
    twin = (*path[:-1], f"{path[-1]}_file")
    return twin if findings.document.holds(twin) else path
