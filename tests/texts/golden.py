"""``python -m tests.texts.golden``: writes the texts of the samples anew, to be read before they are committed."""

from collections.abc import Iterator
from pathlib import Path

from rungbell.domain.communication.kinds import CommunicationKind, Text
from rungbell.texts import Texts
from rungbell.texts.samples import SAMPLES, sample_facts

FOLDER = Path(__file__).parent / "golden"
STATED, SILENT, OVER, RESTRICTED, HOSTILE = SAMPLES

SHOWN = {
    kind: (OVER,)
    if kind is CommunicationKind.ALL_CLEAR
    else (STATED, SILENT, OVER)
    if kind.value.endswith("_update")
    else (STATED, SILENT)
    for kind in CommunicationKind
}
"""The samples that each kind is shown with."""


def golden() -> Iterator[tuple[str, str]]:
    """Give each golden text by its name."""
    for kind in CommunicationKind:
        for sample in SHOWN[kind]:
            text = Texts().write(kind, sample_facts(kind, SAMPLES[sample]))
            yield f"{kind}, {sample}.txt", whole(text)


def whole(text: Text) -> str:
    """Give subject and body as one text."""
    return f"{text.subject}\n\n{text.body}"


if __name__ == "__main__":
    for name, text in golden():
        (FOLDER / name).write_text(text)
