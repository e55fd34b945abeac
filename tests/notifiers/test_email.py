"""Channel ``email``: the contract, and its own promises, against a real mail server."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, ClassVar

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rungbell.config import InvalidConfigError, load
from rungbell.domain.communication.kinds import CommunicationKind
from rungbell.domain.errors import ConfigError
from rungbell.domain.events import FailureReason
from rungbell.domain.language import Language
from rungbell.domain.page import PageKind
from rungbell.domain.roster import Person
from rungbell.notifiers import CopyView, IncidentView, Message
from rungbell.notifiers import email as module
from rungbell.notifiers.email import EmailNotifier, EmailSettings, form, plain, written
from rungbell.testing import (
    NOON,
    Cell,
    Failure,
    Fault,
    Folded,
    Hang,
    NotifierContract,
    NotPossible,
    failure_of,
    message,
    notice,
)
from tests.harness.ports import LOOPBACK, free_port
from tests.notifiers.smtp_server import (
    PASSWORD,
    USERNAME,
    Authority,
    MailServer,
    authority,
    encoded,
    mail_server,
    scripted,
)

SENDER = "pages@example.org"
RECIPIENT = "alice@example.com"
TOKEN = "token-of-alice"
SECRETS = (PASSWORD, encoded(USERNAME, PASSWORD), TOKEN)
HEADERS = {
    "From",
    "To",
    "Date",
    "Subject",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
}
OFFER = b"250-mail.example.org\r\n250 STARTTLS\r\n"
REFUSED, UNAUTHORIZED, GONE = FailureReason.REFUSED, FailureReason.UNAUTHORIZED, FailureReason.RECIPIENT_GONE
AWAY, TIMEOUT, UNREACHABLE = FailureReason.PROVIDER_ERROR, FailureReason.TIMEOUT, FailureReason.UNREACHABLE


class MailStage:
    """A channel that logs in, and its server."""

    secrets = SECRETS

    def __init__(self, server: MailServer, trusted: Path, session: aiohttp.ClientSession) -> None:
        self.server = server
        self._trusted = trusted
        self._session = session
        self.configure(username=USERNAME, password=PASSWORD)

    def configure(self, **settings: object) -> None:
        usual = {"host": LOOPBACK, "port": self.server.port, "from": SENDER, "ca_file": self._trusted}
        given = {key: value for key, value in {**usual, **settings}.items() if value is not None}
        self.settings = EmailSettings.model_validate(given)
        self.notifier = EmailNotifier(self.settings, self._session)

    async def arrived(self) -> list[str]:
        return [mail.text for mail in self.server.mails]

    async def structures(self) -> list[tuple[object, ...]]:
        """The headers by name, those that no text is in by value, and the parts."""
        return [
            (
                mail.sender,
                mail.recipients,
                [(name, value if name != "Subject" else "text") for name, value in mail.parsed.items()],
                [part.get_content_type() for part in mail.parsed.walk()],
            )
            for mail in self.server.mails
        ]


def hanging(step: str) -> "Provoke":
    async def provoke(stage: MailStage) -> None:
        stage.server.hangs = {step}

    return provoke


Provoke = Callable[[MailStage], Awaitable[None]]


def answering(step: str, answer: str) -> Provoke:
    async def provoke(stage: MailStage) -> None:
        stage.server.answers[step] = answer

    return provoke


def dropping(step: str) -> Provoke:
    async def provoke(stage: MailStage) -> None:
        stage.server.drops.add(step)

    return provoke


def login_answered(answer: str) -> Provoke:
    async def provoke(stage: MailStage) -> None:
        stage.server.login_answer = answer

    return provoke


async def nobody_listens(stage: MailStage) -> None:
    stage.configure(port=free_port())


async def no_such_host(stage: MailStage) -> None:
    stage.configure(host="mail.invalid")


async def of_an_unknown_authority(stage: MailStage) -> None:
    stage.configure(ca_file=None)


async def expects_tls_at_once(stage: MailStage) -> None:
    stage.configure(security="tls")


async def without_a_login(stage: MailStage) -> None:
    stage.configure()


async def with_a_wrong_password(stage: MailStage) -> None:
    stage.configure(username=USERNAME, password="wrong")


@pytest.fixture(scope="session")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened
        await asyncio.sleep(0.02)  # connections that the server has just closed end with the next rounds of the loop


@pytest.fixture
async def stage(trusted: Authority, session: aiohttp.ClientSession) -> AsyncIterator[MailStage]:
    with mail_server(trusted.context, auth_required=True) as running:
        yield MailStage(running, trusted.file, session)


class TestEmail(NotifierContract):
    """The contract."""

    provider = "email"
    loggers_of_the_provider = ("mail.",)
    faults: ClassVar[Mapping[Fault, Cell]] = {
        Fault.REFUSES: Failure(answering("DATA", f"554 no: /a/{TOKEN}"), REFUSED, permanent=True),
        Fault.UNAUTHORIZED: Failure(with_a_wrong_password, UNAUTHORIZED, permanent=True),
        Fault.GONE: Failure(answering("RCPT", f"550 5.1.1 no such user, /a/{TOKEN}"), REFUSED, permanent=True),
        Fault.TOO_MANY: Failure(answering("RCPT", "450 4.2.1 too many mails for this mailbox"), AWAY),
        Fault.TOO_MANY_UNTIL: NotPossible("no answer of SMTP says for how long to wait"),
        Fault.TROUBLE: Failure(answering("MAIL", "421 4.3.2 shutting down"), AWAY),
        Fault.ERROR_IN_SUCCESS: NotPossible("in SMTP the code is the answer, and its text is for people"),
        Fault.GARBAGE: Failure(answering("DATA", "399 perhaps"), AWAY),
        Fault.HANGS_BEFORE: Hang(hanging("RCPT")),
        Fault.HANGS_AFTER: Hang(hanging("DATA")),
        Fault.CUT: Failure(dropping("DATA"), UNREACHABLE),
        Fault.NOBODY_LISTENS: Failure(nobody_listens, UNREACHABLE),
        Fault.REDIRECTS: Failure(answering("RCPT", "551 user not local; try another"), REFUSED, permanent=True),
    }
    limits = NotPossible("a page is far below the megabytes that mail servers take, and subjects have their own test")
    repeat = Folded(lambda stage: [mail.parsed["Message-ID"] for mail in stage.server.mails])
    failures: ClassVar[Mapping[str, Failure]] = {
        **{
            f"{code} to {step}": Failure(answering(step, f"{code} no: http://rungbell.example.org/a/{TOKEN}"), AWAY)
            for step in ("MAIL", "RCPT", "DATA")
            for code in (421, 450, 451, 452, 455)
        },
        **{
            f"{code} to {step}": Failure(answering(step, f"{code} no: /a/{TOKEN}"), REFUSED, permanent=True)
            for step in ("MAIL", "RCPT", "DATA")
            for code in (500, 501, 550, 552, 553, 554)
        },
        **{f"dropped at {step}": Failure(dropping(step), UNREACHABLE) for step in ("MAIL", "RCPT", "DATA")},
        **{
            f"{code} to the login": Failure(login_answered(f"{code} what is {SECRETS[1]}?"), UNAUTHORIZED, True)
            for code in (500, 501, 504, 530, 534, 535, 538, 550)
        },
        "454 to the login": Failure(login_answered(f"454 later, {PASSWORD}"), AWAY),
        "no login where one is required": Failure(without_a_login, UNAUTHORIZED, permanent=True),
        "a wrong password": Failure(with_a_wrong_password, UNAUTHORIZED, permanent=True),
        "neither yes nor no": Failure(answering("DATA", "399 perhaps"), AWAY),
        "nobody listens": Failure(nobody_listens, UNREACHABLE),
        "no such host": Failure(no_such_host, UNREACHABLE),
        "an unknown authority": Failure(of_an_unknown_authority, UNREACHABLE),
        "no TLS from the first byte": Failure(expects_tls_at_once, UNREACHABLE),
    }


# -- what arrives ---------------------------------------------------------------------------------------------------


async def test_every_header_of_a_page_is_known(stage: MailStage) -> None:
    await stage.notifier.send(message())

    (mail,) = stage.server.mails
    headers = dict(mail.parsed.items())
    assert (mail.sender, mail.recipients) == (SENDER, [RECIPIENT])
    unique, thread = headers.pop("Message-ID"), headers.pop("References")
    assert unique.endswith("@example.org>")
    assert thread.endswith("@example.org>")
    assert unique != thread
    assert headers == {
        "From": f"rungbell <{SENDER}>",
        "To": RECIPIENT,
        "Date": "Mon, 23 Nov 2026 12:00:00 +0000",
        "Subject": "P1 #7 DiskFull: the disk is full",
        "In-Reply-To": thread,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
    }
    assert set(mail.parsed.keys()) == HEADERS
    assert len(mail.parsed.keys()) == len(HEADERS)


async def test_the_acknowledge_link_stands_on_a_line_of_its_own(stage: MailStage) -> None:
    link = f"http://rungbell.example.org/a/{'x' * 300}"
    await stage.notifier.send(message("P1 #7 DiskFull\n2 of 3 alerts firing", acknowledge_url=link))

    (body,) = await stage.arrived()
    assert body.splitlines() == [
        "P1 #7 DiskFull",
        "2 of 3 alerts firing",
        "",
        "Acknowledge:",
        link,
        "",
        "Incident: http://rungbell.example.org/api/v1/incidents/7",
    ]


async def test_a_notification_asks_for_no_acknowledgement(stage: MailStage) -> None:
    await stage.notifier.send(message(kind=PageKind.NOTIFICATION, acknowledge_url=""))

    (body,) = await stage.arrived()
    assert "cknowledge" not in body


async def test_a_notice_of_a_shift_is_named_by_its_first_line_and_leads_to_no_incident(stage: MailStage) -> None:
    await stage.notifier.send(notice("You are on call for support\nHandover note by bob:"))

    (mail,) = stage.server.mails
    assert mail.parsed["Subject"] == "You are on call for support"
    assert "Incident" not in mail.text


async def test_what_is_sent_is_ascii_in_short_lines_that_end_in_crlf(stage: MailStage) -> None:
    incident = titled("Plattenfüllstand 🔥 " * 20)
    await stage.notifier.send(message("Füllstand\r.\r\n.\n.hidden\x00 " * 50, incident=incident))

    (mail,) = stage.server.mails
    assert mail.raw.isascii()
    assert max(len(line) for line in mail.raw.split(b"\r\n")) <= 78
    rest = mail.raw.replace(b"\r\n", b"")
    assert [char for char in (b"\r", b"\n", b"\0") if char in rest] == []
    assert mail.text.startswith("Füllstand\n.\n.\n.hidden\x00 ")


async def test_a_lone_surrogate_does_not_keep_a_page_back(stage: MailStage) -> None:
    await stage.notifier.send(message("disk \ud800 full", incident=titled("disk \ud800 full")))

    (mail,) = stage.server.mails
    assert mail.parsed["Subject"] == "P1 #7 disk full"
    assert "disk ? full" in mail.text


async def test_the_reference_is_the_id_of_the_mail(stage: MailStage) -> None:
    reference = await stage.notifier.send(message())

    assert reference == stage.server.mails[0].parsed["Message-ID"]


async def test_each_mail_has_a_connection_of_its_own(stage: MailStage) -> None:
    for number in range(3):
        await stage.notifier.send(message(intent=str(number)))

    assert stage.server.commands.count("STARTTLS") == 3
    assert len(stage.server.mails) == 3


# -- attempts and threads -------------------------------------------------------------------------------------------


def titled(title: str, number: int = 7, identity: str = "0190aa") -> IncidentView:
    plain_view = message().incident
    assert plain_view is not None
    return IncidentView(identity, number, title, plain_view.severity, plain_view.status, plain_view.url)


async def test_the_second_attempt_after_a_connection_lost_at_the_dot_has_the_same_message_id(stage: MailStage) -> None:
    stage.server.drops = {"DATA"}
    failed = await failure_of(stage.notifier, message())
    stage.server.drops = set()
    await stage.notifier.send(message(attempt=2, sent_at=NOON + timedelta(seconds=30)))

    first, second = (mail.parsed for mail in stage.server.mails)
    assert (failed.reason, failed.permanent) == (UNREACHABLE, False)
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] != second["Date"]


async def test_two_pages_of_an_incident_are_two_mails_in_one_thread(stage: MailStage) -> None:
    await stage.notifier.send(message("P1 #7 DiskFull", intent="first"))
    await stage.notifier.send(message("P1 #7 DiskFull\nnobody has acknowledged so far", intent="second"))

    first, second = (mail.parsed for mail in stage.server.mails)
    assert first["Message-ID"] != second["Message-ID"]
    assert first["References"] == first["In-Reply-To"] == second["References"] == second["In-Reply-To"]
    assert first["Subject"] == second["Subject"]


async def test_two_incidents_are_two_threads(stage: MailStage) -> None:
    await stage.notifier.send(message(intent="first"))
    await stage.notifier.send(message(intent="second", incident=titled("DiskFull", 8, "0190ab")))

    first, second = (mail.parsed for mail in stage.server.mails)
    assert first["References"] != second["References"]
    assert first["In-Reply-To"] != second["In-Reply-To"]


async def test_the_ids_of_a_long_domain_are_not_broken(stage: MailStage) -> None:
    domain = ".".join(["b" * 60] * 3) + ".example"
    stage.configure(**{"from": f"pages@{domain}"}, username=USERNAME, password=PASSWORD)
    await stage.notifier.send(message())

    (mail,) = stage.server.mails
    for name in ("Message-ID", "References", "In-Reply-To"):
        (line,) = [line for line in mail.raw.decode().split("\r\n") if line.startswith(f"{name}: <")]
        assert line.endswith(f"@{domain}>")


# -- header injection -----------------------------------------------------------------------------------------------

TITLES = {
    "CRLF": "disk full\r\nBcc: eve@example.net\r\n\r\nbody",
    "LF": "disk full\nBcc: eve@example.net",
    "CR": "disk full\rBcc: eve@example.net",
    "folded": "disk full\r\n Bcc: eve@example.net",
    "NUL": "disk\x00full\x00\r\nBcc: eve@example.net",
    "next line": "disk full\x85Bcc: eve@example.net\u2028Bcc: eve@example.net\u2029",
    "vertical": "disk\x0bfull\x0cBcc: eve@example.net\x1c\x1d\x1e",
    "bidi": "\u202ellufksid\u202c \u2066full\u2069 \u200f\u061c",
    "invisible": "di\u200bsk\u2060 fu\u00adll\ufeff",
    "encoded line break, q": "=?utf-8?q?disk=0D=0ABcc:_eve=40example.net?=",
    "encoded line break, b": "=?utf-8?b?ZGlzaw0KQmNjOiBldmVAZXhhbXBsZS5uZXQ=?=",
    "encoded in pieces": "=\x00?utf-8?q?disk=0D=0ABcc:_eve=40example.net?=",
    "half encoded": "disk =?utf-8?q?full",
    "10 kB": "disk full " * 1_000,
    "10 kB without a space": "d" * 10_000,
    "emoji": "🔥" * 500,
    "emoji and words": "Plattenfüllstand 🔥 über 95 % " * 20,
    "ANSI": "\x1b[31mdisk full\x1b[0m\x07",
    "surrogate": "disk \udc80\ud83d full",
    "blank": " \t\r\n ",
    "empty": "",
}


@pytest.mark.parametrize("title", list(TITLES.values()), ids=list(TITLES))
async def test_no_title_adds_a_header_or_a_recipient(stage: MailStage, title: str) -> None:
    await stage.notifier.send(message(incident=titled(title)))

    (mail,) = stage.server.mails
    assert mail.recipients == [RECIPIENT]
    assert sorted(mail.parsed.keys()) == sorted(HEADERS)
    assert mail.parsed["Subject"] == plain(f"P1 #7 {title}")[:200].rstrip()
    assert len(mail.parsed["Subject"]) <= 200
    assert mail.text.startswith("P1 #7 DiskFull\n")


@given(st.text(max_size=300))
def test_any_title_is_one_subject_without_controls(title: str) -> None:
    raw = written(message(incident=titled(title)), SENDER, RECIPIENT).as_bytes(policy=form())

    read = message_from_bytes(raw, policy=policy.default)
    subject = str(read["Subject"])
    assert sorted(read.keys()) == sorted(HEADERS)
    assert subject.split() == plain(f"P1 #7 {title}")[:200].split()
    assert len(subject) <= 200
    assert subject == plain(subject)


def test_how_to_acknowledge_is_said_in_the_reader_s_language() -> None:
    page = message()
    reader = replace(page.person, language=Language.DE)
    text = written(message(person=reader), SENDER, RECIPIENT).as_string()
    parsed = message_from_bytes(text.encode(), policy=policy.default).get_content()
    assert {"Übernehmen:", f"Vorfall: {page.incident.url if page.incident else ''}"} <= set(parsed.splitlines())


@pytest.mark.parametrize(
    "contact",
    [
        "alice@example.com>\r\nRCPT TO:<eve@example.net",
        "alice@example.com\nBcc: eve@example.net",
        "<alice@example.com>",
        "alice@example.com,eve@example.net",
        "=?utf-8?q?a=0D=0ABcc:_eve?=@example.com",
        "al\u202eice@example.com",
        "alice@",
        "@example.com",
        "alice",
        f"alice@{'ü' * 70}.example",
    ],
)
async def test_a_contact_that_is_no_mail_address_is_gone_for_good(stage: MailStage, contact: str) -> None:
    failed = await failure_of(stage.notifier, message(person=Person("alice", "Alice", {"email": contact})))

    assert (failed.reason, failed.permanent, stage.server.commands) == (GONE, True, [])


async def test_a_person_without_a_mail_address_is_gone_for_good(stage: MailStage) -> None:
    failed = await failure_of(stage.notifier, message(person=Person("alice", "Alice")))

    assert (failed.reason, failed.permanent) == (GONE, True)


# -- in clear, and to whom ------------------------------------------------------------------------------------------


async def test_a_server_without_starttls_hears_a_greeting_and_nothing_else(
    trusted: Authority, session: aiohttp.ClientSession
) -> None:
    with mail_server(None) as server:
        failed = await failure_of(MailStage(server, trusted.file, session).notifier, message())
        await until(lambda: b"QUIT" in server.clear)

        assert (failed.reason, failed.permanent, server.mails) == (REFUSED, False, [])
        assert "STARTTLS" in failed.detail
        assert bytes(server.clear) == b"EHLO example.org\r\nQUIT\r\n"


async def test_a_server_without_starttls_that_offers_a_login_hears_no_password(
    trusted: Authority, session: aiohttp.ClientSession
) -> None:
    with mail_server(None, auth_require_tls=False) as server:
        failed = await failure_of(MailStage(server, trusted.file, session).notifier, message())
        await until(lambda: b"QUIT" in server.clear)

        assert failed.reason is REFUSED
        assert bytes(server.clear) == b"EHLO example.org\r\nQUIT\r\n"


async def test_with_starttls_only_the_way_to_it_is_in_clear(stage: MailStage) -> None:
    await stage.notifier.send(message())

    assert bytes(stage.server.clear) == b"EHLO example.org\r\nSTARTTLS\r\n"


async def test_with_tls_from_the_first_byte_nothing_is_in_clear(
    trusted: Authority, session: aiohttp.ClientSession
) -> None:
    with mail_server(trusted.context, implicit=True, auth_require_tls=False) as server:
        stage = MailStage(server, trusted.file, session)
        stage.configure(security="tls", username=USERNAME, password=PASSWORD)
        await stage.notifier.send(message())

        assert len(server.mails) == 1
        assert bytes(server.clear) == b""


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_of_another_authority_is_not_trusted(
    tmp_path: Path, trusted: Authority, session: aiohttp.ClientSession, security: str
) -> None:
    other = authority(tmp_path)
    with mail_server(other.context, implicit=security == "tls") as server:
        stage = MailStage(server, trusted.file, session)
        stage.configure(security=security, username=USERNAME, password=PASSWORD)
        failed = await failure_of(stage.notifier, message())

        assert (failed.reason, failed.permanent, server.mails) == (UNREACHABLE, False, [])
        assert failed.detail.startswith("SSLCertVerificationError: ")
        assert "AUTH" not in " ".join(server.commands)


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_for_another_name_is_not_trusted(
    tmp_path: Path, session: aiohttp.ClientSession, security: str
) -> None:
    other = authority(tmp_path, "mail.example.org")
    with mail_server(other.context, implicit=security == "tls") as server:
        stage = MailStage(server, other.file, session)
        stage.configure(security=security, username=USERNAME, password=PASSWORD)
        failed = await failure_of(stage.notifier, message())

        assert (failed.reason, server.mails) == (UNREACHABLE, [])
        assert "mismatch" in failed.detail
        assert "AUTH" not in " ".join(server.commands)


# -- logging in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("excluded", "way"),
    [
        (["CRAM-MD5", "LOGIN"], "PLAIN"),
        (["CRAM-MD5", "PLAIN"], "LOGIN"),
        (["LOGIN", "PLAIN"], "CRAM-MD5"),
        ([], "PLAIN"),
    ],
)
async def test_it_logs_in_the_way_the_server_offers(
    trusted: Authority, session: aiohttp.ClientSession, excluded: list[str], way: str
) -> None:
    with mail_server(trusted.context, auth_required=True, auth_exclude_mechanism=excluded) as server:
        await MailStage(server, trusted.file, session).notifier.send(message())

        assert len(server.mails) == 1
        assert [command.split()[1] for command in server.commands if command.startswith("AUTH")] == [way]


async def test_a_wrong_password_is_tried_once_so_that_no_account_is_locked(
    trusted: Authority, session: aiohttp.ClientSession
) -> None:
    with mail_server(trusted.context, auth_required=True, auth_exclude_mechanism=[]) as server:
        stage = MailStage(server, trusted.file, session)
        stage.configure(username=USERNAME, password="wrong")
        failed = await failure_of(stage.notifier, message())

        assert (failed.reason, failed.permanent, failed.detail) == (UNAUTHORIZED, True, "SMTP 535")
        assert [command.split()[0] for command in server.commands].count("AUTH") == 1


async def test_a_server_that_offers_no_known_login_is_told_apart(
    trusted: Authority, session: aiohttp.ClientSession
) -> None:
    with mail_server(trusted.context, auth_exclude_mechanism=["CRAM-MD5", "LOGIN", "PLAIN"]) as server:
        failed = await failure_of(MailStage(server, trusted.file, session).notifier, message())

        assert (failed.reason, failed.permanent, server.mails) == (UNAUTHORIZED, True, [])


async def test_without_a_username_nobody_logs_in(trusted: Authority, session: aiohttp.ClientSession) -> None:
    with mail_server(trusted.context) as server:
        stage = MailStage(server, trusted.file, session)
        stage.configure()
        await stage.notifier.send(message())

        assert len(server.mails) == 1
        assert [command for command in server.commands if command.startswith("AUTH")] == []


# -- failing --------------------------------------------------------------------------------------------------------


async def test_a_failure_quotes_the_server_but_no_link(stage: MailStage) -> None:
    stage.server.answers["DATA"] = f"554 5.7.1 listed: http://rungbell.example.org/a/{TOKEN} {'x' * 300}"

    failed = await failure_of(stage.notifier, message())

    assert failed.detail.startswith("SMTP 554 5.7.1 listed: (link) xxx")
    assert len(failed.detail) == 150


@pytest.mark.parametrize(
    ("answers", "reason", "permanent"),
    [
        ([b"421 4.3.2 too busy\r\n"], AWAY, False),
        ([b"554 5.7.1 go away\r\n"], REFUSED, True),
        ([b"SSH-2.0-OpenSSH_9.9\r\n"], AWAY, False),
        ([b"220 " + b"x" * 100_000 + b"\r\n"], AWAY, False),
        ([b"250 I am early\r\n"], AWAY, False),
        ([], UNREACHABLE, False),
        ([b"220-half a greeting\r\n"], UNREACHABLE, False),
        ([b"220 hello\r\n", b"550 who?\r\n"], REFUSED, True),
        ([b"220 hello\r\n", OFFER, b"454 4.7.0 no TLS now\r\n"], AWAY, False),
        ([b"220 hello\r\n", OFFER, b"501 5.5.4 no\r\n"], REFUSED, True),
        ([b"220 hello\r\n", OFFER, b"220 go\r\n", b"no TLS\r\n"], UNREACHABLE, False),
        ([b"220 hello\r\n", OFFER, b"220 go\r\n"], UNREACHABLE, False),
        ([b"220 hello\r\n", b"250 HELP\r\n"], REFUSED, False),
    ],
)
async def test_what_goes_wrong_before_tls_is_told_apart(
    stage: MailStage, answers: list[bytes], reason: FailureReason, permanent: bool
) -> None:
    async with scripted(*answers) as port:
        stage.configure(port=port)
        failed = await failure_of(stage.notifier, message())

    assert (failed.reason, failed.permanent) == (reason, permanent)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
async def test_a_cancelled_send_leaves_its_server_at_once(stage: MailStage, step: str) -> None:
    stage.server.hangs = {step}
    sending = asyncio.ensure_future(stage.notifier.send(message()))
    await until(stage.server.reached.is_set)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending

    await until(stage.server.lost.is_set)


@pytest.mark.parametrize(
    ("security", "said"),
    [
        ("tls", [b""]),
        ("starttls", [b""]),
        ("starttls", [b"220 hello\r\n", b""]),
        ("starttls", [b"220 hello\r\n", OFFER, b""]),
        ("starttls", [b"220 hello\r\n", OFFER, b"220 go\r\n", b""]),
    ],
    ids=["TLS", "greeting", "EHLO", "STARTTLS", "handshake"],
)
async def test_a_server_that_hangs_before_tls_is_left_at_the_deadline(
    stage: MailStage, said: list[bytes], security: str
) -> None:
    async with scripted(*said) as port:
        stage.configure(port=port, security=security)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await stage.notifier.send(message())


async def test_a_server_that_hangs_at_a_command_is_late_after_its_own_time(
    stage: MailStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "COMMAND_TIMEOUT", 0.3)
    stage.server.hangs = {"RCPT"}

    failed = await failure_of(stage.notifier, message())

    assert (failed.reason, failed.permanent) == (TIMEOUT, False)


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_server_that_does_not_greet_is_late_after_its_own_time(
    stage: MailStage, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    monkeypatch.setattr(module, "CONNECT_TIMEOUT", 0.3)
    async with scripted(b"") as port:
        stage.configure(port=port, security=security)
        failed = await failure_of(stage.notifier, message())

    assert (failed.reason, failed.permanent) == (TIMEOUT, False)


async def test_an_accepted_mail_waits_for_no_farewell(stage: MailStage) -> None:
    stage.server.hangs = {"QUIT"}

    async with asyncio.timeout(2):
        reference = await stage.notifier.send(message())

    assert reference.startswith("<")


async def test_a_refused_farewell_makes_no_failure(stage: MailStage) -> None:
    stage.server.answers["QUIT"] = "451 not yet"

    assert (await stage.notifier.send(message())).startswith("<")


# -- addresses outside of ASCII -------------------------------------------------------------------------------------


async def test_a_domain_outside_of_ascii_needs_nothing_of_the_server(
    trusted: Authority, session: aiohttp.ClientSession
) -> None:
    with mail_server(trusted.context, enable_SMTPUTF8=False) as server:
        stage = MailStage(server, trusted.file, session)
        stage.configure(**{"from": "pages@straße.example"})
        await stage.notifier.send(message(person=Person("alice", "Alice", {"email": "alice@BÜCHER.example"})))

        (mail,) = server.mails
        assert mail.sender == "pages@xn--strae-oqa.example"
        assert mail.recipients == ["alice@xn--bcher-kva.example"]
        assert mail.options == [option for option in mail.options if "SMTPUTF8" not in option]
        assert mail.raw.isascii()


async def test_a_name_outside_of_ascii_uses_smtputf8_where_it_is_offered(stage: MailStage) -> None:
    await stage.notifier.send(message(person=Person("alice", "Alice", {"email": "älice@bücher.example"})))

    (mail,) = stage.server.mails
    assert mail.recipients == ["älice@xn--bcher-kva.example"]
    assert "SMTPUTF8" in mail.options
    assert mail.parsed["To"] == "älice@xn--bcher-kva.example"


async def test_a_name_outside_of_ascii_is_refused_where_smtputf8_is_not_offered(
    trusted: Authority, session: aiohttp.ClientSession
) -> None:
    with mail_server(trusted.context, enable_SMTPUTF8=False) as server:
        stage = MailStage(server, trusted.file, session)
        stage.configure()
        person = Person("alice", "Alice", {"email": "älice@example.com"})
        failed = await failure_of(stage.notifier, message(person=person))

        assert (failed.reason, failed.permanent, server.mails) == (REFUSED, True, [])


# -- settings -------------------------------------------------------------------------------------------------------


def settings(**changes: Any) -> EmailSettings:  # noqa: ANN401
    return EmailSettings.model_validate({"host": "mail.example.org", "from": SENDER, **changes})


def test_without_further_words_it_is_starttls_on_port_587() -> None:
    assert (settings().port, settings().security) == (587, "starttls")


@pytest.mark.parametrize(
    "changes",
    [
        {"host": ""},
        {"host": "mail.example.org\r\nQUIT"},
        {"port": 0},
        {"port": 65_536},
        {"security": "none"},
        {"username": "rungbell"},
        {"password": "alone"},
        {"from": "rungbell"},
        {"from": "rungbell <pages@example.org>"},
        {"from": "pages@example.org\r\nBcc: eve@example.net"},
        {"from": f"pages@{'ü' * 70}.example"},
        {"ca_file": "relative.pem"},
        {"ca_file": "/no/such/file.pem"},
        {"ca_file": __file__},
        {"ca_file": "/"},
    ],
    ids=str,
)
def test_settings_that_cannot_work_are_mistakes(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings(**changes)


CONFIGURATION = """\
zone: UTC
people:
  alice: {name: Alice, email: alice@example.com}
channels:
  mail: {type: email, host: mail.example.org, from: pages@example.org, username: rungbell, password_file: password}
tiers:
  L1: {role: Support, reach: alice, through: [mail]}
severities:
  P0: &plan {page: [L1], acknowledge_within: 5m, climb_to: L1, acknowledgement_lasts: 1h, stable_for: 0s, \
resolves: window}
  P1: *plan
  P2: *plan
  P3: *plan
"""


def configured(folder: Path, text: str) -> Any:  # noqa: ANN401
    (folder / "password").write_text(f"{PASSWORD}\n")
    (folder / "password").chmod(0o600)
    (folder / "rungbell.yml").write_text(text)
    return load(folder / "rungbell.yml", {"email": EmailNotifier}).channels["mail"].settings


def test_the_password_may_stand_in_a_file(tmp_path: Path) -> None:
    read = configured(tmp_path, CONFIGURATION)

    assert (read.sender, read.username, read.password.get_secret_value()) == (SENDER, USERNAME, PASSWORD)
    assert PASSWORD not in repr(read)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("from: pages@example.org", "from: pages", "channels.mail.from: is not a mail address"),
        (", password_file: password", "", "needs `username` and `password`"),
        ("type: email", "type: email, ca_file: ca.pem", "channels.mail.ca_file: must be an absolute path"),
        ("type: email", "type: email, ca_file: /no/ca.pem", "ca_file: /no/ca.pem cannot be read: No such file"),
        ("type: email", f"type: email, ca_file: {__file__}", f"ca_file: {__file__} holds no certificates (PEM)"),
    ],
)
def test_a_mistake_in_the_file_names_its_field(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        configured(tmp_path, CONFIGURATION.replace(right, wrong))

    assert said in str(caught.value)


async def test_a_file_of_authorities_that_went_away_is_a_mistake_of_the_configuration(
    trusted: Authority, session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    file = tmp_path / "trusted.pem"
    shutil.copy(trusted.file, file)
    found = settings(ca_file=str(file))
    EmailNotifier(found, session)
    file.unlink()

    with pytest.raises(ConfigError, match=r"trusted\.pem cannot be read: No such file"):
        EmailNotifier(found, session)


async def test_a_missing_extra_is_said_at_the_start(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "aiosmtplib", None)

    with pytest.raises(ConfigError, match=r"rungbell\[email\]"):
        EmailNotifier(settings(), session)


def test_the_module_alone_loads_no_mail_library() -> None:
    code = "import rungbell.notifiers.email, sys; sys.exit('aiosmtplib' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


# -- helpers --------------------------------------------------------------------------------------------------------


async def until(over: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if over():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not happen within ten seconds")


def test_the_message_of_the_contract_is_the_one_these_tests_mean() -> None:
    known: Message = message()
    assert known.person.contacts["email"] == RECIPIENT
    assert known.acknowledge_url.endswith(f"/a/{TOKEN}")


def copied(sender: str = "AI Agents Support Team", reply_to: str = "support@example.com") -> Message:
    """A text to a client."""
    view = CopyView(CommunicationKind.CLIENT_NOTICE, "[AI Agents] Notice", "i1 contoso", sender, reply_to)
    contacts = {"email": RECIPIENT}
    return message(
        incident=None,
        tier=None,
        acknowledge_url="",
        person=Person("contoso", "Contoso", contacts),
        copy=view,
    )


def test_a_text_to_a_client_is_in_the_name_of_the_support_and_leads_nowhere_into_rungbell() -> None:
    parsed = message_from_bytes(written(copied(), SENDER, RECIPIENT).as_bytes(), policy=policy.default)
    assert parsed["Subject"] == "[AI Agents] Notice"
    assert parsed["From"].addresses[0].display_name == "AI Agents Support Team"
    assert parsed["Reply-To"] == "support@example.com"
    assert "http" not in str(parsed.get_content())


def test_mails_to_one_client_form_a_thread_of_their_own() -> None:
    client, page = written(copied(), SENDER, RECIPIENT), written(message(), SENDER, RECIPIENT)
    assert client["References"] != page["References"]


@pytest.mark.parametrize(
    "sender", ['Eve" <eve@example.com>, "x', "Grüße\r\nBcc: eve@example.com", "=?utf-8?q?=0D=0ABcc:e?=", "a\\"]
)
def test_whatever_the_name_of_the_sender_is_it_adds_no_header_and_no_address(sender: str) -> None:
    parsed = message_from_bytes(
        written(copied(sender, "nobody at all"), SENDER, RECIPIENT).as_bytes(), policy=policy.default
    )
    assert [address.addr_spec for address in parsed["From"].addresses] == [SENDER]
    assert parsed["Bcc"] is None
    assert parsed["Reply-To"] is None
