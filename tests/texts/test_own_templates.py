"""Templates of one's own: they replace built-in ones, and whatever is wrong with them loses no text."""

import os
import time
from pathlib import Path

import pytest

from rungbell.domain.communication.facts import ABOUT
from rungbell.domain.communication.kinds import CommunicationKind as Kind
from rungbell.texts import Texts, Worded
from rungbell.texts.checking import tried
from rungbell.texts.samples import SAMPLES, sample_facts
from rungbell.texts.texts import KIND
from tests.texts.golden import HOSTILE, SILENT, STATED

HEAD = "Subject: {{ title }}\n\n"


def own(folder: Path, template: str | bytes, kind: Kind = Kind.CLIENT_NOTICE) -> Texts:
    raw = template if isinstance(template, bytes) else template.encode()
    (folder / f"{kind}.txt").write_bytes(raw)
    return Texts(folder)


def worded(texts: Texts, kind: Kind = Kind.CLIENT_NOTICE, sample: str = STATED) -> Worded:
    return texts.worded(kind, sample_facts(kind, SAMPLES[sample]))


def told(found: Worded) -> list[str]:
    return [f"{Path(one.file).name}:{one.line}: {one.message}" for one in found.mistakes]


def test_a_file_of_the_folder_replaces_one_template_and_leaves_the_others(tmp_path: Path) -> None:
    texts = own(tmp_path, "Subject: {{ product }} is slow\n\nDear {{ recipient }}: {{ functionality|lower }}.\n")
    found = worded(texts)
    assert (found.text.subject, found.text.body) == (
        "Example Cloud is slow",
        "Dear Client A: tickets are enriched more than 10 minutes late.\n",
    )
    assert found.mistakes == ()
    assert worded(texts, Kind.CLIENT_UPDATE) == worded(Texts(), Kind.CLIENT_UPDATE)


def test_it_may_name_every_fact_and_ask_a_loop_where_it_stands(tmp_path: Path) -> None:
    names = "\n".join(f"{{{{ {name} }}}}" for name in ABOUT)
    loop = "{% for step in progress if step %}{{ loop.index }}. {{ step }}{{ ', ' if not loop.last }}{% endfor %}"
    assert worded(own(tmp_path, f"{HEAD}{names}\n{loop}\n{{{{ progress|join('; ') }}}}")).mistakes == ()


WRONG = {
    "an unknown fact": ("line\n{{ titel }}", 4, "there is no fact `titel`"),
    "one that is never printed": ("{% if restricted %}{{ nobody }}{% endif %}", 3, "there is no fact `nobody`"),
    "a syntax mistake": ("a\nb\n{% if title %}", 5, "Unexpected end of template"),
    "an attribute": ("{{ title.upper }}", 3, "`.upper` is not available"),
    "a way out of the sandbox": ("{{ title.__class__.__mro__ }}", 3, "`.__mro__` is not available"),
    "a call": ("{{ range(10) }}", 3, "nothing can be called"),
    "a long loop": ("{% for i in range(10**9) %}x{% endfor %}", 3, "loops over something else than a list of facts"),
    "a loop over a text": ("{% for i in title %}x{% endfor %}", 3, "loops over something else than a list of facts"),
    "a loop in a loop": (
        "{% for a in progress %}\n{% for b in progress %}x{% endfor %}{% endfor %}", 4, "a loop within a loop",
    ),
    "recursion": ("{% for a in progress recursive %}{{ loop(progress) }}{% endfor %}", 3, "nothing can be called"),
    "100 MB by arithmetic": ("{{ 'x' * 100000000 }}", 3, "there is no arithmetic"),
    "100 MB by a filter": ("{{ title|center(100000000) }}", 3, "there is no filter `center`"),
    "100 MB by an argument": ("{{ title|truncate(100000000) }}", 3, "`truncate` is given something else than"),
    "doubling": ("{% set a = title ~ title %}{{ a }}", 3, "`set` is not available"),
    "a power": ("{{ 9**9**9**9 }}", 3, "there is no arithmetic"),
    "a division by zero": ("{{ 1 / 0 }}", 3, "there is no arithmetic"),
    "a file of the machine": ("{% include '/etc/passwd' %}", 3, "`include` is not available"),
    "deep nesting": ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", 1, "nests too deep"),
    "a ladder of signs": ("{{ " + "not " * 60 + "title }}", 3, "nests more than 40 deep"),
    "what fails only when it runs": ("{{ title|join(', ') }}", 3, "fails: `join` wants a list"),
    "a comparison that fails": ("x\n\n{{ 'yes' if title < 3 }}", 5, "fails: '<' not supported"),
    "the first of nothing": ("{{ ''|first }}", 3, "fails: No first item, sequence was empty."),
    "a huge number": ("{{ " + "9" * 9000 + " }}", 1, "cannot be understood"),
    "100 MB by the piece": ("{% for a in progress %}" + "{{ summary ~ title ~ functionality }}" * 320 + "{% endfor %}",
                            3, "prints more than 64 KiB"),
}  # fmt: skip
"""What a template does, on which line, and what is said of it."""


@pytest.mark.parametrize(("body", "line", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_with_file_and_line_and_the_facts_go_out_without_it(
    tmp_path: Path, body: str, line: int, message: str
) -> None:
    texts = own(tmp_path, HEAD + body)
    began = time.monotonic()
    found = worded(texts)
    assert time.monotonic() - began < 5
    assert any(one.startswith(f"client_notice.txt:{line}: {message}") for one in told(found)), told(found)
    assert all(one.hint and one.id == KIND for one in found.mistakes)
    assert found.text.subject.startswith("[Example Cloud] Service Impact Notice - Tickets are enriched")
    for fact in ("Dear Client A,", "Severity: P0 (Critical)", "Detected: 2025-11-04 10:30 UTC", "support@example.com",
                 "Next update: within 30 minutes"):  # fmt: skip
        assert fact in found.text.body
    assert texts.write(Kind.CLIENT_NOTICE, sample_facts(Kind.CLIENT_NOTICE, SAMPLES[STATED])) == found.text


def test_several_mistakes_are_told_at_once(tmp_path: Path) -> None:
    assert [one.line for one in worded(own(tmp_path, HEAD + "{{ a }}\n{{ b }}\n{% set c = 1 %}")).mistakes] == [3, 4, 5]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"x" * 17_000, "is larger than 16 KiB"),
        (b"Subject: \xff\n\nx", "is not UTF-8"),
        (b"", "says no subject"),
        (b"Dear client,\n\nx", "says no subject"),
        (b"Subject: x\n\n\n", "says nothing but its subject"),
    ],
)
def test_a_file_that_is_no_template_says_why(tmp_path: Path, raw: bytes, message: str) -> None:
    (mistake,) = worded(own(tmp_path, raw)).mistakes
    assert mistake.message == message


def test_what_is_no_file_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "client_notice.txt")
    (tmp_path / "all_clear.txt").mkdir()
    texts = Texts(tmp_path)
    assert [told(worded(texts, kind)) for kind in (Kind.CLIENT_NOTICE, Kind.ALL_CLEAR)] == [
        ["client_notice.txt:0: is no file"],
        ["all_clear.txt:0: is no file"],
    ]


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("sample", SAMPLES)
def test_the_facts_without_a_template_are_a_text_of_any_kind(tmp_path: Path, kind: Kind, sample: str) -> None:
    found = worded(own(tmp_path, "{{", kind), kind, sample)
    assert found.mistakes
    assert found.text.subject
    assert "Severity: P0 (Critical)" in found.text.body
    assert "\n" not in found.text.subject


def test_what_fails_in_some_incidents_only_is_found_before_they_happen(tmp_path: Path) -> None:
    texts = own(tmp_path, HEAD + "{{ actions|first }}", Kind.EXECUTIVE_NOTE)
    assert worded(texts, Kind.EXECUTIVE_NOTE, STATED).mistakes == ()
    (found,) = tried(texts)
    assert (Path(found.file).name, found.line) == ("executive_note.txt", 3)
    assert found.message == f"fails: No first item, sequence was empty. (where {SILENT})"


def test_a_file_that_no_text_is_written_by_is_found(tmp_path: Path) -> None:
    (tmp_path / "clientnotice.txt").write_text("x")
    (found,) = tried(Texts(tmp_path))
    assert (Path(found.file).name, found.hint) == ("clientnotice.txt", "did you mean `client_notice.txt`?")


HEAVY = {
    "much put together": "{% if (" + "title ~ business ~ " * 700 + "'')|length == 3 %}{% endif %}x",
    "much put together, line by line": (
        "{% for a in actions %}{% if (" + "title ~ business ~ " * 700 + "'')|length == 3 %}{% endif %}{% endfor %}x"
    ),
    "many loops": "{% for a in actions %}{% endfor %}" * 400 + "x",
    "many branches": "{% if title == 1 %}a" + "{% elif title == 2 %}b" * 650 + "{% endif %}x",
}
"""The most that a template may ask for."""


@pytest.mark.parametrize("body", HEAVY.values(), ids=HEAVY)
def test_the_heaviest_template_that_is_allowed_takes_a_moment(tmp_path: Path, body: str) -> None:
    texts = own(tmp_path, HEAD + body, Kind.EXECUTIVE_NOTE)
    began = time.process_time()
    found = worded(texts, Kind.EXECUTIVE_NOTE, HOSTILE)
    assert (found.mistakes, found.text.body) == ((), "x\n")
    assert time.process_time() - began < 3
