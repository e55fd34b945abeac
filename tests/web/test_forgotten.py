"""Somebody did all that a person can do, left and was forgotten: nothing that is shown or said has their id."""

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from rungbell.domain.communication.kinds import CommunicationKind
from rungbell.runtime.link_tokens import LinkToken
from rungbell.web.routes import ONCALL, ONE, ROUTES
from tests.harness.waiting import eventually
from tests.harness.webhooks import firing
from tests.web.pigeon import PigeonNotifier
from tests.web.running import INCIDENTS, Json, Running, running
from tests.web.test_answering import pigeons
from tests.web.test_commanding import BIRDS, Bird
from tests.web.test_communications import PLAN

__all__ = ["pigeons"]

MAIL = 'channels:\n  mail: {type: webhook, url: "http://127.0.0.1:9/mail"}\n'
WITH_BOB = BIRDS.replace("channels:\n", MAIL) + PLAN.replace("tell: chen", "tell: bob")
WITHOUT = WITH_BOB.replace("  bob: {name: Bob, contacts: {pigeon: Bert}}\n", "").replace("[alice, bob]", "[alice]")
WITHOUT = WITHOUT.replace("reach: bob", "reach: chen").replace("tell: bob", "tell: chen")
BOB = re.compile(r"\bbob\b")
TOMORROW = {"lasts": "20h", "by": "bob"}
ACTS: tuple[tuple[str, Json], ...] = (
    (f"{INCIDENTS}/1/acknowledge", {}),
    (f"{INCIDENTS}/1/declare", {"commander": "bob"}),
    (f"{INCIDENTS}/1/assume", {"role": "scribe"}),
    (f"{INCIDENTS}/1/escalate", {"to": "L2"}),
    (f"{INCIDENTS}/1/tick", {"line": "triage.verified"}),
    (f"{INCIDENTS}/1/severity", {"severity": "P2", "reason": "one node"}),
    (f"{INCIDENTS}/1/status", {"status": "identified"}),
    (f"{INCIDENTS}/1/notes", {"text": "seen"}),
    (f"{INCIDENTS}/1/communications", {"kind": "client_notice"}),
    (f"{INCIDENTS}/1/communications/2/review", {}),
    (f"{INCIDENTS}/1/communications/2/send", {}),
    (f"{INCIDENTS}/1/communications", {"kind": "client_update"}),
    (f"{INCIDENTS}/1/communications/3/discard", {"reason": "too early"}),
    (f"{INCIDENTS}/1/communications", {"kind": "executive_note", "send": True}),
    (f"{INCIDENTS}/1/communications", {"kind": "executive_note"}),
    (f"{INCIDENTS}/1/waive", {"audience": "internal", "reason": "all are here"}),
    (f"{INCIDENTS}/1/items", {"text": "rotate logs", "owner": "bob"}),
    (f"{INCIDENTS}/1/items/change", {"number": 1, "status": "in_progress"}),
    (f"{INCIDENTS}/1/snooze", {"lasts": "30m"}),
    (INCIDENTS, {"title": "the shop is down", "severity": "P1", "commander": "bob"}),
    (f"{INCIDENTS}/2/handoff", {"to": "dana", "reason": "ill"}),
    (f"{INCIDENTS}/2/handoff", {"to": "bob", "reason": "well", "by": "dana"}),
    (f"{INCIDENTS}/2/resolve", {"reason": "it is up"}),
    (f"{INCIDENTS}/2/postmortem", {"owner": "bob", "state": "draft"}),
    (f"{INCIDENTS}/2/postmortem/review", {"attendees": ["dana", "bob"], "outcome": "all of it"}),
    (f"{ONCALL}/overrides", {"schedule": "support", "person": "bob", **TOMORROW}),
    (f"{ONCALL}/overrides", {"schedule": "support", "person": "dana", "instead_of": "bob", **TOMORROW}),
    (f"{ONCALL}/notes", {"schedule": "support", "text": "db-1 swaps"}),
    ("/api/v1/reviews", {"kind": "drill"}),
    ("/api/v1/tokens", {"name": "a dashboard", "scopes": ["read"]}),
)
"""What bob does."""


@pytest_asyncio.fixture
async def left(tmp_path: Path, pigeons: None) -> AsyncIterator[Running]:
    """A daemon that has forgotten bob, who did all of it."""
    async with running(tmp_path / "left", WITH_BOB, stub=False) as daemon:
        await daemon.opened_by(firing("DiskFull", severity="critical"))
        for path, body in ACTS:
            answer = await daemon.ask("POST", path, json={"by": "bob"} | body)
            assert answer.status in {200, 201}, (path, body, answer.json.get("detail"))
        daemon.daemon.options.config_file.write_text(WITHOUT)
        assert (await daemon.ask("POST", "/-/reload")).status == 200
        answer = await daemon.ask("POST", "/api/v1/people/bob/forget", json={"by": "alice"})
        assert answer.status == 200, answer.text
        yield daemon


def places() -> list[str]:
    """Everything that can be looked at, but what a link of its own leads to."""
    found = [route.path for route in ROUTES if route.method == "GET" and "{token}" not in route.path]
    found = [path for path in found if "/answers/" not in path and path != "/-/backup"]
    found = [path.replace("{communication}", number) for path in found for number in "12345"]
    found = [path.replace("{kind}", kind) for path in found for kind in CommunicationKind]
    found = [path.replace("{incident}", number) for path in found for number in ("1", "2")]
    return [*dict.fromkeys(found), f"{ONCALL}/overrides?all=true"]


async def test_nothing_that_can_be_looked_at_names_whoever_was_forgotten(left: Running) -> None:
    named: dict[str, list[str]] = {}
    numbered = 0
    for path in places():
        answer = await left.ask("GET", path)
        assert answer.status in {200, 404}, (path, answer.text)
        numbered += "forgotten person 1" in answer.text
        if found := [answer.text[max(0, one.start() - 60) : one.end() + 20] for one in BOB.finditer(answer.text)]:
            named[path] = found
    export = f"{ONE}/timeline/export"
    assert named.keys() == {"/api/v1/people", *(export.replace("{incident}", one) for one in ("1", "2"))}, named
    assert numbered > 20
    sealed = await left.get(f"{INCIDENTS}/2/timeline/export")
    assert sealed["incident"]["resolved_by"] == "forgotten person 1"
    assert not BOB.search(json.dumps(sealed | {"entries": []})), "only what is sealed has the id"


async def test_nothing_that_is_said_in_a_chat_names_whoever_was_forgotten(left: Running) -> None:
    alice = Bird(left)
    said = {
        words: await alice.says(words)
        for words in (
            "list", "show 1", "show 2", "postmortem show 1", "postmortem show 2", "drafts", "oncall", "resolve 2",
            "snooze 1 5m", "tick 1 triage.verified", "assume 1 scribe", "review 1 4", "review 1 5", "ack 1",
        )
    }  # fmt: skip
    assert sum("forgotten person 1" in text for text in said.values()) >= 8, said
    assert {words: text for words, text in said.items() if BOB.search(text)} == {}
    assert "forgotten person 1 holds it" in said["list"]


async def test_what_an_act_is_answered_with_names_them_no_more_nor_does_a_page(left: Running) -> None:
    PigeonNotifier.flown.clear()
    for path, body in (
        ("1/snooze", {"lasts": "5m"}), ("1/assume", {"role": "scribe"}), ("1/escalate", {"to": "L1"}),
        ("2/resolve", {}), ("1/items/change", {"number": 1, "status": "done"}),
    ):  # fmt: skip
        answer = await left.ask("POST", f"{INCIDENTS}/{path}", json={"by": "alice"} | body)
        assert not BOB.search(answer.text), (path, answer.text)
        assert "forgotten person 1" in answer.text, path

    async def left_loft() -> bool:
        return bool(PigeonNotifier.flown)

    await eventually(left_loft, "the page of the escalation leaves", within=10, every=0.01)
    texts = [message.text for message in PigeonNotifier.flown]
    assert any("forgotten person 1" in text for text in texts), texts
    assert not any(BOB.search(text) for text in texts), texts


async def test_a_filter_asks_for_what_is_shown(left: Running) -> None:
    held = f'{INCIDENTS}?filter=acknowledged_by%3D"forgotten person 1"'
    assert [one["number"] for one in (await left.get(held))["incidents"]] == [1]
    assert (await left.get(f'{INCIDENTS}?filter=acknowledged_by%3D"bob"'))["incidents"] == []


@pytest.mark.parametrize("again", [True, False])
async def test_whoever_is_in_the_configuration_again_has_their_name_again(left: Running, again: bool) -> None:
    left.daemon.options.config_file.write_text(WITH_BOB if again else WITHOUT)
    assert (await left.ask("POST", "/-/reload")).status == 200
    assert (await left.incident(2))["resolved_by"] == ("bob" if again else "forgotten person 1")


async def test_their_own_link_names_them_no_more(left: Running) -> None:
    held, other = await left.incident(1), await left.opened("CpuHigh")
    for incident in (held["id"], (await left.incident(other))["id"]):
        token = LinkToken(incident, 1, "bob", 1, datetime.now(UTC) + timedelta(hours=1), "pager")
        shown = await left.ask("GET", f"/a/{left.services.signer.sign(token)}")
        assert (shown.status, "forgotten person 1" in shown.text) == (200, True)
        assert not BOB.search(shown.text)


async def test_a_word_of_the_configuration_or_of_an_alert_is_nobody_and_cannot_be_forgotten(tmp_path: Path) -> None:
    async with running(tmp_path / "words", WITH_BOB) as daemon:
        await daemon.opened_by(firing("DiskFull", severity="critical"))
        for word in ("P1", "L1", "pigeon", "DiskFull", "default", "critical", "node"):
            answer = await daemon.ask("POST", f"/api/v1/people/{word}/forget", json={"by": "alice"})
            assert answer.status == 404, word
