"""What a language has to say: one field for each phrase that a person reads or hears.

Rules
-----
* Names in braces are filled in; a test holds each language to have the same ones.
* What goes by SMS has only characters of GSM-7: one other would more than halve what fits (integrations 7).
* What the core answers to an act, and what it says of the news it tells, stays English.

May import: ``domain`` and the standard library's pure parts.
"""

from collections.abc import Mapping

from rungbell.domain.incident import Status
from rungbell.domain.page import Purpose
from rungbell.domain.values import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftWords:
    """Of notices that a shift is coming, has begun or has ended."""

    coming: str
    begun: str
    ended: str
    until: str
    beyond: str
    """In the place of ``until``, where no end is in sight."""
    nobody: str
    override: str
    everybody: str
    note: str
    more: str
    days: tuple[str, str, str, str, str, str, str]
    """From Monday on, short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerWords:
    """Of what came of an answer, where only a short sentence has room."""

    again: str
    """Where nothing was recorded."""
    acknowledged: str
    escalated: str
    resolved: str
    stands: str
    held: str
    ended: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TelephoneWords(AnswerWords):
    """Of calls; a person hears them at night."""

    voice: str
    """What has them spoken: the language with its country."""
    incident: str
    """What stands before the number of an incident, which is said digit by digit."""
    menu: str
    insist: str
    """After what speaks against resolving."""
    goodbye: str
    nothing: str
    no_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsWords(AnswerWords):
    """Of short messages."""

    reply: str
    hint: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardWords:
    """Of what answers come to, in any channel, beside what the core says."""

    unknown: str
    only_together: str
    together: str
    others: str
    """Behind ``together``, where there are others."""
    tried: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonWords:
    """On the buttons under a message that is for one person."""

    acknowledge: str
    escalate: str
    resolve: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkWords:
    """Of the page behind a link."""

    acknowledge: str
    acknowledge_all: str
    firing: str
    since: str
    paged: str
    severity: str
    alerts: str
    parts: str
    nobody_yet: str
    by: str
    for_you: str
    you_hold: str
    held: str
    used: str
    expired: str
    ended: str
    ended_itself: str
    cycle: str
    other_contact: str
    tried: str
    to_try: str
    spent: str
    """Of a bundle: nothing of it can be acknowledged by the link."""
    waiting: str
    away: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The phrases of one language."""

    why: Mapping[Purpose, str]
    """Why it is sent; empty where nothing need be said."""
    guessed: str
    firing: str
    since: str
    held: str
    commanded: str
    test: str
    """The first line of a test page."""
    test_answer: str
    """What its reader is asked for."""
    held_back: str
    """The first line of pages that leave together."""
    more: str
    together: str
    """What one answer to them does."""
    statuses: Mapping[Status, str]
    shift: ShiftWords
    telephone: TelephoneWords
    sms: SmsWords
    heard: HeardWords
    buttons: ButtonWords
    link: LinkWords

    def ended(self, status: Status) -> str:
        """How an incident ended, where who ended it is said: what is closed was resolved before."""
        return self.statuses[Status.RESOLVED if status is Status.CLOSED else status]
