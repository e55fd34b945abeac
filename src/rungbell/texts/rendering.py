"""From a template to a text: read, check, compile, fill in; every way to fail ends in ``TemplateError`` with a line.

Rules
-----
* The sandbox stays although ``language`` lets nothing through that it would stop: no attribute of anything but a loop.
* Whatever is printed is counted; beyond ``MOST_BYTES`` the template has failed.
* Strict: what is not there is a mistake, never an empty place.

May import: ``texts.language``, ``domain``, jinja2 and the standard library.
"""

from collections.abc import Iterable
from functools import cache, lru_cache
from traceback import walk_tb
from types import GeneratorType
from typing import Any, cast

from jinja2 import StrictUndefined, Template, TemplateSyntaxError
from jinja2.filters import FILTERS as ALL_FILTERS
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS as ALL_TESTS

from rungbell.domain.communication.facts import ABOUT, TextFacts
from rungbell.domain.communication.kinds import Text
from rungbell.texts.language import FILTERS, LOOP, TESTS, Fault, faults

SUBJECT = "Subject:"
SUBJECT_LENGTH = 200
MOST_BYTES = 64 * 1024
"""What a text may be at most; the longest of ours is a twentieth of it."""


class TemplateError(Exception):
    """A template cannot be used; ``faults`` says on which lines, and why."""

    def __init__(self, *found: Fault) -> None:
        self.faults = found
        super().__init__("; ".join(f"line {fault.line}: {fault.message}" for fault in found))


class _Sandbox(ImmutableSandboxedEnvironment):
    """Gives a template facts, and nothing of what they are made of."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ANN401 -- jinja's own
        """Let a loop be asked where it stands."""
        return isinstance(obj, LoopContext) and attr in LOOP

    def is_safe_callable(self, obj: Any) -> bool:  # noqa: ANN401 -- jinja's own
        """Let nothing be called."""
        return False


def _joined(values: Iterable[str], between: str = "") -> str:
    """Put lines together, without those that are empty."""
    if isinstance(values, str):
        raise TypeError("`join` wants a list")
    return between.join(str(value) for value in values if value)


@cache
def _environment() -> _Sandbox:
    environment = _Sandbox(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        optimized=False,
        autoescape=False,
        cache_size=0,
        auto_reload=False,
    )
    environment.globals.clear()
    environment.filters = {name: filter_ for name, filter_ in ALL_FILTERS.items() if name in FILTERS}
    environment.filters["join"] = _joined
    environment.tests = {name: test for name, test in ALL_TESTS.items() if name in TESTS}
    return environment


@lru_cache(maxsize=32)
def compiled(source: str, file: str) -> Template:
    """Make a template of ``source``, which stands in ``file``.

    Raises:
        TemplateError: it is no template, or may not do what it does.
    """
    environment = _environment()
    try:
        parsed = environment.parse(source, filename=file)
        if found := faults(parsed):
            raise TemplateError(*found)
        code = environment.compile(parsed, filename=file)
    except TemplateSyntaxError as error:
        raise TemplateError(Fault(error.lineno, error.message or "is no template")) from None
    except (RecursionError, MemoryError):
        raise TemplateError(Fault(1, "nests too deep", "write it flatter")) from None
    except (ValueError, SyntaxError) as error:  # what Python makes of odd numbers and names
        raise TemplateError(Fault(1, f"cannot be understood: {error}"[:200])) from None
    return Template.from_code(environment, code, {})


def filled(template: Template, facts: TextFacts) -> Text:
    """Fill a template in.

    Raises:
        TemplateError: it fails with these facts, prints too much, or says no subject or no body.
    """
    context = template.new_context({name: getattr(facts, name) for name in ABOUT})
    rendering = cast("GeneratorType[str, None, None]", template.root_render_func(context))
    pieces: list[str] = []
    size = 0
    try:
        for piece in rendering:
            pieces.append(piece)
            size += len(piece.encode())
            if size > MOST_BYTES:
                break
    except Exception as error:  # noqa: BLE001 -- whatever a stranger's template does
        raise TemplateError(Fault(_line(template, error), f"fails: {_one_line(error)}")) from None
    if size > MOST_BYTES:
        frame = rendering.gi_frame
        line = template.get_corresponding_lineno(frame.f_lineno) if frame else 0
        raise TemplateError(Fault(line, f"prints more than {MOST_BYTES // 1024} KiB", "let it say less"))
    return _split("".join(pieces))


def _split(text: str) -> Text:
    first, _, body = text.strip().partition("\n")
    subject = " ".join(first.removeprefix(SUBJECT).split())
    if not first.startswith(SUBJECT) or not subject:
        raise TemplateError(Fault(1, "says no subject", f"let the first line be `{SUBJECT} …`"))
    if not body.strip():
        raise TemplateError(Fault(1, "says nothing but its subject", "write the text below, after an empty line"))
    kept = subject if len(subject) <= SUBJECT_LENGTH else f"{subject[: SUBJECT_LENGTH - 1]}…"
    return Text(kept, "\n".join(line.rstrip() for line in body.strip().splitlines()) + "\n")


def _line(template: Template, error: Exception) -> int:
    """Give the line of the template on which it failed."""
    of_template = [
        line for frame, line in walk_tb(error.__traceback__) if frame.f_code.co_filename == template.filename
    ]
    return template.get_corresponding_lineno(of_template[-1]) if of_template else 0


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
