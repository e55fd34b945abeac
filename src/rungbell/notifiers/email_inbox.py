"""The mailbox that mails of rungbell come from: bounces let the ladder go on, and people may answer by mail.

Rules
-----
* A delivery report (RFC 3464) that says ``failed`` of a mail of ours is a failure of its page; ``delayed`` is none.
* What a program wrote is never an answer: absence notes, lists, reports (RFC 3834). Nor is what quotes nothing of ours.
* A person is known by the address they write from, and answers the mail that they were sent: it must name its id, which
  nobody else was told. The first line that is not quoted is one word, ``ack``, ``escalate`` or ``resolve`` with a
  reason, or it is no answer.
* A mail is marked as read once what it means is on disk; until then it is read again, and its id keeps it from counting
  twice. Nothing is deleted.
* Only over TLS, with the certificate verified; a mail of more than ``LARGEST`` is not read.

May import: ``config``, ``domain``, ``notifiers`` (the ports), pydantic; imaplib, email and ssl lazily.
"""

import asyncio
import contextlib
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from rungbell.config.http import File
from rungbell.config.tls import trusting
from rungbell.domain.events import FailureReason, Via
from rungbell.notifiers import SendFailed
from rungbell.notifiers.answering import Hear, Heard, Undelivered, Wish

if TYPE_CHECKING:
    from email.message import EmailMessage
    from imaplib import IMAP4

Result = TypeVar("Result")
EVERY = 30.0
"""Seconds between two looks."""
PATIENCE = 20.0
"""Seconds for each step of a conversation."""
LARGEST = 256 * 1024
MOST = 50
"""Mails of one look."""
CONTACT = "email"
WISHES = {
    "ack": Wish.ACKNOWLEDGE,
    "acknowledge": Wish.ACKNOWLEDGE,
    "unack": Wish.UNACKNOWLEDGE,
    "escalate": Wish.ESCALATE,
    "resolve": Wish.RESOLVE,
}
_ID = re.compile(r"<[^<>\s]{1,250}>")
_ACTION = re.compile(r"(?im)^action:\s*failed\s*$")
_STATUS = re.compile(r"(?im)^status:\s*([0-9.]{5,12})")
_ORIGINAL = re.compile(r"(?im)^message-id:\s*(<[^<>\s]{1,250}>)")
_BULK = {"bulk", "junk", "list", "auto_reply"}


class InboxSettings(BaseModel):
    """``inbox``: where the mails arrive that are sent to ``from``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9:._-]{1,253}$")]
    port: Annotated[int, Field(ge=1, le=65535)] = 993
    username: Annotated[str, Field(min_length=1)]
    password: SecretStr
    folder: Annotated[str, Field(pattern=r"^[A-Za-z0-9 ./_-]{1,100}$")] = "INBOX"
    ca_file: File | None = None
    """The only authorities that count; without it the system's do."""


class Inbox:
    """Looks into one folder again and again."""

    def __init__(self, settings: InboxSettings) -> None:
        self._settings = settings
        self._ca_file: Path | None = settings.ca_file

    async def run(self, hear: Hear) -> None:
        """Look until cancelled.

        Raises:
            SendFailed: the mailbox cannot be read.
        """
        while True:
            await self.look(hear)
            await asyncio.sleep(EVERY)

    async def look(self, hear: Hear) -> int:
        """Look once, hand over what was said, and give how much that was."""
        from email import message_from_bytes, policy

        heard = 0
        for uid, raw in await self._told(self._unread):
            mail = message_from_bytes(raw, policy=policy.default)
            said = understood(mail)
            if said is not None:
                await hear(said)
                heard += 1
            await self._told(lambda client, uid=uid: self._mark(client, uid))  # type: ignore[misc]
        return heard

    async def _told(self, ask: "Callable[[IMAP4], Result]") -> Result:
        from imaplib import IMAP4

        try:
            return await asyncio.to_thread(self._connected, ask)
        except SendFailed:
            raise
        except (OSError, IMAP4.error) as error:
            raise SendFailed(FailureReason.UNREACHABLE, f"the mailbox: {type(error).__name__}") from None

    def _connected(self, ask: "Callable[[IMAP4], Result]") -> Result:
        from imaplib import IMAP4_SSL

        own = self._settings
        client = IMAP4_SSL(own.host, own.port, ssl_context=trusting(self._ca_file), timeout=PATIENCE)
        try:
            with client:
                try:
                    client.login(own.username, own.password.get_secret_value())
                except client.error:
                    raise SendFailed(FailureReason.UNAUTHORIZED, "the mailbox does not accept our login") from None
                if client.select(f'"{own.folder}"')[0] != "OK":
                    raise SendFailed(FailureReason.REFUSED, f"the mailbox has no folder {own.folder!r}")
                return ask(client)
        finally:
            with contextlib.suppress(OSError):
                client.shutdown()  # where the server hangs up in the middle, imaplib leaves its socket open

    @staticmethod
    def _unread(client: "IMAP4") -> list[tuple[bytes, bytes]]:
        found = client.uid("SEARCH", f"UNSEEN SMALLER {LARGEST}")[1][0] or b""
        mails: list[tuple[bytes, bytes]] = []
        for uid in found.split()[:MOST]:
            parts = client.uid("FETCH", uid.decode(), "(BODY.PEEK[])")[1]
            mails += [(uid, part[1]) for part in parts if isinstance(part, tuple)]
        return mails

    @staticmethod
    def _mark(client: "IMAP4", uid: bytes) -> None:
        client.uid("STORE", uid.decode(), "+FLAGS", "(\\Seen)")


def understood(mail: "EmailMessage") -> Heard | Undelivered | None:
    """Make of a mail what it says; ``None``: nothing for us."""
    try:
        own = _first(_ID.findall(str(mail.get("Message-ID", "")))) or ""
        if mail.get_content_type() == "multipart/report":
            return _bounce(mail, own)
        return None if _by_a_program(mail) else _answer(mail, own)
    except (AttributeError, IndexError, KeyError, LookupError, TypeError, UnicodeError, ValueError):
        return None  # whatever a stranger sends must not stop the others


def _bounce(mail: "EmailMessage", own: str) -> Undelivered | None:
    if mail.get_param("report-type") != "delivery-status":
        return None
    failed, status, ours = False, "", ""
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            told = part.as_string()
            failed = failed or _ACTION.search(told) is not None
            status = status or (found[1] if (found := _STATUS.search(told)) else "")
        elif kind in {"message/rfc822", "text/rfc822-headers"}:
            ours = ours or (found[1] if (found := _ORIGINAL.search(part.as_string())) else "")
    if not failed or not ours:
        return None
    return Undelivered(once=own or ours, reason=FailureReason.REFUSED, detail=f"bounced, {status}", reference=ours)


def _by_a_program(mail: "EmailMessage") -> bool:
    automatic = str(mail.get("Auto-Submitted", "no")).split(";")[0].strip().casefold() != "no"
    bulk = str(mail.get("Precedence", "")).strip().casefold() in _BULK
    marked = any(mail.get(name) is not None for name in ("X-Autoreply", "X-Autorespond", "List-Id", "X-Auto-Reply"))
    nobody = str(mail.get("Return-Path", "x")).strip() == "<>"
    return automatic or bulk or marked or nobody


def _answer(mail: "EmailMessage", own: str) -> Heard | None:
    addresses = mail["From"].addresses
    body = mail.get_body(("plain",))
    ours = _first(_ID.findall(str(mail.get("In-Reply-To", ""))))
    if len(addresses) != 1 or body is None or ours is None or not own:
        return None
    line = _first(line.strip() for line in body.get_content().splitlines() if line.strip() and line[0] not in ">|")
    word, _, reason = (line or "").partition(" ")
    wish = WISHES.get(word.strip(".,!:").casefold())
    if wish is None or (reason and wish in {Wish.ACKNOWLEDGE, Wish.UNACKNOWLEDGE}):
        return None
    return Heard(
        wish=wish,
        once=own,
        via=Via.MAIL,
        contact=(CONTACT, addresses[0].addr_spec),
        reference=ours,
        reason=reason.strip()[:500],
    )


def _first(found: Iterable[str]) -> str | None:
    return next(iter(found), None)
