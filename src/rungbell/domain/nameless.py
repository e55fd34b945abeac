"""Whoever was forgotten has a number for a name wherever it says who it was: ``forgotten person 3``.

Rules
-----
* An id is replaced where it is a person's: in what holds an id, and in a sentence of rungbell's own where a name stands
  (``by …``, ``… commands it``). Elsewhere the same letters are a word, for an id may be one: ``first``, ``will``.
* What anybody typed stays as it is, but where it reads like such a place: ``switched off by bob``.
* A sentence does not say which of its words are names. So an id that rungbell itself writes in such a place (``its``,
  as in ``by its window``) takes that word with it, and a new place for names has to be added here.

May import: the value modules of the core.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from rungbell.domain.command.record import Command, Role
from rungbell.domain.incident import Incident
from rungbell.domain.postmortem.record import Postmortem
from rungbell.domain.timeline import Entry
from rungbell.domain.values import dataclass

FACTS = frozenset({"before", "in_place_of", "owner", "person", "recipient", "to"})
"""What facts of an entry are called that may be the id of a person."""
KEY = "intent"
"""The fact that is the key of a page, which has the id in it."""
_OTHERS = r"(?:[\w.@-]+, )*"
_ENDS = r"$|[,:;)]| \(| after -?\d| and \d+ more| to "
_ROLES = "|".join(role.replace("_", " ") for role in Role)
_DOES = (
    "holds (?:the incident|it)|has acknowledged|commands|owns it|told:|escalates|raises the severity|declares it|"
    "made you|did not get"
)
_IS = "(?:not )?on call|no longer|nobody of|not in the configuration"
_PLACES = tuple(
    (re.compile(rf"(?:{before})$"), re.compile(after))
    for before, after in (
        (r"\b(?:by|says|(?:instead|place|shift) of) |\(", ""),
        (rf"\b(?:to|for|from|with|reaches|leaves out|[Tt]o:) {_OTHERS}", _ENDS),
        (r"(?:: |, )", r" by [\w.-]+(?:$|,| in \d| too)"),
        (r", ", r", due \d"),
        (
            r"^|[;:,'] ?|although ",
            rf" (?:{_DOES}|is (?:{_IS}|{_ROLES}))|' is nobody of",
        ),
    )
)
"""Where a name stands in a sentence: what is before it, and what follows it."""
_FAR = 400
"""So far before it is looked."""


@dataclass(frozen=True, slots=True)
class Nameless:
    """Those who were forgotten, by id, with what they are called instead."""

    names: Mapping[str, str]
    word: "re.Pattern[str] | None"
    """Any of these ids as a whole word; ``None``: there are none."""

    def name(self, person: str) -> str:
        """Give an id as it is shown."""
        return self.names.get(person, person)

    def key(self, intent: str) -> str:
        """Give the key of a page, which has an id in it, as it is shown."""
        return ":".join(map(self.name, intent.split(":"))) if self.names else intent

    def sentence(self, text: str) -> str:
        """Give a sentence of rungbell's own as it is shown."""
        if self.word is None:
            return text
        return self.word.sub(lambda found: self.name(found[0]) if _is_name(found) else found[0], text)

    def facts(self, facts: Mapping[str, str]) -> dict[str, str]:
        """Give the facts of an entry as they are shown."""
        return {
            name: self.name(value) if name in FACTS else self.key(value) if name == KEY else value
            for name, value in facts.items()
        }

    def entries(self, entries: Iterable[Entry]) -> list[Entry]:
        """Give lines of a timeline as they are shown."""
        if not self.names:
            return list(entries)
        return [
            replace(one, actor=self.name(one.actor), text=self.sentence(one.text), facts=self.facts(one.facts))
            for one in entries
        ]

    def incident(self, incident: Incident) -> Incident:
        """Give an incident as words are made of it; nothing is decided by this one."""
        if not self.names:
            return incident
        holder, postmortem = incident.holder, incident.postmortem
        return incident.changed(
            holder=replace(holder, by=self.name(holder.by)) if holder else None,
            resolved_by=self.name(incident.resolved_by) if incident.resolved_by else None,
            severity_rule=self.sentence(incident.severity_rule),
            command=self._command(incident.command),
            postmortem=self._postmortem(postmortem) if postmortem else None,
        )

    def _command(self, command: Command) -> Command:
        return command.changed(
            roles={role: replace(held, person=self.name(held.person)) for role, held in command.roles.items()},
            ticks={line: replace(tick, by=self.name(tick.by)) for line, tick in command.ticks.items()},
        )

    def _postmortem(self, postmortem: Postmortem) -> Postmortem:
        review = postmortem.review
        return replace(
            postmortem,
            owner=self.name(postmortem.owner) if postmortem.owner else None,
            items=tuple(replace(item, owner=self.name(item.owner)) for item in postmortem.items),
            review=replace(review, attendees=tuple(map(self.name, review.attendees))) if review else None,
        )


def nameless(numbers: Mapping[str, int], known: Collection[str]) -> Nameless:
    """Give whom the store has forgotten a name that says nothing of them and is always the same.

    ``known`` are those of the configuration: whoever was taken into it again has their name again.
    """
    names = {person: called(numbers[person]) for person in numbers.keys() - known}
    if not names:
        return NOBODY
    longest_first = sorted(map(re.escape, names), key=len, reverse=True)
    return Nameless(names, re.compile(rf"(?<![\w.@-])(?:{'|'.join(longest_first)})(?![\w@-]|\.\w)"))


def called(number: int) -> str:
    """Give what somebody who was forgotten is called."""
    return f"forgotten person {number}"


def _is_name(found: "re.Match[str]") -> bool:
    text, begins, ends = found.string, *found.span()
    return any(
        before.search(text, max(0, begins - _FAR), begins) and after.match(text, ends) for before, after in _PLACES
    )


NOBODY = Nameless({}, None)
"""Nobody was forgotten."""
