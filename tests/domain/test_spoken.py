"""What a commander says is taken apart by its form, and what has none stays as it is."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rungbell.domain.said_time import said_time
from rungbell.domain.spoken import Form, Spoken, spoken

pytestmark = pytest.mark.requirement("64")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (
            "Decision: We will scale the workers to 10 because the queue grows",
            Spoken(Form.DECISION, "We will scale the workers to 10", because="the queue grows"),
        ),
        ("decision - roll back.", Spoken(Form.DECISION, "roll back")),
        (
            "DECISION, we will wait, because Bob said because",
            Spoken(Form.DECISION, "we will wait", because="Bob said because"),
        ),
        (
            "Action item: Bob will rotate the keys by 17:00",
            Spoken(Form.ACTION_ITEM, "rotate the keys", person="Bob", when="17:00"),
        ),
        (
            "action item:  Alice Ng will   fix it by Friday!",
            Spoken(Form.ACTION_ITEM, "fix it", person="Alice Ng", when="Friday"),
        ),
        ("Action item: Bob to write it up", Spoken(Form.ACTION_ITEM, "write it up", person="Bob")),
        (
            "Action item: Bob will make it safe by design by tomorrow 12:00",
            Spoken(Form.ACTION_ITEM, "make it safe by design", person="Bob", when="tomorrow 12:00"),
        ),
        (
            "Scribe: Please log pods restarted in timeline at 10:42",
            Spoken(Form.LOG, "pods restarted", when="10:42"),
        ),
        (
            "scribe, please log failover at db-2 at 10:42 UTC in the timeline.",
            Spoken(Form.LOG, "failover at db-2", when="10:42 UTC"),
        ),
        ("Scribe: log it's quiet", Spoken(Form.LOG, "it's quiet")),
        ("Status update: still red", Spoken(Form.STATUS_UPDATE, "Status update: still red")),
        ("Who is investigating the queue?", Spoken(Form.QUESTION, "Who is investigating the queue?")),
        ("who's investigating db-1", Spoken(Form.QUESTION, "who's investigating db-1")),
    ],
)
def test_a_sentence_of_a_form_is_taken_apart(said: str, meant: Spoken) -> None:
    assert spoken(said) == meant


@pytest.mark.parametrize(
    "said",
    [
        "", "decision", "Decisions were made", "Action items will be discussed", "Scribe logged it",
        "scribe: logging is broken", "Decision:", "the decision: none", "Action item: nobody knows",
        "Action item:", "Scribe: are you there?", "who is on call?", "we will act because", "Decision: " + "x" * 3_000,
        "Decision: .", "Action item: Bob will !", "Scribe: log . in the timeline",
    ],
)  # fmt: skip
def test_what_has_no_form_is_a_note(said: str) -> None:
    assert spoken(said) is None


@given(st.text(max_size=200), st.sampled_from(["Decision: ", "Action item: a will ", "Scribe: log ", ""]))
def test_whatever_is_said_is_taken(said: str, before: str) -> None:
    found = spoken(before + said)
    assert found is None or found.text


MONDAY = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
BERLIN, LONDON = ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("said", "zone", "ahead", "meant"),
    [
        ("17:00", LONDON, True, "2026-11-23 17:00"),
        ("17:00", BERLIN, True, "2026-11-23 16:00"),
        ("17:00 UTC", BERLIN, True, "2026-11-23 17:00"),
        ("10:00", LONDON, True, "2026-11-24 10:00"),
        ("10:00", LONDON, False, "2026-11-23 10:00"),
        ("11:00", LONDON, False, "2026-11-22 11:00"),
        ("5pm", LONDON, True, "2026-11-23 17:00"),
        ("12:15 am", LONDON, True, "2026-11-24 00:15"),
        ("Friday", LONDON, True, "2026-11-27 23:59"),
        ("Friday at 12:00", LONDON, True, "2026-11-27 12:00"),
        ("monday 9:05", LONDON, False, "2026-11-23 09:05"),
        ("friday", LONDON, False, "2026-11-20 23:59"),
        ("tomorrow 12:00", LONDON, True, "2026-11-24 12:00"),
        ("EOD.", LONDON, True, "2026-11-23 23:59"),
        ("2026-12-01", LONDON, True, "2026-12-01 23:59"),
        ("2026-12-01 09:00", BERLIN, True, "2026-12-01 08:00"),
        ("2026-12-01T09:00Z", BERLIN, True, "2026-12-01 09:00"),
        ("in 2 hours", LONDON, True, "2026-11-23 12:30"),
        ("30m", LONDON, True, "2026-11-23 11:00"),
        ("two days", LONDON, True, None),
        ("in 2 hours", LONDON, False, None),
        ("25:00", LONDON, True, None),
        ("13pm", LONDON, True, None),
        ("2026-13-01", LONDON, True, None),
        ("5", LONDON, True, None),
        ("the book", LONDON, True, None),
        ("", LONDON, True, None),
    ],
)
def test_a_time_is_read_as_it_is_meant(said: str, zone: ZoneInfo, meant: str | None, *, ahead: bool) -> None:
    found = said_time(said, MONDAY, zone, ahead=ahead)
    assert (None if found is None else f"{found:%Y-%m-%d %H:%M}") == meant


@given(st.text(alphabet="0123456789:- amptodymrUTCZ", max_size=20), st.booleans())
def test_no_words_stop_the_reader_of_times(said: str, ahead: bool) -> None:
    found = said_time(said, MONDAY, LONDON, ahead=ahead)
    assert found is None or found.tzinfo is not None
