"""Proxies and certificates of channels over HTTP, with a real proxy and a real server that speaks TLS."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from pydantic import ValidationError

from rungbell.config.http import HttpSettings
from rungbell.domain.errors import ConfigError
from rungbell.domain.events import FailureReason
from rungbell.notifiers import SendFailed
from rungbell.notifiers.http import Endpoint
from rungbell.notifiers.webhook import WebhookNotifier, WebhookSettings
from rungbell.testing import HttpProvider, failure_of, http_provider, message
from tests.harness.certificates import Authority, Pair
from tests.harness.ports import free_port
from tests.notifiers.forward_proxy import ForwardProxy, forward_proxy

NAME = "pager.example.test"
"""Only the proxy knows where that is."""
PROXY_VARIABLES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")


@pytest.fixture(autouse=True)
def _no_proxy_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest_asyncio.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as found:
        yield found


@pytest_asyncio.fixture
async def proxy() -> AsyncIterator[ForwardProxy]:
    async with forward_proxy() as found:
        yield found


@pytest_asyncio.fixture
async def plain() -> AsyncIterator[HttpProvider]:
    async with http_provider() as found:
        yield found


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def serving(pair: Pair, clients: Authority | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.cert_file, pair.key_file)
    if clients is not None:
        context.load_verify_locations(clients.file)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


@pytest_asyncio.fixture
async def secure(authority: Authority) -> AsyncIterator[HttpProvider]:
    async with http_provider(serving(authority.issue(NAME))) as found:
        yield found


def webhook(session: aiohttp.ClientSession, url: str, **settings: object) -> WebhookNotifier:
    return WebhookNotifier(WebhookSettings.model_validate({"url": url, **settings}), session)


def at(provider: HttpProvider, scheme: str, host: str = NAME) -> str:
    return f"{scheme}://{host}:{provider.port}/page"


# -- proxies --------------------------------------------------------------------------------------------------------


async def test_http_goes_through_the_proxy_in_absolute_form(
    session: aiohttp.ClientSession, proxy: ForwardProxy, plain: HttpProvider
) -> None:
    await webhook(session, at(plain, "http"), proxy_url=proxy.url).send(message())

    assert proxy.asked == [f"POST {at(plain, 'http')} HTTP/1.1"]
    assert [request.path for request in plain.requests] == ["/page"]


async def test_https_goes_through_the_proxy_in_a_tunnel_and_is_verified_at_its_end(
    session: aiohttp.ClientSession, proxy: ForwardProxy, secure: HttpProvider, authority: Authority
) -> None:
    trust = {"ca_file": str(authority.file)}
    await webhook(session, at(secure, "https"), proxy_url=proxy.url, tls_config=trust).send(message())

    assert proxy.asked == [f"CONNECT {NAME}:{secure.port} HTTP/1.1"]
    assert len(secure.requests) == 1
    untrusted = webhook(session, at(secure, "https"), proxy_url=proxy.url)
    failed = await failure_of(untrusted, message())
    assert (failed.reason, str(failed)) == (FailureReason.UNREACHABLE, "unreachable: its certificate is not trusted")
    assert len(secure.requests) == 1


@pytest.mark.parametrize(
    ("scheme", "host", "told"),
    [
        ("http", "127.0.0.1", "Connection refused"),
        ("http", "pager.invalid", "the name of its host is not known"),
        ("https", "plain", "it speaks no TLS that we do"),
    ],
)
async def test_what_keeps_us_from_a_provider_is_told_by_what_it_means(
    session: aiohttp.ClientSession, plain: HttpProvider, scheme: str, host: str, told: str
) -> None:
    url = at(plain, scheme, "127.0.0.1") if host == "plain" else f"{scheme}://{host}:{free_port()}/page"
    assert str(await failure_of(webhook(session, url), message())) == f"unreachable: {told}"


async def test_that_a_provider_wants_a_certificate_of_us_is_told_and_not_by_a_number_of_the_systems(
    session: aiohttp.ClientSession, authority: Authority
) -> None:
    """In TLS 1.3 it says so after the client has finished: with OpenSSL's number 1, which is the system's for EPERM."""
    context = serving(authority.issue("127.0.0.1"), clients=authority)

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """As OpenSSL by itself; asyncio's own server would reset the connection before the client has read why."""
        into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
        speaking, over = context.wrap_bio(into, out, server_side=True), False
        while not over and (heard := await reader.read(65_536)):
            into.write(heard)
            try:
                speaking.do_handshake()
            except ssl.SSLError as error:
                over = not isinstance(error, ssl.SSLWantReadError)
            writer.write(out.read())
        await reader.read()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/page"
        found = webhook(session, url, tls_config={"ca_file": str(authority.file)})
        told = "unreachable: it ended TLS: tlsv13 alert certificate required"
        assert str(await failure_of(found, message())) == told


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("named_by", ["file", "environment"])
async def test_a_proxy_may_be_spoken_to_in_tls_and_is_verified_too(
    session: aiohttp.ClientSession, plain: HttpProvider, secure: HttpProvider, authority: Authority,
    monkeypatch: pytest.MonkeyPatch, scheme: str, named_by: str, tmp_path: Path,
) -> None:  # fmt: skip
    provider = plain if scheme == "http" else secure
    trust = {"ca_file": str(authority.file)}
    async with forward_proxy(serving(authority.issue("127.0.0.1", file="proxy"))) as proxy:
        through: dict[str, object] = {"proxy_url": proxy.url}
        if named_by == "environment":
            monkeypatch.setenv(f"{scheme}_proxy", proxy.url)
            through = {"proxy_from_environment": True}

        await webhook(session, at(provider, scheme), tls_config=trust, **through).send(message())

        assert [line.split()[0] for line in proxy.asked] == ["POST" if scheme == "http" else "CONNECT"]
        assert len(provider.requests) == 1
        other = {"ca_file": str(Authority(tmp_path, "other").file)}
        untrusted = webhook(session, at(provider, scheme), tls_config=other, **through)
        assert (await failure_of(untrusted, message())).reason is FailureReason.UNREACHABLE
        assert len(proxy.asked) == 1


async def test_the_name_that_a_provider_is_expected_to_have_is_not_the_proxy_s(
    session: aiohttp.ClientSession, secure: HttpProvider, authority: Authority
) -> None:
    tls = {"ca_file": str(authority.file), "server_name": NAME}
    async with forward_proxy(serving(authority.issue("127.0.0.1", file="proxy"))) as proxy:
        url = at(secure, "https", "127.0.0.1")
        await webhook(session, url, tls_config=tls, proxy_url=proxy.url).send(message())
        assert len(secure.requests) == 1


def test_a_proxy_of_the_environment_that_is_none_of_http_is_a_mistake(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "socks5://me:hidden@127.0.0.1:1080")
    with pytest.raises(ConfigError, match=r"^HTTPS_PROXY of the environment is no HTTP proxy, but socks5$"):
        webhook(session, f"https://{NAME}/page", proxy_from_environment=True)


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_login_of_the_proxy_reaches_the_proxy_and_nobody_else(
    session: aiohttp.ClientSession, proxy: ForwardProxy, plain: HttpProvider, secure: HttpProvider,
    authority: Authority, scheme: str,
) -> None:  # fmt: skip
    provider = plain if scheme == "http" else secure
    url = proxy.url.replace("http://", "http://me:p%40ss-of-the-proxy@")
    trust = {"ca_file": str(authority.file)}
    notifier = webhook(session, at(provider, scheme), proxy_url=url, tls_config=trust)

    await notifier.send(message())

    login = base64.b64encode(b"me:p@ss-of-the-proxy")
    assert b"Proxy-Authorization: Basic " + login in proxy.heads[0]
    assert "Proxy-Authorization" not in provider.requests[0].headers
    told = f"{vars(notifier)!r} {notifier!r}"
    assert "ss-of-the-proxy" not in told
    assert login.decode() not in told


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_wants_another_login_is_a_matter_of_credentials(
    session: aiohttp.ClientSession, proxy: ForwardProxy, scheme: str
) -> None:
    proxy.refuses = "407 Proxy Authentication Required"
    failed = await failure_of(webhook(session, f"{scheme}://{NAME}/page", proxy_url=proxy.url), message())
    assert (failed.reason, failed.permanent) == (FailureReason.UNAUTHORIZED, True)


async def test_a_proxy_that_does_not_get_through_is_tried_again(
    session: aiohttp.ClientSession, proxy: ForwardProxy
) -> None:
    proxy.refuses = "502 Bad Gateway"
    failed = await failure_of(webhook(session, f"https://{NAME}/page", proxy_url=proxy.url), message())
    assert (failed.reason, failed.permanent) == (FailureReason.UNREACHABLE, False)


async def test_a_proxy_that_is_away_is_told(session: aiohttp.ClientSession) -> None:
    away = webhook(session, f"https://{NAME}/page", proxy_url=f"http://127.0.0.1:{free_port()}")
    assert (await failure_of(away, message())).reason is FailureReason.UNREACHABLE


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY"])
async def test_the_environment_names_the_proxy_only_where_that_is_wanted(
    session: aiohttp.ClientSession,
    proxy: ForwardProxy,
    plain: HttpProvider,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    monkeypatch.setenv(variable, proxy.url)
    await webhook(session, at(plain, "http"), proxy_from_environment=True).send(message())
    assert len(proxy.asked) == 1

    failed = await failure_of(webhook(session, at(plain, "http")), message())
    assert failed.reason is FailureReason.UNREACHABLE
    assert len(proxy.asked) == 1


async def test_the_environment_never_sends_loopback_or_an_exception_through_the_proxy(
    session: aiohttp.ClientSession, proxy: ForwardProxy, plain: HttpProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    await webhook(session, at(plain, "http", "127.0.0.1"), proxy_from_environment=True).send(message())
    monkeypatch.setenv("NO_PROXY", ".example.test")
    await failure_of(webhook(session, at(plain, "http"), proxy_from_environment=True), message())
    assert proxy.asked == []


# -- certificates ---------------------------------------------------------------------------------------------------


async def test_only_the_named_authority_counts_and_the_name_must_fit(
    session: aiohttp.ClientSession, secure: HttpProvider, authority: Authority, tmp_path: Path
) -> None:
    trust = {"ca_file": str(authority.file)}
    by_address = at(secure, "https", "127.0.0.1")
    await webhook(session, by_address, tls_config={**trust, "server_name": NAME}).send(message())
    assert len(secure.requests) == 1

    other = Authority(tmp_path, "other")
    for refused in (trust, {"ca_file": str(other.file), "server_name": NAME}, {"server_name": NAME}):
        failed = await failure_of(webhook(session, by_address, tls_config=refused), message())
        assert (failed.reason, failed.permanent) == (FailureReason.UNREACHABLE, False)
    assert len(secure.requests) == 1


async def test_verification_can_be_left_out_by_name(session: aiohttp.ClientSession, secure: HttpProvider) -> None:
    url = at(secure, "https", "127.0.0.1")
    await webhook(session, url, tls_config={"insecure_skip_verify": True}).send(message())
    assert len(secure.requests) == 1


async def test_a_provider_that_wants_a_certificate_gets_ours(
    session: aiohttp.ClientSession, authority: Authority
) -> None:
    ours = authority.issue("rungbell", file="ours")
    trust = {"ca_file": str(authority.file)}
    mutual = {**trust, "cert_file": str(ours.cert_file), "key_file": str(ours.key_file)}
    async with http_provider(serving(authority.issue("127.0.0.1"), authority)) as provider:
        url = at(provider, "https", "127.0.0.1")
        await failure_of(webhook(session, url, tls_config=trust), message())
        await webhook(session, url, tls_config=mutual).send(message())
        assert len(provider.requests) == 1


async def test_files_are_read_again_when_the_configuration_is(
    session: aiohttp.ClientSession, secure: HttpProvider, authority: Authority, tmp_path: Path
) -> None:
    file = tmp_path / "trusted.pem"
    file.write_bytes(Authority(tmp_path, "other").file.read_bytes())
    settings = WebhookSettings.model_validate(
        {"url": at(secure, "https", "127.0.0.1"), "tls_config": {"ca_file": str(file), "server_name": NAME}}
    )
    await failure_of(WebhookNotifier(settings, session), message())
    file.write_bytes(authority.file.read_bytes())
    await WebhookNotifier(settings, session).send(message())
    file.write_text("no certificate any more")
    with pytest.raises(ConfigError, match="holds no certificates"):
        WebhookNotifier(settings, session)


# -- what the configuration may say ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"proxy_url": "socks5://127.0.0.1:1080"}, "URL scheme should be 'http'"),
        ({"proxy_url": "https://127.0.0.1:3128/path"}, "must be an HTTP proxy"),
        ({"proxy_url": "http://127.0.0.1:3128/path"}, "must be an HTTP proxy"),
        ({"proxy_url": "127.0.0.1:3128"}, "proxy_url"),
        ({"proxy_url": "http://p:3128", "proxy_from_environment": True}, "exclude each other"),
        ({"tls_config": {"ca_file": "ca.pem"}}, "must be an absolute path"),
        ({"tls_config": {"ca_file": "/no/such/file.pem"}}, "ca_file: /no/such/file.pem cannot be read"),
        ({"tls_config": {"cert_file": "/x.pem"}}, "together, or neither"),
        ({"tls_config": {"server_nam": "x"}}, "server_nam"),
    ],
)
def test_what_cannot_be_used_is_refused_when_the_file_is_read(settings: dict[str, object], expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        HttpSettings.model_validate(settings)


def test_the_settings_do_not_show_the_login_of_the_proxy() -> None:
    settings = HttpSettings.model_validate({"proxy_url": "http://me:secret-of-the-proxy@127.0.0.1:3128"})
    assert "secret-of-the-proxy" not in f"{settings!r} {settings!s}"


async def test_a_provider_that_never_answers_is_not_waited_for_for_ever_by_whoever_only_listens(
    plain: HttpProvider, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rungbell.notifiers.http.WHOLE_TIMEOUT", 0.05)
    plain.hangs = True

    with pytest.raises(SendFailed) as failed:
        await Endpoint(HttpSettings(), session, plain.url).request("GET")

    assert failed.value.reason is FailureReason.TIMEOUT
