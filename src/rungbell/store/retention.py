"""The forgetting half of a transaction: what is old goes, a few rows at a time.

Rules
-----
* Of an open incident nothing goes; of a resolved one everything or nothing, once no page of it is unsent.
* Alerts that have ended go earlier, since no late copy of them is to be feared any more. What a person settled has not
  ended: it stays as long as its incident, so that repeats of it open nothing (requirements 3.11 rule 11).
* Numbers are never given twice: the schema counts up for ever.
* Each piece of work is small, so that webhooks which share its commit do not feel it
  (``runtime.watching.housekeeping``).

May import: ``codec``, ``statements``, ``outbox``.
"""

from datetime import datetime

from rungbell.store.codec.columns import to_column
from rungbell.store.outbox import Runner
from rungbell.store.statements import Statement, retention

SPARE = 0.2
"""Share of the file that may be free: room that the next incidents use again."""


class RetentionWork:
    """What a transaction does with what is old."""

    _runner: Runner
    wrote: bool
    _written_policies: set[str]
    """Hashes of the policies that this transaction has written and not forgotten."""

    def forget_incidents(self, before: datetime, limit: int) -> int:
        """Delete up to ``limit`` incidents resolved before ``before``, and give how many those were.

        With each go its timeline, its pages, its communications, the alerts of its group where no other incident is
        about them, and the policy it was pinned to where no other incident is.
        """
        old = self._runner.rows(retention.OLD_INCIDENTS, before=to_column(before), limit=limit)
        for identity, key, _ in old:
            self.wrote = True
            # The incident first: the schema lets a timeline go only with its incident.
            self._runner.run(retention.FORGET_INCIDENT, id=identity)
            self._runner.run(retention.FORGET_TIMELINE, id=identity)
            self._runner.run(retention.FORGET_PAGES, id=identity)
            self._runner.run(retention.FORGET_COMMUNICATIONS, id=identity)
            self._runner.run(retention.FORGET_ALERTS_OF_GROUP, group=key)
        for policy in {row[2] for row in old}:
            self._runner.run(retention.FORGET_POLICY, hash=policy)
            self._written_policies.discard(policy)
        return len(old)

    def forget_alerts(self, before: datetime, limit: int) -> int:
        """Forget alerts that have been resolved since before ``before``: late copies of them are not to be feared."""
        return self._forget(retention.FORGET_OLD_ALERTS, before, limit)

    def forget_applied(self, before: datetime, limit: int) -> int:
        """Forget that events with an identity of their own were applied before ``before``."""
        return self._forget(retention.FORGET_OLD_APPLIED, before, limit)

    def forget_overrides(self, before: datetime, limit: int) -> int:
        """Forget overrides that ended before ``before``."""
        return self._forget(retention.FORGET_OLD_OVERRIDES, before, limit)

    def forget_notices(self, before: datetime, limit: int) -> int:
        """Forget notices of shifts that became due before ``before`` and wait for nothing any more."""
        return self._forget(retention.FORGET_OLD_NOTICES, before, limit)

    def forget_handover_notes(self, before: datetime, limit: int) -> int:
        """Forget handover notes that were left before ``before``."""
        return self._forget(retention.FORGET_OLD_HANDOVER_NOTES, before, limit)

    def give_back(self, limit: int) -> int:
        """Give up to ``limit`` free pages of the file back to its file system, and give how many those were.

        ``SPARE`` of the file may stay free, for what comes next.
        """
        free, pages = self._runner.rows(retention.ROOM)[0]
        wanted = min(limit, int(free - pages * SPARE))
        for _ in range(wanted):
            self._runner.rows(retention.GIVE_BACK)
        given = free - self._runner.rows(retention.ROOM)[0][0] if wanted > 0 else 0
        self.wrote = self.wrote or given > 0  # a file that was made without auto_vacuum gives nothing back
        return int(given)

    def _forget(self, statement: Statement, before: datetime, limit: int) -> int:
        gone = self._runner.run(statement, before=to_column(before), limit=limit)
        self.wrote = self.wrote or gone > 0
        return gone
