"""TLS: whose certificate rungbell shows, whose it wants to see, and that a renewed one counts at once."""

import asyncio
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from rungbell.app import Daemon, Options
from rungbell.domain.errors import ConfigError
from tests.harness.certificates import Authority, Pair
from tests.harness.pager_receiver import PagerReceiver
from tests.harness.ports import LOOPBACK, free_port
from tests.harness.webhooks import firing
from tests.telemetry.exposition import figure
from tests.web.running import CLOSED, OPEN, TOKEN_ALICE, Running, bearer, running

TLS = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n"
MUTUAL = f"{TLS}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: clients.pem\n"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    found = Authority(tmp_path / "tls")
    found.issue("localhost", LOOPBACK)
    return found


@pytest.fixture
def clients(tmp_path: Path) -> Authority:
    """Another authority, which issues the certificates of clients."""
    return Authority(tmp_path / "tls", "clients")


def web_file(authority: Authority, text: str = TLS) -> Path:
    file = authority.file.with_name("web.yml")
    file.write_text(text)
    return file


def listening(
    tmp_path: Path, authority: Authority, text: str = TLS, client: Pair | None = None, config: str = OPEN
) -> AbstractAsyncContextManager[Running]:
    return running(
        tmp_path / "daemon", config, trust=authority.trusted(client), web_config_file=web_file(authority, text)
    )


@pytest.fixture
async def daemon(tmp_path: Path, authority: Authority) -> AsyncIterator[Running]:
    async with listening(tmp_path, authority) as found:
        yield found


def shown(daemon: Running, trust: ssl.SSLContext) -> bytes:
    """Give the certificate that a new connection is shown."""
    port = int(daemon.url.rpartition(":")[2])
    plain = socket.create_connection((LOOPBACK, port), timeout=10)
    with trust.wrap_socket(plain, server_hostname="localhost") as secure:
        return secure.getpeercert(binary_form=True) or b""


async def test_webhooks_and_the_api_work_over_tls(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    assert (await daemon.incident(number))["status"] == "triggered"


async def test_whoever_does_not_speak_tls_gets_nothing(daemon: Running) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            await session.get(daemon.url.replace("https:", "http:") + "/-/healthy")
    assert (await daemon.ask("GET", "/-/healthy")).status == 200


async def test_links_of_a_daemon_with_tls_begin_with_https(tmp_path: Path, authority: Authority) -> None:
    async with PagerReceiver() as pager:
        config = OPEN.replace("http://127.0.0.1:9/page", pager.url)
        web = web_file(authority)
        async with running(
            tmp_path / "d", config, stub=False, trust=authority.trusted(), web_config_file=web
        ) as daemon:
            await daemon.send(firing("DiskFull"))
            (page,) = await pager.wait_for(1, 10)
            link = page.body["acknowledge_url"]
            assert link.startswith(f"{daemon.url}/a/")
            assert (await daemon.ask("GET", link.removeprefix(daemon.url))).status == 200


async def test_a_renewed_certificate_counts_without_a_restart_and_open_connections_go_on(
    daemon: Running, authority: Authority
) -> None:
    trust = authority.trusted()
    before = await asyncio.to_thread(shown, daemon, trust)
    assert (await daemon.ask("GET", "/-/healthy")).status == 200

    authority.issue("localhost", LOOPBACK)

    after = await asyncio.to_thread(shown, daemon, trust)
    assert after != before
    assert (await daemon.ask("GET", "/-/healthy")).status == 200


async def test_a_botched_renewal_changes_nothing_until_it_is_mended(daemon: Running, authority: Authority) -> None:
    trust = authority.trusted()
    before = await asyncio.to_thread(shown, daemon, trust)
    key = authority.file.with_name("server.key")
    sound = key.read_bytes()

    key.write_text("half a key")
    assert await asyncio.to_thread(shown, daemon, trust) == before
    key.unlink()
    assert await asyncio.to_thread(shown, daemon, trust) == before
    key.write_bytes(sound)
    authority.issue("localhost")
    assert await asyncio.to_thread(shown, daemon, trust) != before


async def test_the_end_of_the_certificate_is_a_figure_that_follows_its_renewal(
    daemon: Running, authority: Authority
) -> None:
    async def told() -> float:
        await asyncio.to_thread(shown, daemon, authority.trusted())
        return figure((await daemon.ask("GET", "/metrics")).text, "rungbell_certificate_expiry_timestamp_seconds")

    for year in (2037, 2038, 2051):
        ends = datetime(year, 3, 1, 12, tzinfo=UTC)
        authority.issue("localhost", LOOPBACK, ends=ends)
        assert await told() == ends.timestamp()

    authority.file.with_name("server.key").write_text("half a key")
    authority.file.with_name("server.crt").write_text("half a certificate")
    assert await told() == ends.timestamp(), "what is shown still ends then"


async def test_a_daemon_without_tls_has_no_certificate_to_end(tmp_path: Path) -> None:
    async with running(tmp_path / "d", OPEN) as daemon:
        assert "rungbell_certificate_expiry" not in (await daemon.ask("GET", "/metrics")).text


async def test_a_reload_takes_a_new_file_and_refuses_a_bad_one(daemon: Running, authority: Authority) -> None:
    web_file(authority, TLS.replace("server.key", "nowhere.key"))
    refused = await daemon.ask("POST", "/-/reload")
    assert refused.status == 500
    assert "tls_server_config.key_file" in refused.problem

    web_file(authority, f"{TLS}  min_version: TLS13\nhttp_server_config: {{headers: {{X-Frame-Options: deny}}}}\n")
    assert (await daemon.ask("POST", "/-/reload")).status == 200
    assert (await daemon.ask("GET", "/-/healthy")).headers["X-Frame-Options"] == "deny"
    old = authority.trusted()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        await asyncio.to_thread(shown, daemon, old)


async def test_tls_does_not_come_or_go_with_a_reload(daemon: Running, authority: Authority) -> None:
    web_file(authority, "http_server_config: {http2: false}\n")
    refused = await daemon.ask("POST", "/-/reload")
    assert (refused.status, "cannot come or go" in refused.problem) == (500, True)


async def test_headers_of_the_file_stand_on_every_answer_and_displace_none(tmp_path: Path) -> None:
    file = tmp_path / "web.yml"
    file.write_text("http_server_config: {headers: {Content-Security-Policy: default-src *, X-Frame-Options: deny}}\n")
    async with running(tmp_path / "daemon", web_config_file=file) as daemon:
        for path in ("/", "/metrics", "/-/healthy", "/no/such/path", "/a/unknown", "/-/backup"):
            assert (await daemon.ask("GET", path)).headers["X-Frame-Options"] == "deny", path
        own = (await daemon.ask("GET", "/a/unknown")).headers["Content-Security-Policy"]
        assert own.startswith("default-src 'none'")


async def test_without_the_certificate_of_a_client_nobody_gets_in(
    tmp_path: Path, authority: Authority, clients: Authority
) -> None:
    stranger = Authority(tmp_path / "tls", "strangers").issue("alertmanager", file="stranger")
    known = clients.issue("alertmanager", file="alertmanager")
    async with listening(tmp_path, authority, MUTUAL, known) as daemon:
        assert (await daemon.ask("GET", "/-/healthy")).status == 200
        for trust in (authority.trusted(), authority.trusted(stranger)):
            with pytest.raises(aiohttp.ClientError):
                await daemon.ask("GET", "/-/healthy", ssl=trust)


async def test_a_certificate_that_is_given_is_verified_and_none_is_needed(
    tmp_path: Path, authority: Authority, clients: Authority
) -> None:
    stranger = Authority(tmp_path / "tls", "strangers").issue("alertmanager", file="stranger")
    text = MUTUAL.replace("RequireAndVerifyClientCert", "VerifyClientCertIfGiven")
    async with listening(tmp_path, authority, text) as daemon:
        assert (await daemon.ask("GET", "/-/healthy")).status == 200
        known = authority.trusted(clients.issue("x", file="x"))
        assert (await daemon.ask("GET", "/-/healthy", ssl=known)).status == 200
        with pytest.raises(aiohttp.ClientError):
            await daemon.ask("GET", "/-/healthy", ssl=authority.trusted(stranger))


@pytest.mark.parametrize(
    ("name", "status"),
    [("alertmanager.example.com", 200), ("10.0.0.1", 200), ("2001:db8::1", 200), ("grafana.example.com", 403)],
)
async def test_only_allowed_names_of_clients_get_in(
    tmp_path: Path, authority: Authority, clients: Authority, name: str, status: int
) -> None:
    text = f'{MUTUAL}  client_allowed_sans: [alertmanager.example.com, 10.0.0.1, "2001:db8::1"]\n'
    async with listening(tmp_path, authority, text, clients.issue(name, file="client")) as daemon:
        answers = [await daemon.ask("GET", path) for path in ("/-/healthy", "/no/such/path")]
        assert answers[0].status == status
        assert (answers[1].status == 403) == (status == 403)


async def test_a_certificate_is_no_credential_of_a_source_or_a_person(
    tmp_path: Path, authority: Authority, clients: Authority
) -> None:
    known = clients.issue("alertmanager", file="alertmanager")
    async with listening(tmp_path, authority, MUTUAL, known, CLOSED) as daemon:
        assert (await daemon.send(firing("DiskFull"), headers={})).status == 401
        assert (await daemon.ask("GET", "/api/v1/incidents")).status == 401
        assert (await daemon.ask("GET", "/api/v1/incidents", headers=bearer(TOKEN_ALICE))).status == 200


@pytest.mark.parametrize("text", [MUTUAL, f"{TLS}basic_auth_users: {{a: $2y$10${'a' * 21}u{'b' * 31}}}\n"])
def test_neither_certificates_nor_passwords_open_an_address_of_others(
    tmp_path: Path, authority: Authority, clients: Authority, text: str
) -> None:
    config = tmp_path / "rungbell.yml"
    config.write_text(OPEN)
    options = Options(
        config,
        tmp_path / "rungbell.db",
        (("", free_port()),),
        "https://rungbell.example.com",
        web_file(authority, text),
    )
    with pytest.raises(ConfigError, match="needs credentials for each source"):
        Daemon(options)


async def test_the_command_line_trusts_the_authority_that_the_environment_names(
    daemon: Running, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-m", "rungbell", "healthcheck", "--url", daemon.url]
    for trusted, code in ((authority, 0), (Authority(tmp_path / "other"), 1)):
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted.file))
        child = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
        assert await child.wait() == code


async def test_only_the_named_cipher_suites_of_tls_1_2_are_spoken(tmp_path: Path, authority: Authority) -> None:
    text = f"{TLS}  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n"
    async with listening(tmp_path, authority, text) as daemon:
        for ciphers, spoken in (("ECDHE-ECDSA-AES256-GCM-SHA384", True), ("ECDHE-ECDSA-CHACHA20-POLY1305", False)):
            old = authority.trusted()
            old.maximum_version = ssl.TLSVersion.TLSv1_2
            old.set_ciphers(ciphers)
            if spoken:
                assert await asyncio.to_thread(shown, daemon, old)
            else:
                with pytest.raises(ssl.SSLError):
                    await asyncio.to_thread(shown, daemon, old)
