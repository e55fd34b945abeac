"""A reload: a good file counts from now on, a bad one changes nothing, and open incidents keep their policy."""

import asyncio
import json
from pathlib import Path

from tests.harness.pager_receiver import PagerReceiver
from tests.harness.waiting import eventually
from tests.harness.webhooks import firing
from tests.telemetry.exposition import figure
from tests.web.running import CLOSED, INCIDENTS, OPEN, TOKEN_A, TOKEN_ALICE, Running, bearer, running

GAUGE = "rungbell_config_last_reload_successful"


async def metric(daemon: Running, name: str) -> float:
    lines = (await daemon.ask("GET", "/metrics")).text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(name + " "))


async def test_a_good_file_counts_from_now_on(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    daemon.daemon.options.config_file.write_text(
        OPEN.replace("chen: {name: Chen}", "dana: {name: Dana}").replace("chen", "dana")
    )

    answer = await daemon.ask("POST", "/-/reload")

    assert answer.status == 200, answer.text
    body = json.dumps({"by": "chen"})
    refused = await daemon.ask("POST", f"{INCIDENTS}/{number}/acknowledge", data=body)
    assert refused.status == 403
    taken = await daemon.ask("POST", f"{INCIDENTS}/{number}/acknowledge", data=json.dumps({"by": "dana"}))
    assert taken.status == 200
    assert await metric(daemon, GAUGE) == 1


async def test_a_bad_file_changes_nothing_says_so_and_shows_in_a_metric(daemon: Running) -> None:
    daemon.daemon.options.config_file.write_text(OPEN.replace("climb_to: L2", "climb_to: L9"))

    answer = await daemon.ask("POST", "/-/reload")

    assert answer.status == 500
    assert "climb_to" in answer.problem
    assert answer.json["title"] == "The configuration cannot be used"
    assert await metric(daemon, GAUGE) == 0
    await daemon.opened("DiskFull")
    daemon.daemon.options.config_file.write_text(OPEN)
    assert (await daemon.ask("POST", "/-/reload")).status == 200
    assert await metric(daemon, GAUGE) == 1


async def test_a_file_whose_links_would_lead_nowhere_changes_nothing(daemon: Running) -> None:
    elsewhere = OPEN.replace("http://127.0.0.1:9/page", "https://pager.example.com/page")
    daemon.daemon.options.config_file.write_text(elsewhere)

    answer = await daemon.ask("POST", "/-/reload")

    assert answer.status == 500
    assert "channels.pager: reaches people elsewhere" in answer.problem
    assert f"would lead to {daemon.url}" in answer.problem
    assert await metric(daemon, GAUGE) == 0


async def test_an_open_incident_keeps_its_ladder_and_its_due_times(daemon: Running) -> None:
    number = await daemon.opened("DiskFull")
    before = await daemon.incident(number)
    daemon.daemon.options.config_file.write_text(OPEN.replace("acknowledge_within: 1h", "acknowledge_within: 1m"))

    assert (await daemon.ask("POST", "/-/reload")).status == 200

    after = await daemon.incident(number)
    assert after["deadlines"] == before["deadlines"]
    assert after["policy_hash"] == before["policy_hash"]
    other = await daemon.incident(await daemon.opened("AnotherOne"))
    assert other["policy_hash"] != before["policy_hash"]


async def test_a_new_channel_rings_and_pages_for_one_that_is_gone_fail_over(daemon: Running) -> None:
    changed = OPEN.replace("pager: {type", "phone: {type").replace("through: [pager]", "through: [phone]")
    daemon.daemon.options.config_file.write_text(changed)

    assert (await daemon.ask("POST", "/-/reload")).status == 200

    pages = (await daemon.incident(await daemon.opened("DiskFull")))["pages"]
    assert {page["channel"] for page in pages} == {"phone"}


async def test_only_people_with_a_token_may_ask_for_it(closed: Running) -> None:
    wanted = await closed.ask("POST", "/-/reload")
    assert wanted.status == 401
    allowed = await closed.ask("POST", "/-/reload", headers=bearer(TOKEN_ALICE))
    assert allowed.status == 200


async def test_secrets_are_read_again(closed: Running) -> None:
    closed.daemon.options.config_file.write_text(CLOSED.replace(TOKEN_A, "another-token-of-cluster-a"))
    assert (await closed.ask("POST", "/-/reload", headers=bearer(TOKEN_ALICE))).status == 200
    assert (await closed.send(firing("DiskFull"), headers=bearer(TOKEN_A))).status == 401
    assert (await closed.send(firing("DiskFull"), headers=bearer("another-token-of-cluster-a"))).status == 200


async def test_who_is_told_that_it_lives_comes_and_goes_with_a_reload(tmp_path: Path) -> None:
    async with PagerReceiver() as service, running(tmp_path / "d", OPEN, stub=False) as daemon:
        file = daemon.daemon.options.config_file
        address = service.url.replace("/page", "/alive")
        file.write_text(f"{OPEN}\nheartbeat: {{url: '{address}', every: 10s}}\n")
        assert (await daemon.ask("POST", "/-/reload")).status == 200

        async def told() -> bool:
            return await metric(daemon, "rungbell_heartbeats_sent_total") == 1

        await eventually(told, "a sign of life is given", within=5)
        file.write_text(OPEN)
        assert (await daemon.ask("POST", "/-/reload")).status == 200


async def test_a_start_gives_a_sign_of_life_as_soon_as_somebody_would_be_paged(tmp_path: Path) -> None:
    async with PagerReceiver() as service:
        alive = f"{OPEN}\nheartbeat: {{url: '{service.url}', every: 1h}}\n"
        async with running(tmp_path / "d", alive, stub=False) as daemon:

            async def told() -> bool:
                return await metric(daemon, "rungbell_heartbeats_sent_total") == 1

            await eventually(told, "a sign of life is given", within=5)
            assert await metric(daemon, "rungbell_heartbeats_withheld_total") == 0
            daemon.services.draining = True
            vars(daemon.daemon)["_sign_of_life"].configure(daemon.daemon.settings.heartbeat)

            async def silent() -> bool:
                text = daemon.services.metrics.text().decode()
                return figure(text, "rungbell_heartbeats_withheld_total") == 1

            await eventually(silent, "none is given while it stops", within=5)


async def test_a_daemon_that_rings_nobody_does_not_say_that_it_would(tmp_path: Path) -> None:
    alive = f"{OPEN}\nheartbeat: {{url: 'http://127.0.0.1:9/alive', every: 10s}}\n"
    async with running(tmp_path / "d", alive, stub=True) as daemon:
        await asyncio.sleep(1.5)
        assert await metric(daemon, "rungbell_heartbeats_sent_total") == 0
