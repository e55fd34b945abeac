"""``GET …/drafts/{kind}``: a text as it would be worded now."""

import pytest

from rungbell.domain.communication.kinds import CommunicationKind
from tests.web.running import INCIDENTS, Json, Running


async def draft(daemon: Running, number: object, kind: str) -> Json:
    return await daemon.get(f"{INCIDENTS}/{number}/drafts/{kind}")


@pytest.mark.requirement("47", "48", "49", "50", "51")
@pytest.mark.parametrize("kind", CommunicationKind)
async def test_every_kind_is_worded_from_what_the_incident_knows(daemon: Running, kind: CommunicationKind) -> None:
    number = await daemon.opened("PhonesDown", severity="critical")
    before = await daemon.whole_view()
    found = await draft(daemon, number, kind)
    assert (found["incident"], found["kind"], found["mistakes"]) == (number, kind, [])
    assert "P1" in found["body"]
    assert "functionality" in {one["fact"] for one in found["missing"]}
    assert all(one["about"] for one in found["missing"])
    if kind.audience != "clients":
        assert f"{daemon.services.external_url}/api/v1/incidents/{number}/timeline" in found["body"]
    assert await daemon.whole_view() == before, "a look changes nothing"


async def test_a_kind_or_a_client_that_is_none_is_answered_with_those_that_are(daemon: Running) -> None:
    number = await daemon.opened("PhonesDown")
    wrong = await daemon.ask("GET", f"{INCIDENTS}/{number}/drafts/letter")
    assert (wrong.status, "client_notice" in wrong.problem) == (404, True)
    stranger = await daemon.ask("GET", f"{INCIDENTS}/{number}/drafts/client_notice?client=acme")
    assert (stranger.status, "'acme' is no client" in stranger.problem) == (400, True)
    team = await daemon.ask("GET", f"{INCIDENTS}/{number}/drafts/internal_update?client=acme")
    assert (team.status, "no text to clients" in team.problem) == (400, True)
    assert (await daemon.ask("GET", f"{INCIDENTS}/999/drafts/all_clear")).status == 404
