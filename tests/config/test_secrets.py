"""Secrets are read from where they stand and shown nowhere."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from rungbell.config import NotifierType, load
from rungbell.notifiers.webhook import WebhookNotifier
from tests.config.sample import NOTIFIERS, SOUND, ConsoleSettings, mistakes, read, spoiled, write

CANARY = "canary-8c1f"
PAGER = '9911/page"'


def kept(folder: Path, content: str | bytes, mode: int = 0o600) -> str:
    path = folder / "secret"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return spoiled(PAGER, PAGER + ", secret_file: secret")


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\n\n"])
def test_a_secret_file_is_read_without_the_newline_at_its_end(tmp_path: Path, ending: str) -> None:
    settings = read(tmp_path, kept(tmp_path, CANARY + ending)).channels["pager"].settings
    assert settings.secret.get_secret_value() == CANARY  # type: ignore[attr-defined]


def test_a_relative_path_starts_at_the_folder_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert mistakes(tmp_path, kept(tmp_path, CANARY)) == ()


def test_where_relative_paths_start_is_said_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (found,) = mistakes(Path(), spoiled(PAGER, PAGER + ", secret_file: secret"))
    assert found.hint == f"relative paths start at {tmp_path}"


def test_a_secret_is_read_again_with_every_load(tmp_path: Path) -> None:
    text = spoiled("bearer_token: sample-token-1", "bearer_token_file: secret")
    kept(tmp_path, "first")
    before = read(tmp_path, text).sources[0].bearer
    kept(tmp_path, "second")
    assert (before, read(tmp_path, text).sources[0].bearer) == (SecretStr("first"), SecretStr("second"))


def test_secrets_deep_inside_a_notifiers_settings_have_their_twin_too(tmp_path: Path) -> None:
    kept(tmp_path, CANARY)
    text = spoiled("{type: console}", "{type: mail, login: {user: u, password_file: secret}}")
    settings = read(tmp_path, text).channels["chat"].settings
    assert settings.login.password.get_secret_value() == CANARY  # type: ignore[attr-defined]


def test_passwords_and_api_tokens_have_their_twin_too(tmp_path: Path) -> None:
    kept(tmp_path, CANARY)
    text = spoiled("bearer_token: sample-token-1", "basic_auth: {username: g, password_file: secret}")
    assert read(tmp_path, text).sources[0].password == SecretStr(CANARY)
    found = read(tmp_path, spoiled("token: sample-token-2", "token_file: secret")).api_tokens
    assert {person: token.secret for person, token in found.items()} == {"alice": SecretStr(CANARY)}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        (" \n", "the file is empty"),
        (b"\xff", "the file is not UTF-8"),
        ("x" * 70_000, "the file is longer than 65536 bytes"),
    ],
)
def test_a_file_that_holds_no_secret_is_a_mistake(tmp_path: Path, content: str | bytes, message: str) -> None:
    (found,) = mistakes(tmp_path, kept(tmp_path, content))
    assert (found.line, found.field, found.message) == (9, "channels.pager.secret_file", message)


def test_a_folder_or_a_pipe_is_no_secret_file(tmp_path: Path) -> None:
    text = spoiled(PAGER, PAGER + ", secret_file: secret")
    os.mkfifo(tmp_path / "secret")
    assert [one.message for one in mistakes(tmp_path, text)] == ["is not a regular file"]
    text = text.replace("secret_file: secret", "secret_file: .")
    assert [one.field for one in mistakes(tmp_path, text)] == ["channels.pager.secret_file"]


def test_a_secret_file_that_everybody_may_read_is_a_warning(tmp_path: Path) -> None:
    warnings = read(tmp_path, kept(tmp_path, CANARY, 0o644)).warnings
    assert ("channels.pager.secret_file", "chmod 600 secret") in [(one.field, one.hint) for one in warnings]


def test_secrets_in_a_configuration_that_everybody_may_read_are_a_warning(tmp_path: Path) -> None:
    path = write(tmp_path, SOUND)
    path.chmod(0o644)
    messages = [one.message for one in load(path, NOTIFIERS).warnings]
    assert "holds secrets, and can be read by everybody on this machine" in messages


def test_no_secret_shows_in_what_a_configuration_looks_like(tmp_path: Path) -> None:
    kept(tmp_path, CANARY)
    text = SOUND.replace(PAGER, PAGER + f", secret: {CANARY}").replace("sample-token-1", f"{CANARY}-2")
    found = read(tmp_path, text.replace("{token: sample-token-2}", "{token_file: secret}"))
    assert CANARY not in f"{found!r} {found}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (PAGER, PAGER + f", secret: [{CANARY}]"),
        (PAGER, PAGER + f", secret: {{{CANARY}: 1}}"),
        (PAGER, PAGER + f", secret: {CANARY}, secret_file: secret"),
        (PAGER, PAGER + f", secret_file: {CANARY}"),
        ('url: "http://127.0.0.1:9911/page"', f'url: "nonsense://{CANARY}@:x"'),
        ("bearer_token: sample-token-1", f"bearer_token: '{CANARY} with blanks'"),
        ("bearer_token: sample-token-1", f"bearer_token: {CANARY}, anonymous: true"),
        ("bearer_token: sample-token-1", f"basic_auth: {{username: g, password: {CANARY}, x: 1}}"),
        ("sources:\n", f"sources:\n  a: {{bearer_token: {CANARY}}}\n  b: {{bearer_token: {CANARY}}}\n"),
        ("{token: sample-token-2}", f"{CANARY}"),
        ("{token: sample-token-2}", f"{{token: {CANARY}, token: {CANARY}}}"),
    ],
)
def test_no_mistake_tells_a_secret(tmp_path: Path, old: str, new: str) -> None:
    found = mistakes(tmp_path, spoiled(old, new))
    said = " ".join(f"{one} {one!r}" for one in found)
    assert found
    assert CANARY not in said.replace(f"channels.pager.secret.{CANARY}", "")


def test_a_channel_without_secrets_stays_without(tmp_path: Path) -> None:
    assert isinstance(read(tmp_path, SOUND).channels["chat"].settings, ConsoleSettings)


def test_settings_name_every_secret_of_the_file_wherever_it_stands(tmp_path: Path) -> None:
    kept(tmp_path, CANARY)
    text = spoiled("{type: console}", "{type: mail, login: {user: u, password_file: secret}}")
    assert set(read(tmp_path, text).secrets) == {"sample-token-1", "sample-token-2", CANARY}


def test_what_a_channel_hides_when_printed_is_a_secret_too(tmp_path: Path) -> None:
    page = "http://127.0.0.1:9911/page?token=abc"
    text = spoiled(PAGER, '9911/page?token=abc", bearer_token: sesame, headers: {X-Key: open}')
    file = tmp_path / "rungbell.yml"
    file.write_text(text)
    file.chmod(0o600)
    notifiers: dict[str, NotifierType] = {**NOTIFIERS, "webhook": WebhookNotifier}
    assert {page, "sesame", "open"} <= set(load(file, notifiers).secrets)


def test_who_rings_nobody_needs_no_secret(tmp_path: Path) -> None:
    text = spoiled(PAGER, '9911/page", secret_file: secrets/nowhere')
    assert mistakes(tmp_path, text)
    found = load(write(tmp_path, text), NOTIFIERS, secrets=False)
    assert [route.policy.name for route in found.book.routes] == ["database", "default"]
