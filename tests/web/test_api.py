"""The API as its callers see it, and what operators ask of a daemon."""

import sqlite3
import tracemalloc
from contextlib import closing
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from rungbell.store import connections
from tests.harness.webhooks import firing, resolved
from tests.web.running import INCIDENTS, TOKEN_ALICE, TOKEN_BOB, Json, MovableClock, Running, bearer, now

ROW = {
    "id",
    "number",
    "name",
    "title",
    "summary",
    "severity",
    "severity_guessed",
    "status",
    "phase",
    "detection",
    "tier",
    "acknowledged_by",
    "acknowledged_at",
    "acknowledged_until",
    "snoozed",
    "opened_at",
    "detected_at",
    "resolved_at",
    "resolved_by",
    "source",
    "policy",
    "cycle",
    "alerts",
    "alerts_firing",
    "exhausted",
    "held",
    "maintenance_until",
    "suppressed",
    "links",
    "merged_into",
    "parts",
    "restricted",
    "version",
}
LISTED = ROW | {"overdue"}
WHOLE = LISTED | {
    "severity_rule",
    "receiver",
    "group_labels",
    "policy_hash",
    "command",
    "deadlines",
    "tiers",
    "pages",
    "alert_list",
}


def moment(text: str) -> datetime:
    """Read a time of the API, which is UTC to the millisecond."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


async def test_an_incident_in_the_list_has_the_names_that_others_build_on(daemon: Running) -> None:
    assert await daemon.get(INCIDENTS) == {"incidents": [], "next": None}
    began = now() - timedelta(minutes=3)
    number = await daemon.opened("DiskFull", at=began, summary="97 % used")
    (row,) = await daemon.incidents()
    assert set(row) == LISTED
    assert (row["number"], row["title"], row["summary"]) == (number, "DiskFull: 97 % used", "97 % used")
    assert (row["severity"], row["severity_guessed"], row["status"]) == ("P1", False, "triggered")
    assert row["name"] == f"INC-{began:%Y%m%d-%H%M}"
    assert moment(row["detected_at"]) == began
    assert abs(moment(row["opened_at"]) - now()) < timedelta(seconds=30)
    assert (row["tier"], row["cycle"], row["policy"], row["source"]) == ("L1", 1, "default", "default")


async def test_pages_of_the_list_follow_each_other_without_gap_or_double(daemon: Running) -> None:
    for turn in range(7):
        await daemon.accepted(firing(f"DiskFull{turn}"))
    for limit in (1, 2, 3, 6, 7, 8, 500):
        seen: list[int] = []
        after = ""
        while True:
            page = await daemon.get(f"{INCIDENTS}?limit={limit}{after}")
            seen += [one["number"] for one in page["incidents"]]
            assert len(page["incidents"]) <= limit
            if page["next"] is None:
                break
            assert len(page["incidents"]) == limit
            assert isinstance(page["next"], str)
            after = f"&after={page['next']}"
            await daemon.accepted(firing("DiskFull0"))
        assert seen == [7, 6, 5, 4, 3, 2, 1], limit
    assert await daemon.get(f"{INCIDENTS}?after=1") == {"incidents": [], "next": None}
    assert await daemon.get(f"{INCIDENTS}?after=0") == {"incidents": [], "next": None}


async def test_the_list_can_be_had_by_status(daemon: Running) -> None:
    began = now()
    numbers = {
        name: await daemon.opened(name, at=began) for name in ("triggered", "acknowledged", "monitoring", "resolved")
    }
    await daemon.act(numbers["acknowledged"], "acknowledge", {"by": "bob"})
    await daemon.accepted(resolved("monitoring", at=began, ends_at=now()))
    await daemon.act(numbers["resolved"], "resolve", {"reason": "a drill"})
    for status, number in numbers.items():
        assert [one["number"] for one in await daemon.incidents(f"status={status}&limit=1")] == [number]


async def test_a_misspelled_filter_is_refused_and_not_left_out(daemon: Running) -> None:
    refused = await daemon.ask("GET", f"{INCIDENTS}?staus=triggered")
    assert refused.status == 400
    assert refused.json["detail"] == "there is no parameter 'staus'; there are limit, after, status, overdue, filter"


async def test_an_incident_is_found_by_identity_number_and_name(daemon: Running) -> None:
    began = now()
    first, second = await daemon.opened("First", at=began), await daemon.opened("Second", at=began)
    for number, name in ((first, f"INC-{began:%Y%m%d-%H%M}"), (second, f"INC-{began:%Y%m%d-%H%M}-2")):
        whole = await daemon.incident(number)
        assert whole["name"] == name
        assert await daemon.incident(name) == whole
        assert await daemon.incident(whole["id"]) == whole
        assert await daemon.timeline(name) == await daemon.timeline(number)


async def test_an_incident_is_told_whole(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    whole = await daemon.incident(number)
    assert set(whole) == WHOLE
    assert whole["group_labels"] == {"alertname": "DiskFull"}
    opened = moment(whole["opened_at"])
    (lapse,) = [one for one in whole["deadlines"] if one["clock"] == "lapse"]
    assert (moment(lapse["due"]) - opened, lapse["tier"]) == (timedelta(hours=1), "L2")
    assert lapse["happens"]
    (tier,) = whole["tiers"]
    assert (tier["tier"], tier["role"], tier["cause"], tier["empty"]) == ("L1", "Support", "at_once", False)
    (page,) = whole["pages"]
    assert (page["person"], page["channel"], page["state"], page["attempts"]) == ("alice", "pager", "accepted", 1)
    (one,) = whole["alert_list"]
    assert one["firing"] is True
    assert one["ends_at"] is None
    assert one["labels"]["alertname"] == "DiskFull"


async def test_the_deadlines_are_those_of_the_time_being(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    await daemon.act(number, "acknowledge", {"by": "alice"})
    held = await daemon.incident(number)
    (ends,) = held["deadlines"]
    assert ends["clock"] == "acknowledgement_ends"
    assert ends["due"] == held["acknowledged_until"]
    assert moment(ends["due"]) - moment(held["acknowledged_at"]) == timedelta(hours=4)
    await daemon.act(number, "resolve", {"reason": "a drill"})
    assert (await daemon.incident(number))["deadlines"] == []


async def test_the_timeline_tells_what_happened_in_its_order_and_by_whom(closed: Running) -> None:
    began = now()
    number = await closed.opened("DiskFull", at=began)
    bob = {"headers": bearer(TOKEN_BOB)}
    for act, body, more in (
        ("acknowledge", {}, {}),
        ("notes", {"text": "it is the log volume"}, bob),
        ("unacknowledge", {}, {}),
        ("escalate", {"reason": "cause_unclear", "note": "please look"}, bob),
        ("severity", {"severity": "P2", "reason": "one tenant only"}, {}),
        ("resolve", {"reason": "cleaned up"}, bob),
        ("notes", {"text": "post-mortem on Friday"}, {}),
    ):
        answer = await closed.act(number, act, body, **more)
        assert answer.status == 200, answer.text
        assert answer.json["outcome"] == "done"
        assert set(answer.json["incident"]) == ROW
    entries = await closed.timeline(number)
    assert all(set(entry) == {"at", "kind", "actor", "tier", "channel", "text", "facts"} for entry in entries)
    assert [entry["at"] for entry in entries] == sorted(entry["at"] for entry in entries)
    acts = [(entry["kind"], entry["actor"]) for entry in entries if entry["actor"] != "rungbell"]
    assert acts == [
        ("acknowledged", "alice"),
        ("note", "bob"),
        ("unacknowledged", "alice"),
        ("escalated", "bob"),
        ("severity", "alice"),
        ("resolved", "bob"),
        ("note", "alice"),
    ]
    texts = " | ".join(entry["text"] for entry in entries)
    for told in ("it is the log volume", "cause_unclear", "please look", "one tenant only", "cleaned up", "Friday"):
        assert told in texts


# -- acts ----------------------------------------------------------------------------------------------------------


async def test_an_acknowledgement_holds_the_incident_and_the_second_one_says_so(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    first = await daemon.act(number, "acknowledge", {"by": "alice"})
    assert (first.status, first.json["outcome"]) == (200, "done")
    assert first.json["incident"]["acknowledged_by"] == "alice"
    again = await daemon.act(number, "acknowledge", {"by": "alice"})
    assert (again.status, again.json["outcome"]) == (200, "already")
    assert "already acknowledged by you at" in again.json["message"]
    other = await daemon.act(number, "acknowledge", {"by": "bob"})
    assert (other.status, other.json["outcome"]) == (200, "already")
    assert "already acknowledged by alice at" in other.json["message"]
    assert (await daemon.incident(number))["version"] == first.json["incident"]["version"]


async def test_giving_back_starts_the_ladder_again(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    assert (await daemon.act(number, "unacknowledge")).json["outcome"] == "already"
    await daemon.act(number, "acknowledge", {"by": "alice"})
    assert (await daemon.act(number, "unacknowledge", {"by": "alice"})).json["outcome"] == "done"
    incident = await daemon.incident(number)
    assert (incident["status"], incident["acknowledged_by"]) == ("triggered", None)
    assert "lapse" in [deadline["clock"] for deadline in incident["deadlines"]]


async def test_escalating_pages_the_next_tier_or_the_one_that_is_named(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    assert (await daemon.act(number, "escalate")).json["message"] == "L2 is being paged"
    assert [tier["tier"] for tier in (await daemon.incident(number))["tiers"]] == ["L1", "L2"]
    assert (await daemon.act(number, "severity", {"severity": "P0"})).status == 200
    assert (await daemon.act(number, "escalate", {"to": "L3", "reason": "press"})).json["outcome"] == "done"
    incident = await daemon.incident(number)
    assert ("chen", "manual") in [(page["person"], page["purpose"]) for page in incident["pages"]]


async def test_a_raise_needs_no_reason_and_a_lower_severity_keeps_its_reason(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    assert (await daemon.act(number, "severity", {"severity": "P0"})).json["incident"]["severity"] == "P0"
    lower = await daemon.act(number, "severity", {"severity": "P3", "reason": "a test rig"})
    assert lower.json["incident"]["severity"] == "P3"
    assert (await daemon.act(number, "severity", {"severity": "P3"})).json["outcome"] == "already"


async def test_what_speaks_against_resolving_is_said_and_a_reason_overrides_it(daemon: Running) -> None:
    began = now()
    number = await daemon.opened("DiskFull", at=began)
    await daemon.accepted(resolved("DiskFull", at=began, ends_at=now()))
    refused = await daemon.act(number, "resolve", {"by": "alice"})
    assert refused.status == 422
    assert "its stability window ends at" in refused.json["detail"]
    assert "nobody has attested that the service is restored" in refused.json["detail"]
    answer = await daemon.act(number, "resolve", {"by": "alice", "reason": "a drill"})
    assert (answer.status, answer.json["incident"]["status"]) == (200, "resolved")
    assert answer.json["incident"]["resolved_by"] == "alice"


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("acknowledge", {}),
        ("unacknowledge", {}),
        ("escalate", {}),
        ("resolve", {"reason": "done"}),
        ("severity", {"severity": "P0"}),
        ("notes", {"text": "x"}),
    ],
)
async def test_an_act_on_what_one_has_seen_is_done_once(act: str, body: Json, daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    seen = (await daemon.incident(number))["version"]
    assert (await daemon.act(number, act, body | {"as_of": seen})).status == 200


# -- who acts ------------------------------------------------------------------------------------------------------


async def test_the_actor_is_the_person_of_the_token(closed: Running) -> None:
    number = await closed.opened("DiskFull")
    answer = await closed.act(number, "acknowledge", headers=bearer(TOKEN_BOB))
    assert answer.json["incident"]["acknowledged_by"] == "bob"
    assert (await closed.timeline(number))[-1]["actor"] == "bob"


async def test_one_may_say_who_one_is_but_not_be_somebody_else(closed: Running) -> None:
    number = await closed.opened("DiskFull")
    before = await closed.incident(number)
    for act, body in (
        ("acknowledge", {}),
        ("resolve", {"reason": "x"}),
        ("notes", {"text": "x"}),
        ("escalate", {}),
        ("severity", {"severity": "P0"}),
        ("unacknowledge", {}),
    ):
        answer = await closed.act(number, act, body | {"by": "bob"}, headers=bearer(TOKEN_ALICE))
        assert answer.status == 403
        assert "alice" in answer.problem
    assert await closed.incident(number) == before
    answer = await closed.act(number, "acknowledge", {"by": "alice"}, headers=bearer(TOKEN_ALICE))
    assert (answer.status, answer.json["incident"]["acknowledged_by"]) == (200, "alice")


async def test_a_page_of_another_origin_does_not_act_even_with_a_token(closed: Running) -> None:
    number = await closed.opened("DiskFull")
    foreign = bearer(TOKEN_ALICE) | {"Origin": "http://evil.example"}
    answer = await closed.act(number, "acknowledge", headers=foreign)
    assert answer.status == 403
    assert "origin" in answer.problem
    own = bearer(TOKEN_ALICE) | {"Origin": closed.url}
    assert (await closed.act(number, "acknowledge", headers=own)).status == 200


async def test_without_tokens_somebody_at_this_machine_acts(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    answer = await daemon.act(number, "acknowledge", headers={"Origin": daemon.url})
    assert answer.json["incident"]["acknowledged_by"] == "local"


# -- for operators -------------------------------------------------------------------------------------------------


async def test_the_front_page_says_who_this_is(closed: Running) -> None:
    answer = await closed.ask("GET", "/")
    assert answer.status == 200
    assert answer.text.startswith("rungbell ")


async def test_health_does_not_need_the_store_and_the_rest_says_that_it_is_away(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    await daemon.services.store.close()
    for method in ("GET", "HEAD"):
        assert (await daemon.ask(method, "/-/healthy")).status == 200
    assert (await daemon.ask("GET", "/metrics")).status == 200
    for answer in (
        await daemon.ask("GET", INCIDENTS),
        await daemon.ask("GET", f"{INCIDENTS}/{number}"),
        await daemon.ask("GET", f"{INCIDENTS}/{number}/timeline"),
        await daemon.act(number, "acknowledge"),
        await daemon.send(firing("Other")),
    ):
        assert answer.status == 503
        assert "store" in answer.problem
        assert "Retry-After" in answer.headers


async def test_readiness_says_why_not_and_comes_back(
    clock: MovableClock, daemon: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections.WRITER_PRAGMAS, "busy_timeout", 20)
    await daemon.ready()
    with closing(sqlite3.connect(daemon.store, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        clock.ahead = timedelta(seconds=40)
        answer = await daemon.ask("GET", "/-/ready")
        assert answer.status == 503
        assert "store" in answer.problem
        assert (await daemon.ask("GET", "/-/healthy")).status == 200
        other.execute("ROLLBACK")
    await daemon.ready(within=15)


async def test_a_request_with_an_idempotency_key_has_its_effect_once(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    path = f"{INCIDENTS}/{number}/notes"
    headers = {"Idempotency-Key": "4f2c"}
    first = await daemon.ask("POST", path, json={"text": "looking"}, headers=headers)
    again = await daemon.ask("POST", path, json={"text": "looking"}, headers=headers)
    assert (first.status, first.json["outcome"]) == (200, "done")
    assert (again.status, again.json["outcome"]) == (200, "already")
    assert "noted" in again.json["message"]
    assert [entry["text"] for entry in await daemon.timeline(number)].count("looking") == 1
    other = await daemon.ask("POST", path, json={"text": "looking"}, headers={"Idempotency-Key": "another"})
    assert other.json["outcome"] == "done"


async def test_an_idempotency_key_that_is_refused_once_may_be_used_again(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    path = f"{INCIDENTS}/{number}/resolve"
    headers = {"Idempotency-Key": "4f2c"}
    assert (await daemon.ask("POST", path, json={}, headers=headers)).status == 422
    assert (await daemon.ask("POST", path, json={"reason": "off"}, headers=headers)).status == 200


async def test_an_idempotency_key_with_another_body_is_refused_and_not_taken_for_done(
    daemon: Running,
) -> None:
    number = await daemon.opened("DiskFull")
    path = f"{INCIDENTS}/{number}/notes"

    async def noted(text: str, key: str) -> int:
        return (await daemon.ask("POST", path, json={"text": text}, headers={"Idempotency-Key": key})).status

    assert await noted("looking", "4f2c") == 200
    assert await noted("the disk was replaced", "4f2c") == 422
    assert await noted("looking", "4f2c") == 200
    assert await noted("the disk was replaced", "4f2c:2") == 200
    texts = [entry["text"] for entry in await daemon.timeline(number)]
    assert [texts.count(text) for text in ("looking", "the disk was replaced")] == [1, 1]


@pytest.mark.parametrize("key", ["", "é", "x" * 201])
async def test_an_odd_idempotency_key_is_refused(daemon: Running, key: str) -> None:
    number = await daemon.opened("DiskFull")
    answer = await daemon.ask("POST", f"{INCIDENTS}/{number}/acknowledge", headers={"Idempotency-Key": key})
    assert answer.status == 400
    assert "Idempotency-Key" in answer.problem


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        (f"{INCIDENTS}/1/notes", b'{"text":"full \\ud83d"}', "text"),
        (f"{INCIDENTS}/1/resolve", b'{"reason":"full \\ud83d\\u0041"}', "reason"),
        (f"{INCIDENTS}/1/notes", b'{"text":"full \xed\xa0\xbd"}', "text"),
        (INCIDENTS, b'{"title":"x","severity":"P3","labels":{"a":"\\ude00"}}', "labels.a"),
        (INCIDENTS, b'{"title":"x","severity":"P3","labels":{"\\ude00":"a"}}', "labels"),
        (f"{INCIDENTS}/1/impact", b'{"clients":["acme","\\ud83d"]}', "clients.1"),
    ],
)
async def test_half_a_character_is_refused_with_where_it_stands(
    daemon: Running, path: str, body: bytes, where: str
) -> None:
    await daemon.opened("DiskFull")
    refused = await daemon.ask("POST", path, data=body)
    assert refused.status == 400
    assert refused.problem == f"{where}: half a character (a lone surrogate) is no text; send it whole"


@pytest.mark.parametrize("half", [b"", b',"\\ud83d"'])
async def test_where_it_stands_is_found_in_little_memory_and_told_in_few_words(daemon: Running, half: bytes) -> None:
    await daemon.opened("DiskFull")
    body = b'{"' + b"k" * 20_000 + b'":[' + b",".join([b"0"] * 20_000) + half + b"]}"
    tracemalloc.start()
    try:
        refused = await daemon.ask("POST", f"{INCIDENTS}/1/notes", data=body)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refused.status == 400
    assert ("half a character" in refused.problem) == bool(half)
    assert most < 20 * 2**20
    assert not half or len(refused.problem) < 300


async def test_the_list_can_be_filtered_by_matchers_over_labels_and_facts(daemon: Running) -> None:
    urgent = await daemon.opened("DiskFull", severity="critical")
    calm = await daemon.opened("DiskSlow", severity="warning")
    other = await daemon.opened("Latency", severity="warning")

    async def found(*filters: str, **more: str) -> list[int]:
        query = urlencode([("filter", text) for text in filters] + list(more.items()))
        return [one["number"] for one in await daemon.incidents(query)]

    assert await found('severity="P1"') == [urgent]
    assert await found('alertname=~"Disk.*"') == [calm, urgent]
    assert await found('alertname=~"Disk.*",severity!="P1"') == [calm]
    assert await found('alertname=~"Disk.*"', 'severity="P1"') == [urgent]
    assert await found('acknowledged_by!=""') == []
    assert await found('status="triggered"', limit="2") == [other, calm]
    assert await found('status="triggered"', limit="2", after=str(calm)) == [urgent]
    assert await found('severity="P0"') == []


async def test_a_filter_that_cannot_be_read_says_where(daemon: Running) -> None:
    answer = await daemon.ask("GET", f"{INCIDENTS}?{urlencode({'filter': 'severity='})}")
    assert answer.status == 400
    assert "filter" in answer.problem


async def test_a_filtered_request_that_has_looked_far_enough_says_where_to_go_on(
    daemon: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rungbell.web.incidents.looking.PAGE_LIMIT", 2)
    monkeypatch.setattr("rungbell.web.incidents.looking.SEARCHED", 4)
    first = await daemon.opened("Rare")
    for turn in range(6):
        await daemon.opened(f"Common{turn}")
    query = urlencode({"filter": 'alertname="Rare"', "limit": "1"})
    page = await daemon.get(f"{INCIDENTS}?{query}")
    assert page["incidents"] == []
    rest = await daemon.get(f"{INCIDENTS}?{query}&after={page['next']}")
    assert [one["number"] for one in rest["incidents"]] == [first]
