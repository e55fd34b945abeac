"""Reading a configuration file from end to end.

Rules
-----
* Everything wrong with a file is told at once, in the order of its lines; nothing is half read.

May import: ``domain``, the other modules of this package.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path as FilePath

from rungbell.config.build import build_book, build_sources
from rungbell.config.calendars import Look, build_calendars, read_calendars
from rungbell.config.communication import find_templates
from rungbell.config.crosscheck import crosscheck
from rungbell.config.findings import Findings
from rungbell.config.heartbeat import build_heartbeat
from rungbell.config.mistakes import ConfigMistake, InvalidConfigError, Path, did_you_mean
from rungbell.config.model.file import FileSection
from rungbell.config.reach import check_links
from rungbell.config.reading import read_file
from rungbell.config.secrets import SecretFiles
from rungbell.config.settings import ChannelSettings, NotifierType, Settings, TokenSettings
from rungbell.config.shapes import keys_of
from rungbell.config.validate import validated
from rungbell.domain.book import Book
from rungbell.domain.errors import ConfigError
from rungbell.domain.roster import Roster


def load(
    path: FilePath | str,
    notifiers: Mapping[str, NotifierType],
    external_url: str | None = None,
    *,
    lint_at: datetime | None = None,
    secrets: bool = True,
    calendars: Look | None = None,
) -> Settings:
    """Read the file at ``path``; ``notifiers`` are the channel types that its channels may have, by name.

    With ``external_url``, where the links of pages begin, the channels are held against it (see ``reach``). With
    ``lint_at``, the present time, the warnings hold what ``lint`` finds, without what the file allows. Without
    ``secrets`` their files are not read, for somebody who rings nobody, where they may not even be. With ``calendars``,
    those that the file names are read too; without it nobody is on call by them.
    Raises ``InvalidConfigError`` (a ``domain.errors.ConfigError``) with every mistake of the file.
    """
    reading = read_file(path)
    findings = reading.findings
    files = SecretFiles(reading.folder, findings, read=secrets)
    data = files.filled(FileSection, _without_empty_sections(findings.document.data), ())
    section = validated(FileSection, data, (), findings)
    channels = _channels(section, notifiers, files, findings)
    crosscheck(section, findings)
    if external_url is not None:
        check_links(channels, external_url, findings)
    if findings.mistakes:
        raise InvalidConfigError(findings.mistakes, files.found)
    if files.inline and reading.open_to_all:
        told = "holds secrets, and can be read by everybody on this machine"
        findings.warn("open-secret", (), told, f"chmod 600 {reading.file}")
    known = build_calendars(section, reading.folder)

    def filled(roster: Roster) -> Roster:
        return roster if calendars is None else read_calendars(section, known, roster, calendars, findings)

    templates = find_templates(section, reading.folder, findings)
    book = build_book(section, channels, notifiers, findings, filled)
    if findings.mistakes:
        raise InvalidConfigError(findings.mistakes, files.found)
    warnings = findings.warnings if lint_at is None else _linted(section, book, findings, lint_at)
    return Settings(
        path=reading.file,
        book=book,
        channels=channels,
        sources=build_sources(section),
        calendars=known,
        api_tokens={
            person: TokenSettings(part.token, frozenset(part.scopes)) for person, part in section.api_tokens.items()
        },
        heartbeat=build_heartbeat(section),
        templates=templates,
        secret_files=tuple(files.found),
        warnings=warnings,
        hash=reading.hash,
    )


def _linted(section: FileSection, book: Book, findings: Findings, now: datetime) -> tuple[ConfigMistake, ...]:
    from rungbell.config.lint.check import linted  # a look at a file need not wait for it

    return linted(section, book, findings, now)


def _without_empty_sections(data: dict[str, object]) -> dict[str, object]:
    """Leave out optional sections whose content is all commented out."""
    fields = FileSection.model_fields
    return {
        key: value for key, value in data.items() if value is not None or key not in fields or fields[key].is_required()
    }


def _channels(
    file: FileSection, notifiers: Mapping[str, NotifierType], secrets: SecretFiles, findings: Findings
) -> dict[str, ChannelSettings]:
    """Let each channel's notifier say what it makes of the channel's keys."""
    found: dict[str, ChannelSettings] = {}
    for name, section in getattr(file, "channels", {}).items():
        path: Path = ("channels", name)
        kind = getattr(section, "type", None)
        if kind is None:
            continue
        if kind not in notifiers:
            findings.wrong((*path, "type"), f"unknown type {kind[:40]!r}", did_you_mean(kind, sorted(notifiers)))
            continue
        try:
            model = notifiers[kind].settings
        except ConfigError as error:  # it is installed, and broken
            findings.wrong((*path, "type"), str(error))
            continue
        own = secrets.filled(
            model, {key: value for key, value in _given(findings, name).items() if key != "type"}, path
        )
        if model.model_config.get("extra", "ignore") == "ignore":
            _check_keys(own, path, keys_of(model), findings)
        settings = validated(model, own, path, findings)
        if (warning := getattr(settings, "deaf", None)) is not None:
            findings.warn("channel-without-answers", path, *warning)
        found[name] = ChannelSettings(name, kind, settings)
    return found


def _given(findings: Findings, name: str) -> dict[str, object]:
    channels = findings.document.data.get("channels")
    given = channels.get(name) if isinstance(channels, dict) else None
    return given if isinstance(given, dict) else {}


def _check_keys(own: dict[str, object], path: Path, known: tuple[str, ...], findings: Findings) -> None:
    """Refuse unknown keys also where a notifier's model forgot to say that it does."""
    for key in own.keys() - set(known):
        findings.wrong((*path, key), "unknown key", did_you_mean(key, known))
