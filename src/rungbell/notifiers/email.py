"""Channel ``email``: hands the page to one mail server, over TLS, as plain text to the person's ``email``.

Rules
-----
* Nothing is sent in clear and certificates are verified (RFC 8314, 3). A server without STARTTLS is ``refused``, for it
  saw no credential; and tried again, for a downgrade, like a bad certificate, may be the fault of one node or path.
* Acceptance is the 250 after the final dot, of that relay only (RFC 5321, 4.2.5). 4yz and lost connections are tried
  again, 5yz is final; 530, 534, 535 and 538 speak of our credentials (RFC 4954, 6).
* A connection lost after the dot is ambiguous: every attempt of an intent has the same ``Message-ID``, so that
  mailboxes can fold. All mails of an incident refer to one id, and so form a thread (RFC 5322, 3.6.4). Both are made of
  the message's marks: an answer names the page by its id, so nobody must be able to work that out.
* ``email.policy`` alone does not keep headers apart: given ``=?utf-8?q?=0D=0ABcc:…?=`` it writes a line break, and it
  breaks ids longer than a line. So text is cleaned and encoded here, and set raw.
* No error holds a link, or the answer to a login: servers like to quote what they were sent.

May import: ``config``, ``domain``, ``words``, ``notifiers`` (the port), pydantic; aiosmtplib and idna lazily.
"""

import contextlib
import re
import unicodedata
from functools import cache
from importlib import import_module
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from rungbell.config.http import File
from rungbell.config.mistakes import wrong
from rungbell.config.tls import UnusableError, trusting
from rungbell.domain.errors import ConfigError
from rungbell.domain.events import FailureReason
from rungbell.notifiers import Message, SendFailed
from rungbell.notifiers.answering import Hear
from rungbell.notifiers.email_inbox import Inbox, InboxSettings
from rungbell.words import words_of

if TYPE_CHECKING:
    import asyncio
    from email.message import EmailMessage
    from email.policy import EmailPolicy

    import aiohttp
    from aiosmtplib import SMTP, SMTPResponse

CONNECT_TIMEOUT, COMMAND_TIMEOUT = 10.0, 30.0
"""Seconds, for each step; the whole send has a deadline of its own."""
_MAILBOX = re.compile(r'((?!.*=\?)[^\s()<>\[\]:;@\\,"]{1,64})@([\w.-]{1,253})')


@cache
def form() -> "EmailPolicy[EmailMessage]":
    """How mails are written."""
    from email import policy  # what reads the settings only need not wait for it

    return policy.SMTP.clone(cte_type="7bit", refold_source="none")


def plain(text: str) -> str:
    """Put it on one line, without controls, what turns its direction, and what cannot be encoded (row 99)."""
    kept = (" " if char.isspace() else char for char in text)
    return " ".join("".join(char for char in kept if unicodedata.category(char) not in {"Cc", "Cf", "Cs"}).split())


def mailbox(text: str) -> str:
    """Give an address that can stand on a command line, its domain in ASCII (IDNA 2008: ``ß`` is not ``ss``)."""
    found = _MAILBOX.fullmatch(text)
    if found is None or plain(text) != text:
        raise wrong("is not a mail address", "such as rungbell@example.com, without a name")
    local, domain = found.groups()
    if not domain.isascii():
        domain = import_module("idna").encode(domain, uts46=True).decode("ascii")
    return f"{local}@{domain}"


def _display(name: str) -> str:
    """Give a name as it may stand before an address."""
    if name.isascii() and "=?" not in name:
        return '"' + name.replace("\\", "").replace('"', "") + '"' if not name.isalnum() else name
    from email.header import Header

    return Header(name, "utf-8", header_name="From").encode()


def _authorities(file: Path) -> Path:
    try:
        trusting(file)
    except UnusableError as error:
        raise wrong(str(error)) from None
    return file


class EmailSettings(BaseModel):
    """Through which server, and as whom."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9:._-]{1,253}$")]
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls"] = "starttls"
    username: Annotated[str, Field(min_length=1)] | None = None
    password: SecretStr | None = None
    sender: Annotated[str, AfterValidator(mailbox), Field(alias="from")]
    ca_file: Annotated[File, AfterValidator(_authorities)] | None = None
    """The only authorities that count; without it the system's do."""
    inbox: InboxSettings | None = None
    """Where bounces and answers arrive; see ``email_inbox``."""

    @model_validator(mode="after")
    def _both_or_neither(self) -> "EmailSettings":
        if (self.username is None) != (self.password is None):
            raise wrong("needs `username` and `password` (or `password_file`) together, or neither")
        return self


def written(message: Message, sender: str, recipient: str) -> "EmailMessage":
    """Put the page into the form of RFC 5322; ``Auto-Submitted`` (RFC 3834) keeps absence notes away."""
    from email.header import Header
    from email.message import EmailMessage

    domain, incident = sender.rpartition("@")[2], message.incident
    subject = plain(message.subject)[:200]
    charset = "us-ascii" if subject.isascii() and "=?" not in subject else "utf-8"
    unique, thread = (mark or token_hex(16) for mark in (message.mark, message.thread_mark))
    mail = EmailMessage(form())
    copy = message.copy
    name = plain(copy.sender)[:64] if copy is not None and copy.sender else "rungbell"
    mail.set_raw("From", f"{_display(name)} <{sender}>")
    mail["To"] = recipient
    if copy is not None and copy.reply_to:
        with contextlib.suppress(ValueError):  # nothing that mail could use as an address
            mail["Reply-To"] = mailbox(copy.reply_to)
    mail["Date"] = message.sent_at
    mail.set_raw("Subject", Header(subject, charset, header_name="Subject").encode())
    mail.set_raw("Message-ID", f"<{unique}@{domain}>")
    mail.set_raw("In-Reply-To", f"<{thread}@{domain}>")
    mail.set_raw("References", f"<{thread}@{domain}>")
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    words = words_of(message.person.language)
    acknowledge = f"{words.link.acknowledge}:\n{message.acknowledge_url}\n\n" if message.acknowledge_url else ""
    where = f"{words.telephone.incident.capitalize()}: {incident.url}\n" if incident else ""
    body = f"{message.text}\n\n{acknowledge}{where}" if acknowledge or where else f"{message.text}\n"
    mail.set_content(body.encode(errors="replace").decode(), cte="quoted-printable")
    return mail


class EmailNotifier:
    """Greets with the domain of ``from``: it is a valid name, and asking DNS for our own may hang."""

    settings: ClassVar[type[BaseModel]] = EmailSettings
    needs: ClassVar[str | None] = "email"

    def __init__(self, settings: EmailSettings, session: "aiohttp.ClientSession") -> None:
        try:
            import_module("aiosmtplib")
        except ImportError as error:
            raise ConfigError("channels of type `email` need aiosmtplib: pip install 'rungbell[email]'") from error
        self._settings = settings
        self._trust = trusting(settings.ca_file)
        self.inbox = Inbox(settings.inbox) if settings.inbox is not None else None

    async def send(self, message: Message) -> str:
        """Hand it over; give the ``Message-ID``, by which a bounce or an answer names it."""
        from aiosmtplib import SMTP, SMTPException

        own = self._settings
        try:
            recipient = mailbox(message.person.contacts.get("email", ""))
        except ValueError:
            raise SendFailed(FailureReason.RECIPIENT_GONE, "no usable mail address", permanent=True) from None
        client = SMTP(hostname=own.host, port=own.port, use_tls=own.security == "tls", tls_context=self._trust)
        client.timeout, client.local_hostname = COMMAND_TIMEOUT, own.sender.rpartition("@")[2]
        try:
            await self._open(client)
            mail = written(message, own.sender, recipient)
            await self._hand_over(client, mail, recipient)
        except (SMTPException, OSError) as error:
            raise failure(error) from None
        finally:
            transport = cast("asyncio.WriteTransport | None", client.transport)
            if transport is not None and not transport.is_closing():
                transport.write(b"QUIT\r\n")
                transport.abort()  # a wait could be cancelled, and an accepted mail would leave twice
        return str(mail["Message-ID"])

    async def listen(self, hear: Hear) -> None:
        """Look into the mailbox, where there is one."""
        if self.inbox is not None:
            await self.inbox.run(hear)

    async def _open(self, client: "SMTP") -> None:
        own = self._settings
        await client.connect(timeout=CONNECT_TIMEOUT, start_tls=False)
        await client.ehlo()
        if own.security == "starttls":
            if not client.supports_extension("starttls"):
                raise SendFailed(FailureReason.REFUSED, "the server offers no STARTTLS, and nothing is sent in clear")
            await client.starttls(timeout=CONNECT_TIMEOUT)
            await client.ehlo()
        if own.username is None or own.password is None:
            return
        ways = {"plain": client.auth_plain, "login": client.auth_login, "cram-md5": client.auth_crammd5}
        offered = [way for name, way in ways.items() if name in client.server_auth_methods]
        if not offered:
            raise SendFailed(FailureReason.UNAUTHORIZED, "the server offers no login that we know", permanent=True)
        await offered[0](own.username, own.password.get_secret_value())  # one only: three failures may lock an account

    async def _hand_over(self, client: "SMTP", mail: "EmailMessage", recipient: str) -> "SMTPResponse":
        sender = self._settings.sender
        wide = not f"{sender}{recipient}".isascii()
        if wide and not client.supports_extension("smtputf8"):
            raise SendFailed(FailureReason.REFUSED, "the server offers no SMTPUTF8 for this address", permanent=True)
        encoding = "utf-8" if wide else "ascii"
        await client.mail(sender, options=["SMTPUTF8"] if wide else [], encoding=encoding)
        await client.rcpt(recipient, encoding=encoding)
        return await client.data(mail.as_bytes(policy=form().clone(utf8=wide)))


def readable(answer: str) -> str:
    """Give a server's answer on one short line, without links."""
    return re.sub(r"\S*/\S*", "(link)", plain(answer))[:150]


def failure(error: Exception) -> SendFailed:
    """Say what an error of the conversation means (rows 13 and 14)."""
    from ssl import SSLCertVerificationError

    from aiosmtplib import SMTPAuthenticationError, SMTPResponseException

    if isinstance(error, SMTPResponseException):
        login = isinstance(error, SMTPAuthenticationError)
        detail = f"SMTP {error.code}" if login else readable(f"SMTP {error.code} {error.message}")
        if error.code // 100 != 5:
            return SendFailed(FailureReason.PROVIDER_ERROR, detail)
        ours = login or error.code in {530, 534, 535, 538}
        return SendFailed(FailureReason.UNAUTHORIZED if ours else FailureReason.REFUSED, detail, permanent=True)
    cause = error.__cause__ or error
    why = f": {cause.verify_message}" if isinstance(cause, SSLCertVerificationError) else ""
    reason = FailureReason.TIMEOUT if isinstance(error, TimeoutError) else FailureReason.UNREACHABLE
    return SendFailed(reason, readable(f"{type(cause).__name__}{why}"))
