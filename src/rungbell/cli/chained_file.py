"""An exported timeline, read from a file and verified without a daemon.

Rules
-----
* A file is believed in nothing: what is not as an export writes it is a break of its chain, or no export at all.

May import: ``failures``, ``domain``, the standard library.
"""

import json
from typing import Any

from rungbell.cli.failures import NegativeAnswerError
from rungbell.domain.chain import FORMAT, Head, Line, Record, broken

WORDS = ("at", "kind", "actor", "text")
PERHAPS = ("tier", "channel")


def verification(raw: bytes, name: str) -> dict[str, Any]:
    """Give what the daemon would answer of the timeline in a file.

    Raises:
        NegativeAnswerError: it is no export, or none that is whole enough to be one.
    """
    try:
        export = json.loads(raw)
        identity, number = export["incident"]["id"], export["incident"]["number"]
        entries, head, form = export["entries"], export["head"], export["format"]
        end = None if head is None else Head(int(head["seq"]), str(head["hash"]))
        records = [_record(one) for one in entries]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        what = " ".join(str(error).split())[:200]
        raise NegativeAnswerError(
            f"{name}: no whole export of a timeline ({what}); `rungbell incidents export N -o json` writes one"
        ) from None
    if form != FORMAT:
        raise NegativeAnswerError(f"{name}: its format is {str(form)[:80]!r}; this rungbell verifies {FORMAT!r}")
    at = broken(str(identity), records, end)
    return {
        "incident": number,
        "entries": len(records),
        "head": None if end is None else {"seq": end.seq, "hash": end.hash},
        "whole": at is None,
        "broken": None if at is None else {"seq": at.seq, "what": at.what},
    }


def _record(one: dict[str, Any]) -> Record:
    """Read an entry; one whose words are none is kept as one that cannot be read."""
    seq, hash_ = one["seq"], one["hash"]
    facts = one.get("facts")
    words = all(isinstance(one.get(name), str) for name in WORDS)
    perhaps = all(name in one and isinstance(one[name], str | None) for name in PERHAPS)
    told = isinstance(facts, dict) and all(isinstance(value, str) for value in facts.values())
    if not (words and perhaps and told) or set(one) != {"seq", "hash", "facts", *WORDS, *PERHAPS}:
        return Record(seq, hash_, None, "it is not as an export writes it")
    line = Line(one["at"], one["kind"], one["actor"], one["tier"], one["channel"], one["text"], one["facts"])
    return Record(seq, hash_, line)
