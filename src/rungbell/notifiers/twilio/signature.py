"""Whether a request is Twilio's: ``X-Twilio-Signature`` (integrations 7.3).

Rules
-----
* Signed is the address that Twilio called, which is the external one of the daemon, and each distinct value of each
  parameter of a form, by name. Twilio is not of one mind about ports: with and without it are both right.
* A body that is no form counts only if the address holds its SHA-256.
* The header must be there once. Signatures are compared in constant time, as bytes, with every token that is good.

May import: ``notifiers.answering``, the standard library.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import SplitResult, parse_qsl, urlsplit

from rungbell.notifiers.answering import Callback

FIELDS = 200
"""Parameters of a form at most; Twilio sends some thirty."""
PORTS = {"https": 443, "http": 80}
FORM = "application/x-www-form-urlencoded"

Form = Mapping[str, tuple[str, ...]]


def sign(token: bytes, url: str, form: Form) -> str:
    """Give the signature of a request."""
    signed = url + "".join(name + value for name in sorted(form) for value in sorted(set(form[name])))
    return base64.b64encode(hmac.digest(token, signed.encode("utf-8", "surrogatepass"), "sha1")).decode()


def genuine(tokens: Iterable[bytes], url: str, form: Form, signature: str) -> bool:
    """Whether one of the tokens has made the signature."""
    given = signature.encode("utf-8", "surrogatepass")
    known = [sign(token, one, form).encode() for token in tokens for one in _spellings(url)]
    return any(hmac.compare_digest(one, given) for one in known)


def authentic(tokens: Iterable[bytes], callback: Callback) -> Form | None:
    """Give the parameters of a request of Twilio; ``None`` where it is not theirs, or is no request of theirs."""
    form: Form | None = {}
    if callback.method == "POST":
        form = _form(callback.body) if _is_form(callback) else _covered(callback)
    signature = callback.header("X-Twilio-Signature")
    if form is None or not signature or not genuine(tokens, callback.url, form, signature):
        return None
    if callback.method == "POST":
        return form
    return {name: tuple(callback.query.getall(name)) for name in callback.query}


def one(form: Form, name: str) -> str:
    """Give the value of a parameter that came once; else an empty text."""
    found = form.get(name, ())
    return found[0] if len(found) == 1 else ""


def _is_form(callback: Callback) -> bool:
    return callback.header("Content-Type").partition(";")[0].strip().lower() == FORM


def _form(body: bytes) -> Form | None:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS)
    except ValueError:
        return None
    form: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        form[name] = (*form.get(name, ()), value)
    return form


def _covered(callback: Callback) -> Form | None:
    told = callback.query.getall("bodySHA256", [])
    digest = hashlib.sha256(callback.body).hexdigest()
    return {} if len(told) == 1 and hmac.compare_digest(told[0].encode(), digest.encode()) else None


def _spellings(url: str) -> Iterable[str]:
    parts = urlsplit(url)
    bare = parts.netloc.removesuffix(f":{parts.port}") if parts.port is not None else parts.netloc
    yield _called(url, parts, bare)
    yield _called(url, parts, f"{bare}:{parts.port or PORTS.get(parts.scheme, 443)}")


def _called(url: str, parts: SplitResult, place: str) -> str:
    """Put another host into an address and leave every other byte."""
    return url.replace(f"://{parts.netloc}", f"://{place}", 1)
