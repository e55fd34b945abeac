"""The mailbox of a channel ``email``: bounces, answers of people, and what is neither."""

import gc
import ssl
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import SecretStr

from rungbell.domain.errors import StoreUnavailable
from rungbell.domain.events import FailureReason
from rungbell.notifiers import SendFailed
from rungbell.notifiers.answering import Came, Heard, Told, Undelivered, Wish
from rungbell.notifiers.email_inbox import LARGEST, Inbox, InboxSettings, understood
from tests.harness.certificates import Authority
from tests.harness.providers.imap import PASSWORD, USERNAME, Mailbox, mailbox

OURS = "<0123456789abcdef@example.com>"


def answer(text: str, **headers: str) -> EmailMessage:
    """What Alice writes back."""
    mail = EmailMessage()
    given = {"From": "Alice Ng <Alice@example.com>", "Message-ID": "<a1@alice>", "In-Reply-To": OURS} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    for name, value in given.items():
        if value:
            mail[name] = value
    mail.set_content(text)
    return mail


def bounce(action: str = "failed", kind: str = "text/rfc822-headers", original: str = OURS) -> bytes:
    """What a mail server reports (RFC 3464)."""
    return f"""\
From: MAILER-DAEMON@mx.example.com
Message-ID: <b1@mx>
Return-Path: <>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x

I am sorry.
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; alice@example.com
Action: {action}
Status: 5.1.1
--x
Content-Type: {kind}

From: rungbell@example.com
Message-ID: {original}
Subject: P1

P1 #7
--x--
""".encode()


class Ears:
    """Keeps what was heard."""

    def __init__(self) -> None:
        self.heard: list[Heard | Undelivered] = []
        self.away = False

    async def hear(self, heard: Heard | Undelivered) -> Told:
        if self.away:
            raise StoreUnavailable("the disk is away")
        self.heard.append(heard)
        return Told(Came.DONE, "")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "certificates")


@pytest.fixture
async def box(authority: Authority) -> AsyncIterator[Mailbox]:
    pair = authority.issue("127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.cert_file, pair.key_file)
    async with mailbox(context) as found:
        yield found


def inbox(box: Mailbox, authority: Authority | None, **more: object) -> Inbox:
    given = {"host": "127.0.0.1", "port": box.port, "username": USERNAME, "password": SecretStr(PASSWORD)}
    trust = {"ca_file": authority.file} if authority else {}
    return Inbox(InboxSettings.model_validate(given | trust | more))


async def test_an_answer_and_a_bounce_are_heard_once_and_marked_as_read(box: Mailbox, authority: Authority) -> None:
    box.mails += [answer("Ack\n\n> P1 #7").as_bytes(), bounce(), answer("who are you?").as_bytes()]
    ears, reading = Ears(), inbox(box, authority)

    assert [await reading.look(ears.hear) for _ in range(2)] == [2, 0]

    assert box.seen == {1, 2, 3}
    said, lost = ears.heard
    assert isinstance(said, Heard)
    assert (said.wish, said.contact, said.reference) == (Wish.ACKNOWLEDGE, ("email", "Alice@example.com"), OURS)
    assert lost == Undelivered(once="<b1@mx>", reason=FailureReason.REFUSED, detail="bounced, 5.1.1", reference=OURS)


async def test_what_could_not_be_recorded_is_read_again(box: Mailbox, authority: Authority) -> None:
    box.mails.append(answer("ack").as_bytes())
    ears, reading = Ears(), inbox(box, authority)
    ears.away = True
    with pytest.raises(StoreUnavailable):
        await reading.look(ears.hear)
    ears.away = False

    assert not box.seen
    assert await reading.look(ears.hear) == 1


async def test_a_mail_that_is_too_large_is_not_read(box: Mailbox, authority: Authority) -> None:
    box.mails.append(answer("ack\n" + "x" * LARGEST).as_bytes())

    assert await inbox(box, authority).look(Ears().hear) == 0


async def test_a_wrong_password_a_missing_folder_and_a_stranger_s_certificate_are_told_apart(
    box: Mailbox, authority: Authority
) -> None:
    cases = (
        (inbox(box, authority, password=SecretStr("guessed")), FailureReason.UNAUTHORIZED),
        (inbox(box, authority, folder="pages"), FailureReason.REFUSED),
        (inbox(box, None), FailureReason.UNREACHABLE),
    )
    for reading, reason in cases:
        with pytest.raises(SendFailed) as failed:
            await reading.look(Ears().hear)
        assert (failed.value.reason, "guessed" in str(failed.value)) == (reason, False)


async def test_a_mailbox_that_hangs_up_in_the_middle_leaves_nothing_open(box: Mailbox, authority: Authority) -> None:
    box.hangs_up_at = "UID"

    with pytest.raises(SendFailed) as failed:
        await inbox(box, authority).look(Ears().hear)

    assert failed.value.reason is FailureReason.UNREACHABLE
    del failed
    gc.collect()  # a socket that is still open warns


@pytest.mark.parametrize(
    ("text", "wish", "reason"),
    [
        ("ack", Wish.ACKNOWLEDGE, ""),
        ("  ACK!  \n-- \nAlice", Wish.ACKNOWLEDGE, ""),
        ("\n> P1 #7 DiskFull\n\nacknowledge", Wish.ACKNOWLEDGE, ""),
        ("resolve the disk was replaced", Wish.RESOLVE, "the disk was replaced"),
        ("escalate", Wish.ESCALATE, ""),
    ],
)
def test_the_first_line_that_is_not_quoted_says_what_is_wanted(text: str, wish: Wish, reason: str) -> None:
    said = understood(answer(text))

    assert isinstance(said, Heard)
    assert (said.wish, said.reason) == (wish, reason)


@pytest.mark.parametrize(
    "mail",
    [
        answer("I am on holiday"),
        answer("ack", Auto_Submitted="auto-replied"),
        answer("ack", Auto_Submitted="auto-generated (vacation)"),
        answer("ack", Precedence="bulk"),
        answer("ack", X_Autoreply="yes"),
        answer("ack", Return_Path="<>"),
        answer("ack", List_Id="<list.example.com>"),
        answer("ack", In_Reply_To=""),
        answer("ack", Message_ID=""),
        answer("ack", From="a@example.com, b@example.com"),
        answer("ack that I will look at it after lunch"),
        answer("acknowledged, thanks"),
        answer("> ack"),
        answer(""),
    ],
)  # fmt: skip
def test_what_a_program_wrote_and_what_is_no_clear_answer_is_none(mail: EmailMessage) -> None:
    assert understood(mail) is None


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/rfc822"])
def test_a_report_of_a_mail_that_is_late_is_no_bounce_and_one_of_another_names_it(kind: str) -> None:
    def read(raw: bytes) -> Heard | Undelivered | None:
        return understood(message_from_bytes(raw, policy=policy.default))

    assert read(bounce("delayed", kind)) is None
    lost = read(bounce("failed", kind, "<other@example.com>"))
    assert isinstance(lost, Undelivered)
    assert lost.reference == "<other@example.com>"


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe", b"From: \r\n\r\n", b"Content-Type: multipart/report\r\n\r\n--x", b"A" * 5000]
)
def test_whatever_a_stranger_sends_is_read_without_a_fault(raw: bytes) -> None:
    assert understood(message_from_bytes(raw, policy=policy.default)) is None
