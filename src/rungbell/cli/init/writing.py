"""Writes what ``rungbell init`` was told: the configuration, its secrets, and what to paste elsewhere.

Rules
-----
* Everything is written to a folder of its own, read there by the loader, and only then put in its place.
* Files are readable by their owner only; the folder of the secrets can be entered by its owner only.

May import: ``answers``, ``addresses``, ``as_typed``, ``failures``, ``files``, ``config``, ``notifiers``, the standard
library.
"""

import json
import secrets
import shlex
import tempfile
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from rungbell.cli.addresses import DEFAULT_ADDRESS, DEFAULT_URL
from rungbell.cli.as_typed import as_typed
from rungbell.cli.failures import NegativeAnswerError
from rungbell.cli.files import new_private, put
from rungbell.cli.init.answers import Answers
from rungbell.config import InvalidConfigError, Settings, load
from rungbell.notifiers import registry

SECRETS = "secrets"
SOURCE = "alertmanager"
PAGER = "pager"
ROLES = ("First to be paged", "Second", "Third", "Fourth", "Last resort")
TIERS = ("L1", "L2", "L3", "L4", "L5")
PRIVATE_FOLDER = 0o700
TOKEN_BYTES = 32
HTTP_PORT = 80


def place(file: Path, answers: Answers, *, force: bool) -> tuple[Settings, str]:
    """Write everything, and give what the loader makes of it and the token of the source.

    Raises:
        NegativeAnswerError: it cannot be written there, or the loader refuses it.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    kept = secrets_of(answers, token)
    targets = [Path(SECRETS, secret) for secret in kept]
    if not force:
        refuse_to_overwrite(file, targets)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".rungbell-init-", dir=file.parent) as name:
            folder = Path(name)
            (folder / SECRETS).mkdir(PRIVATE_FOLDER)
            for secret, text in kept.items():
                _write(folder / SECRETS / secret, text + "\n")
            _write(folder / file.name, configuration(file, answers))
            load(folder / file.name, registry(), answers.url)
            (file.parent / SECRETS).mkdir(PRIVATE_FOLDER, exist_ok=True)
            for target in (*targets, Path(file.name)):
                put(folder / target, file.parent / target, force=force)
        return load(file, registry(), answers.url), token
    except InvalidConfigError as error:
        raise NegativeAnswerError("; ".join(f"{one.field}: {one.message}" for one in error.mistakes)) from error
    except OSError as error:
        raise NegativeAnswerError(f"{error.filename or file}: {error.strerror or error}") from error


def refuse_to_overwrite(file: Path, targets: Iterable[Path] = (Path(SECRETS, SOURCE),)) -> None:
    """Look whether anything is there already; without ``targets``, of what is written whatever the answers are.

    Raises:
        NegativeAnswerError: something is.
    """
    there = [str(path) for path in (file, *(file.parent / target for target in targets)) if path.exists()]
    if there:
        raise NegativeAnswerError(f"{', '.join(there)} would be overwritten; give a FILE in another folder, or --force")


def _write(path: Path, text: str) -> None:
    with new_private(path) as opened:
        opened.write(text)


def secrets_of(answers: Answers, token: str) -> dict[str, str]:
    """Give every secret by the name of its file."""
    found = {SOURCE: token}
    if answers.webhook_token:
        found["webhook"] = answers.webhook_token
    if answers.mail_password:
        found["mail"] = answers.mail_password
    if not answers.local:
        found |= {f"api-{person.id}": secrets.token_urlsafe(TOKEN_BYTES) for person in answers.people}
    return found


def configuration(file: Path, answers: Answers) -> str:
    """Write the file."""
    parts = (
        _head(file, answers),
        _people(answers),
        _channels(answers),
        _tiers(answers),
        _severities(len(answers.people)),
    )
    return "\n".join((*parts, _rules(), _credentials(answers)))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def check_command(file: Path, answers: Answers) -> str:
    """Give the command that checks the file as `serve` will read it."""
    return f"rungbell check config {shlex.join([*_external(answers), file.name])}"


def _head(file: Path, answers: Answers) -> str:
    return f"""\
# Who is paged for what, by rungbell. Durations are written as in Prometheus (30s, 5m, 1h30m), matchers as in
# Alertmanager. Check changes as follows, then let a running daemon read them with SIGHUP:
#   {check_command(file, answers)}

zone: {answers.zone}
business_hours: {{days: mon-fri, hours: "09:00-17:00"}}   # for P3 only; the others page at any hour
"""


def _people(answers: Answers) -> str:
    lines = []
    for person in answers.people:
        email = f", email: {_quoted(person.email)}" if person.email else ""
        lines.append(f"  {person.id}: {{name: {_quoted(person.name)}{email}}}")
    return "people:\n" + "\n".join(lines) + "\n"


def _channels(answers: Answers) -> str:
    if answers.page_by == "webhook":
        token = f", bearer_token_file: {SECRETS}/webhook" if answers.webhook_token else ""
        how = f"{{type: webhook, url: {_quoted(answers.webhook_url)}{token}}}"
        note = "# Pages are POSTed as JSON; only a 2xx answer counts as taken."
    elif answers.page_by == "email":
        login = f", username: {_quoted(answers.mail_user)}, password_file: {SECRETS}/mail" if answers.mail_user else ""
        sender = f", from: {_quoted(answers.mail_from)}"
        how = f"{{type: email, host: {_quoted(answers.mail_host)}{sender}{login}}}"
        note = "# Mail alone wakes few people at night: add a channel that rings."
    else:
        how = "{type: console}"
        note = "# Only the daemon's own console for now: this pages nobody who is not looking at it."
    return f"{note}\nchannels:\n  {PAGER}: {how}\n"


def _tiers(answers: Answers) -> str:
    lines = [
        f"  {tier}: {{role: {role}, reach: {person.id}, through: [{PAGER}]{', only: [P0]' if tier == 'L5' else ''}}}"
        for tier, role, person in zip(TIERS, ROLES, answers.people, strict=False)
    ]
    return "# The ladder, climbed while nobody acknowledges.\ntiers:\n" + "\n".join(lines) + "\n"


def _severities(people: int) -> str:
    """Write the playbook's times, as far as there are people on the tiers."""
    tiers = TIERS[:people]
    unresolved = [f"{tier}: {after}" for tier, after in (("L4", "1h"), ("L5", "2h")) if tier in tiers]
    engineering = {severity: f"    engineering_within: {after}\n" for severity, after in
                   (("P0", "15m"), ("P1", "30m"), ("P2", "4h")) if "L3" in tiers}  # fmt: skip
    while_unresolved = f"    while_unresolved: {{{', '.join(unresolved)}}}\n" if unresolved else ""
    return f"""\
severities:
  P0:                              # everything is down, or a breach
    page: [{", ".join(tiers[:3])}]
    acknowledge_within: 5m         # else the next tier, up to
    climb_to: {tiers[-1]}
{engineering.get("P0", "")}{while_unresolved}    acknowledgement_lasts: 1h      # then it is nobody's again
    stable_for: 30m                # quiet for so long before it may be resolved
    resolves: person
  P1:                              # many clients, or something critical
    page: [{", ".join(tiers[:2])}]
    acknowledge_within: 5m
    climb_to: {tiers[:4][-1]}
{engineering.get("P1", "")}    acknowledgement_lasts: 2h
    stable_for: 30m
    resolves: person
  P2:                              # some clients, nothing critical
    page: [L1]
    acknowledge_within: 15m
    climb_to: {tiers[:3][-1]}
{engineering.get("P2", "")}    acknowledgement_lasts: 4h
    stable_for: 15m
    resolves: window               # by itself, once it has been quiet
  P3:                              # cosmetic
    page: [L1]
    acknowledge_within: 1h
    hours: business
    climb_to: L1
    acknowledgement_lasts: next_business_day
    stable_for: 0s
    resolves: window
"""


def _rules() -> str:
    return """\
# How bad is it? By the label `severity`: critical, page, emergency, error, high are P1; warning is P2; info is P3; none
# never pages; what nobody knows is P2 and shown as guessed. P0 comes only from a rule of yours, such as:
# rules:
#   - {severity: P0, match: ['severity="critical"', 'scope="platform"']}

operator: default                  # who is paged about rungbell's own troubles
"""


def _credentials(answers: Answers) -> str:
    source = f"""\
# Who may send alerts. `watchdog_within: 15m` beside the token would page when the Watchdog alert falls silent.
sources:
  {SOURCE}: {{bearer_token_file: {SECRETS}/{SOURCE}}}
"""
    if answers.local:
        return source + "# Without `api_tokens` whoever is on this machine may act on incidents, and nobody else.\n"
    tokens = "\n".join(f"  {person.id}: {{token_file: {SECRETS}/api-{person.id}}}" for person in answers.people)
    note = "# Who may look at incidents and act on them, each with a token of their own."
    return f"{source}\n{note}\napi_tokens:\n{tokens}\n"


def receiver(answers: Answers, token: str) -> str:
    """Give what belongs into Alertmanager's configuration."""
    return f"""\
receivers:
  - name: rungbell
    webhook_configs:
      - url: {_quoted(answers.url + "/api/v1/alertmanager")}
        send_resolved: true
        http_config:
          authorization: {{credentials: {_quoted(token)}}}
"""


def start_command(file: Path, answers: Answers) -> str:
    """Give the command that starts the daemon where people expect it."""
    words = ["serve", "--config.file", str(file), *_external(answers)]
    listen = _listen(answers)
    if listen != DEFAULT_ADDRESS:
        words += ["--web.listen-address", listen]
    return f"{as_typed()} {shlex.join(words)}"


def _external(answers: Answers) -> list[str]:
    """Give what `serve` and `check config` must be told where people reach the daemon elsewhere than by default."""
    return [] if answers.url == DEFAULT_URL else ["--web.external-url", answers.url]


def _listen(answers: Answers) -> str:
    """Say where the daemon has to listen: https is somebody else's in front of it; plain http is its own."""
    parts = urlsplit(answers.url)
    if parts.scheme == "https":
        return DEFAULT_ADDRESS
    host = "127.0.0.1" if answers.host == "localhost" else answers.host if answers.local else ""
    return f"{f'[{host}]' if ':' in host else host}:{parts.port or HTTP_PORT}"
