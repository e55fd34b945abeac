"""Timelines over the API: written into with kinds, exported, verified, and shown without whoever is forgotten."""

import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from rungbell.domain.chain import Head, Line, Record, broken
from rungbell.runtime.link_tokens import LinkToken
from tests.web.running import CLOSED, INCIDENTS, TOKEN_ALICE, TOKEN_BOB, Json, Running, bearer

ALICE = bearer(TOKEN_ALICE)
PEOPLE = "/api/v1/people"


async def wrote(daemon: Running, number: int, **body: object) -> Json:
    answer = await daemon.ask("POST", f"{INCIDENTS}/{number}/notes", json=body, headers=ALICE)
    assert answer.status == 200, answer.text
    return answer.json


async def verified(daemon: Running, number: int) -> Json:
    return await daemon.get(f"{INCIDENTS}/{number}/timeline/verification")


def tampered(daemon: Running, statement: str) -> None:
    with closing(sqlite3.connect(daemon.store)) as connection, connection:
        for name in ("changed", "cut", "replaced"):
            connection.execute(f"DROP TRIGGER IF EXISTS timeline_is_never_{name}")
        connection.execute(statement)


@pytest.mark.requirement("3", "37")
async def test_a_note_has_a_kind_and_may_be_for_clients(closed: Running) -> None:
    number = await closed.opened("DiskFull")
    answer = await wrote(closed, number, text="scaled to 10", kind="containment", client_visible=True)
    assert answer["message"] == "noted as containment"
    entry = (await closed.timeline(number))[-1]
    assert (entry["kind"], entry["actor"], entry["tier"], entry["channel"]) == ("containment", "alice", "L1", "api")
    assert entry["facts"] == {"client_visible": "true"}


@pytest.mark.requirement("64")
async def test_a_sentence_of_the_commander_is_an_action_item(closed: Running) -> None:
    number = await closed.opened("DiskFull")
    answer = await wrote(closed, number, text="Action item: Bob will rotate the keys by tomorrow 17:00")
    assert answer["message"].startswith("action item 1 for bob, due ")
    assert (await closed.timeline(number))[-1]["kind"] == "action_item"


async def test_a_kind_that_there_is_not_is_refused_and_nothing_is_written(closed: Running) -> None:
    number = await closed.opened("DiskFull")
    before = await closed.timeline(number)
    for kind in ("paged", "resolved", "gossip"):
        answer = await closed.ask(
            "POST", f"{INCIDENTS}/{number}/notes", json={"text": "x", "kind": kind}, headers=ALICE
        )
        assert answer.status == 400
        assert "kind" in answer.problem
    assert await closed.timeline(number) == before


@pytest.mark.requirement("33")
async def test_a_timeline_is_whole_until_somebody_touches_the_file(closed: Running) -> None:
    number = await closed.opened("DiskFull")
    whole = await verified(closed, number)
    assert (whole["whole"], whole["broken"], whole["head"]["seq"]) == (True, None, whole["entries"])

    tampered(closed, "UPDATE timeline SET text = 'nobody was paged' WHERE seq = 2")

    broke = await verified(closed, number)
    assert (broke["whole"], broke["broken"]["seq"]) == (False, 2)


async def test_a_tail_that_was_cut_off_is_missed(closed: Running) -> None:
    number = await closed.opened("DiskFull")
    entries = (await verified(closed, number))["entries"]
    tampered(closed, "DELETE FROM timeline WHERE seq = (SELECT max(seq) FROM timeline)")
    assert (await verified(closed, number))["broken"]["seq"] == entries


@pytest.mark.requirement("33", "71")
async def test_an_export_holds_what_it_takes_to_compute_its_hashes(closed: Running) -> None:
    number = await closed.opened("DiskFull")
    await wrote(closed, number, text="Zürich: „ok“ | <b>")
    export = await closed.get(f"{INCIDENTS}/{number}/timeline/export")
    records = [Record(one.pop("seq"), one.pop("hash"), Line(**one)) for one in export["entries"]]
    assert broken(export["incident"]["id"], records, Head(**export["head"])) is None

    answer = await closed.ask("GET", f"{INCIDENTS}/{number}/timeline/markdown", headers=ALICE)
    assert answer.kind == "text/markdown"
    assert "| Time (UTC) | Event | Actor |" in answer.text
    assert "Zürich: „ok“ \\| \\<b\\> | Alice (L1) |" in answer.text
    assert export["head"]["hash"] in answer.text


async def test_a_damaged_timeline_can_still_be_looked_at(closed: Running) -> None:
    number = await closed.opened("DiskFull")
    tampered(closed, "UPDATE timeline SET facts = '{' WHERE seq = 1")
    export = await closed.get(f"{INCIDENTS}/{number}/timeline/export")
    assert export["entries"][0]["text"].startswith("(cannot be read: ")
    assert export["entries"][1]["kind"]


@pytest.mark.parametrize("what", ["export", "markdown", "verification"])
async def test_of_no_incident_there_is_no_timeline(closed: Running, what: str) -> None:
    assert (await closed.ask("GET", f"{INCIDENTS}/99/timeline/{what}", headers=ALICE)).status == 404


# -- forgetting


async def test_somebody_of_the_configuration_is_not_forgotten_nor_somebody_nobody_knows(closed: Running) -> None:
    answer = await closed.ask("POST", f"{PEOPLE}/bob/forget", headers=ALICE)
    assert (answer.status, "in the configuration" in answer.problem) == (409, True)
    assert (await closed.ask("POST", f"{PEOPLE}/bbo/forget", headers=ALICE)).status == 404


async def test_whoever_is_forgotten_is_a_number_in_the_timeline_and_their_tokens_end(closed: Running) -> None:
    number, over = await closed.opened("DiskFull"), await closed.opened("DiskSlow")
    bob = bearer(TOKEN_BOB)
    await closed.ask("POST", f"{INCIDENTS}/{number}/acknowledge", json={}, headers=bob)
    await closed.ask("POST", f"{INCIDENTS}/{over}/resolve", json={"reason": "off"}, headers=bob)
    await closed.ask("POST", f"{INCIDENTS}/{number}/tick", json={"line": "recovery.restored"}, headers=bob)
    made = await closed.ask(
        "POST", "/api/v1/tokens", json={"name": "Bob's", "scopes": ["act"], "person": "bob"}, headers=ALICE
    )
    without = CLOSED.replace("  bob: {name: Bob}\n", "").replace("reach: bob", "reach: chen")
    without = "\n".join(line for line in without.splitlines() if not line.startswith("  bob: {token"))
    closed.daemon.options.config_file.write_text(without)
    assert (await closed.ask("POST", "/-/reload", headers=ALICE)).status == 200

    answer = await closed.ask("POST", f"{PEOPLE}/bob/forget", headers=ALICE)

    assert answer.status == 200, answer.text
    assert answer.json == {"id": "bob", "name": "forgotten person 1", "tokens": 1, "overrides": 0, "handover_notes": 0}
    assert (await closed.ask("GET", INCIDENTS, headers=bearer(made.json["secret"]))).status == 401
    shown = next(entry for entry in await closed.timeline(number) if entry["kind"] == "acknowledged")
    assert (shown["actor"], shown["text"]) == ("forgotten person 1", "acknowledged by forgotten person 1 (api)")
    markdown = await closed.ask("GET", f"{INCIDENTS}/{number}/timeline/markdown", headers=ALICE)
    assert "| forgotten person 1 (L" in markdown.text or "| forgotten person 1 |" in markdown.text
    assert (await verified(closed, number))["whole"]
    whole, (_, row, *_) = await closed.incident(number), await closed.incidents()
    outlook = await closed.get(f"{INCIDENTS}/{number}/outlook")
    for one in (whole, row, outlook["incident"]):
        assert one["acknowledged_by"] == "forgotten person 1"
    assert "forgotten person 1" in {tier["acknowledged_by"] for tier in whole["tiers"]}
    assert not re.search(r"\bbob\b", json.dumps([whole, row, outlook]))
    token = LinkToken(whole["id"], 1, "alice", 1, datetime.now(UTC) + timedelta(hours=1), "pager")
    link = await closed.ask("GET", f"/a/{closed.services.signer.sign(token)}")
    assert "forgotten person 1" in link.text
    assert not re.search(r"\bbob\b", link.text)
    noted = await wrote(closed, number, text="seen")
    assert noted["incident"]["acknowledged_by"] == "forgotten person 1"
    refused = await closed.ask("POST", f"{INCIDENTS}/{number}/snooze", json={"lasts": "5m"}, headers=ALICE)
    assert refused.problem == "forgotten person 1 holds the incident; whoever holds it snoozes it"
    assert refused.json["incident"]["acknowledged_by"] == "forgotten person 1"
    ticked = await closed.get(f"{INCIDENTS}/{number}/checklists")
    token = LinkToken((await closed.incident(over))["id"], 1, "alice", 1, token.expires_at, "pager")
    late = await closed.ask("POST", f"/a/{closed.services.signer.sign(token)}")
    assert (late.status, "forgotten person 1" in late.text) == (410, True)
    assert not re.search(r"\bbob\b", json.dumps([noted, refused.json, ticked, late.text]))
    people = (await closed.get(PEOPLE))["people"]
    assert people[-1] == {"id": "bob", "name": "forgotten person 1", "forgotten": True}
    again = await closed.ask("POST", f"{PEOPLE}/bob/forget", headers=ALICE)
    assert (again.status, again.json["name"], again.json["tokens"]) == (200, "forgotten person 1", 0)
