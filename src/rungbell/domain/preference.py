"""How people want to be reached: through which of the channels they may be, in what order, after which wait.

Rules
-----
* A tier says which channels there are; a person says which of these, in what order and after how long. What no tier of
  theirs uses counts for nothing.
* A choice that leaves nothing is none: then the tier's own ways hold, with its own waits.
* Something always leaves at once: where everything waits, the first waits no more.
* What somebody left out still rings them where all that they chose has failed (see ``delivery``).
* News call nobody: what asks for no answer leaves through ways that do not ring a telephone, those they chose before
  those of the tier that they left out; only who has no other way there is called for it.

May import: the standard library's pure parts.
"""

from datetime import timedelta

from rungbell.domain.values import dataclass


@dataclass(frozen=True, slots=True)
class Through:
    """One way to reach somebody: a channel, used ``after`` the page is due (requirements 3.11 rule 14)."""

    channel: str
    after: timedelta = timedelta()


Ways = tuple[Through, ...]
"""In the order in which they are used."""


def chosen(allowed: Ways, wanted: Ways) -> Ways:
    """Give those of ``wanted`` whose channels are ``allowed``, with their own waits; if none is, ``allowed``."""
    if not wanted:
        return allowed
    channels = {way.channel for way in allowed}
    return tuple(way for way in wanted if way.channel in channels) or allowed


def one_at_once(ways: Ways) -> Ways:
    """Let the first wait no more where all of them wait."""
    if ways and ways[0].after and all(way.after for way in ways):
        return (Through(ways[0].channel), *ways[1:])
    return ways
