"""Mail both ways with a real daemon: a page by a real mail server, an answer and a bounce out of a mailbox."""

import hmac
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path

import pytest
import pytest_asyncio

from rungbell.notifiers import email_inbox
from rungbell.runtime.link_tokens import LinkSigner
from tests.harness.certificates import Authority
from tests.harness.providers.imap import PASSWORD, USERNAME, Mailbox, mailbox
from tests.harness.waiting import eventually
from tests.notifiers.smtp_server import MailServer, mail_server
from tests.notifiers.test_email_inbox import bounce
from tests.web.running import POLICY, Running, running


@dataclass
class Post:
    """A daemon, the server it hands its mails to, and the mailbox of its sender."""

    daemon: Running
    server: MailServer
    box: Mailbox

    def sent(self) -> EmailMessage:
        """The first page."""
        found = message_from_bytes(self.server.mails[0].raw, policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found


@pytest_asyncio.fixture
async def post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Post]:
    monkeypatch.setattr(email_inbox, "EVERY", 0.05)
    authority = Authority(tmp_path / "certificates")
    pair = authority.issue("127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.cert_file, pair.key_file)
    with mail_server(context) as server:
        async with mailbox(context) as box:
            trust = f"host: 127.0.0.1, ca_file: {authority.file}"
            inbox = f"{{{trust}, port: {box.port}, username: {USERNAME}, password: {PASSWORD}}}"
            channel = f"{{type: email, {trust}, port: {server.port}, from: {USERNAME}, inbox: {inbox}}}"
            config = POLICY.replace('{type: webhook, url: "http://127.0.0.1:9/page"}', channel)
            for name in ("Alice", "Bob", "Chen"):
                config = config.replace(f"{{name: {name}}}", f"{{name: {name}, email: {name.lower()}@example.com}}")
            async with running(
                tmp_path / "daemon", config, stub=False, external_url="https://rungbell.example.org"
            ) as daemon:
                yield Post(daemon, server, box)


async def test_whoever_answers_a_page_by_mail_holds_the_incident(post: Post) -> None:
    number = await post.daemon.opened("DiskFull")
    reply = EmailMessage()
    reply["From"], reply["Message-ID"] = "Alice Ng <alice@example.com>", "<r1@alice>"
    reply["In-Reply-To"] = post.sent()["Message-ID"]
    reply.set_content("ack\n\n> P1 #1 DiskFull")

    post.box.mails.append(reply.as_bytes())

    async def held() -> bool:
        return bool((await post.daemon.incident(number))["acknowledged_by"] == "alice")

    await eventually(held, "alice holds it", within=20)


async def test_who_knows_everything_of_a_page_but_the_signing_key_cannot_name_its_mail(post: Post) -> None:
    number = await post.daemon.opened("DiskFull")
    (page,) = (await post.daemon.incident(number))["pages"]
    sent = post.sent()

    for text in (page["intent"], f"mark {page['intent']}"):
        for digest in (sha256(text.encode()).hexdigest(), hmac.digest(b"", text.encode(), "sha256").hex()):
            assert digest[:32] not in f"{sent['Message-ID']} {sent['References']}"
    signer = post.daemon.services.signer
    assert sent["Message-ID"] == f"<{signer.mark(page['intent'])}@{USERNAME.rpartition('@')[2]}>"
    assert signer.mark("a page") != LinkSigner(["k" * 32]).mark("a page")


async def test_a_bounce_lets_the_ladder_go_on(post: Post) -> None:
    await post.daemon.opened("DiskFull")

    post.box.mails.append(bounce(original=str(post.sent()["Message-ID"])))

    async def paged() -> bool:
        return [mail.recipients for mail in post.server.mails] == [["alice@example.com"], ["bob@example.com"]]

    await eventually(paged, "bob is paged", within=20)
