"""What came of test files, in words, as TAP, as JUnit's XML or as JSON.

Rules
-----
* Colour stands beside a word or a sign, never alone.
* A file that cannot be used counts as one failed test in every form.

May import: ``judging``, ``colours``, ``output``, ``config``, the standard library.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree as ET

from rungbell.cli.colours import styled
from rungbell.cli.output import printable
from rungbell.cli.test.judging import MISSING, RIGHT, SURPLUS, Failure, Line
from rungbell.config import ConfigMistake
from rungbell.domain.values import dataclass

SHOWN = 40
"""Lines of one difference that are printed as text."""
COLOURS = {MISSING: "red", SURPLUS: "green"}


@dataclass(frozen=True, slots=True)
class Judged:
    """One test and what failed in it."""

    name: str
    line: int
    failures: tuple[tuple[Failure, int], ...]
    """With the line in which the expectation stands."""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of one file: its tests, or the mistakes that stand in their way."""

    file: str
    tests: tuple[Judged, ...] = ()
    mistakes: tuple[ConfigMistake, ...] = ()

    @property
    def failed(self) -> int:
        """How many tests failed; a file that cannot be used is one."""
        return sum(bool(test.failures) for test in self.tests) + bool(self.mistakes)

    @property
    def total(self) -> int:
        """Of how many."""
        return len(self.tests) + bool(self.mistakes)


def _one_line(text: str) -> str:
    """A name is whatever somebody wrote; it neither speaks to a terminal nor begins a line of its own."""
    return printable(text).replace("\n", " ")


def as_text(reports: list[Report], seconds: float) -> str:
    """Give the report that people read."""
    lines = [line for report in reports for line in _text(report)]
    total, failed = sum(report.total for report in reports), sum(report.failed for report in reports)
    tests = f"{total} test" if total == 1 else f"{total} tests"
    verdict = styled(f"{failed} failed", fg="red", bold=True) if failed else styled("all passed", fg="green", bold=True)
    return "\n".join([*lines, f"{tests}, {verdict} ({seconds:.1f} s)"])


def _text(report: Report) -> Iterator[str]:
    word = styled("FAILED", fg="red", bold=True) if report.failed else styled("SUCCESS", fg="green", bold=True)
    yield f"Testing {report.file} … {word}"
    for mistake in report.mistakes:
        yield f"  {mistake.text}"
        if mistake.hint:
            yield f"      hint: {mistake.hint}"
    for test in report.tests:
        if test.failures:
            yield f"  {styled(_one_line(test.name), bold=True)}"
        for failure, line in test.failures:
            yield f"    {report.file}:{line}: {failure.what}"
            yield from _difference(failure.lines)


def _difference(lines: tuple[Line, ...]) -> Iterator[str]:
    for line in lines[:SHOWN]:
        word = {MISSING: "expected", SURPLUS: "got", RIGHT: ""}[line.sign]
        yield f"      {styled(f'{line.sign} {word:<8} {_one_line(line.text)}', fg=COLOURS.get(line.sign))}"
    if len(lines) > SHOWN:
        yield f"      … and {len(lines) - SHOWN} more"


def as_tap(reports: list[Report]) -> str:
    """Give a report of version 14 of the Test Anything Protocol."""
    lines = ["TAP version 14", f"1..{sum(report.total for report in reports)}"]
    number = 0
    for report in reports:
        for name, line, told in _points(report):
            number += 1
            text = _one_line(name).replace("\\", "\\\\").replace("#", "\\#")
            lines.append(f"{'not ok' if told else 'ok'} {number} - {text}")
            if told:
                where = json.dumps(f"{report.file}:{line}", ensure_ascii=False)
                lines += ["  ---", f"  at: {where}", "  message: |"]
                lines += [*(f"    {_one_line(part)}" for part in told), "  ..."]
    return "\n".join(lines)


def _points(report: Report) -> Iterator[tuple[str, int, list[str]]]:
    """Every test point with its name, line, and what failed."""
    if report.mistakes:
        yield report.file, report.mistakes[0].line, [str(mistake) for mistake in report.mistakes]
    for test in report.tests:
        yield test.name, test.line, [line for failure, at in test.failures for line in _plain(report, failure, at)]


def _plain(report: Report, failure: Failure, at: int) -> list[str]:
    return [f"{report.file}:{at}: {failure.what}", *(f"  {line.sign} {line.text}" for line in failure.lines)]


def as_junit(reports: list[Report], seconds: float) -> str:
    """Give a report as JUnit writes it, which every CI can read."""
    root = ET.Element("testsuites", name="rungbell test", time=f"{seconds:.3f}")
    for report in reports:
        suite = ET.SubElement(root, "testsuite", _counts(report))
        for name, line, told in _points(report):
            case = ET.SubElement(
                suite, "testcase", name=_legal(name), classname=report.file, file=report.file, line=str(line)
            )
            if told:
                kind = "error" if report.mistakes else "failure"
                ET.SubElement(case, kind, message=_legal(told[0])).text = _legal("\n".join(told))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _counts(report: Report) -> dict[str, str]:
    errors = int(bool(report.mistakes))
    counts = {"tests": report.total, "failures": report.failed - errors, "errors": errors, "skipped": 0}
    return {"name": report.file, **{name: str(count) for name, count in counts.items()}}


def _legal(text: str) -> str:
    """Take out what XML cannot hold."""
    return "".join(char if char.isprintable() or char in "\n\t" else "\N{REPLACEMENT CHARACTER}" for char in text)


def as_json(reports: list[Report]) -> str:
    """Give one document."""
    total, failed = sum(report.total for report in reports), sum(report.failed for report in reports)
    document = {"passed": total - failed, "failed": failed, "files": [_document(report) for report in reports]}
    return json.dumps(document, ensure_ascii=False, indent=2)


def _document(report: Report) -> dict[str, Any]:
    return {
        "file": report.file,
        "tests": [
            {
                "name": test.name,
                "line": test.line,
                "passed": not test.failures,
                "failures": [
                    {
                        "what": failure.what,
                        "line": at,
                        "expected": [line.text for line in failure.lines if line.sign != SURPLUS],
                        "got": [line.text for line in failure.lines if line.sign != MISSING],
                    }
                    for failure, at in test.failures
                ],
            }
            for test in report.tests
        ],
        "mistakes": [asdict(mistake) for mistake in report.mistakes],
    }
