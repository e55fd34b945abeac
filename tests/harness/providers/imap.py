"""A mailbox: the few commands of IMAP (RFC 3501) with which a folder is read, over TLS."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.harness.ports import LOOPBACK, free_port

USERNAME, PASSWORD = "rungbell@example.com", "password-of-the-mailbox"


@dataclass(slots=True)
class Mailbox:
    """Mails in the order in which they came; ``seen`` holds the numbers of those that were read."""

    port: int = field(default_factory=free_port)
    mails: list[bytes] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    logins: int = 0
    hangs_up_at: str = ""
    """The command at which it closes the connection and says nothing."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold one conversation."""
        writer.write(b"* OK IMAP4rev1 at your service\r\n")
        while line := (await reader.readline()).decode():
            tag, _, command = line.strip().partition(" ")
            if self.hangs_up_at and command.startswith(self.hangs_up_at):
                break
            answer = self._answer(command)
            writer.write(answer.replace(b"TAG", tag.encode(), 1) if answer.startswith(b"TAG") else answer)
            if not answer.startswith(b"TAG"):
                writer.write(f"{tag} OK done\r\n".encode())
            await writer.drain()
            if command.upper() == "LOGOUT":
                break
        writer.close()

    def _answer(self, command: str) -> bytes:
        name = command.partition(" ")[0].upper()
        if name == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n"
        if name == "LOGIN":
            self.logins += 1
            right = f'"{PASSWORD}"' in command and USERNAME in command
            return b"TAG OK come in\r\n" if right else b"TAG NO [AUTHENTICATIONFAILED] no\r\n"
        if name == "SELECT":
            return f"* {len(self.mails)} EXISTS\r\n".encode() if '"INBOX"' in command else b"TAG NO no such folder\r\n"
        if name == "UID":
            return self._uid(command)
        return b"* BYE\r\n" if name == "LOGOUT" else b""

    def _uid(self, command: str) -> bytes:
        if "SEARCH" in command:
            largest = int(re.findall(r"SMALLER (\d+)", command)[0])
            found = [n for n, mail in enumerate(self.mails, 1) if n not in self.seen and len(mail) < largest]
            return f"* SEARCH {' '.join(map(str, found))}\r\n".encode()
        number = int(re.findall(r"(?:FETCH|STORE) (\d+)", command)[0])
        if "STORE" in command:
            self.seen.add(number)
            return f"* {number} FETCH (UID {number} FLAGS (\\Seen))\r\n".encode()
        mail = self.mails[number - 1]
        head = f"* {number} FETCH (UID {number} BODY[] {{{len(mail)}}}\r\n".encode()
        return head + mail + b")\r\n"


@asynccontextmanager
async def mailbox(tls: ssl.SSLContext) -> AsyncIterator[Mailbox]:
    """Have a mailbox listen."""
    box = Mailbox()
    server = await asyncio.start_server(box.talk, LOOPBACK, box.port, ssl=tls)
    async with server:
        yield box
