"""Channel ``slack``: the contract, and what Slack has of its own when pages leave."""

import asyncio
import html
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import aiohttp
import pytest
from pydantic import ValidationError

from rungbell.config import load
from rungbell.domain.events import FailureReason
from rungbell.domain.page import PageKind, Place
from rungbell.domain.roster import Person
from rungbell.notifiers import registry
from rungbell.notifiers.following import Change
from rungbell.notifiers.slack import SlackNotifier
from rungbell.notifiers.slack.settings import SlackSettings
from rungbell.notifiers.slack.web_api import FINAL, LIMITED, NOBODY, UNAUTHORIZED
from rungbell.testing import (
    HOSTILE,
    NOON,
    Cell,
    Failure,
    Fault,
    HttpStage,
    Limit,
    NotifierContract,
    NotPossible,
    Request,
    failure_of,
    http_faults,
    in_utf16,
    message,
    status,
)
from rungbell.testing.messages import together
from rungbell.testing.provider import serving
from tests.harness.providers.slack import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, Slack
from tests.web.running import POLICY

REFUSED, ERROR, LIMIT = FailureReason.REFUSED, FailureReason.PROVIDER_ERROR, FailureReason.RATE_LIMITED
ALICE = Person("alice", "Alice Ng", {"slack": "U0ALICE"})
BOB = Person("bob", "Bob Ray", {"slack": "U0BOB"})
TICKET = "7.1.abcdefghijklmnopqrstuv"


class SlackStage(HttpStage):
    """A room of a workspace."""

    notifier_type = SlackNotifier
    secrets = (BOT_TOKEN, SIGNING_SECRET, "token-of-alice")
    provider: Slack

    def given(self, url: str) -> dict[str, Any]:
        return {"room": "#incidents", "bot_token": BOT_TOKEN, "signing_secret": SIGNING_SECRET, "api_url": url}

    async def arrived(self) -> list[str]:
        shown = [[block["text"]["text"] for block in one["blocks"] if "text" in block] for one in self.posted()]
        return [html.unescape(re.sub(r"<(https?://[^>]*)>", r"\1", "\n".join(texts))) for texts in shown]

    def live(self, text: str) -> object:
        return re.findall(r"<(?!https?://[^|>]*>)[^>]*>", text)

    def posted(self) -> list[dict[str, Any]]:
        return [one.json for one in self.provider.taken if one.path == "/api/chat.postMessage"]

    def structure(self, request: Request) -> object:
        """Give how a message is built, whether it begins a thread or goes on in one."""
        whole: Any = super().structure(request)
        method, path, query, headers, built = whole
        kept = {key: value for key, value in built.items() if key not in {"thread_ts", "reply_broadcast", "channel"}}
        return method, path, query, headers, {**kept, "blocks": built["blocks"][:2]}


@pytest.fixture
async def stage() -> AsyncIterator[SlackStage]:
    async with serving(Slack()) as provider, aiohttp.ClientSession() as session:
        yield SlackStage(provider, session)


def says(error: str) -> Any:  # noqa: ANN401 -- provokes
    return status(200, f'{{"ok": false, "error": "{error}", "quoted": "{BOT_TOKEN}"}}'.encode())


def last_body(stage: SlackStage) -> str:
    text = stage.posted()[-1]["blocks"][1]["text"]["text"]
    assert isinstance(text, str)
    return text


class TestSlack(NotifierContract):
    """The contract."""

    provider = "slack"
    faults: ClassVar[Mapping[Fault, Cell]] = http_faults(
        error_in_success=Failure(says("internal_error"), ERROR),
        refuses=Failure(says("invalid_blocks"), REFUSED, permanent=True),
        unauthorized=Failure(says("token_revoked"), FailureReason.UNAUTHORIZED, permanent=True),
        gone=Failure(says("channel_not_found"), REFUSED, permanent=True),
        too_many=Failure(says("rate_limited"), LIMIT),
    )
    limits = (Limit("section", 3000, in_utf16, last_body),)
    repeat = NotPossible("Slack folds nothing: a repeat is looked for by its metadata before it leaves again")
    failures: ClassVar[Mapping[str, Failure]] = {
        **{f"{error} in a 200": Failure(says(error), LIMIT) for error in LIMITED},
        **{f"{error} in a 200": Failure(says(error), ERROR) for error in ("fatal_error", "new_error", "Not A Word!")},
        **{f"{error} in a 200": Failure(says(error), REFUSED, permanent=True) for error in sorted(FINAL)[:6]},
        "a limit in a 200 with a wish": Failure(
            status(200, b'{"ok": false, "error": "ratelimited"}', Retry_After="7"), LIMIT, False, timedelta(seconds=7)
        ),
        "a page of a proxy": Failure(status(200, b"<html>sign in</html>"), ERROR),
        "ok without a place": Failure(status(200, b'{"ok": true}'), ERROR),
        "ok that is no true": Failure(status(200, b'{"ok": "true", "channel": "C1", "ts": "1.1"}'), ERROR),
        "a plain 403": Failure(status(403), FailureReason.UNAUTHORIZED, permanent=True),
    }


def test_no_error_has_two_meanings() -> None:
    lists = [UNAUTHORIZED, NOBODY, FINAL, LIMITED]

    assert sum(map(len, lists)) == len(frozenset().union(*lists))


async def test_a_page_stands_in_the_room_with_its_buttons(stage: SlackStage) -> None:
    reference = await stage.notifier.send(
        message("P1 #7 DiskFull\nRunbook: https://runbooks.example/disk?a=1&b=2.", person=ALICE, ticket=TICKET)
    )

    (posted,) = stage.posted()
    assert reference == f"C0INCIDENTS:{stage.provider.posted()[0]['ts']}"
    assert posted["channel"] == "#incidents"
    assert posted["text"] == "<@U0ALICE> P1 #7 DiskFull"
    heading, body, actions = posted["blocks"]
    assert heading["text"] == {"type": "mrkdwn", "text": "<@U0ALICE> P1 #7 DiskFull", "verbatim": True}
    assert body["text"]["text"] == "Runbook: <https://runbooks.example/disk?a=1&amp;b=2>."
    assert [(one["text"]["text"], one["value"]) for one in actions["elements"]] == [
        ("Acknowledge", TICKET), ("Escalate", TICKET), ("Resolve", TICKET),
    ]  # fmt: skip
    assert (posted["unfurl_links"], posted["unfurl_media"]) == (False, False)
    assert posted["metadata"]["event_payload"] == {"intent": message().intent, "incident": "0190aa"}


async def test_where_nobody_can_answer_a_page_has_its_link(stage: SlackStage) -> None:
    stage.point_to(stage.provider.url, signing_secret=None)

    await stage.notifier.send(message(ticket=TICKET))

    (element,) = stage.posted()[0]["blocks"][2]["elements"]
    assert element["url"] == message().acknowledge_url
    assert "value" not in element


@pytest.mark.parametrize("text", [HOSTILE["mentions"], HOSTILE["links"], "<@U0BOB> <!channel> <https://a.example|b>"])
async def test_nobody_but_the_person_who_is_paged_is_mentioned(stage: SlackStage, text: str) -> None:
    await stage.notifier.send(message(text, person=ALICE))

    sent = stage.posted()[0]
    shown = [sent["text"], *(block["text"]["text"] for block in sent["blocks"] if "text" in block)]
    live = {found for one in shown for found in re.findall(r"<[^>]*>", one) if not found.startswith("<http")}
    assert live == {"<@U0ALICE>"}
    assert not any("|" in found for one in shown for found in re.findall(r"<http[^>]*>", one))


@pytest.mark.parametrize("contact", ["alice", "!channel", "U0ALICE> <!here", "u0alice", "S0GROUP1", "Ü0ALICE"])
async def test_a_contact_that_is_no_user_of_slack_mentions_nobody(stage: SlackStage, contact: str) -> None:
    await stage.notifier.send(message(person=Person("alice", "Alice Ng", {"slack": contact})))

    assert stage.posted()[0]["text"] == "P1 #7 DiskFull"


async def test_further_pages_of_an_incident_are_replies_that_the_room_sees(stage: SlackStage) -> None:
    first = await stage.notifier.send(message(person=ALICE))

    second = await stage.notifier.send(message(person=BOB, intent="another"))
    await stage.notifier.send(message(person=BOB, intent="news", kind=PageKind.NOTIFICATION, acknowledge_url=""))

    assert second != first
    _, reply, news = stage.provider.posted()
    assert (reply["channel"], reply["thread_ts"], reply["reply_broadcast"]) == (*first.split(":"), True)
    assert reply["text"].startswith("<@U0BOB> ")
    assert [block["type"] for block in reply["blocks"]] == ["section", "section"]
    assert (news["thread_ts"], news["reply_broadcast"]) == (reply["thread_ts"], False)


async def test_first_pages_that_leave_at_once_begin_one_thread(stage: SlackStage) -> None:
    pages = [message(person=ALICE, intent=f"page {n}") for n in range(8)]

    references = await asyncio.gather(*(stage.notifier.send(one) for one in pages))

    assert len(set(references)) == 8
    assert len([one for one in stage.provider.posted() if "thread_ts" not in one]) == 1


async def test_after_a_restart_the_thread_goes_on_where_the_store_says(stage: SlackStage) -> None:
    first = await stage.notifier.send(message())
    later = await stage.notifier.send(message(intent="later"))
    stage.point_to(stage.provider.url, room="#another")
    places = tuple(Place(reference, "alice", 1, "x") for reference in (later, first))

    await stage.notifier.send(message(intent="last", places=places))

    last = stage.provider.posted()[-1]
    assert f"{last['channel']}:{last['thread_ts']}" == first


async def test_where_a_thread_was_deleted_the_page_stands_by_itself(stage: SlackStage) -> None:
    await stage.notifier.send(message())
    stage.provider.messages.clear()

    await stage.notifier.send(message(intent="later"))

    (posted,) = stage.provider.posted()
    assert "thread_ts" not in posted


async def test_what_came_together_has_the_one_button_that_it_understands(stage: SlackStage) -> None:
    await stage.notifier.send(replace(together(), ticket="b.0123456789ab.x"))

    (posted,) = stage.provider.posted()
    pressed = [one for block in posted["blocks"] for one in block.get("elements", ()) if one.get("type") == "button"]
    assert [one["text"]["text"] for one in pressed] == ["Acknowledge"]


@pytest.mark.parametrize("in_thread", [False, True], ids=["the first page", "a reply"])
async def test_a_page_whose_answer_was_lost_is_found_and_not_sent_again(stage: SlackStage, in_thread: bool) -> None:
    if in_thread:
        await stage.notifier.send(message())
    stage.provider.lose = {"chat.postMessage"}
    lost = message(intent="lost")
    assert (await failure_of(stage.notifier, lost)).permanent is False
    stage.provider.lose = set()
    before = len(stage.provider.messages)

    reference = await stage.notifier.send(replace(lost, attempt=2))

    assert len(stage.provider.messages) == before
    last = stage.provider.posted()[-1]
    assert reference == f"{last['channel']}:{last['ts']}"
    assert last["metadata"]["event_payload"]["intent"] == "lost"


async def test_a_page_that_cannot_be_looked_for_is_sent(stage: SlackStage) -> None:
    stage.provider.deny = {"conversations.history": "missing_scope"}

    await stage.notifier.send(message(attempt=2))

    assert len(stage.provider.messages) == 1


async def test_without_a_room_everybody_gets_direct_messages(stage: SlackStage) -> None:
    stage.point_to(stage.provider.url, room=None)

    for person in (ALICE, BOB, ALICE):
        await stage.notifier.send(message(person=person, intent=f"{person.id} {len(stage.provider.requests)}"))

    posted = [(one["channel"], "thread_ts" in one) for one in stage.provider.posted()]
    assert posted == [("D0ALICE", False), ("D0BOB", False), ("D0ALICE", True)]
    assert [one.path for one in stage.provider.requests].count("/api/conversations.open") == 2
    assert SlackSettings.model_validate(stage.given("https://a.example")).needs is None
    assert isinstance(stage.settings, SlackSettings)
    assert stage.settings.needs == "slack"


async def test_without_a_room_whoever_has_no_contact_there_is_told_of_by_check(
    stage: SlackStage, tmp_path: Path
) -> None:
    file = tmp_path / "rungbell.yml"
    channel = f'pager: {{type: slack, bot_token: {BOT_TOKEN}, api_url: "{stage.provider.url}"}}'
    file.write_text(POLICY.replace('pager: {type: webhook, url: "http://127.0.0.1:9/page"}', channel))

    found = load(file, registry()).warnings

    unreached = [one.hint for one in found if one.id == "person-without-contact"]
    assert unreached[0] == "people.alice has no slack"
    (deaf,) = [str(one) for one in found if one.id == "channel-without-answers"]
    assert "channels.pager: people are paged, and cannot answer here" in deaf


@pytest.mark.parametrize("user", ["U9GONE", "nobody", ""])
async def test_who_is_no_user_fails_over_at_once(stage: SlackStage, user: str) -> None:
    stage.point_to(stage.provider.url, room=None)

    failed = await failure_of(stage.notifier, message(person=Person("x", "X", {"slack": user})))

    assert (failed.reason, failed.permanent) == (FailureReason.RECIPIENT_GONE, True)


async def test_a_copy_goes_to_the_room_that_the_file_names(stage: SlackStage) -> None:
    room = Person("incidents-p0", "incidents-p0", {"room": "#incidents-p0"})

    await stage.notifier.send(message(person=room, kind=PageKind.NOTIFICATION, incident=None, acknowledge_url=""))

    assert [one["channel"] for one in stage.provider.posted()] == ["C0P0ROOM1"]


# -- what becomes of it -------------------------------------------------------------------------------------------


def change(text: str, *references: str, version: int = 5, **facts: Any) -> Change:  # noqa: ANN401 -- fields of the view
    """Give what a place is told."""
    view = message().incident
    assert view is not None
    view = replace(view, version=version, **facts)
    places = tuple(Place(reference, "alice", 1, "x") for reference in references)
    return Change("echo", view, places, text, TICKET if view.open else "", NOON)


def labels(posted: Mapping[str, Any]) -> list[str]:
    return [one["text"]["text"] for block in posted["blocks"] for one in block.get("elements", ())]


async def test_the_first_message_shows_who_owns_it_and_at_the_end_has_no_buttons(stage: SlackStage) -> None:
    first = await stage.notifier.send(message("P1 #7 DiskFull\nRunbook: https://r.example", ticket=TICKET))
    second = await stage.notifier.send(message(intent="reply"))
    follow = stage.notifier.follow  # type: ignore[attr-defined]

    assert await follow(change("P1 #7 DiskFull\nacknowledged: bob holds it", second, first, holder="bob")) == first
    parent = stage.provider.posted()[0]
    held = [block["text"]["text"] for block in parent["blocks"] if "text" in block]
    assert held == ["P1 #7 DiskFull", "Runbook: <https://r.example>", "acknowledged: bob holds it"]
    assert labels(parent) == ["Give back", "Escalate", "Resolve"]

    await follow(change("P1 #7 DiskFull\nresolved by bob", second, first, version=6, open=False))
    assert labels(stage.provider.posted()[0]) == []
    assert len(stage.provider.edits) == 2


async def test_what_is_older_than_what_is_shown_is_left_out(stage: SlackStage) -> None:
    first = await stage.notifier.send(message())
    follow = stage.notifier.follow  # type: ignore[attr-defined]
    await follow(change("P1\nresolved", first, version=9))

    await follow(change("P1\nacknowledged", first, version=8))
    await follow(change("P1\nresolved", first, version=9))

    assert [one["text"] for one in stage.provider.edits] == ["P1\nresolved", "P1\nresolved"]


async def test_after_a_restart_what_a_page_said_stays(stage: SlackStage) -> None:
    first = await stage.notifier.send(message("P1 #7\nRunbook: https://r.example"))
    stage.point_to(stage.provider.url)

    await stage.notifier.follow(change("P1 #7\nresolved", first))  # type: ignore[attr-defined]

    assert "Runbook: <https://r.example>" in str(stage.provider.edits[0]["blocks"])


async def test_one_place_that_is_gone_does_not_keep_the_others_from_hearing(stage: SlackStage) -> None:
    stage.point_to(stage.provider.url, room=None)
    alice, bob = [await stage.notifier.send(message(person=one, intent=one.id)) for one in (ALICE, BOB)]
    del stage.provider.messages[tuple(alice.split(":"))]  # type: ignore[arg-type]

    with pytest.raises(Exception, match="message_not_found"):
        await stage.notifier.follow(change("P1\nresolved", alice, bob))  # type: ignore[attr-defined]

    assert [one["channel"] for one in stage.provider.edits] == ["D0BOB"]


# -- settings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"bot_token": APP_TOKEN}, "begins with `xoxb-`"),
        ({"app_token": BOT_TOKEN}, "begins with `xapp-`"),
        ({"bot_token": "xoxb-1 2"}, "one line"),
        ({"room": "<!channel>"}, "is no room"),
        ({"room": ""}, "is no room"),
        ({"api_url": "http://slack.example/api/"}, "must begin with https"),
        ({"button_required": ["P0"], "signing_secret": None}, "no button works"),
    ],
)
def test_settings_that_cannot_work_say_what_is_wrong(given: Mapping[str, object], said: str) -> None:
    usual = {"bot_token": BOT_TOKEN, "signing_secret": SIGNING_SECRET}

    with pytest.raises(ValidationError) as caught:
        SlackSettings.model_validate({**usual, **given})

    assert said in str(caught.value)
    assert "token-of" not in str(caught.value.errors(include_input=False))
