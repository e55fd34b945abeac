"""The half of a transaction that forgets a person: what the store holds of them beyond their id goes.

Rules
-----
* Timelines and incidents name people by id only and stay as they are, so that their chains stay true.
* A page that waits is left to leave: nothing reaches them any more, and so the next is paged at once.
* Whoever is forgotten keeps one number for ever, which stands where names are shown.

May import: ``domain``, ``statements``, ``codec``, ``duties``.
"""

from datetime import datetime

from rungbell.domain.contacts import Verification, Way
from rungbell.domain.values import dataclass
from rungbell.store.codec.columns import to_column
from rungbell.store.codec.people import verification_from, verification_value
from rungbell.store.duties import DutyWork
from rungbell.store.statements import notes, people

CONTACT = "contact/"
"""With a person and a channel behind it: the note that somebody answered through it."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What became of what the store held of a person."""

    number: int
    """What they are called from now on."""
    tokens: int
    """Tokens that were revoked."""
    overrides: int
    """Overrides that were not over, and are now."""
    notes: int
    """Handover notes of theirs that say nothing any more."""


class PeopleWork(DutyWork):
    """What a transaction does with people who are not in the configuration any more."""

    def forgotten(self) -> dict[str, int]:
        """Give everybody who was forgotten, with their number."""
        return {row[0]: row[1] for row in self._runner.rows(people.FORGOTTEN)}

    def knows(self, person: str) -> bool:
        """Whether anything in the store names this person; it may look through all of it."""
        return bool(self._runner.rows(people.KNOWS_PERSON, person=person)[0][0])

    def verifications(self) -> dict[Way, Verification]:
        """When somebody answered last through each channel."""
        rows = self._runner.rows(notes.NOTES_BELOW, prefix=CONTACT)
        return dict(verification_from(name.removeprefix(CONTACT), value) for name, value in rows)

    def verify(self, way: Way, found: Verification) -> None:
        """Remember that somebody answered through a channel."""
        self.wrote = True
        name, value = f"{CONTACT}{'/'.join(way)}", verification_value(found)
        self._runner.run(notes.WRITE_NOTE, name=name, value=value)

    def forget_person(self, person: str, by: str, now: datetime) -> Forgotten:
        """Let go of everything about a person that can go."""
        self.wrote = True
        moment = to_column(now)
        self._runner.run(people.INSERT_FORGOTTEN, person=person, at=moment, by=by)
        tokens = self._runner.run(people.REVOKE_TOKENS_OF, person=person, now=moment)
        self._runner.run(people.BLANK_TOKENS_OF, person=person)
        ending = [override for override in self.overrides(now) if override.person == person]
        for override in ending:
            self.end_override(override, now)
        self._runner.run(people.BLANK_OVERRIDES_OF, person=person)
        blanked = self._runner.run(people.BLANK_HANDOVER_NOTES_OF, person=person)
        self._runner.run(people.BLANK_PAGES_OF, person=person)
        self._runner.run(people.FORGET_NOTES_OF, prefix=f"{CONTACT}{person}/")
        self._runner.run(people.FORGET_APPLIED_OF, prefix=f"key:{person}:")
        return Forgotten(self.forgotten()[person], tokens, len(ending), blanked)
