"""What a page is about, as it travels in the addresses that Twilio calls.

Rules
-----
* It has no character that anything on the way would spell another way: the signature is over the address as it was
  called. Nobody but us and Twilio can write one, for that reason.

May import: pydantic_core, the standard library.
"""

import base64
from collections.abc import Mapping

from pydantic_core import from_json, to_json

PARAMETER = "about"


def address(url: str, facts: Mapping[str, str]) -> str:
    """Give an address that carries these facts."""
    return f"{url}?{PARAMETER}={base64.urlsafe_b64encode(to_json(facts)).rstrip(b'=').decode()}"


def facts_in(query: Mapping[str, str]) -> Mapping[str, str]:
    """Give the facts of an address that was called; none where it carries none."""
    try:
        found = from_json(base64.urlsafe_b64decode(query.get(PARAMETER, "") + "==="))
    except ValueError:
        return {}
    texts = found.items() if isinstance(found, dict) else ()
    return {name: value for name, value in texts if isinstance(value, str)}
