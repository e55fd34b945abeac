"""What is told of one incident at the same time, and what is never told."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from rungbell.config.http import HttpSettings
from rungbell.config.settings import AlertmanagerSettings
from rungbell.domain.severity import Severity
from rungbell.notifiers import IncidentView
from rungbell.notifiers.following import Change
from rungbell.runtime.alertmanager.silencer import Silencer, silencers
from tests.harness.alertmanager_server import AlertmanagerServer

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
INCIDENT = IncidentView("0190aa", 7, "DiskFull", Severity.P1, "acknowledged", "http://x/7", version=3)
HELD = replace(INCIDENT, holder="alice", held_until=NOON + timedelta(hours=1))
FIRING = ({"alertname": "DiskFull"},)


def change(incident: IncidentView) -> Change:
    return Change("0190aa:1:echo:3:alertmanager:am", incident, (), "held", "", NOON, firing=FIRING)


def settings(server: AlertmanagerServer, *, silences: bool = True) -> AlertmanagerSettings:
    minute = timedelta(minutes=1)
    return AlertmanagerSettings((server.url,), HttpSettings(), every=minute, settle_after=minute, silences=silences)


@pytest.fixture
async def alertmanager() -> AsyncIterator[AlertmanagerServer]:
    async with AlertmanagerServer() as server:
        yield server


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_what_is_older_is_not_told_after_what_is_newer(
    alertmanager: AlertmanagerServer, session: aiohttp.ClientSession
) -> None:
    silencer = Silencer("am", settings(alertmanager), session)
    given_back = replace(INCIDENT, version=4)
    await asyncio.gather(silencer.follow(change(given_back)), silencer.follow(change(HELD)))
    assert alertmanager.told == []
    await asyncio.gather(silencer.follow(change(HELD)), silencer.follow(change(given_back)))
    assert len(alertmanager.told) == 1
    assert alertmanager.silenced_by("rungbell") == []


@pytest.mark.parametrize(
    "over",
    [
        replace(HELD, version=4, holder="", held_until=None),
        replace(HELD, version=4, held_until=NOON),
        replace(HELD, version=4, open=False),
        pytest.param(replace(HELD, version=4, restricted=True), marks=pytest.mark.requirement("A28")),
    ],
    ids=["nobody holds it", "it ends now", "it is over", "it is restricted"],
)
async def test_what_was_told_is_taken_back(
    alertmanager: AlertmanagerServer, session: aiohttp.ClientSession, over: IncidentView
) -> None:
    silencer = Silencer("am", settings(alertmanager), session)
    await silencer.follow(change(HELD))
    assert len(alertmanager.silenced_by("rungbell")) == 1
    await silencer.follow(change(over))
    assert (alertmanager.silenced_by("rungbell"), len(alertmanager.told)) == ([], 1)


async def test_what_has_ended_is_made_anew(alertmanager: AlertmanagerServer, session: aiohttp.ClientSession) -> None:
    silencer = Silencer("am", settings(alertmanager), session)
    for incident in (HELD, INCIDENT, HELD, HELD):
        await silencer.follow(change(incident))
    assert (len(alertmanager.silenced_by("rungbell")), len(alertmanager.told)) == (1, 2)


async def test_another_holder_is_named_by_the_same_silence(
    alertmanager: AlertmanagerServer, session: aiohttp.ClientSession
) -> None:
    silencer = Silencer("am", settings(alertmanager), session)
    await silencer.follow(change(HELD))
    (before,) = alertmanager.silenced_by("rungbell")
    await silencer.follow(change(replace(HELD, holder="bob")))
    (after,) = alertmanager.silenced_by("rungbell")
    assert (after["id"], after["comment"]) == (before["id"], before["comment"].replace("alice", "bob"))


async def test_of_two_silences_on_the_same_alert_one_is_ended(
    alertmanager: AlertmanagerServer, session: aiohttp.ClientSession
) -> None:
    silencer = Silencer("am", settings(alertmanager), session)
    await silencer.follow(change(HELD))
    async with session.post(f"{alertmanager.url}/api/v2/silences", json=alertmanager.told[0]) as answer:
        assert answer.status == 200
    assert len(alertmanager.silenced_by("rungbell")) == 2
    await silencer.follow(change(HELD))
    assert len(alertmanager.silenced_by("rungbell")) == 1


async def test_after_a_reload_one_whose_settings_stay_goes_on(
    alertmanager: AlertmanagerServer, session: aiohttp.ClientSession
) -> None:
    asked = {"am": settings(alertmanager), "other": settings(alertmanager, silences=False)}
    before = silencers(asked, session, {})
    assert list(before) == ["alertmanager:am"]
    assert silencers(asked, session, before) == before
    slower = {"am": replace(asked["am"], every=timedelta(minutes=2))}
    assert silencers(slower, session, before) != before
    assert silencers({}, session, before) == {}
