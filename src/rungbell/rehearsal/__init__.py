"""The engine on a virtual clock: what would happen, with nothing rung, nothing stored and nobody waiting.

    rehearsal = Rehearsal(book, at)
    rehearsal.happen(AlertsReceived(...))          an event enters, and is answered
    rehearsal.pass_time(at + timedelta(hours=1))   what becomes due until then happens, in order
    rehearsal.attempts, rehearsal.records          who was rung when, and how everything stands

Rules
-----
* The rules are the core's own: the daemon and a rehearsal handle an event by the same code (``domain.handling``). Only
  what is written, and who takes a page, stands in for something.
* The same events at the same times give the same history, whatever the machine: no I/O, no clock, no randomness.

May import: ``domain``.
"""

from rungbell.rehearsal.records import MemoryRecords
from rungbell.rehearsal.rehearsal import Attempt, Failure, Provider, Rehearsal, takes_everything

__all__ = ["Attempt", "Failure", "MemoryRecords", "Provider", "Rehearsal", "takes_everything"]
