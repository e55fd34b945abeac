"""Whatever is posted: the right status, a problem that says something, and nothing else is lost."""

import asyncio
import itertools
import json
from dataclasses import dataclass
from datetime import timedelta

import pytest

from rungbell.runtime.link_tokens import LinkSigner, LinkToken, load_keys
from tests.harness.webhooks import firing, resolved
from tests.web.bad_input import ELSEWHERE, NOBODY, PARTLY, PLAIN, PREFIX, UNDERSTOOD, UNREADABLE, Row
from tests.web.running import (
    INCIDENTS,
    PROBLEM,
    TOKEN_A,
    TOKEN_ALICE,
    TOKEN_B,
    WEBHOOK,
    Answer,
    Json,
    Running,
    bearer,
    now,
    raw,
    rows_of,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHAT_COUNTS = ("id", "title", "status", "severity", "cycle", "alerts", "alerts_firing", "tiers", "version")
"""What a repeat of a message must leave as it is."""

_numbers = itertools.count(1)


def _fresh() -> str:
    return f"{PREFIX}{next(_numbers)}"


async def _post(daemon: Running, row: Row, name: str, headers: dict[str, str]) -> Answer:
    body = row.body.replace(b"GROUP", name.encode())
    return await daemon.ask(row.method, row.path, data=body, headers=headers | dict(row.headers))


def _stored(daemon: Running) -> dict[str, int]:
    """Count what is stored, but for the lines that pages of earlier tests may still write."""
    return rows_of(daemon.store, without={"timeline"})


def _both(shared: Running, shared_closed: Running) -> tuple[tuple[Running, dict[str, str]], ...]:
    return (shared, {}), (shared_closed, bearer(TOKEN_A))


@pytest.mark.parametrize("row", UNDERSTOOD, ids=str)
async def test_what_can_be_understood_is_taken_and_says_nothing_new_the_second_time(
    row: Row, shared: Running, shared_closed: Running
) -> None:
    for daemon, headers in _both(shared, shared_closed):
        name = _fresh()
        answer = await _post(daemon, row, name, headers)
        assert answer.status == 200, answer.text
        number = answer.json["incident"]
        if row.opens:
            incident = await daemon.incident(number)
            assert incident["status"] == "triggered"
            assert incident["alerts_firing"] == 1
            assert incident["title"].startswith(row.says or name)
            assert incident["opened_at"] >= incident["detected_at"]
            again = await _post(daemon, row, name, headers)
            assert again.json == answer.json
            assert await _what_counts(daemon, number) == {key: incident[key] for key in WHAT_COUNTS}
        else:
            assert number is None
        await daemon.still_works(name)


async def _what_counts(daemon: Running, number: int) -> Json:
    incident = await daemon.incident(number)
    return {key: incident[key] for key in WHAT_COUNTS}


@pytest.mark.parametrize("row", PARTLY, ids=str)
async def test_the_readable_alerts_of_a_message_are_taken_and_the_operator_hears_of_the_others(
    row: Row, shared_closed: Running
) -> None:
    name = _fresh()
    answer = await _post(shared_closed, row, name, bearer(TOKEN_B))
    assert answer.status == 200, answer.text
    assert (await shared_closed.incident(answer.json["incident"]))["title"].startswith(name)
    (about,) = await shared_closed.operator_incidents("cluster-b")
    assert about["title"].startswith("RungbellWebhookUnreadable")
    await shared_closed.still_works(name)


@pytest.mark.parametrize("row", UNREADABLE, ids=str)
async def test_what_can_never_be_understood_is_refused_and_the_operator_of_its_source_hears_of_it_once(
    row: Row, shared_closed: Running
) -> None:
    for _ in range(2):
        answer = await _post(shared_closed, row, _fresh(), bearer(TOKEN_A))
        assert answer.status == row.status, answer.text
        assert row.says in answer.problem
        (about,) = await shared_closed.operator_incidents("cluster-a")
        assert about["severity"] == "P1"
        assert about["title"].startswith("RungbellWebhookUnreadable")
        assert about["status"] == "triggered"
        assert about["alerts_firing"] == 1
    await shared_closed.still_works(_fresh())
    (about,) = await shared_closed.operator_incidents("cluster-a")
    assert about["status"] == "monitoring", "the next good webhook says that it is over"


@pytest.mark.parametrize("row", UNREADABLE, ids=str)
async def test_nobody_is_paged_about_what_an_anonymous_source_sends(row: Row, shared: Running) -> None:
    before = _stored(shared)
    answer = await _post(shared, row, _fresh(), {})
    assert answer.status == row.status, answer.text
    assert row.says in answer.problem
    assert _stored(shared) == before
    assert not [one for one in await shared.incidents() if one["source"] == "rungbell"]
    await shared.still_works(_fresh())


@pytest.mark.parametrize("row", NOBODY, ids=str)
async def test_who_has_no_credentials_of_a_source_is_refused_and_nothing_is_stored(
    row: Row, shared_closed: Running
) -> None:
    before = _stored(shared_closed)
    name = _fresh()
    body = PLAIN.replace("GROUP", name).encode()
    answer = await shared_closed.ask(row.method, row.path, data=body, headers=dict(row.headers))
    assert answer.status == 401
    assert "source" in answer.problem
    assert "WWW-Authenticate" in answer.headers
    assert _stored(shared_closed) == before
    await shared_closed.still_works(name)


@pytest.mark.parametrize("row", ELSEWHERE, ids=str)
async def test_other_methods_and_paths_take_no_webhook(row: Row, shared_closed: Running) -> None:
    before = _stored(shared_closed)
    name = _fresh()
    answer = await _post(shared_closed, row, name, bearer(TOKEN_A))
    assert answer.status == row.status
    if row.method != "HEAD":
        assert row.says in answer.problem
    assert ("Allow" in answer.headers) == (row.status == 405)
    assert _stored(shared_closed) == before
    await shared_closed.still_works(name)


@pytest.mark.parametrize("depth", [*range(100, 260, 20), *range(850, 1010, 2), 3_000, 50_000])
async def test_however_deep_a_label_is_nested_the_answer_is_no_fault_of_ours(depth: int, shared: Running) -> None:
    nested = "[" * depth + "]" * depth
    body = f'{{"receiver":"{_fresh()}","alerts":[{{"labels":{{"alertname":"Deep","odd":{nested}}}}}]}}'
    answer = await shared.send(body.encode())
    assert answer.status in {200, 400}, answer.text
    if answer.status == 400:
        assert "deep" in answer.problem


async def test_a_repeated_authorization_header_is_refused_whatever_it_says(shared_closed: Running) -> None:
    body = PLAIN.replace("GROUP", _fresh()).encode()
    lines = f"Authorization: Bearer {TOKEN_A}\r\nAuthorization: Bearer {TOKEN_A}\r\n"
    head = (
        f"POST {WEBHOOK} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
    )
    answer = await raw(shared_closed.url, head.encode() + body)
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert PROBLEM.encode() in answer


@pytest.mark.parametrize(
    "head",
    [
        b"POST /api/v1/alertmanager HTTP/1.1\r\nHost: localhost\r\nContent-Length: ten\r\n\r\n",
        b"POST /api/v1/alertmanager HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/v1/alertmanager HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n[]",
        b"POST /webhook HTTP/1.1\r\nHost: [::1]\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/v1/alertmanager HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nnope\r\n",
        b"POST /api/v1/alertmanager HTTP/1.1\r\nHost: localhost\r\nX: a\nY: b\r\n\x00\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /a/" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /api/v1/alertmanager HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 20_000 + b"\r\n\r\n",
    ],
    ids=lambda head: repr(head[-40:]),
)
async def test_what_is_no_http_is_a_fault_of_the_sender(head: bytes, shared: Running) -> None:
    answer = await raw(shared.url, head)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 ")), answer[:200]
    await shared.still_works(_fresh())


async def test_a_chunked_message_is_taken_like_any_other(shared: Running) -> None:
    name = _fresh()
    body = PLAIN.replace("GROUP", name).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[at : at + 97]), body[at : at + 97]) for at in range(0, len(body), 97))
    head = f"POST {WEBHOOK} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = await raw(shared.url, head.encode() + chunks + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert any(one["title"].startswith(f"{name}:") for one in await shared.incidents())


async def test_a_sender_that_goes_away_in_the_middle_of_its_message_changes_nothing(shared: Running) -> None:
    before = _stored(shared)
    host, _, port = shared.url.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    body = PLAIN.replace("GROUP", _fresh()).encode()
    head = f"POST {WEBHOOK} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body[:-1])
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await shared.ask("GET", "/-/healthy")
    assert _stored(shared) == before
    await shared.still_works(_fresh())


# -- links ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def token(shared: Running) -> LinkToken:
    """Say what a good link of this daemon about no incident of it would say."""
    assert shared.url
    return LinkToken("0" * 32, 1, "alice", 1, now() + timedelta(days=1))


def _signed(daemon: Running, token: LinkToken) -> str:
    return LinkSigner(load_keys(daemon.store.with_name(daemon.store.name + ".keys"))).sign(token)


def _flipped(text: str, at: int) -> str:
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


BAD_LINKS = (
    "garbage",
    "a.b.c",
    ".",
    "%2e%2e%2f%2e%2e",
    "%00",
    "%ff%fe",
    "%ed%a0%80",
    "ünïcödé",
    "'; DROP TABLE incidents; --",
    "<script>alert(1)</script>",
    "{{777*777}}",
    "x" * 6_000,
    "." + "x" * 3_000,
)


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize("link", BAD_LINKS, ids=lambda link: link[:20])
async def test_a_link_that_is_none_is_not_known(link: str, method: str, shared: Running) -> None:
    before = _stored(shared)
    answer = await shared.ask(method, f"/a/{link}")
    assert answer.status == 404
    assert answer.kind in {"text/html", PROBLEM}
    assert b"<script>" not in answer.body
    assert b"603729" not in answer.body
    assert _stored(shared) == before
    await shared.still_works(_fresh())


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_link_that_was_tampered_with_is_not_known(method: str, shared: Running) -> None:
    number = await shared.opened(_fresh())
    incident = await shared.incident(number)
    good = _signed(shared, LinkToken(incident["id"], 1, "alice", 1, now() + timedelta(days=1)))
    bad = [_flipped(good, at) for at in range(len(good) - 1)]
    bad += [good[:-1], good[: len(good) // 2], good[1:], good + "x", good.rpartition(".")[0], good.upper(), good * 2]
    bad += [LinkSigner(["k" * 43]).sign(LinkToken(incident["id"], 1, "alice", 1, now() + timedelta(days=1)))]
    for link in bad:
        answer = await shared.ask(method, f"/a/{link}")
        assert (answer.status, answer.kind) == (404, "text/html"), link
        assert incident["title"] not in answer.text
    assert await shared.incident(number) == incident
    assert (await shared.ask("GET", f"/a/{good}")).status == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_well_signed_link_to_no_incident_looks_like_garbage(
    method: str, token: LinkToken, shared: Running
) -> None:
    unknown = await shared.ask(method, f"/a/{_signed(shared, token)}")
    garbage = await shared.ask(method, "/a/garbage")
    assert (unknown.status, garbage.status) == (404, 404)
    assert unknown.text.partition("<body>")[2] == garbage.text.partition("<body>")[2]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_expired_link_is_gone_and_says_since_when(method: str, shared: Running) -> None:
    number = await shared.opened(_fresh())
    incident = await shared.incident(number)
    expired = now() - timedelta(minutes=5)
    link = _signed(shared, LinkToken(incident["id"], 1, "alice", 1, expired))
    answer = await shared.ask(method, f"/a/{link}")
    assert (answer.status, answer.kind) == (410, "text/html")
    assert f"expired at {expired:%Y-%m-%d %H:%M} UTC" in answer.text
    assert await shared.incident(number) == incident


# -- the API -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("limit=0", "`limit`"),
        ("limit=-1", "`limit`"),
        ("limit=abc", "`limit`"),
        ("limit=", "`limit`"),
        ("limit=501", "`limit`"),
        ("limit=1.0", "`limit`"),
        ("limit=1e2", "`limit`"),
        ("limit=%2b5", "`limit`"),
        ("limit=%20%205", "`limit`"),
        ("limit=%C2%B2", "`limit`"),
        ("limit=%D9%A1", "`limit`"),
        ("limit=%ff", "`limit`"),
        (f"limit={10**30}", "`limit`"),
        (f"limit={'9' * 5_000}", "`limit`"),
        ("after=-1", "`after`"),
        ("after=abc", "`after`"),
        ("after=", "`after`"),
        (f"after={2**62 + 1}", "`after`"),
        (f"after={10**30}", "`after`"),
        (f"after=1{'0' * 18}5", "`after`"),
        (f"after=1{'0' * 5_000}", "`after`"),
        ("after=INC-20260101-0000", "`after`"),
        ("status=", "`status`"),
        ("status=open", "`status`"),
        ("status=TRIGGERED", "`status`"),
        ("status=%00", "`status`"),
        ("status=triggered&limit=0", "`limit`"),
    ],
    ids=lambda text: text[:30],
)
async def test_a_query_that_makes_no_sense_is_refused(query: str, says: str, shared: Running) -> None:
    answer = await shared.ask("GET", f"{INCIDENTS}?{query}")
    assert answer.status == 400, answer.text
    assert says in answer.problem
    await shared.still_works(_fresh())


UNKNOWN = (
    "0",
    "999999999",
    "9" * 18,
    "9" * 19,
    "9" * 5_000,
    "-1",
    "1.0",
    "%20",
    "%00",
    "%ff",
    "%ed%a0%80",
    "%C2%B2",
    "%D9%A1",
    "INC-",
    "INC-20200101-0000",
    "INC-20200101-0000-2",
    "INC-20200101-0000-%C2%B2",
    "INC-20200101-0000-%D9%A1",
    "INC-20200101-0000-99999999999",
    "INC-%00-x",
    "inc-20200101-0000",
    "' OR 1=1 --",
    "x" * 5_000,
)


@pytest.mark.parametrize("reference", UNKNOWN, ids=lambda text: text[:30])
async def test_an_incident_nobody_knows_is_not_found_whatever_is_asked_of_it(reference: str, shared: Running) -> None:
    for method, path, body in (
        ("GET", "", b""),
        ("GET", "/timeline", b""),
        ("POST", "/acknowledge", b"{}"),
        ("POST", "/unacknowledge", b""),
        ("POST", "/escalate", b"{}"),
        ("POST", "/resolve", b'{"reason":"done"}'),
        ("POST", "/notes", b'{"text":"x"}'),
        ("POST", "/severity", b'{"severity":"P0"}'),
    ):
        answer = await shared.ask(method, f"{INCIDENTS}/{reference}{path}", data=body)
        assert answer.status == 404, (method, path, answer.text)
        assert "incident" in answer.problem
    await shared.still_works(_fresh())


@dataclass(frozen=True, slots=True)
class Act:
    """One act that is refused."""

    name: str
    path: str
    body: bytes
    status: int
    says: str

    def __str__(self) -> str:
        return self.name


def _body(**values: object) -> bytes:
    return json.dumps(values).encode()


EVERY_ACT = ("acknowledge", "unacknowledge", "escalate", "resolve", "notes", "severity")
NEEDED: dict[str, dict[str, object]] = {
    "notes": {"text": "x"},
    "severity": {"severity": "P0"},
    "resolve": {"reason": "done"},
}
"""What the body of an act must hold besides what is wrong with it."""

NEVER_GOOD = tuple(
    Act(f"{act}: {name}", act, body, 400, says)
    for act in EVERY_ACT
    for name, body, says in (
        ("not JSON", b"yes please", "JSON"),
        ("cut off", b'{"by":', "JSON"),
        ("a list", b"[]", "object"),
        ("a text", b'"alice"', "object"),
        ("null", b"null", "object"),
        ("invalid UTF-8", b'{"by":"\xff"}', "JSON"),
        ("a lone surrogate", b'{"by":"\\ud800"}', "half a character"),
        ("too deep", b"[" * 100_000, "JSON"),
        ("an unknown key", _body(**NEEDED.get(act, {}), nonsense=1), "nonsense"),
        ("by a number", _body(**NEEDED.get(act, {}), by=5), "by"),
        ("by nobody at all", _body(**NEEDED.get(act, {}), by=""), "by"),
        ("by a novel", _body(**NEEDED.get(act, {}), by="x" * 201), "by"),
        ("as_of a text", _body(**NEEDED.get(act, {}), as_of="newest"), "as_of"),
        ("as_of a fraction", _body(**NEEDED.get(act, {}), as_of=1.5), "as_of"),
        ("as_of of 5,000 digits", b'{"as_of":' + b"1" * 5_000 + b"}", ""),
    )
)

REFUSED = (
    *NEVER_GOOD,
    *(Act(f"{act}: nobody", act, _body(**NEEDED.get(act, {}), by="mallory"), 403, "mallory") for act in EVERY_ACT),
    *(Act(f"{act}: by NUL", act, _body(**NEEDED.get(act, {}), by="alice\0"), 403, "nobody") for act in EVERY_ACT),
    *(Act(f"{act}: stale", act, _body(**NEEDED.get(act, {}), as_of=0), 409, "version") for act in EVERY_ACT),
    *(Act(f"{act}: ahead", act, _body(**NEEDED.get(act, {}), as_of=10**30), 409, "version") for act in EVERY_ACT),
    Act("to a tier that is none", "escalate", _body(to="L9"), 400, "to"),
    Act("to a tier that is empty", "escalate", _body(to=""), 400, "to"),
    Act("to a tier that is a number", "escalate", _body(to=2), 400, "to"),
    Act("to a tier the policy has not", "escalate", _body(to="L5"), 422, "no tier L5"),
    Act("to a tier for others", "escalate", _body(to="L3"), 403, "P0"),
    Act("to executives for the press", "escalate", _body(to="L3", reason="press"), 403, "raise the severity to P0"),
    Act("for a reason that is none", "escalate", _body(reason="because"), 400, "reason"),
    Act("with a note that is none", "escalate", _body(note=["x"]), 400, "note"),
    Act("a note without text", "notes", b"{}", 400, "text"),
    Act("a note without body", "notes", b"", 400, "text"),
    Act("a note of null", "notes", _body(text=None), 400, "text"),
    Act("a note of nothing", "notes", _body(text=""), 422, "text"),
    Act("a note of white space", "notes", _body(text=" \n\t"), 422, "text"),
    Act("no severity", "severity", b"{}", 400, "severity"),
    Act("a severity that is none", "severity", _body(severity="P9"), 400, "severity"),
    Act("a severity in small letters", "severity", _body(severity="p0"), 400, "severity"),
    Act("a severity that is a word", "severity", _body(severity="critical"), 400, "severity"),
    Act("a lower severity without reason", "severity", _body(severity="P3"), 422, "reason"),
    Act("a lower severity for white space", "severity", _body(severity="P3", reason="  "), 422, "reason"),
    Act("resolving while it fires", "resolve", b"{}", 422, "reason"),
    Act("resolving for white space", "resolve", _body(reason=" \n"), 422, "reason"),
    Act("a reason that is none", "resolve", _body(reason=0), 400, "reason"),
)


@pytest.mark.parametrize("act", REFUSED, ids=str)
async def test_an_act_that_cannot_be_done_says_why_and_changes_nothing(act: Act, shared: Running) -> None:
    number = await shared.opened(_fresh())
    before = await shared.incident(number), await shared.timeline(number)
    answer = await shared.act(number, act.path, act.body)
    assert answer.status == act.status, answer.text
    assert act.says in answer.problem
    assert (await shared.incident(number), await shared.timeline(number)) == before


@pytest.mark.parametrize("act", sorted(set(EVERY_ACT) - {"notes"}))
async def test_an_incident_that_is_resolved_says_by_whom_and_when(act: str, shared: Running) -> None:
    number = await shared.opened(_fresh())
    assert (await shared.act(number, "resolve", {"reason": "a drill", "by": "bob"})).status == 200
    before = await shared.incident(number), await shared.timeline(number)
    answer = await shared.act(number, act, _body(**NEEDED.get(act, {})))
    assert answer.status == 409, answer.text
    at = before[0]["resolved_at"]
    assert f"already resolved by bob at {at[:10]} {at[11:19]} UTC" in answer.problem
    assert (await shared.incident(number), await shared.timeline(number)) == before


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "https://127.0.0.1", "null", "", "http://[", "http://[::1", "file://", "\u00e4", "a b"],
)
async def test_pages_of_other_origins_neither_read_nor_act(origin: str, shared: Running) -> None:
    number = await shared.opened(_fresh())
    before = await shared.incident(number)
    for method, path in (("GET", INCIDENTS), ("POST", f"{INCIDENTS}/{number}/acknowledge")):
        answer = await shared.ask(method, path, headers={"Origin": origin})
        assert answer.status in {401, 403}, answer.text
        assert "origin" in answer.problem
    assert await shared.incident(number) == before


async def test_a_page_whose_name_was_pointed_at_this_machine_neither_reads_nor_acts(shared: Running) -> None:
    """DNS rebinding: the browser believes that it talks to evil.example, so origin and host agree."""
    number = await shared.opened(_fresh())
    port = shared.url.rpartition(":")[2]
    foreign = {"Host": f"evil.example:{port}", "Origin": f"http://evil.example:{port}"}
    assert (await shared.ask("GET", INCIDENTS, headers={"Host": foreign["Host"]})).status in {401, 403}
    assert (await shared.act(number, "acknowledge", headers=foreign)).status in {401, 403}
    assert (await shared.incident(number))["acknowledged_by"] is None


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Host": "evil.example"}, {"Origin": "null"}], ids=str
)
async def test_a_page_in_a_browser_forges_no_alert_of_the_anonymous_source(
    headers: dict[str, str], shared: Running
) -> None:
    before = _stored(shared)
    answer = await shared.send(firing(_fresh()), headers=headers | {"Content-Type": "text/plain"})
    assert answer.status in {401, 403}, answer.text
    assert answer.problem
    assert _stored(shared) == before


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nope"}, bearer(TOKEN_A)], ids=str)
@pytest.mark.parametrize("path", ["", "/1", "/1/timeline", "/1/acknowledge", "/1/notes", "/1/severity", "/1/resolve"])
async def test_the_api_wants_a_persons_token_where_people_have_one(
    headers: dict[str, str], path: str, shared_closed: Running
) -> None:
    method = "GET" if path in {"", "/1", "/1/timeline"} else "POST"
    answer = await shared_closed.ask(method, INCIDENTS + path, headers=headers, data=b"not even JSON")
    assert answer.status == 401
    assert "token" in answer.problem
    assert "WWW-Authenticate" in answer.headers, "RFC 9110, 11.6.1: a 401 says which credentials it wants"


async def test_a_good_webhook_between_bad_ones_is_still_resolved_by_its_source(shared_closed: Running) -> None:
    name, began = _fresh(), now()
    number = await shared_closed.accepted(firing(name, at=began))
    assert (await shared_closed.send(b"nonsense")).status == 400
    await shared_closed.accepted(resolved(name, at=began, ends_at=now()))
    assert (await shared_closed.incident(number))["status"] == "monitoring"
    assert (await shared_closed.ask("GET", INCIDENTS, headers=bearer(TOKEN_ALICE))).status == 200
