"""What is shown of how somebody is reached, and where it is found in what others say."""

import pytest

from rungbell.domain.plain_text import Masks, masked, plain, without_contacts

NUMBER, ADDRESS = "+44 20 7946 0001", "alice.ng@example.com"


@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        (NUMBER, "…0001"),
        ("442079460001", "…0001"),
        (ADDRESS, "a…@example.com"),
        ("U0ALICE99", "…CE99"),
        ("U0ALICE", "…"),  # too short to show a part of
        ("", "…"),
    ],
)
def test_others_see_the_end_of_a_contact(contact: str, shown: str) -> None:
    assert masked(contact) == shown


@pytest.mark.parametrize(
    "said",
    ["+44 20 7946 0001", "+442079460001", "442079460001", "+44 (20) 7946-0001", "%2B442079460001", "44.20.7946.0001"],
)
def test_a_number_is_found_however_its_digits_are_grouped(said: str) -> None:
    assert without_contacts(f"no route to {said}: busy", [NUMBER, ADDRESS], "(alice)") == "no route to (alice): busy"
    assert Masks([NUMBER, ADDRESS]).over(f"no route to {said}: busy") == "no route to …0001: busy"


def test_an_address_is_found_whatever_its_case() -> None:
    assert Masks([NUMBER, ADDRESS]).over("<Alice.Ng@Example.com>: unknown") == "<A…@Example.com>: unknown"


@pytest.mark.parametrize(
    "said", ["incident 4420", "at 2026-11-26 10:00:00", "+44 20 7946 0002", "bob@example.com", "12"]
)
def test_what_is_nobody_s_stays(said: str) -> None:
    assert Masks([NUMBER, ADDRESS, "12", "a-word"]).over(said) == said
    assert without_contacts(said, [NUMBER, ADDRESS, "12"], "(alice)") == said


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("the disk of münchen-1 is full 💾", "the disk of münchen-1 is full 💾"),
        ("two  blanks\tand\r\nlines ", "two blanks and lines"),
        ("no\u00a0break", "no break"),
        ("turned \u202e round\u200b, \x1b[31mred\x07", "turned round, [31mred"),
        ("a private \ue000 place, a line\u2028's end", "a private place, a line's end"),
        ("unknown \u0378 and unpaired \ud800", "unknown \u0378 and unpaired"),
        ("", ""),
    ],
)
def test_what_could_disturb_a_line_is_taken_out_and_nothing_else(said: str, shown: str) -> None:
    assert plain(said, 100) == shown
    assert plain(said * 20, 10) == plain((said * 20)[:60], 10)
