"""Every verb that can be typed into a chat: what follows it, and what it does.

May import: ``config`` (mistakes), ``runtime.hearing.speaking``, ``runtime.hearing.spoken_commands``,
``runtime.hearing.spoken_oncall``.
"""

from collections.abc import Mapping

from rungbell.config.mistakes import did_you_mean
from rungbell.runtime.hearing.speaking import word
from rungbell.runtime.hearing.spoken_commands import OTHER_NAMES, VERBS
from rungbell.runtime.hearing.spoken_oncall import FORMS

QUESTIONS = {
    "list": "the open incidents",
    "show": "INCIDENT — how it stands",
    "drafts": "the texts that wait to be reviewed or sent",
    "postmortem show": "INCIDENT — how its postmortem stands, and what is to be done",
    "oncall": "[SCHEDULE] — who is on call now",
    "help": "[VERB] — this",
}

ACTS: Mapping[str, tuple[str, str]] = {
    **{name: (f"INCIDENT {verb.form}".rstrip(), verb.text) for name, verb in VERBS.items()},
    "review": ("INCIDENT [NUMBER]", "read a text, and stand for it"),
    **FORMS,
}
"""Every verb that does something, with what follows it and what it does."""


def verb_in(words: str) -> tuple[str, str]:
    """Give the verb, which may be two words, and the rest."""
    first, rest = word(words)
    verb = OTHER_NAMES.get(first.lower(), first.lower())
    second, after = word(rest)
    both = f"{verb} {second.lower()}"
    return (both, after) if both in ACTS or both in QUESTIONS else (verb, rest)


def near(verb: str) -> str:
    """Go on with what is near to a verb that is not known."""
    if group := [one for one in (*ACTS, *QUESTIONS) if one.startswith(f"{verb} ")]:
        return f" alone: say {', '.join(f'`{one}`' for one in group)};"
    hint = did_you_mean(verb, (*ACTS, *QUESTIONS))
    return f", {hint}" if hint.startswith("did you mean") else ";"


def form(verb: str) -> str:
    """Give an act as it is typed."""
    return f"{verb} {ACTS[verb][0]}"


def help_on(about: str) -> str:
    """Say what can be typed: a verb or a group of them, else everything."""
    verb, _ = verb_in(about)
    if about and verb in ACTS:
        return f"{form(verb)}: {ACTS[verb][1]}"
    chosen = [name for name in ACTS if not about or name.startswith(f"{verb} ")]
    if about and chosen:
        return "\n".join(f"{form(name)}: {ACTS[name][1]}" for name in chosen)
    lines = [f"{form(name)}: {text}" for name, (_, text) in ACTS.items()]
    asked = [f"{name} {text}" for name, text in QUESTIONS.items()]
    return "\n".join([*asked, *lines, "INCIDENT is a number, and may be left out where only one is open."])
