"""A real mail server on loopback, with an authority of its own, that can be told to misbehave at any step."""

import asyncio
import base64
import hashlib
import hmac
import ssl
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.harness.ports import LOOPBACK, free_port

FOREVER = 3600.0
USERNAME = "rungbell"
PASSWORD = "correct-horse-battery"
CHALLENGE = "<1.2@mail.example.org>"


@dataclass(frozen=True, slots=True)
class Mail:
    """What the server took."""

    sender: str
    recipients: Sequence[str]
    options: Sequence[str]
    raw: bytes
    """As it stood between DATA and the dot."""

    @property
    def parsed(self) -> EmailMessage:
        """As a mail program reads it."""
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def text(self) -> str:
        """As a person reads it."""
        return str(self.parsed.get_content()).replace("\r\n", "\n")


@dataclass
class MailServer:
    """Takes every mail until told otherwise; a handler of aiosmtpd, run in the thread of its controller.

    Without slots: aiosmtpd asks for all of its attributes, and one that Python 3.11.2 leaves on a dataclass with slots
    cannot be read.
    """

    port: int = field(default_factory=free_port)
    answers: dict[str, str] = field(default_factory=dict)
    """What to say instead of 250 to MAIL, RCPT, DATA (after the dot) or QUIT."""
    hangs: set[str] = field(default_factory=set)
    drops: set[str] = field(default_factory=set)
    """Where to say nothing more, or to cut the connection."""
    login_answer: str | None = None
    """What to say to every login."""
    mails: list[Mail] = field(default_factory=list)
    clear: bytearray = field(default_factory=bytearray)
    """Every byte that came outside of TLS."""
    commands: list[str] = field(default_factory=list)
    reached: threading.Event = field(default_factory=threading.Event)
    """Set where it hangs."""
    lost: threading.Event = field(default_factory=threading.Event)
    """Set when a connection on which it hung is over."""
    transports: list[asyncio.Transport] = field(default_factory=list)
    """The connections below TLS: once closed, those of TLS cannot be aborted any more."""

    async def handle_MAIL(  # noqa: N802 -- the names are aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self._answer("MAIL", server)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return await self._answer("RCPT", server)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = cast("bytes", envelope.content)
        self.mails.append(Mail(str(envelope.mail_from), list(envelope.rcpt_tos), list(envelope.mail_options), raw))
        return await self._answer("DATA", server)

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return await self._answer("QUIT", server, "221 2.0.0 Bye")

    async def auth_CRAM__MD5(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        said = cast("bytes", await server.challenge_auth(CHALLENGE))
        proof = hmac.new(PASSWORD.encode(), CHALLENGE.encode(), hashlib.md5).hexdigest()
        return self._judged(said.decode() == f"{USERNAME} {proof}")

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, way: str, given: Any) -> AuthResult:  # noqa: ANN401
        """Hold a login against the one that is right."""
        return self._judged(given == LoginPassword(USERNAME.encode(), PASSWORD.encode()))

    def _judged(self, right: bool) -> AuthResult:
        if self.login_answer is not None:
            return AuthResult(success=False, handled=False, message=self.login_answer)
        return AuthResult(success=right, handled=False)

    async def _answer(self, step: str, server: SMTP, usual: str = "250 2.0.0 Ok: queued as 4F3A") -> str:
        if step in self.drops:
            cast("asyncio.Transport", server.transport).abort()
            await asyncio.sleep(FOREVER)
        if step in self.hangs:
            self.reached.set()
            try:
                await asyncio.sleep(FOREVER)
            finally:
                self.lost.set()
        return self.answers.get(step, usual)

    async def hang_up(self) -> None:
        """Close every connection: aiosmtpd leaves that to the garbage collector, which warns."""
        for transport in self.transports:
            transport.abort()
        await asyncio.sleep(0.01)

    def heard(self, command: bytes) -> None:
        """Note a command, without what only the two sides should know."""
        self.commands.append(command.decode("utf-8", "replace").strip())


class _Listening(SMTP):
    """Notes what comes, before anything is made of it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        below = getattr(getattr(transport, "_ssl_protocol", None), "_transport", transport)
        cast("MailServer", self.event_handler).transports.append(cast("asyncio.Transport", below))
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        server = cast("MailServer", self.event_handler)
        if cast("asyncio.Transport", self.transport).get_extra_info("sslcontext") is None:
            server.clear.extend(data)
        if data.partition(b" ")[0].strip().isalpha() and data.endswith(b"\r\n"):
            server.heard(data)
        super().data_received(data)


class _Controller(Controller):
    def factory(self) -> SMTP:
        return _Listening(self.handler, **self.SMTP_kwargs)


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority that clients may trust, and what it issued to the server."""

    file: Path
    context: ssl.SSLContext


def authority(folder: Path, name: str = LOOPBACK) -> Authority:
    """Found an authority, and have it issue a certificate for ``name``."""
    founded = trustme.CA()
    file = folder / f"authority-{name}.pem"
    founded.cert_pem.write_to_path(str(file))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    founded.issue_cert(name).configure_cert(context)
    return Authority(file, context)


@contextmanager
def mail_server(context: ssl.SSLContext | None, *, implicit: bool = False, **options: Any) -> Iterator[MailServer]:  # noqa: ANN401
    """Serve: with STARTTLS, with TLS from the first byte (``implicit``), or without TLS where there is no context."""
    server = MailServer()
    tls = {"ssl_context": context} if implicit else {"tls_context": context, "require_starttls": context is not None}
    controller = _Controller(
        server,
        hostname=LOOPBACK,
        port=server.port,
        server_hostname="mail.example.org",
        authenticator=server.authenticate,
        **{"auth_exclude_mechanism": ["CRAM-MD5"], **tls, **options},
    )
    controller.start()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.hang_up(), controller.loop).result(10)
        controller.stop()


@asynccontextmanager
async def scripted(*answers: bytes) -> AsyncIterator[int]:
    """Serve one client after the other by the book: a greeting, one answer a line, then close; ``b""`` hangs."""

    talks: set[asyncio.Task[None] | None] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.current_task())
        try:
            for number, answer in enumerate(answers):
                if number:
                    await reader.readline()
                if not answer:
                    await reader.read()
                    break
                writer.write(answer)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(talk, LOOPBACK, 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1]
    await asyncio.gather(*(one for one in talks if one is not None))


def encoded(username: str, password: str) -> str:
    """What AUTH PLAIN sends."""
    return base64.b64encode(f"\0{username}\0{password}".encode()).decode()
