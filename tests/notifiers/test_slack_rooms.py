"""The room of an incident in Slack: made once, found again, and never in the way of a page."""

from dataclasses import replace
from typing import Any

from rungbell.domain.page import PageKind, Place
from rungbell.notifiers import Message
from rungbell.notifiers.following import Change
from rungbell.testing import NOON, message
from tests.harness.waiting import eventually
from tests.notifiers.test_slack import ALICE, BOB, TICKET, SlackStage, stage

__all__ = ["stage"]

ROOM = "incident-20261123-1200"


def named(**facts: Any) -> Message:  # noqa: ANN401 -- fields of the message
    """Give a page about an incident that has a name."""
    plain = message(ticket=TICKET, person=ALICE, **{name: value for name, value in facts.items() if name == "intent"})
    assert plain.incident is not None
    view = {name: value for name, value in facts.items() if name not in {"intent", "person", "kind"}}
    rest = {name: value for name, value in facts.items() if name in {"person", "kind"}}
    return replace(plain, incident=replace(plain.incident, war_room=ROOM, **view), **rest)


def change(text: str, *places: Any, **facts: Any) -> Change:  # noqa: ANN401
    view = named(**facts).incident
    assert view is not None
    return Change("echo", view, places, text, TICKET if view.open else "", NOON)


def with_rooms(stage: SlackStage) -> SlackStage:
    stage.point_to(stage.provider.url, incident_rooms=True)
    return stage


def rooms(stage: SlackStage) -> list[str]:
    return [name for name in stage.provider.channels.values() if name.startswith("incident-")]


async def settled(stage: SlackStage) -> None:
    """Wait until nothing is done beside."""

    async def done() -> bool:
        return not vars(stage.notifier)["_tasks"]

    await eventually(done, "nothing is under way", within=10, every=0.01)


def in_the_room(stage: SlackStage) -> list[dict[str, Any]]:
    return [one for one in stage.provider.posted() if one["channel"].startswith("C0NEW")]


async def test_a_page_of_a_named_incident_opens_its_room_and_invites_whoever_is_paged(stage: SlackStage) -> None:
    with_rooms(stage)

    await stage.notifier.send(named())
    await stage.notifier.send(named(intent="second", person=BOB))
    await settled(stage)

    assert rooms(stage) == [ROOM]
    ((channel, members),) = stage.provider.members.items()
    assert members == {"U0ALICE", "U0BOB"}
    (shown,) = in_the_room(stage)
    assert stage.provider.topics[channel].endswith(f"rungbell 0190aa {shown['ts']}")
    assert shown["text"].startswith("P1 #7 DiskFull")
    assert [block["type"] for block in shown["blocks"]] == ["section", "actions"]


async def test_the_room_shows_what_becomes_of_the_incident_and_the_first_message_leads_there(stage: SlackStage) -> None:
    with_rooms(stage)
    first = await stage.notifier.send(named())
    await settled(stage)
    place = Place(first, "alice", 1, "x")

    await stage.notifier.follow(change("P1 #7\nacknowledged: bob holds it", place, version=3, holder="bob"))  # type: ignore[attr-defined]
    await stage.notifier.follow(change("P1 #7\nresolved", place, version=4, open=False))  # type: ignore[attr-defined]

    (shown,) = in_the_room(stage)
    assert "resolved" in str(shown["blocks"])
    assert "actions" not in str(shown["blocks"])
    assert f"Room: <#{shown['channel']}>" in str(stage.provider.posted()[0]["blocks"])


async def test_after_a_restart_the_same_room_is_found(stage: SlackStage) -> None:
    with_rooms(stage)
    await stage.notifier.send(named())
    await settled(stage)
    with_rooms(stage)

    await stage.notifier.follow(change("P1 #7\nacknowledged", version=3))  # type: ignore[attr-defined]

    assert rooms(stage) == [ROOM]
    assert len(in_the_room(stage)) == 1
    assert "acknowledged" in str(in_the_room(stage)[0]["blocks"])
    with_rooms(stage)
    await stage.notifier.follow(change("P1 #7\nresolved", version=4, open=False))  # type: ignore[attr-defined]
    assert "resolved" in str(in_the_room(stage)[0]["blocks"])


async def test_no_room_is_made_for_what_is_over(stage: SlackStage) -> None:
    with_rooms(stage)

    await stage.notifier.follow(change("P1 #7\nresolved", version=4, open=False))  # type: ignore[attr-defined]

    assert rooms(stage) == []


async def test_a_name_that_another_room_has_gets_a_number(stage: SlackStage) -> None:
    stage.provider.channels["C0OTHERS1"] = ROOM
    with_rooms(stage)

    await stage.notifier.send(named())
    await settled(stage)

    assert rooms(stage) == [ROOM, f"{ROOM}-2"]


async def test_what_has_no_name_is_restricted_or_only_news_opens_no_room(stage: SlackStage) -> None:
    with_rooms(stage)

    await stage.notifier.send(message(person=ALICE))
    await stage.notifier.send(named(restricted=True, intent="2"))
    await stage.notifier.send(named(kind=PageKind.NOTIFICATION, intent="3"))
    await settled(stage)
    stage.point_to(stage.provider.url)
    await stage.notifier.send(named(intent="4"))
    await settled(stage)

    assert rooms(stage) == []


async def test_a_room_that_cannot_be_made_is_in_nobodys_way(stage: SlackStage) -> None:
    stage.provider.deny = {"conversations.create": "restricted_action"}
    with_rooms(stage)

    reference = await stage.notifier.send(named())
    await settled(stage)
    await stage.notifier.follow(change("P1 #7\nacknowledged", version=3))  # type: ignore[attr-defined]

    assert reference.startswith("C0INCIDENTS:")
    assert rooms(stage) == []
