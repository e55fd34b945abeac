"""What is a web address, and which hosts are this machine itself, and so lead nobody else anywhere.

May import: the standard library.
"""

import ipaddress
from urllib.parse import urlsplit


def is_web_address(url: str) -> bool:
    """Whether it can be asked for: ``http`` or ``https``, and a host."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        return False
    return sound and url.isprintable() and " " not in url


def is_loopback(host: str) -> bool:
    """Whether a host, written without brackets, is this machine's own address; an empty one is every address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def stays_here(url: str) -> bool:
    """Whether a URL, opened anywhere, leads no further than the machine that opens it."""
    host = urlsplit(url).hostname or ""
    try:
        return is_loopback(host) or host.endswith(".localhost") or ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False
