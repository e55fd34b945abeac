"""What the command line's way to the daemon gives away, and to whom."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click
import pytest

from rungbell.cli.client import Client, make_client
from rungbell.cli.connection import _one_line
from rungbell.cli.failures import NotReachedError
from tests.harness.ports import LOOPBACK, free_port


@contextmanager
def listening(status: int, location: str = "") -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """Run a server that always answers the same; gives where it is, and what it was asked with which credentials."""
    asked: list[tuple[str, str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers.get("Authorization")))
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_token_is_not_taken_along_to_where_an_answer_leads() -> None:
    with (
        listening(200) as (elsewhere, asked),
        listening(302, f"{elsewhere}/api") as (url, _),
        pytest.raises(NotReachedError, match="leads elsewhere"),
    ):
        Client(url, "rb_secret").get("/api/v1/status")
    assert asked == []


def test_no_proxy_is_asked_for_this_machine_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://{LOOPBACK}:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    with listening(200) as (url, asked):
        assert Client(url, "rb_secret").get("/api/v1/status") == {}
    assert asked == [("/api/v1/status", "Bearer rb_secret")]


def test_a_token_that_cannot_be_sent_is_refused_and_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("rb_secret\n# made in May\n")
    with pytest.raises(click.UsageError) as refused:
        make_client(None, None, str(file))
    assert str(file) in refused.value.message
    assert "rb_secret" not in refused.value.message


def test_a_title_is_one_line_of_a_completion() -> None:
    assert _one_line("P1 y\nplain\n--url=http://evil.example\x1b[2J") == "P1 y plain --url=http://evil.example [2J"
