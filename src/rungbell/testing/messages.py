"""Messages to send: harmless ones, and texts that try to be more than text.

May import: ``notifiers`` (the port), ``domain``, the standard library.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from rungbell.domain.page import PageKind
from rungbell.domain.policy import Tier
from rungbell.domain.roster import Person
from rungbell.domain.severity import Severity
from rungbell.notifiers import IncidentView, Message

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

HARMLESS = "P1 #7 DiskFull\nthe disk is full"

HOSTILE = {
    "quotes": 'the "disk" is \'full\' \\ and \\" more',
    "json": '"}], "kind": "notification", "x": [{"',
    "lines": "first\nsecond\r\nthird",
    "header": "disk full\r\nX-Evil: 1\r\n\r\nGET / HTTP/1.1",
    "unicode": "Plattenfüllstand 100 % 🔥 \u2028 \u202e \u0000",
    "markup": "<script>alert(1)</script> {{ 7*7 }} ${jndi:ldap://x} %s %(x)s {0}",
    "markdown": "*bold* _it_ ~gone~ `code` ```x``` [safe](http://evil.example) ![x](http://evil.example/p) # > |",
    "markers": "disk full\n# a heading\n- an item\n1. the first\n> a quotation\n====\n+ one more\n----",
    "mentions": "@everyone @here @channel <!channel> <!here> <@U024BE7LH> <@&1234> <#C024BE7LR> @all",
    "links": "<http://evil.example|status page> <https://evil.example> &lt;x&gt; &amp;amp; a&b",
    "emoji": "👩‍👩‍👧‍👦 🇩🇪 é e\u0301 :fire: 🏳️‍🌈",
    "long": "disk " * 4_000,
    "huge": "disk 🔥 " * 12_500,
    "empty": "",
}
"""Texts of alerts that mean to be more than text, by what they try; the longest has 100 kB."""


def message(text: str = "P1 #7 DiskFull", **facts: Any) -> Message:  # noqa: ANN401 -- any field of Message
    """Give a page to Alice, as it comes where she can answer; without ``acknowledge_url`` nobody is asked."""
    asks = bool(facts.get("acknowledge_url", True))
    plain = Message(
        kind=PageKind.PAGE,
        intent="0190aa:1:1:L1:alice:pager:at_once",
        incident=IncidentView(
            id="0190aa",
            number=7,
            title="DiskFull: the disk is full",
            severity=Severity.P1,
            status="triggered",
            url="http://rungbell.example.org/api/v1/incidents/7",
        ),
        tier=Tier.L1,
        person=Person("alice", "Alice Ng", {"email": "alice@example.com", "phone": "+442079460001"}),
        text=text,
        acknowledge_url="http://rungbell.example.org/a/token-of-alice",
        sent_at=NOON,
        code="04711" if asks else "",
        answers_url="https://rungbell.example.org/answers/phone" if asks else "",
        useful_for=timedelta(minutes=15),
    )
    given = replace(plain, **facts)
    return replace(given, mark=_mark(given.intent), thread_mark=_mark(given.thread))


def _mark(text: str) -> str:
    return sha256(f"a secret {text}".encode()).hexdigest()[:32]


def notice(text: str = "You are on call for support") -> Message:
    """Give a notification to Alice about a shift, and about no incident."""
    return message(
        text, kind=PageKind.NOTIFICATION, incident=None, tier=None, schedule="support", acknowledge_url="",
        intent="shift_begun:support:2026-11-23T12:00:00.000Z:alice:pager",
    )  # fmt: skip


def trial(text: str = "TEST: nothing is wrong") -> Message:
    """Give a test page to Alice: it is to be acknowledged, and about no incident."""
    return message(text, incident=None, tier=None, test=True, intent="test_page:2026-11-23T12:00:00.000Z:alice:pager")


def together(text: str = "2 incidents ask for you: 1 P1, 1 P2") -> Message:
    """Give pages to Alice that were held back and leave as one: one acknowledgement is for both."""
    plain = message()
    assert plain.incident is not None
    other = replace(plain.incident, id="0190ab", number=8, title="DiskSlow", severity=Severity.P2)
    return message(
        text, incident=None, tier=None, bundle=(plain.incident, other), intent="bundle:0123456789ab:alice:pager"
    )


def titled(text: str) -> Message:
    """Give a page whose incident is called by a text of strangers too."""
    plain = message(text)
    assert plain.incident is not None
    return replace(plain, incident=replace(plain.incident, title=text.partition("\n")[0][:200] or "-"))


def of_severity(severity: Severity) -> Message:
    """Give a page about an incident of a severity."""
    plain = message()
    assert plain.incident is not None
    return replace(plain, incident=replace(plain.incident, severity=severity))
