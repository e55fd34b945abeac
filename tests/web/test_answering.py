"""Answers through a channel: who is believed, what they do, and how places hear what became of it."""

from collections.abc import AsyncIterator, Sequence
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from rungbell.domain.events import FailureReason, Trouble, TroubleKind
from rungbell.notifiers import GROUP, SendFailed, registry
from rungbell.notifiers.following import Change
from tests.harness.waiting import eventually
from tests.harness.webhooks import firing
from tests.web.pigeon import SECRET, PigeonNotifier, texts
from tests.web.running import POLICY, Running, running

PIGEONS = POLICY.replace(
    'pager: {type: webhook, url: "http://127.0.0.1:9/page"}', "pager: {type: pigeon}\n  loft: {type: pigeon}"
).replace("alice: {name: Alice}", "alice: {name: Alice, contacts: {pigeon: Martha}}")


@pytest.fixture(autouse=True)
def pigeons(monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the channel type, and let nothing have flown."""
    point = EntryPoint("pigeon", "tests.web.pigeon:PigeonNotifier", GROUP)
    monkeypatch.setitem(registry()._points, "pigeon", point)  # noqa: SLF001 -- as if it had been installed
    PigeonNotifier.flown.clear()
    PigeonNotifier.followed.clear()


@pytest_asyncio.fixture
async def loft(tmp_path: Path) -> AsyncIterator[Running]:
    """A daemon that pages by pigeon."""
    async with running(tmp_path / "loft", PIGEONS, stub=False) as found:
        yield found


async def paged(daemon: Running, severity: str = "critical") -> Any:  # noqa: ANN401 -- a message
    """Let an alert fire, and give the page that flew."""
    await daemon.opened_by(firing("DiskFull", severity=severity))
    return PigeonNotifier.flown[-1]


async def count(of: Sequence[object], wanted: int) -> None:
    async def so_many() -> bool:
        return len(of) == wanted

    await eventually(so_many, f"{wanted} have flown", within=10, every=0.01)


async def answer(daemon: Running, what: str = "", secret: str = SECRET, channel: str = "pager", **said: object) -> str:
    path = f"/answers/{channel}{f'/{what}' if what else ''}"
    found = await daemon.ask("POST", path, json=said, headers={"X-Secret": secret})
    return f"{found.status} {found.text}"


async def test_who_is_known_by_a_contact_acknowledges_by_the_ticket_of_a_page(loft: Running) -> None:
    page = await paged(loft)

    said = await answer(loft, once="1", contact=["pigeon", "martha"], ticket=page.ticket)

    assert said.startswith("200 done alice alice holds the incident until")


async def test_an_answer_told_again_has_no_second_effect(loft: Running) -> None:
    page = await paged(loft)
    who = {"contact": ["pigeon", "Martha"], "ticket": page.ticket}
    await answer(loft, once="1", **who)
    await answer(loft, once="2", wish="unacknowledge", **who)

    said = await answer(loft, once="1", **who)

    assert said.startswith("200 already alice done at ")
    incident = await loft.get("/api/v1/incidents/1")
    assert incident["status"] == "triggered"


@pytest.mark.parametrize("known_by", ["ticket", "reference", "words"])
async def test_an_answer_that_changed_nothing_changes_nothing_either_when_it_is_told_again_after_a_restart(
    tmp_path: Path, known_by: str
) -> None:
    async with running(tmp_path / "loft", PIGEONS, stub=False) as loft:
        page = await paged(loft)
        said: dict[str, Any] = {"once": "1", "contact": ["pigeon", "Martha"]}
        means = {"ticket": page.ticket, "reference": "ring-1", "words": "ack 1"}
        said |= {known_by: means[known_by], **({"wish": "say"} if known_by == "words" else {})}
        await loft.act(1, "acknowledge", {"by": "alice"})
        first = await answer(loft, **said)
        assert first.startswith("200 already alice")
        await loft.act(1, "unacknowledge", {"by": "alice"})

    async with running(tmp_path / "loft", PIGEONS, stub=False) as loft:
        again = await answer(loft, **said)

        assert again == first
        assert (await loft.get("/api/v1/incidents/1"))["status"] == "triggered"


@pytest.mark.parametrize(
    ("refused", "mended", "body"),
    [
        ({"too_light_for": ["P0", "P1"]}, "severity", {"by": "alice", "severity": "P2", "reason": "no customer"}),
        ({"wish": "resolve"}, "acknowledge", {"by": "alice"}),
        ({"wish": "say", "words": "resolve"}, "acknowledge", {"by": "alice"}),
    ],
)
async def test_what_was_refused_does_not_count_later_when_it_is_told_again_after_a_restart(
    tmp_path: Path, refused: dict[str, Any], mended: str, body: dict[str, str]
) -> None:
    async with running(tmp_path / "loft", PIGEONS, stub=False) as loft:
        page = await paged(loft)
        said = {"once": "1", "contact": ["pigeon", "Martha"], "ticket": page.ticket, **refused}
        first = await answer(loft, **said)
        assert first.startswith("200 refused")
        assert (await loft.act(1, mended, body)).status == 200

    async with running(tmp_path / "loft", PIGEONS, stub=False) as loft:
        before = await loft.timeline(1)

        again = await answer(loft, **said)

        assert again == first
        assert await loft.timeline(1) == before


async def test_a_stranger_and_a_ticket_that_nobody_signed_change_nothing(loft: Running) -> None:
    page = await paged(loft)
    number, cycle, mac = page.ticket.split(".")

    assert (await answer(loft, once="1", contact=["pigeon", "Mallory"], ticket=page.ticket)).startswith("200 stranger")
    for forged in (f"{int(number) + 1}.{cycle}.{mac}", f"{number}.2.{mac}", page.ticket[:-1], ""):
        said = await answer(loft, once=f"f{forged}", contact=["pigeon", "Martha"], ticket=forged)
        assert said.startswith("200 unknown"), forged
    assert (await loft.get("/api/v1/incidents/1"))["status"] == "triggered"


@pytest.mark.parametrize("known_by", ["reference", "code", "link"])
async def test_a_page_is_also_known_by_its_reference_its_code_and_its_link(loft: Running, known_by: str) -> None:
    page = await paged(loft)
    by = {"reference": "ring-1", "code": page.code, "link": page.acknowledge_url.rpartition("/")[2]}[known_by]

    said = await answer(loft, once="1", contact=["pigeon", "Martha"], **{known_by: by})

    assert said.startswith("200 done alice"), said


@pytest.mark.parametrize("known_by", ["reference", "code", "link", "ticket"])
async def test_a_test_page_is_answered_as_a_page_is_and_acts_on_nothing(loft: Running, known_by: str) -> None:
    sent = await loft.ask("POST", "/api/v1/people/alice/test-page", json={"channel": "pager"})
    assert sent.status == 201, sent.text
    await count(PigeonNotifier.flown, 1)
    (page,) = PigeonNotifier.flown

    async def standing() -> str:
        found = (await loft.get("/api/v1/contacts"))["contacts"]
        return next(str(one["standing"]) for one in found if (one["person"], one["channel"]) == ("alice", "pager"))

    async def taken() -> bool:
        found = (await loft.get("/api/v1/contacts"))["contacts"]
        return any(one["tried"] and one["tried"]["state"] == "accepted" for one in found)

    await eventually(taken, "the test page is recorded as taken", within=10, every=0.01)
    assert await standing() == "never"
    by = {
        "reference": "ring-1", "code": page.code, "link": page.acknowledge_url.rpartition("/")[2],
        "ticket": page.ticket,
    }[known_by]  # fmt: skip
    assert (await answer(loft, once="1", contact=["pigeon", "Mallory"], **{known_by: by})).startswith("200 stranger")

    said = await answer(loft, once="2", contact=["pigeon", "Martha"], **{known_by: by})

    assert said == "200 done alice TEST: pager reaches alice; nothing else was asked"
    assert await standing() == "verified"
    assert await loft.incidents() == []


async def test_a_test_page_that_reached_nobody_says_so(loft: Running) -> None:
    await loft.ask("POST", "/api/v1/people/alice/test-page", json={"channel": "pager"})

    async def tried() -> Any:  # noqa: ANN401 -- JSON
        found = (await loft.get("/api/v1/contacts"))["contacts"]
        return next(one["tried"] for one in found if one["person"] == "alice")

    async def taken() -> bool:
        return bool((await tried())["state"] == "accepted")

    await eventually(taken, "the test page is recorded as taken", within=10, every=0.01)
    assert (await answer(loft, "lost", once="0", reference="ring-9")).startswith("200 unknown")
    assert (await answer(loft, "lost", once="1", reference="ring-1")).startswith("200 done")
    assert ((await tried())["state"], (await tried())["failure"]) == ("failed", "unreachable")


async def test_an_answer_to_a_page_shows_that_its_channel_reaches_whoever_answers(loft: Running) -> None:
    page = await paged(loft)
    await answer(loft, once="1", contact=["pigeon", "Martha"], ticket=page.ticket)
    found = (await loft.get("/api/v1/contacts"))["contacts"]
    assert {(one["person"], one["standing"]) for one in found} == {
        ("alice", "verified"), ("bob", "never"), ("chen", "never"),
    }  # fmt: skip


async def test_whoever_cannot_prove_to_be_the_provider_is_refused_and_the_operator_hears_of_it(loft: Running) -> None:
    for _ in range(2):
        assert (await answer(loft, secret="quack", once="1")).startswith("401")
    assert await loft.incidents() == [], "one alone may be anybody's, and must wake nobody"

    await answer(loft, secret="quack", once="1")

    (trouble,) = await loft.incidents()
    assert "RungbellAnswersRefused" in trouble["title"]
    await answer(loft, once="2", contact=["pigeon", "Martha"])
    assert (await loft.incident(trouble["number"]))["status"] == "monitoring", "the right one was believed"


async def test_refusals_with_a_good_answer_between_them_are_no_row(loft: Running) -> None:
    for secret in ("quack", "quack", SECRET, "quack", "quack"):
        await answer(loft, secret=secret, once="1", contact=["pigeon", "Martha"])

    assert await loft.incidents() == []


async def test_a_channel_without_answers_and_one_that_is_not_there_are_the_same_404(daemon: Running) -> None:
    assert (await answer(daemon, channel="pager"))[:3] == "404"
    assert await answer(daemon, channel="pager") == await answer(daemon, channel="nobody")


async def test_every_place_that_was_told_hears_of_the_acknowledgement_and_of_the_end(loft: Running) -> None:
    page = await paged(loft)
    who = {"contact": ["pigeon", "Martha"], "ticket": page.ticket}

    await answer(loft, once="1", **who)
    await count(PigeonNotifier.followed, 1)
    await answer(loft, once="2", wish="resolve", reason="the disk was replaced", **who)
    await count(PigeonNotifier.followed, 2)

    first, second = PigeonNotifier.followed
    assert texts([first])[0].startswith("acknowledged: alice holds it since")
    assert texts([second])[0].startswith("resolved by alice at")
    assert (first.incident.version < second.incident.version, second.incident.open, second.ticket) == (True, False, "")
    assert [place.reference for place in second.places] == ["ring-1"]


async def test_a_channel_that_told_nobody_of_it_hears_nothing_unless_the_file_says_so(tmp_path: Path) -> None:
    async with running(tmp_path / "follow", PIGEONS + "follow: [loft]\n", stub=False) as daemon:
        await paged(daemon, "warning")
        await count(PigeonNotifier.followed, 1)

    (opened,) = PigeonNotifier.followed
    assert ":echo:1:loft" in opened.intent
    assert texts([opened]) == ["triggered: nobody holds it"]


async def test_what_a_follower_has_not_heard_when_the_incident_is_restricted_it_does_not_hear_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    async def away(_: PigeonNotifier, change: Change) -> str:
        tried.append(change.intent)
        raise SendFailed(FailureReason.PROVIDER_ERROR, "a storm")

    monkeypatch.setattr(PigeonNotifier, "follow", away)
    async with running(tmp_path / "follow", PIGEONS + "follow: [loft]\n", stub=False) as daemon:
        await paged(daemon, "warning")
        await count(tried, 1)
        await daemon.act(1, "escalate", {"by": "alice", "reason": "security_breach"})

        async def withdrawn() -> bool:
            found = await daemon.services.store.read(lambda transaction: transaction.next_due("loft"))
            return found is None

        await eventually(withdrawn, "nothing waits for the follower", within=10, every=0.05)

    assert [one for one in tried if one.endswith(":loft")] == tried[:1]


async def test_what_a_provider_took_and_could_not_deliver_lets_the_ladder_go_on(loft: Running) -> None:
    page = await paged(loft)

    said = await answer(loft, "lost", once="bounce-1", intent=page.intent, detail="busy")

    assert said == "200 done"
    await count(PigeonNotifier.flown, 2)
    assert PigeonNotifier.flown[1].person.id == "bob"
    assert await answer(loft, "lost", once="bounce-2", reference="ring-1") == "200 already"
    assert await answer(loft, "lost", once="bounce-3", reference="ring-9") == "200 unknown"


async def test_a_thousand_forged_answers_are_one_trouble_and_cost_the_store_nothing(
    loft: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = loft.services.handler.report
    told: list[Trouble] = []

    async def counted(*troubles: Trouble) -> None:
        told.extend(troubles)
        await report(*troubles)

    monkeypatch.setattr(loft.services.handler, "report", counted)

    said = [await answer(loft, once=str(n), secret="guessed") for n in range(20)]

    assert {one[:3] for one in said} == {"401"}
    assert [(one.kind, one.source) for one in told] == [(TroubleKind.ANSWERS_REFUSED, "pager")]
    assert len(await loft.incidents()) == 1


@pytest.mark.parametrize(
    ("kind", "written", "given", "same"),
    [
        ("phone", "+44 (20) 7946-0100", "+442079460100", True),
        ("phone", "+44.20.7946.0100", "+442079460100", True),
        ("email", "Ann-Lee@Example.org", "ann-lee@example.org", True),
        ("email", "ann-lee@example.org", "annlee@example.org", False),
        ("email", "ann.lee@example.org", "annlee@example.org", False),
        ("telegram", "-100200", "100200", False),
    ],
)
async def test_a_contact_is_the_same_however_a_telephone_number_is_written_and_no_other_is_taken_for_it(
    tmp_path: Path, kind: str, written: str, given: str, same: bool
) -> None:
    contact = f'{kind}: "{written}"' if kind != "telegram" else f'contacts: {{telegram: "{written}"}}'
    config = PIGEONS.replace("contacts: {pigeon: Martha}", contact)
    async with running(tmp_path / "loft", config, stub=False) as loft:
        page = await paged(loft)

        said = await answer(loft, once="1", contact=[kind, given], ticket=page.ticket)

    assert said.startswith("200 done alice" if same else "200 stranger"), said
