"""Every language has every phrase, with the same names to fill in, and short messages stay short."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from string import Formatter

import pytest

from rungbell.domain.incident import Status
from rungbell.domain.language import Language
from rungbell.domain.page import Purpose
from rungbell.notifiers.twilio.segments import is_gsm
from rungbell.words import words_of

ENGLISH = words_of(Language.EN)
OTHERS = sorted(set(Language) - {Language.EN})
THE_SAME = {"telephone.incident", "sms.escalated"} | {f"shift.days.{day}" for day in range(7)}
"""Phrases that may read alike in two languages."""


def phrases(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Every phrase below a value, with its place."""
    if is_dataclass(value):
        for field in fields(value):
            yield from phrases(getattr(value, field.name), f"{name}.{field.name}".strip("."))
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from phrases(inner, f"{name}.{key}")
    elif isinstance(value, tuple):
        for number, inner in enumerate(value):
            yield from phrases(inner, f"{name}.{number}")
    else:
        yield name, str(value)


def names(phrase: str) -> list[str]:
    return sorted({name for _, name, _, _ in Formatter().parse(phrase) if name is not None})


@pytest.mark.parametrize("language", Language)
def test_every_purpose_and_status_has_its_words(language: Language) -> None:
    words = words_of(language)
    assert words.why.keys() == set(Purpose)
    assert {purpose for purpose, why in words.why.items() if not why} == {Purpose.AT_ONCE}
    assert words.statuses.keys() == set(Status)
    assert "TEST" in words.test


@pytest.mark.parametrize("language", OTHERS)
def test_every_phrase_fills_in_the_same_names_and_is_a_translation(language: Language) -> None:
    english, own = dict(phrases(ENGLISH)), dict(phrases(words_of(language)))
    assert own.keys() == english.keys()
    for name, phrase in english.items():
        assert names(own[name]) == names(phrase), name
        assert bool(own[name]) == bool(phrase), name
    alike = {name for name, phrase in english.items() if phrase and own[name] == phrase}
    assert alike <= THE_SAME


@pytest.mark.parametrize("language", Language)
def test_what_goes_by_sms_is_gsm_7_and_short(language: Language) -> None:
    words = words_of(language)
    for name, phrase in (*phrases(words.sms), *phrases(words.statuses)):
        assert is_gsm(phrase.format(**dict.fromkeys(names(phrase), "04711"))), (name, phrase)
    reply = words.sms.reply.format(code="04711")
    assert len(reply) <= 90
    assert reply.count("04711") == 3


@pytest.mark.parametrize("language", Language)
def test_a_voice_is_one_of_the_language(language: Language) -> None:
    assert words_of(language).telephone.voice.startswith(f"{language}-")


@pytest.mark.parametrize("language", Language)
def test_the_keys_are_the_same_in_every_language(language: Language) -> None:
    words = words_of(language)
    assert [char for char in words.telephone.menu if char.isdigit()] == ["4", "5", "6"]
    assert [char for char in words.telephone.insist if char.isdigit()] == ["6", "4"]
    assert [char for char in words.sms.hint if char.isdigit()] == ["4", "5", "6"]
