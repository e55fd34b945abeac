"""Trying every template before it is needed, with the samples.

May import: the rest of ``texts``, ``config.mistakes``, ``domain``.
"""

from dataclasses import replace

from rungbell.config.mistakes import ConfigMistake
from rungbell.domain.communication.kinds import CommunicationKind
from rungbell.texts.samples import SAMPLES, sample_facts
from rungbell.texts.texts import Texts


def tried(texts: Texts) -> tuple[ConfigMistake, ...]:
    """Write every kind of text about every sample, and give what is wrong with the templates, once each."""
    found: dict[ConfigMistake, None] = {}
    for kind in CommunicationKind:
        seen: set[tuple[int, str]] = set()
        for name, incident in SAMPLES.items():
            for mistake in texts.worded(kind, sample_facts(kind, incident)).mistakes:
                if (mistake.line, mistake.message) not in seen:
                    seen.add((mistake.line, mistake.message))
                    found[_where(mistake, name)] = None
    return (*found, *texts.strangers())


def _where(mistake: ConfigMistake, sample: str) -> ConfigMistake:
    """Say with which sample it fails, where it does not with all."""
    fails = mistake.message.startswith("fails: ")
    return replace(mistake, message=f"{mistake.message} (where {sample})") if fails else mistake
