"""What is believed to be Twilio's: golden vectors, and a thousand ways to be somebody else."""

import hashlib
import random
import string
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

import pytest
from multidict import CIMultiDict, CIMultiDictProxy, MultiDict
from yarl import URL

from rungbell.notifiers.answering import Callback
from rungbell.notifiers.twilio.signature import FORM, Form, authentic, genuine, sign

TOKEN = b"12345"
URL_ = "https://mycompany.com/myapp.php?foo=1&bar=2"
FIELDS: Form = {
    "CallSid": ("CA1234567890ABCDE",),
    "Digits": ("1234",),
    "From": ("+14158675309",),
    "To": ("+18005551212",),
    "Caller": ("+14158675309",),
}
SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
WITH_PORT = "kvajT1Ptam85bY51eRf/AJRuM3w="
JSON_BODY = b'{"property": "value", "boolean": true}'
JSON_URL = f"{URL_}&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
JSON_SIGNATURE = "a9nBmqA0ju/hNViExpshrM61xv4="
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def callback(
    url: str = URL_,
    form: Form | bytes = FIELDS,
    signature: str | None = SIGNATURE,
    kind: str = FORM,
    method: str = "POST",
) -> Callback:
    """A request as the daemon hands it on."""
    body = form if isinstance(form, bytes) else urlencode([(name, one) for name in form for one in form[name]]).encode()
    headers = CIMultiDict({"Content-Type": kind})
    if signature is not None:
        headers["X-Twilio-Signature"] = signature
    query = MultiDict(URL(url, encoded=True).query)
    return Callback(method, "call", url, query, CIMultiDictProxy(headers), body, NOON)


@pytest.mark.parametrize(
    ("url", "form", "signature"),
    [
        (URL_, FIELDS, SIGNATURE),
        (URL_.replace(".com", ".com:443"), FIELDS, WITH_PORT),
        (
            URL_,
            {"Sid": ("CA123",), "SidAccount": ("AC123",), "Digits": ("5678", "1234", "1234")},
            "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
        ),
        (JSON_URL, {}, JSON_SIGNATURE),
    ],
    ids=["form", "port", "duplicates", "json"],
)
def test_golden_vectors(url: str, form: Form, signature: str) -> None:
    assert sign(TOKEN, url, form) == signature
    assert genuine([TOKEN], url, form, signature)


@pytest.mark.parametrize("signature", [SIGNATURE, WITH_PORT])
@pytest.mark.parametrize("place", ["mycompany.com", "mycompany.com:443"])
def test_an_address_is_the_same_with_its_port_and_without(place: str, signature: str) -> None:
    assert authentic([TOKEN], callback(URL_.replace("mycompany.com", place), signature=signature)) == FIELDS


def test_both_tokens_are_good_while_one_takes_the_place_of_the_other() -> None:
    assert authentic([b"newer", TOKEN], callback()) == FIELDS
    assert authentic([b"newer"], callback()) is None


def test_a_body_that_is_no_form_counts_only_by_its_digest() -> None:
    good = {"url": JSON_URL, "signature": JSON_SIGNATURE, "kind": "application/json"}
    assert authentic([TOKEN], callback(form=JSON_BODY, **good)) == {}
    assert authentic([TOKEN], callback(form=JSON_BODY + b" ", **good)) is None
    unsaid = sign(TOKEN, URL_, {})
    assert authentic([TOKEN], callback(form=JSON_BODY, signature=unsaid, kind="application/json")) is None
    assert hashlib.sha256(JSON_BODY).hexdigest() in JSON_URL


def test_a_get_is_signed_by_its_address_alone() -> None:
    request = callback(form=b"Digits=4", signature=sign(TOKEN, URL_, {}), method="GET")

    assert authentic([TOKEN], request) == {"foo": ("1",), "bar": ("2",)}


@pytest.mark.parametrize("signature", [None, "", "é", "\udcff", "=" * 5000, SIGNATURE.lower(), f" {SIGNATURE}"])
def test_a_header_that_is_missing_or_odd_is_refused(signature: str | None) -> None:
    assert authentic([TOKEN], callback(signature=signature)) is None


def test_a_header_that_came_twice_is_refused() -> None:
    request = callback()
    headers = CIMultiDict(request.headers)
    headers.add("X-Twilio-Signature", SIGNATURE)
    twice = Callback("POST", "call", URL_, request.query, CIMultiDictProxy(headers), request.body, NOON)

    assert authentic([TOKEN], twice) is None


@pytest.mark.parametrize("body", [b"\xff\xfe=1", b"&".join(b"a%d=1" % n for n in range(300)), b"", b"a" * 100_000])
def test_a_body_that_is_no_form_is_refused(body: bytes) -> None:
    assert authentic([TOKEN], callback(form=body)) is None


def test_a_thousand_mutations_are_rejected() -> None:
    chance = random.Random(7)
    tried = 0
    while tried < 1000:
        mutated = _mutated(chance)
        if mutated is None:
            continue
        tried += 1
        assert authentic([TOKEN], mutated) is None, (mutated.url, mutated.body, dict(mutated.headers))


def _mutated(chance: random.Random) -> Callback | None:
    """Change one thing of a good request; ``None`` where it says the same afterwards."""
    what = chance.choice(("url", "value", "name", "signature", "more", "less"))
    form = dict(FIELDS)
    name = chance.choice(sorted(form))
    if what == "url":
        url = _one_changed(URL_, chance)
        same = urlsplit(url).netloc == urlsplit(URL_).netloc and url == URL_
        return None if same or not url.startswith("http") else callback(url)
    if what == "signature":
        return callback(signature=_one_changed(SIGNATURE, chance))
    if what == "value":
        form[name] = (_one_changed(form[name][0], chance),)
    elif what == "name":
        form[_one_changed(name, chance)] = form.pop(name)
    elif what == "more":
        form[name] = (*form[name], chance.choice("0123456789"))
    else:
        del form[name]
    return None if form == FIELDS else callback(form=form)


def _one_changed(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    other = chance.choice([char for char in string.ascii_letters + string.digits if char != text[at]])
    return chance.choice(
        (text[:at] + other + text[at + 1 :], text[:at] + text[at + 1 :], text[:at] + other + text[at:])
    )
