"""The story, beat by beat: each waits for what should happen, looks whether it did, and says so.

Rules
-----
* A beat that does not happen as told raises ``DerailedError`` with a sentence; nothing later is told then.

May import: the rest of ``demo``, ``clock``, the standard library.
"""

import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from rungbell.cli.demo.audience import PATIENCE, Audience, ringing
from rungbell.cli.demo.daemon import Daemon, DerailedError
from rungbell.cli.demo.payloads import DISKS, disks_filling, high_error_rate, watchdog
from rungbell.cli.demo.phones import UNAVAILABLE, Call, Phones
from rungbell.cli.demo.policy import ACKNOWLEDGE_WITHIN, ALICE, BOB, CHEN, DANA, Pace, Rung
from rungbell.cli.demo.screen import Screen
from rungbell.cli.demo.summary import Measured
from rungbell.clock import SystemClock

LATE = 1.0
"""Seconds after which a page is not on time any more."""
ERRORS, DISK = 1, 2
"""The numbers of the two incidents."""
HEARTBEAT = "rungbell_watchdog_last_seen_timestamp_seconds{"


class Story(Audience):
    """One night."""

    def __init__(self, daemon: Daemon, phones: Phones, screen: Screen, pace: Pace, clock: SystemClock) -> None:
        super().__init__(daemon, phones, screen, pace)
        self.clock = clock
        self._fired_at = self._due = self._back_at = self._acknowledged_at = clock.now()
        self._down = 0.0
        self._lateness: list[float] = []

    async def tell(self) -> Measured:
        """Tell all of it, and give what was measured."""
        beats: tuple[Callable[[], Awaitable[None]], ...] = (
            self._errors_page_alice,
            self._a_dozen_warnings_are_one_incident,
            self._the_watchdog_is_a_heartbeat,
            self._a_repeat_pages_nobody,
            self._bob_is_tried_twice,
            self._killed_and_started_again,
            self._chen_is_on_time,
            self._dana_is_next,
            self._a_look_changes_nothing_and_bob_acknowledges,
            self._it_is_quiet,
            self._resolved_closes,
        )
        for beat in beats:
            await beat()
        incidents = [await self.incident(number) for number in (ERRORS, DISK)]
        calls = self.phones.calls
        return Measured(self.pace, calls, incidents, self._down, self._lateness, self._acknowledged_at)

    async def _errors_page_alice(self) -> None:
        await self.until(time.monotonic() + self.pace.real(1) - self.screen.now, "the first alert")
        self._fired_at, self.zero = self.clock.now(), time.monotonic()
        await self.post(high_error_rate(self._fired_at), ERRORS)
        incident = await self.incident(ERRORS)
        self.demand(incident["severity"] == "P1", f"HighErrorRate became {incident['severity']}, not P1")
        why = str(incident["severity_rule"])
        self.screen.beat(f"HighErrorRate: P1 incident #1, because {why}", "red")
        await self.rings(ALICE, ERRORS)
        self._due = _lapse(incident)
        self.watch = ERRORS

    async def _a_dozen_warnings_are_one_incident(self) -> None:
        await self.post(disks_filling(self._fired_at), DISK)
        incident = await self.incident(DISK)
        found = (incident["severity"], incident["alerts_firing"], len(await self.incidents()))
        self.demand(found == ("P2", DISKS, 2), f"{DISKS} warnings became {found}, not one P2 with {DISKS} alerts")
        self.screen.beat(f"{DISKS} x DiskFilling, because {incident['severity_rule']}: one P2, #2", "yellow")
        await self.rings(ALICE, DISK)

    async def _the_watchdog_is_a_heartbeat(self) -> None:
        await self.post(watchdog(self._fired_at), None)

        async def noted() -> bool:
            return HEARTBEAT in await self.daemon.ask("GET", "/metrics")

        await self.soon(noted, "the Watchdog was not noted as a heartbeat")
        self.demand(len(await self.incidents()) == 2, "the Watchdog opened an incident")
        self.silent("after the Watchdog")
        self.screen.beat("Watchdog (severity none): noted as a heartbeat, no incident, no page")

    async def _a_repeat_pages_nobody(self) -> None:
        await self.until(self.at(2), "Alertmanager repeats itself")
        await self.post(high_error_rate(self._fired_at), ERRORS)
        await self.post(disks_filling(self._fired_at), DISK)
        await self.until(self.at(3), "a look at the phones")
        self.silent("after a repeat")
        self.demand(len(await self.incidents()) == 2, "a repeat opened another incident")
        self.screen.beat("the same webhooks again: 2 incidents still, nobody paged twice")

    async def _bob_is_tried_twice(self) -> None:
        refused = await self._climbs(BOB, takes=False)
        self.screen.beat(f"no answer: page to Bob's {BOB.channel} (L2), whose provider says {UNAVAILABLE}", "yellow")
        taken = await self.call(BOB, ERRORS, PATIENCE)
        same = taken.intent == refused.intent and taken.taken
        self.demand(same, f"the second attempt for Bob was answered {taken.status} as {taken.intent}")
        waited = (taken.at - refused.at).total_seconds()
        self.screen.beat(f"again after {waited:.1f} s: {ringing(taken)}", "bold")

    async def _killed_and_started_again(self) -> None:
        async def recorded() -> bool:
            pages = (await self.incident(ERRORS))["pages"]
            return all(page["state"] == "accepted" for page in pages)

        await self.soon(recorded, "Bob's page was not recorded as taken")
        await self.until(self.at(6), "the daemon dies")
        before = [await self.incident(number) for number in (ERRORS, DISK)]
        died, pid = time.monotonic(), self.daemon.pid
        await self.daemon.kill()
        self.screen.beat(f"the daemon is KILLED (SIGKILL, process {pid}) and started again", "bold red")
        await self.daemon.start()
        self._down, self._back_at = time.monotonic() - died, self.clock.now()
        after = [await self.incident(number) for number in (ERRORS, DISK)]
        if self.clock.now() < self._due:
            self.demand(before == after, "after the restart the incidents are not what they were")
            clocks = sum(len(one["deadlines"]) for one in after)
            kept = f"2 incidents, {clocks} clocks, as they were"
        else:
            self.demand(_intents(before) <= _intents(after), "after the restart pages are missing")
            kept = "2 incidents, every page on record"
        self.screen.beat(f"back after {self._down:.1f} s (process {self.daemon.pid}): {kept}")

    async def _chen_is_on_time(self) -> None:
        due = self._due
        await self._climbs(CHEN)
        late = f"{self._lateness[-1]:.2f} s after the time"
        if due > self._back_at:
            self.screen.beat(f"  {late}: the crash cost nothing")
        else:
            self.screen.beat(f"  {late}, which came while the daemon was down")

    async def _dana_is_next(self) -> None:
        await self._climbs(DANA)

    async def _a_look_changes_nothing_and_bob_acknowledges(self) -> None:
        await self.until(self.at(18), "Bob reads his phone")
        self.watch = 0
        page = next(call for call in self.phones.calls if call.person == BOB.person and call.taken)
        link = str(page.body["acknowledge_url"])
        before = await self.incident(ERRORS)
        await self.daemon.ask("GET", link)
        self.demand(before == await self.incident(ERRORS), "a GET of the link changed the incident")
        self.screen.beat(f"a mail scanner opens the link in Bob's {BOB.channel} (GET): it shows, nothing changes")
        await self.daemon.ask("POST", link)
        incident = await self.incident(ERRORS)
        held = incident["status"] == "acknowledged" and incident["acknowledged_by"] == BOB.person
        self.demand(held, f"after Bob's POST the incident is {incident['status']}")
        self._acknowledged_at = _moment(incident["acknowledged_at"])
        self.screen.beat("Bob presses the button there (POST): acknowledged by Bob", "green")

    async def _it_is_quiet(self) -> None:
        left = (self._due - self.clock.now()).total_seconds() + min(LATE, self.pace.real(0.5))
        await self.until(time.monotonic() + left, "the next page, had nobody acknowledged,")
        self.silent("although Bob acknowledged the incident")
        self.screen.beat("the next page would have left by now: all phones are quiet", "green")

    async def _resolved_closes(self) -> None:
        await self.until(self.at(21.5), "the alerts resolve")
        ended = self.clock.now()
        await self.post(high_error_rate(self._fired_at, ended), ERRORS)
        await self.post(disks_filling(self._fired_at, ended), DISK)
        states = {one["status"] for one in await self.incidents()}
        self.demand(
            states == {"monitoring"}, f"after the alerts resolved the incidents are {', '.join(sorted(states))}"
        )
        self.screen.beat(f"all alerts resolved: both incidents close after {ACKNOWLEDGE_WITHIN} quiet min of policy")
        window = self.pace.real(ACKNOWLEDGE_WITHIN)
        await self.until(time.monotonic() + window - 0.1, "both close by themselves")

        async def closed() -> bool:
            return {one["resolved_by"] for one in await self.incidents()} == {"window"}

        await self.soon(closed, "the incidents did not close by themselves", LATE + 0.1)
        first = min(_moment(one["resolved_at"]) for one in await self.incidents())
        waited = (first - ended).total_seconds()
        self.demand(waited > window - 0.05, f"an incident closed after {waited:.1f} s, not {window:.1f} s")
        self.silent("when the incidents closed")
        self.screen.beat(f"both closed by themselves after {waited:.1f} s", "green")

    async def _climbs(self, rung: Rung, *, takes: bool = True) -> Call:
        """Wait for the next clock of the first incident, and see it page the tier on time."""
        due = self._due
        left = max(0.0, (due - self.clock.now()).total_seconds())
        self.screen.coming(f"{rung.name} ({rung.tier}), unless somebody acknowledges,", left)
        call = await self.call(rung, ERRORS, left + PATIENCE)
        late = (call.at - due).total_seconds()
        excused = max(0.0, (self._back_at - due).total_seconds())
        self.demand(-0.05 <= late <= LATE + excused, f"{rung.name} was paged {late:.2f} s after the time")
        self._lateness.append(late)
        self._due = _lapse(await self.incident(ERRORS))
        if takes:
            self.demand(call.taken, f"{rung.name}'s {rung.channel} answered {call.status}")
            self.screen.beat(f"no answer: {ringing(call)}", "bold")
        return call


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _lapse(incident: dict[str, Any]) -> datetime:
    """When the incident climbs unless somebody acknowledges."""
    found = [_moment(one["due"]) for one in incident["deadlines"] if one["clock"] == "lapse"]
    if not found:
        raise DerailedError(f"#{incident['number']} is {incident['status']}: it waits for nobody's acknowledgement")
    return found[0]


def _intents(incidents: list[dict[str, Any]]) -> set[str]:
    return {page["intent"] for one in incidents for page in one["pages"]}
