"""Channel ``webhook``: the contract, and its own promises to receivers."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import ClassVar

import aiohttp
import pytest
from pydantic import SecretStr

from rungbell.domain.communication.kinds import CommunicationKind
from rungbell.domain.events import FailureReason
from rungbell.notifiers import CopyView
from rungbell.notifiers.webhook import WebhookNotifier, WebhookSettings, sign
from rungbell.testing import (
    NOON,
    Cell,
    Failure,
    Fault,
    Folded,
    HttpProvider,
    HttpStage,
    NotifierContract,
    NotPossible,
    Request,
    failure_of,
    http_faults,
    http_provider,
    message,
    notice,
    raw,
    status,
)

SECRET = "shared-secret"
BEARER = "bearer-token-of-the-pager"
REDIRECTS = (301, 302, 303, 307, 308)
MINUTE = timedelta(minutes=1)


class WebhookStage(HttpStage):
    """A webhook with every kind of credential, and its receiver."""

    notifier_type = WebhookNotifier
    secrets = (SECRET, BEARER, "token-of-alice")
    provider: HttpProvider

    def given(self, url: str) -> dict[str, object]:
        return {"url": url, "secret": SECRET, "bearer_token": BEARER}

    async def arrived(self) -> list[str]:
        return [request.json["text"] for request in self.provider.taken]

    def structure(self, request: Request) -> object:
        request.headers["X-Rungbell-Signature"] = "checked elsewhere"
        return super().structure(request)


async def no_such_host(stage: WebhookStage) -> None:
    stage.point_to("http://pager.invalid/page")


async def speaks_no_tls(stage: WebhookStage) -> None:
    stage.point_to(stage.provider.url.replace("http:", "https:"))


REFUSED, UNAUTHORIZED = FailureReason.REFUSED, FailureReason.UNAUTHORIZED
AWAY, LIMITED, UNREACHABLE = FailureReason.PROVIDER_ERROR, FailureReason.RATE_LIMITED, FailureReason.UNREACHABLE


@pytest.fixture
async def stage() -> AsyncIterator[WebhookStage]:
    async with http_provider() as provider, aiohttp.ClientSession() as session:
        yield WebhookStage(provider, session)


class TestWebhook(NotifierContract):
    """The contract."""

    provider = "webhook"
    faults: ClassVar[Mapping[Fault, Cell]] = http_faults(
        error_in_success=NotPossible("the status of a receiver says all, and its body is not read")
    )
    limits = NotPossible("a receiver takes what it takes, and answers 413 beyond")
    repeat = Folded(lambda stage: [request.headers["Idempotency-Key"] for request in stage.provider.taken])
    failures: ClassVar[Mapping[str, Failure]] = {
        **{f"HTTP {code}": Failure(status(code), REFUSED, permanent=True) for code in (400, 404, 405, 410, 413, 422)},
        **{f"HTTP {code}": Failure(status(code), UNAUTHORIZED, permanent=True) for code in (401, 403)},
        **{f"HTTP {code}": Failure(status(code), AWAY) for code in (408, 500, 502, 503, 504, 599)},
        **{
            f"HTTP {code}": Failure(status(code, Location="/elsewhere"), REFUSED, permanent=True)
            for code in (*REDIRECTS, 300, 304)
        },
        "HTTP 429": Failure(status(429), LIMITED),
        "HTTP 429, in half a minute": Failure(status(429, Retry_After="30"), LIMITED, retry_after=MINUTE / 2),
        "HTTP 503, in half a minute": Failure(status(503, Retry_After="30"), AWAY, retry_after=MINUTE / 2),
        "no such host": Failure(no_such_host, UNREACHABLE),
        "no TLS": Failure(speaks_no_tls, UNREACHABLE),
        "closed without an answer": Failure(raw(b""), UNREACHABLE),
        "reset in the status line": Failure(raw(b"HTTP/1.1 20"), UNREACHABLE),
        "reset in the headers": Failure(raw(b"HTTP/1.1 200 OK\r\nContent-Le"), UNREACHABLE),
        "garbage": Failure(raw(b"\x16\x03\x01 I speak something else\r\n\r\n"), AWAY),
        "garbage status": Failure(raw(b"HTTP/1.1 2OO OK\r\nContent-Length: 0\r\n\r\n"), AWAY),
        "endless header": Failure(raw(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n"), AWAY),
    }


# -- what counts as taken -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [200, 201, 202, 204, 208, 299])
async def test_every_2xx_is_acceptance(stage: WebhookStage, code: int) -> None:
    stage.provider.answers(code, X_Request_Id="r-1")

    assert await stage.notifier.send(message()) == "r-1"


async def test_a_receiver_need_not_give_a_reference(stage: WebhookStage) -> None:
    assert await stage.notifier.send(message()) == ""


@pytest.mark.parametrize("code", REDIRECTS)
async def test_a_redirect_is_not_followed(stage: WebhookStage, code: int) -> None:
    stage.provider.answers(code, Location=f"http://127.0.0.1:{stage.provider.port}/elsewhere")

    await failure_of(stage.notifier, message())

    assert [(request.method, request.path) for request in stage.provider.requests] == [("POST", "/page")]


@pytest.mark.parametrize(
    ("value", "pause"),
    [
        ("0", timedelta()),
        ("1", timedelta(seconds=1)),
        ("120", 2 * MINUTE),
        ("Mon, 23 Nov 2026 12:01:00 GMT", MINUTE),
        ("Monday, 23-Nov-26 12:01:00 GMT", MINUTE),
        ("Mon, 23 Nov 2026 14:01:00 +0200", MINUTE),
        ("Mon, 23 Nov 2026 11:00:00 GMT", timedelta()),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("1e9", None),
        ("٣٠", None),
        ("²", None),
        ("", None),
        ("999999999999999999999999", None),
        ("Mon, 23 Nov 2026 12:01:00 -0000", None),
        ("Mon, 99 Nov 2026 12:01:00 GMT", None),
        ("Mon, 23 Nov 99999999999999999999 12:01:00 GMT", None),
        ("Mon, 23 Nov 2026 12:01:00 +99999999999999999999", None),
    ],
)
@pytest.mark.parametrize("code", [429, 503])
async def test_a_wish_to_be_left_alone_is_read_and_nonsense_is_no_wish(
    stage: WebhookStage, code: int, value: str, pause: timedelta | None
) -> None:
    stage.provider.answers(code, Retry_After=value)

    failed = await failure_of(stage.notifier, message())

    assert (failed.retry_after, failed.permanent) == (pause, False)


@pytest.mark.parametrize("value", ["soon", "Mon, 23 Nov 99999999999999999999 12:01:00 GMT"])
async def test_nonsense_beside_a_refusal_does_not_turn_it_into_something_else(stage: WebhookStage, value: str) -> None:
    stage.provider.answers(400, Retry_After=value)

    failed = await failure_of(stage.notifier, message())

    assert (failed.reason, failed.permanent) == (FailureReason.REFUSED, True)


# -- what the receiver builds on ------------------------------------------------------------------------------------


async def test_the_body_is_what_receivers_build_on(stage: WebhookStage) -> None:
    await stage.notifier.send(message(attempt=3))

    (request,) = stage.provider.requests
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.body) == {
        "kind": "page",
        "intent": "0190aa:1:1:L1:alice:pager:at_once",
        "incident": {
            "id": "0190aa",
            "number": 7,
            "title": "DiskFull: the disk is full",
            "severity": "P1",
            "status": "triggered",
            "url": "http://rungbell.example.org/api/v1/incidents/7",
        },
        "tier": "L1",
        "person": "alice",
        "acknowledge_url": "http://rungbell.example.org/a/token-of-alice",
        "text": "P1 #7 DiskFull",
        "attempt": 3,
        "sent_at": "2026-11-23T12:00:00.000Z",
    }


async def test_a_notice_of_a_shift_names_its_schedule_and_no_incident(stage: WebhookStage) -> None:
    await stage.notifier.send(notice())

    (request,) = stage.provider.requests
    body = json.loads(request.body)
    assert (body["kind"], body["incident"], body["tier"], body["schedule"]) == ("notification", None, None, "support")
    assert (
        request.headers["Idempotency-Key"]
        == body["intent"]
        == "shift_begun:support:2026-11-23T12:00:00.000Z:alice:pager"
    )


async def test_a_hostile_text_changes_nothing_but_the_text(stage: WebhookStage) -> None:
    await stage.notifier.send(message("plain"))
    await stage.notifier.send(message('"}], "kind": "notification", "intent": "x", "y": [{"\r\n\x00\u2028'))

    plain, hostile = (json.loads(request.body) for request in stage.provider.requests)
    assert hostile.pop("text") == '"}], "kind": "notification", "intent": "x", "y": [{"\r\n\x00\u2028'
    assert plain.pop("text") == "plain"
    assert hostile == plain


async def test_nothing_of_a_contact_leaves_with_the_page(stage: WebhookStage) -> None:
    await stage.notifier.send(message())

    assert b"alice@example.com" not in stage.provider.requests[0].body
    assert b"+442079460001" not in stage.provider.requests[0].body


@pytest.mark.parametrize(
    ("kind", "contacts"),
    [
        (CommunicationKind.CLIENT_NOTICE, {"email": "alice@example.com", "phone": "+442079460001"}),
        (CommunicationKind.EXECUTIVE_NOTE, {"email": "a…@example.com", "phone": "…0001"}),
    ],
)
async def test_a_text_says_how_a_client_is_reached_and_of_our_own_people_only_its_end(
    kind: CommunicationKind, contacts: Mapping[str, str], stage: WebhookStage
) -> None:
    await stage.notifier.send(message(copy=CopyView(kind, "Service impact", "0190aa contoso")))
    (request,) = stage.provider.requests
    assert request.json["communication"]["contacts"] == contacts


async def test_the_idempotency_key_is_the_intent_on_every_attempt(stage: WebhookStage) -> None:
    for attempt in (1, 2, 3):
        await stage.notifier.send(message(attempt=attempt, sent_at=NOON + attempt * MINUTE))

    keys = [request.headers.getall("Idempotency-Key") for request in stage.provider.requests]
    assert keys == [["0190aa:1:1:L1:alice:pager:at_once"]] * 3
    assert len({request.headers["X-Rungbell-Signature"] for request in stage.provider.requests}) == 3


@pytest.mark.parametrize("name", ["Idempotency-Key", "idempotency-key", "X-Rungbell-Signature", "x-rungbell-timestamp"])
async def test_a_header_of_the_configuration_does_not_displace_what_receivers_rely_on(
    stage: WebhookStage, name: str
) -> None:
    await stage.notifier.send(message())
    stage.point_to(stage.provider.url, headers={name: "my own"})
    await stage.notifier.send(message())

    before, after = (request.headers.getall(name) for request in stage.provider.requests)
    assert after == before


async def test_headers_of_the_configuration_are_sent(stage: WebhookStage) -> None:
    stage.point_to(stage.provider.url, headers={"X-Team": "dba", "Content-Type": "application/vnd.pager+json"})

    await stage.notifier.send(message())

    (request,) = stage.provider.requests
    assert (request.headers["X-Team"], request.headers["Content-Type"]) == ("dba", "application/vnd.pager+json")


async def test_the_address_is_called_as_it_was_written(stage: WebhookStage) -> None:
    stage.point_to(f"http://127.0.0.1:{stage.provider.port}/a/b")

    await stage.notifier.send(message())

    assert [request.path for request in stage.provider.requests] == ["/a/b"]


# -- what proves that it was us -------------------------------------------------------------------------------------


def test_the_signature_of_a_known_body_is_the_one_that_openssl_computes() -> None:
    # printf '1795435200.{"kind":"page"}' | openssl dgst -sha256 -hmac shared-secret
    known = "v1=b79a7154f62409c4b0ac351158b787dfb78daf6a4d0db3facccf7e596dbec6b4"

    assert sign(b"shared-secret", "1795435200", b'{"kind":"page"}') == known


async def test_a_receiver_can_verify_the_bytes_and_the_time_it_was_sent(stage: WebhookStage) -> None:
    await stage.notifier.send(message("Plattenfüllstand 🔥"))

    (request,) = stage.provider.requests
    timestamp = request.headers["X-Rungbell-Timestamp"]
    assert timestamp == "1795435200"
    expected = hmac.new(SECRET.encode(), f"{timestamp}.".encode() + request.body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(request.headers["X-Rungbell-Signature"], f"v1={expected}")


@pytest.mark.parametrize("part", ["body", "timestamp", "secret"])
async def test_a_receiver_notices_what_was_changed(stage: WebhookStage, part: str) -> None:
    await stage.notifier.send(message())
    (request,) = stage.provider.requests
    given = {"secret": SECRET.encode(), "timestamp": request.headers["X-Rungbell-Timestamp"], "body": request.body}
    assert request.headers["X-Rungbell-Signature"] == sign(given["secret"], given["timestamp"], given["body"])  # type: ignore[arg-type]

    given[part] = b"another" if part != "timestamp" else "1795435201"

    assert request.headers["X-Rungbell-Signature"] != sign(given["secret"], given["timestamp"], given["body"])  # type: ignore[arg-type]


async def test_the_bearer_token_is_sent_and_without_credentials_none_are(stage: WebhookStage) -> None:
    await stage.notifier.send(message())
    stage.point_to(stage.provider.url, secret=None, bearer_token=None)
    await stage.notifier.send(message())

    with_, without = stage.provider.requests
    assert with_.headers["Authorization"] == f"Bearer {BEARER}"
    assert {"Authorization", "X-Rungbell-Signature", "X-Rungbell-Timestamp"} & without.headers.keys() == set()


def test_secrets_are_kept_in_a_type_that_does_not_show_them() -> None:
    settings = WebhookSettings.model_validate({"url": "http://127.0.0.1/", "secret": SECRET, "bearer_token": BEARER})

    assert isinstance(settings.secret, SecretStr)
    assert isinstance(settings.bearer_token, SecretStr)


def test_the_settings_show_no_header_that_may_be_a_credential() -> None:
    settings = WebhookSettings.model_validate(
        {"url": "http://127.0.0.1/", "headers": {"X-Api-Key": "key-of-the-pager"}}
    )

    assert "key-of-the-pager" not in f"{settings!r} {settings!s}"


def test_the_settings_show_nothing_of_an_address_that_may_be_a_credential() -> None:
    url = "https://me:password-of-the-pager@pager.example.org/hook/token-in-the-path?sig=token-in-the-query"
    settings = WebhookSettings.model_validate({"url": url})

    told = f"{settings!r} {settings!s}"
    assert "password-of-the-pager" not in told
    assert "token-in-the-path" not in told
    assert "token-in-the-query" not in told
