"""``…/communications``: who is told of an incident, drafted, reviewed and sent over the API."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.harness.pager_receiver import PagerReceiver
from tests.harness.waiting import eventually
from tests.web.running import INCIDENTS, POLICY, Json, Running, running

PLAN = """\
clients:
  northwind: {name: Northwind, email: it@northwind.example.com}
  contoso: {name: Contoso, email: ops@contoso.example.com}
communication:
  product: AI Agents
  sign_off: The support team
  clients: {through: [mail]}
  internal: {P1: {through: mail, room: "#incidents-p1"}}
  executives: {tell: chen, through: [mail]}
"""


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[PagerReceiver]:
    async with PagerReceiver() as found:
        yield found


@pytest_asyncio.fixture
async def telling(tmp_path: Path, receiver: PagerReceiver) -> AsyncIterator[Running]:
    """Run a daemon that knows clients, and whose mail is a webhook."""
    channels = f'channels:\n  mail: {{type: webhook, url: "{receiver.url}"}}\n'
    async with running(tmp_path / "telling", POLICY.replace("channels:\n", channels) + PLAN, stub=False) as found:
        yield found


async def opened(daemon: Running) -> int:
    answer = await daemon.ask("POST", INCIDENTS, json={"title": "queue", "severity": "P1", "by": "alice"})
    number = answer.json["incident"]["number"]
    assert isinstance(number, int)
    return number


async def told(daemon: Running, number: int, act: str = "", **body: object) -> Json:
    answer = await daemon.act(number, f"communications{act}", {"by": "alice", **body})
    assert answer.status == 200, answer.text
    return answer.json


async def last(daemon: Running, number: int) -> Json:
    found = (await daemon.get(f"{INCIDENTS}/{number}/communications"))["communications"][-1]
    assert isinstance(found, dict)
    return found


@pytest.mark.requirement("48")
async def test_a_text_to_clients_goes_from_draft_by_review_to_the_ledger(
    telling: Running, receiver: PagerReceiver
) -> None:
    number = await opened(telling)
    await told(telling, number, kind="client_notice", recipients=["contoso"])
    drafted = await last(telling, number)
    place = f"/{drafted['number']}"
    waiting = (await telling.get("/api/v1/communications"))["communications"]
    assert [(one["incident"], one["number"]) for one in waiting] == [(number, drafted["number"])]

    early = await telling.act(number, f"communications{place}/send", {"by": "alice"})
    assert (early.status, "review it first" in early.problem) == (422, True)

    shown = await telling.get(f"{INCIDENTS}/{number}/communications{place}")
    assert shown["texts"].keys() == {"contoso"}
    words = {"contoso": {"subject": "[AI Agents] Notice", "body": "Dear Contoso,\n\nwe know.\n"}}
    await told(telling, number, f"{place}/review", texts=words)
    await told(telling, number, f"{place}/send")

    async def arrived() -> bool:
        return [copy["state"] for copy in (await last(telling, number))["copies"]] == ["accepted"]

    await eventually(arrived, "the copy leaves", within=10, every=0.02)
    (mail,) = [one for one in receiver.received if one.body.get("communication", {}).get("kind") == "client_notice"]
    assert mail.body["communication"] == {
        "kind": "client_notice",
        "audience": "clients",
        "subject": "[AI Agents] Notice",
        "recipient": "Contoso",
        "contacts": {"email": "ops@contoso.example.com"},
    }
    assert (mail.body["incident"], mail.body["tier"], mail.kind) == (None, None, "notification")
    assert mail.body["text"] == "Dear Contoso,\n\nwe know."
    ledger = await telling.get(f"{INCIDENTS}/{number}/communications")
    assert ledger["told"]["clients"]["recipients"] == ["contoso"]
    assert {
        step: (await last(telling, number))[step]["by"] for step in ("drafted", "reviewed", "sent")
    } == dict.fromkeys(("drafted", "reviewed", "sent"), "alice")
    mine = [one for one in await telling.timeline(number) if one["facts"].get("communication") == place[1:]]
    assert [one["kind"] for one in mine] == ["drafted", "reviewed", "told", "copy_accepted"]


async def test_what_needs_no_review_is_sent_at_once_and_its_words_are_kept(telling: Running) -> None:
    number = await opened(telling)
    answer = await told(telling, number, kind="executive_note", send=True)
    assert answer["message"].endswith("sent to chen")
    sent = await last(telling, number)

    async def kept() -> bool:
        return [copy["state"] for copy in (await last(telling, number))["copies"]] == ["accepted"]

    await eventually(kept, "the note leaves", within=10, every=0.02)
    shown = await telling.get(f"{INCIDENTS}/{number}/communications/{sent['number']}")
    assert "P1" in shown["texts"]["chen"]["subject"] + shown["texts"]["chen"]["body"]


async def test_a_key_has_one_effect_and_an_old_version_none(telling: Running) -> None:
    number = await opened(telling)
    draft = {"by": "alice", "kind": "client_notice"}
    stale = await telling.act(number, "communications", draft | {"as_of": 4711})
    assert stale.status == 409
    for outcome in ("done", "already"):
        answer = await telling.act(number, "communications", draft, headers={"Idempotency-Key": "4f2c"})
        assert (answer.status, answer.json["outcome"]) == (200, outcome)
    notices = (await telling.get(f"{INCIDENTS}/{number}/communications"))["communications"]
    assert [one["kind"] for one in notices].count("client_notice") == 1


async def test_a_waiver_and_a_discarded_draft_say_why(telling: Running) -> None:
    number = await opened(telling)
    assert (
        await telling.act(number, "waive", {"by": "bob", "audience": "clients", "reason": "by phone"})
    ).status == 200
    await told(telling, number, kind="client_notice")
    drafted = await last(telling, number)
    await told(telling, number, f"/{drafted['number']}/discard", reason="told by phone")
    ledger = await telling.get(f"{INCIDENTS}/{number}/communications")
    assert ledger["waived"]["clients"]["reason"] == "by phone"
    assert (ledger["communications"][-1]["state"], ledger["communications"][-1]["reason"]) == (
        "discarded",
        "told by phone",
    )
    assert (await telling.get("/api/v1/communications"))["communications"] == []


@pytest.mark.parametrize(
    ("act", "body", "status", "says"),
    [
        (
            "communications",
            {"kind": "client_notice", "recipients": ["contosso"]},
            422,
            "the file knows contoso, northwind",
        ),
        ("communications", {"kind": "all_clear"}, 422, "no client was told"),
        ("communications", {"kind": "poem"}, 400, "kind"),
        ("communications", {"kind": "client_notice", "by": "mallory"}, 403, "nobody of the configuration"),
        ("communications/7/send", {}, 422, "no communication 7"),
        ("communications/7/review", {}, 404, "no communication"),
        ("communications/x/send", {}, 404, "no communication"),
        ("waive", {"audience": "clients", "reason": ""}, 400, "reason"),
        ("waive", {"audience": "press", "reason": "no"}, 400, "audience"),
    ],
)
async def test_what_cannot_be_is_said_and_changes_nothing(
    telling: Running, act: str, body: Json, status: int, says: str
) -> None:
    number = await opened(telling)
    before = await telling.get(f"{INCIDENTS}/{number}/communications")
    answer = await telling.act(number, act, {"by": "alice", **body})
    assert answer.status == status, answer.text
    assert says in answer.problem
    after = await telling.get(f"{INCIDENTS}/{number}/communications")
    assert [one["number"] for one in after["communications"]] == [one["number"] for one in before["communications"]]
