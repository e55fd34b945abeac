"""Links in pages must lead somewhere for whom they are sent to."""

from pathlib import Path

import pytest

from rungbell.app import Daemon, Options
from rungbell.config import InvalidConfigError, load
from rungbell.config.hosts import stays_here
from rungbell.notifiers import registry
from tests.config.sample import SOUND, spoiled, write

HERE, ELSEWHERE = "http://127.0.0.1:11911", "https://rungbell.example.com"
REMOTE = spoiled("http://127.0.0.1:9911/page", "https://pager.example.com/page")
MAIL = spoiled("chat: {type: console}", "chat: {type: email, host: 127.0.0.1, from: rungbell@example.com}")


def mistakes(folder: Path, text: str, external_url: str | None) -> list[str]:
    try:
        load(write(folder, text), registry(), external_url)
    except InvalidConfigError as error:
        return [f"{mistake.line} {mistake.field}" for mistake in error.mistakes]
    return []


@pytest.mark.parametrize(
    ("text", "external_url", "expected"),
    [
        (SOUND, HERE, []),
        (SOUND, ELSEWHERE, []),
        (REMOTE, ELSEWHERE, []),
        (REMOTE, HERE, ["9 channels.pager"]),
        (REMOTE, "http://[::1]:11911", ["9 channels.pager"]),
        (REMOTE, "http://localhost:11911/rungbell", ["9 channels.pager"]),
        (REMOTE, None, []),
        (MAIL, HERE, ["8 channels.chat"]),
        (MAIL, ELSEWHERE, []),
        (REMOTE.replace('page"}', 'page", colour: red}'), HERE, ["9 channels.pager.colour"]),
    ],
    ids=str,
)  # fmt: skip
def test_a_channel_that_reaches_others_needs_links_that_lead_here_from_elsewhere(
    tmp_path: Path, text: str, external_url: str | None, expected: list[str]
) -> None:
    assert mistakes(tmp_path, text, external_url) == expected


def test_it_is_told_together_with_all_other_mistakes(tmp_path: Path) -> None:
    both = REMOTE.replace("operator: default", "operator: defualt")
    assert mistakes(tmp_path, both, HERE) == ["9 channels.pager", "25 operator"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.8.9.1", True),
        ("https://LOCALHOST:1", True),
        ("http://rungbell.localhost", True),
        ("http://0.0.0.0:11911", True),
        ("http://[::]:11911", True),
        ("http://10.0.0.1", False),
        ("http://localhost.example.com", False),
        ("https://rungbell", False),
    ],
)
def test_which_urls_lead_nobody_else_anywhere(url: str, expected: bool) -> None:
    assert stays_here(url) is expected


def test_the_daemon_does_not_start_with_links_that_lead_nowhere(tmp_path: Path) -> None:
    file = write(tmp_path, REMOTE)
    listen = (("127.0.0.1", 0),)
    with pytest.raises(InvalidConfigError, match=r"channels\.pager.*would lead to http://127\.0\.0\.1"):
        Daemon(Options(file, tmp_path / "rungbell.db", listen))
    Daemon(Options(file, tmp_path / "rungbell.db", listen, ELSEWHERE))
