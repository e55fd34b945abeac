"""``POST /api/v1/incidents``: an incident that a person opens, as the API tells of it."""

import asyncio
from pathlib import Path
from urllib.parse import urljoin

import pytest

from tests.web.running import INCIDENTS, POLICY, TOKEN_ALICE, Answer, Json, Running, bearer, running

PHONES = {"title": "phones are down", "severity": "P1"}
TEAMS = POLICY + "policies: [{name: database, match: ['team=\"dba\"']}]\n"


async def declare(daemon: Running, body: Json, *, key: str = "", token: str = "") -> Answer:
    headers = ({"Idempotency-Key": key} if key else {}) | (bearer(token) if token else {})
    return await daemon.ask("POST", INCIDENTS, json=body, headers=headers)


async def test_it_opens_with_the_severity_that_was_said_and_pages_at_once(daemon: Running) -> None:
    answer = await declare(daemon, PHONES | {"summary": "all of them", "labels": {"site": "york"}, "by": "bob"})

    assert answer.status == 201
    found = await daemon.get(urljoin(INCIDENTS, answer.headers["Location"]))
    assert found["number"] == answer.json["incident"]["number"]
    assert (found["title"], found["summary"], found["severity"]) == ("phones are down", "all of them", "P1")
    assert not found["severity_guessed"]
    assert found["severity_rule"] == "declared by bob"
    assert (found["status"], found["source"], found["group_labels"]) == ("triggered", "by_hand", {"site": "york"})
    assert found["name"].startswith("INC-")
    assert [(page["tier"], page["person"]) for page in found["pages"]] == [("L1", "alice")]
    first = (await daemon.timeline(found["number"]))[0]
    assert (first["kind"], first["actor"]) == ("opened", "bob")
    assert await daemon.incidents("filter=site%3D%22york%22")


async def test_it_lives_and_ends_as_any_other(daemon: Running) -> None:
    number = (await declare(daemon, PHONES)).json["incident"]["number"]
    for act, body in (("acknowledge", {}), ("severity", {"severity": "P0"}), ("notes", {"text": "called them"})):
        assert (await daemon.act(number, act, body | {"by": "alice"})).status == 200
    assert (await daemon.act(number, "resolve", {"by": "alice", "reason": "they ring again"})).status == 200
    assert (await daemon.incident(number))["resolved_by"] == "alice"


async def test_two_declarations_are_two_incidents_and_one_key_is_one(daemon: Running) -> None:
    first, second = await declare(daemon, PHONES), await declare(daemon, PHONES)
    assert first.json["incident"]["id"] != second.json["incident"]["id"]
    answers = await asyncio.gather(*(declare(daemon, PHONES, key="4f2c") for _ in range(5)))
    assert len({answer.json["incident"]["id"] for answer in answers}) == 1
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 200, 201]
    assert {answer.json["outcome"] for answer in answers if answer.status == 200} == {"already"}
    assert len(await daemon.incidents()) == 3


async def test_a_key_of_which_nothing_came_may_be_used_again(daemon: Running) -> None:
    assert (await declare(daemon, PHONES | {"policy": "nowhere"}, key="4f2c")).status == 422
    assert (await declare(daemon, PHONES, key="4f2c")).status == 201


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"severity": "P9"}, "severity"),
        ({"severity": None}, "severity"),
        ({"policy": "nowhere"}, "there are default"),
        ({"title": "  "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"labels": {"site": 3}}, "labels.site"),
        ({"labels": {"": "york"}}, "labels"),
        ({"colour": "red"}, "colour"),
        ({"a\r\nb": 1}, "Extra"),
        ({"by": ""}, "by"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_said_and_opens_nothing(daemon: Running, change: Json, says: str) -> None:
    before = await daemon.incidents()
    answer = await declare(daemon, PHONES | change)
    assert answer.status == (422 if "policy" in change else 400)
    assert says in answer.problem
    assert await daemon.incidents() == before


async def test_what_is_no_json_is_not_understood(daemon: Running) -> None:
    answer = await daemon.ask("POST", INCIDENTS, data=b"{")
    assert answer.status == 400
    answer = await daemon.ask("POST", INCIDENTS, json=PHONES, headers={"Idempotency-Key": "é"})
    assert answer.status == 400


async def test_only_people_of_the_configuration_declare_and_only_as_themselves(closed: Running) -> None:
    assert (await declare(closed, PHONES)).status == 401
    assert (await declare(closed, PHONES | {"by": "bob"}, token=TOKEN_ALICE)).status == 403
    answer = await declare(closed, PHONES, token=TOKEN_ALICE)
    assert answer.status == 201
    assert (await closed.timeline(answer.json["incident"]["number"]))[0]["actor"] == "alice"


async def test_strangers_and_pages_of_other_origins_declare_nothing(daemon: Running) -> None:
    before = await daemon.incidents()
    assert (await declare(daemon, PHONES | {"by": "mallory"})).status == 403
    foreign = await daemon.ask("POST", INCIDENTS, json=PHONES, headers={"Origin": "https://elsewhere.example"})
    assert foreign.status == 403
    assert await daemon.incidents() == before


async def test_the_policy_is_chosen_by_labels_or_named(tmp_path: Path) -> None:
    async with running(tmp_path, TEAMS) as daemon:
        by_label = await declare(daemon, PHONES | {"labels": {"team": "dba"}})
        by_name = await declare(daemon, PHONES | {"policy": "database"})
        neither = await declare(daemon, PHONES)
    policies = [answer.json["incident"]["policy"] for answer in (by_label, by_name, neither)]
    assert policies == ["database", "database", "default"]
