"""Answers in the language of whoever answers: on the telephone, by SMS, and behind the link of a page."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from rungbell.domain.language import Language
from rungbell.domain.severity import Severity
from rungbell.notifiers import IncidentView
from rungbell.notifiers.answering import Came, Told, Wish
from rungbell.notifiers.twilio.sms import result
from rungbell.runtime.link_tokens import LinkToken
from rungbell.testing.provider import serving
from tests.harness.providers.twilio import Line, Twilio
from tests.web.running import POLICY, running
from tests.web.test_links import link_of, words
from tests.web.test_twilio import ALICE, paged, policy

GERMAN = "language: de, zone: Europe/Berlin"


@pytest_asyncio.fixture
async def line() -> AsyncIterator[Line]:
    async with serving(Twilio()) as provider, aiohttp.ClientSession() as session:
        yield Line(provider, session)


def german(line: Line, kind: str, more: str = "") -> str:
    told = policy(line.twilio, kind, more)
    read = told.replace("{name: Alice,", f"{{name: Alice, {GERMAN},")
    assert read != told
    return read


def voices(line: Line) -> set[str]:
    """The voices of everything that was said."""
    return set(re.findall(r'<Say language="([^"]+)"', "".join(body for _, body in line.answers)))


async def test_a_call_is_said_and_answered_in_german_with_a_german_voice(line: Line, tmp_path: Path) -> None:
    async with running(tmp_path, german(line, "twilio_voice"), stub=False) as daemon:
        sid = await paged(daemon, line)

        heard = await line.pick_up(sid, "9", "4")

        assert heard[0].startswith("P 1, Vorfall 1, Disk Full")
        assert heard[0].endswith("Drücke 4, um zu übernehmen, 5, um zu eskalieren, 6, wenn es behoben ist.")
        assert heard[1].startswith("Diese Taste bedeutet hier nichts.")
        assert heard[2] == "Vorfall 1 übernommen. Auf Wiederhören."
        assert voices(line) == {"de-DE"}
        assert (await line.pick_up(sid, "4"))[-1] == "Vorfall 1 ist übernommen, übernommen von alice. Auf Wiederhören."


async def test_what_the_core_says_is_english_and_said_with_an_english_voice(line: Line, tmp_path: Path) -> None:
    async with running(tmp_path, german(line, "twilio_voice"), stub=False) as daemon:
        sid = await paged(daemon, line)

        heard = await line.pick_up(sid, "6", "6")

        document = next(body for _, body in line.answers if "alerts still fire" in body)
        assert re.findall(r'<Say language="([^"]+)"', document) == ["en-US", "de-DE"]
        assert heard[1].endswith("Drücke noch einmal 6, wenn es trotzdem behoben ist, oder 4, um zu übernehmen.")
        assert heard[2] == "Vorfall 1 behoben. Auf Wiederhören."


@pytest.mark.parametrize(("own", "voice"), [("de-AT", "de-AT"), ("en-GB", "de-DE")])
async def test_the_voice_of_the_file_is_for_whoever_has_its_language(
    line: Line, tmp_path: Path, own: str, voice: str
) -> None:
    async with running(tmp_path, german(line, "twilio_voice", f", language: {own}"), stub=False) as daemon:
        await line.pick_up(await paged(daemon, line), "4")

    assert voices(line) == {voice}


async def test_an_sms_asks_and_answers_in_german(line: Line, tmp_path: Path) -> None:
    async with running(tmp_path, german(line, "twilio_sms"), stub=False) as daemon:
        url = f"{daemon.url}/answers/pager/sms"
        sid = await paged(daemon, line)
        body = line.twilio.created[sid]["Body"][0]
        found = re.search(r"\nAntworte 4 (\d{5}) = übernehmen, 5 \1 = eskalieren, 6 \1 = behoben$", body)
        assert found, body

        (hint,) = await line.text(url, ALICE, "ja")
        (missing,) = await line.text(url, ALICE, f"6 {found[1]}")
        done = [await line.text(url, ALICE, f"4 {found[1]}", sid="SMsame") for _ in range(2)]
        unknown = await line.text(url, ALICE, f"4 {(int(found[1]) + 1) % 100_000:05}")

    assert hint.startswith("Nicht verstanden: sende 4 und die fünf Ziffern")
    assert missing.endswith("; sende es noch einmal, mit dem Grund hinter dem Code")
    assert done == [["#1 übernommen"], ["#1 ist übernommen, übernommen von alice"]]
    assert unknown == ["das gehört zu keinem Ruf, der hier bekannt ist; nichts wurde geändert"]


async def test_of_what_is_over_everybody_hears_in_their_language_by_whom(line: Line, tmp_path: Path) -> None:
    async with running(tmp_path, german(line, "twilio_voice"), stub=False) as daemon:
        sid = await paged(daemon, line)
        await daemon.act(1, "resolve", {"by": "bob", "reason": "a drill"})

        assert (await line.pick_up(sid, "4"))[1:] == ["Vorfall 1 ist behoben, von bob. Auf Wiederhören."]


def test_a_message_about_what_is_over_says_by_whom_if_not_by_itself() -> None:
    ended = IncidentView("x", 7, "DiskFull", Severity.P1, "resolved", "", open=False, resolved_by="bob")
    told = Told(Came.REFUSED, "already resolved", incident=ended, reader=Language.FR)
    by_itself = replace(told, incident=replace(ended, resolved_by="window"))

    assert result(told, Wish.ACKNOWLEDGE) == "#7 : résolu, par bob"
    assert result(by_itself, Wish.ACKNOWLEDGE) == "#7 : résolu"


async def test_the_page_behind_a_link_is_in_the_language_and_by_the_clocks_of_whom_it_is_for(
    tmp_path: Path,
) -> None:
    reading = f"alice: {{name: Alice, {GERMAN}}}"
    async with running(tmp_path, POLICY.replace("alice: {name: Alice}", reading)) as daemon:
        number = await daemon.opened("DiskFull")
        link = await link_of(daemon, number)
        before = await daemon.ask("GET", link)
        assert '<html lang="de">' in before.text
        assert "Gerufen: alice" in words(before)
        assert "1 von 1 Alarmen" in words(before)
        assert re.search(r"Seit \d{4}-\d\d-\d\d \d\d:\d\d UTC \([^)]*Berlin\)", words(before)), words(before)
        assert "· ausgelöst" in words(before)
        assert "Übernehmen" in before.text

        await daemon.ask("POST", link)
        assert re.search(r"Du hast diesen Vorfall seit .* UTC \(.*Berlin\), bis ", words(await daemon.ask("GET", link)))
        await daemon.act(number, "resolve", {"by": "bob", "reason": "a drill"})
        assert "Schon behoben von bob, " in words(await daemon.ask("GET", link))


async def test_the_link_of_somebody_who_is_gone_is_english(tmp_path: Path) -> None:
    async with running(tmp_path, POLICY) as daemon:
        await daemon.opened("DiskFull")
        services = daemon.services
        incident = (await daemon.get("/api/v1/incidents/1"))["id"]
        token = LinkToken(incident, 1, "gone", 1, services.clock.now().replace(year=2099), "pager")
        shown = await daemon.ask("GET", f"/a/{services.signer.sign(token)}")

    assert '<html lang="en">' in shown.text
    assert "Paged: gone" in words(shown)
