"""English.

May import: ``domain`` and ``words``.
"""

from rungbell.domain.page import Purpose
from rungbell.runtime.words.words import Words

WORDS = Words(
    why={
        Purpose.AT_ONCE: "",
        Purpose.UPGRADE: "the severity was raised",
        Purpose.LAPSE: "nobody has acknowledged so far",
        Purpose.REPEAT: "nobody has acknowledged so far; you were paged before",
        Purpose.ENGAGEMENT: "engineering has not acknowledged in time",
        Purpose.UNRESOLVED: "it is still not resolved",
        Purpose.EXHAUSTED: "every tier was paged and nobody has acknowledged",
        Purpose.TIER_EMPTY: "nobody on the tier below you can be reached",
        Purpose.MANUAL: "somebody asks for you",
        Purpose.ACKNOWLEDGEMENT_ENDED: "your acknowledgement has ended and it is not resolved",
        Purpose.RESOLUTION: "it has been stable for its whole window: resolve it, or say why not",
        Purpose.NEWS: "for your information; nothing to do",
        Purpose.REMINDER: "a reminder",
    },
    guessed="guessed",
    firing="{firing} of {alerts} alerts firing",
    since="since {at}",
    held="held by {person} since {at}",
    commanded="commanded by {person} since {at}",
    test="TEST: nothing is wrong. {by} tries whether {channel} reaches you",
    test_answer="Acknowledge it, so that rungbell knows that it does.",
    held_back="{pages} incidents ask for you, held back to come as one: {severities}",
    more="and {more} more",
    together="One acknowledgement is for all of them.",
)
