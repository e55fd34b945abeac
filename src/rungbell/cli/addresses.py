"""Addresses as flags spell them: where to listen, how people reach it, below which path.

May import: click, the standard library.
"""

import re
from urllib.parse import urlsplit

import click

DEFAULT_ADDRESS = "127.0.0.1:11911"
DEFAULT_URL = f"http://{DEFAULT_ADDRESS}"
_PATH = re.compile(r"[A-Za-z0-9/._~-]*")


def parse_address(text: str) -> tuple[str, int]:
    """Split ``host:port``; ``:port`` is every address, IPv6 stands in brackets.

    Raises:
        click.BadParameter: it is neither.
    """
    host, separator, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if (
        not separator
        or not (port.isascii() and port.isdigit())
        or int(port) > 65535
        or (":" in host or "[" in host or "]" in host) != bracketed
    ):
        raise click.BadParameter(
            f"{text!r} is not host:port, for example {DEFAULT_ADDRESS} or [::1]:11911",
            param_hint="--web.listen-address",
        )
    return host.strip("[]"), int(port)


def _path(text: str, whole: str) -> str:
    if not _PATH.fullmatch(text) or "//" in text or {".", ".."} & set(text.split("/")):
        raise click.BadParameter(f"{whole!r}: a path of letters, digits, `/`, `.`, `_`, `~` and `-` is expected")
    return text


def base_url(text: str) -> str:
    """Give ``http(s)://host[:port][/path]`` back, without slashes at its end.

    Raises:
        click.BadParameter: it is something else, or has something behind the path.
    """
    try:
        parts = urlsplit(text)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or parts.query or parts.fragment or "@" in parts.netloc or text != text.strip():
        raise click.BadParameter(f"{text!r} is not a URL that can be added to, such as https://rungbell.example.com")
    _path(parts.path, text)
    return text.rstrip("/")


def external_url(context: click.Context, parameter: click.Parameter, text: str) -> str:
    """Take a ``base_url``, or nothing."""
    return base_url(text) if text else ""


def route_prefix(context: click.Context, parameter: click.Parameter, text: str | None) -> str | None:
    """Take a path, or nothing at all."""
    return text if text is None else _path(text, text)
