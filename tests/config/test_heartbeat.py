"""``heartbeat``: which service is told that rungbell lives."""

from datetime import timedelta
from pathlib import Path

import pytest

from rungbell.config import load
from tests.config.sample import NOTIFIERS, SOUND, mistakes, read, write

URL = "https://hc-ping.com/7f3b-canary"


def with_heartbeat(keys: str) -> str:
    return f"{SOUND}\nheartbeat: {{{keys}}}\n"


def test_without_the_key_nobody_is_told(tmp_path: Path) -> None:
    assert read(tmp_path, SOUND).heartbeat is None


@pytest.mark.parametrize("ending", ["", "\n"])
def test_the_address_may_stand_in_a_file_and_is_a_secret(tmp_path: Path, ending: str) -> None:
    (tmp_path / "secret").write_text(URL + ending)
    (tmp_path / "secret").chmod(0o600)
    settings = read(tmp_path, with_heartbeat("url_file: secret"))
    assert settings.heartbeat is not None
    assert settings.heartbeat.url.get_secret_value() == URL
    assert settings.heartbeat.every == timedelta(minutes=1)
    assert URL in set(settings.secrets)
    assert "canary" not in repr(settings)


def test_it_goes_through_the_proxy_that_is_given(tmp_path: Path) -> None:
    keys = f"url: {URL}, every: 5m, proxy_url: 'http://user:hidden@proxy:3128'"
    settings = read(tmp_path, with_heartbeat(keys))
    assert settings.heartbeat is not None
    assert settings.heartbeat.every == timedelta(minutes=5)
    assert settings.heartbeat.http.way_to(URL).arguments == {"proxy": "http://user:hidden@proxy:3128/"}
    assert any("hidden" in secret for secret in settings.secrets)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("every: 1m", "heartbeat.url: is required"),
        ("url: 'hc-ping.com/canary'", "heartbeat.url: is not a URL"),
        ("url: 'webcal://hc-ping.com/canary'", "heartbeat.url: is not a URL"),
        ("url: 'ftp://hc-ping.com/canary'", "heartbeat.url: is not a URL"),
        (f"url: {URL}, every: 1s", "heartbeat.every: must be at least 10s"),
        (f"url: {URL}, every: 2h", "heartbeat.every: must be at most 1h"),
        (f"url: {URL}, evry: 1m", "heartbeat.evry: unknown key; hint: did you mean `every`?"),
    ],
)
def test_what_cannot_work_is_a_mistake_that_shows_no_address(tmp_path: Path, keys: str, said: str) -> None:
    (found,) = mistakes(tmp_path, with_heartbeat(keys))
    assert said in str(found)
    assert "canary" not in str(found)


def test_a_file_that_holds_no_address_is_named(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("canary")
    (tmp_path / "secret").chmod(0o600)
    (found,) = mistakes(tmp_path, with_heartbeat("url_file: secret"))
    assert "heartbeat.url_file: is not a URL" in str(found)
    assert "canary" not in str(found)


def test_whoever_rings_nobody_need_not_have_the_file(tmp_path: Path) -> None:
    assert load(write(tmp_path, with_heartbeat("url_file: nowhere")), NOTIFIERS, secrets=False).heartbeat is not None
