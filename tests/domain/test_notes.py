"""What people write down has a kind, is remembered where texts and the postmortem need it, and changes nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from rungbell.domain.decision import Decision, Outcome
from rungbell.domain.events import Acknowledged, NoteAdded, Via
from rungbell.domain.policy import Tier
from rungbell.domain.postmortem.items import MOST
from rungbell.domain.severity import Severity
from rungbell.domain.timeline import EntryKind, NoteKind
from tests.domain.shipped import opened
from tests.domain.world import World


def write(world: World, text: str, kind: NoteKind = NoteKind.NOTE, *, visible: bool = False) -> Decision:
    return world.happen(NoteAdded(incident=world.id, by="alice", text=text, kind=kind, client_visible=visible))


@pytest.mark.requirement("3", "37", "63")
@pytest.mark.parametrize("kind", NoteKind)
def test_an_entry_has_the_kind_that_it_was_given(kind: NoteKind) -> None:
    world = opened("P1")
    assert write(world, "scaled to 10", kind).reply.outcome is Outcome.DONE
    assert (world.entries[-1].kind.value, world.entries[-1].text) == (kind.value, "scaled to 10")


@pytest.mark.requirement("37")
@pytest.mark.parametrize(
    ("kind", "known"),
    [
        (NoteKind.CONTAINMENT, "containment"),
        (NoteKind.WORKAROUND, "workaround"),
        (NoteKind.AFFECTED, "clients_affected"),
        (NoteKind.CAUSE, "cause"),
    ],
)
def test_what_texts_to_clients_need_is_remembered_and_the_last_word_counts(kind: NoteKind, known: str) -> None:
    world = opened("P1")
    write(world, "the first word", kind)
    write(world, "the last word", kind)
    assert getattr(world.state().command.impact, known) == "the last word"
    assert [entry.text for entry in world.entries if entry.kind.value == kind] == ["the first word", "the last word"]


@pytest.mark.requirement("A14")
def test_a_cause_is_found_when_it_was_first_written_down_and_containing_is_no_promise_that_it_is_contained() -> None:
    world = opened("P1")
    world.now += timedelta(minutes=20)
    found = world.now
    write(world, "the pool is exhausted", NoteKind.CAUSE)
    world.now += timedelta(minutes=5)
    write(world, "a leak in the pool", NoteKind.CAUSE)
    write(world, "restarted", NoteKind.CONTAINMENT)
    assert world.state().command.cause_found_at == found
    assert world.state().command.mitigated_at is None


def test_an_entry_is_for_clients_only_where_somebody_says_so() -> None:
    world = opened("P1")
    write(world, "the queue drains", visible=True)
    write(world, "db-1 is a mess")
    assert [entry.facts.get("client_visible") for entry in world.entries[-2:]] == ["true", None]


@pytest.mark.requirement("64")
def test_a_decision_is_an_entry_with_its_reason() -> None:
    world = opened("P1")
    write(world, "Decision: We will roll back because the release broke it")
    entry = world.entries[-1]
    assert (entry.kind, entry.text) == (EntryKind.DECISION, "We will roll back because the release broke it")
    assert entry.facts == {"because": "the release broke it"}


@pytest.mark.requirement("64", "63")
@pytest.mark.parametrize("name", ["bob", "Bob", "@bob"])
def test_an_action_item_has_owner_day_and_the_severity_of_its_incident(name: str) -> None:
    world = opened("P1")
    decision = write(world, f"Action item: {name} will rotate the keys by tomorrow 17:00")
    postmortem = world.state().postmortem
    assert postmortem is not None
    (item,) = postmortem.items
    due = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
    assert (item.number, item.text, item.owner) == (1, "rotate the keys", "bob")
    assert (item.due, item.priority) == (due, Severity.P1)
    assert decision.reply.text == "action item 1 for bob, due 2026-11-24 17:00 UTC"
    assert world.entries[-1].kind is EntryKind.ACTION_ITEM


@pytest.mark.requirement("64")
def test_an_action_item_whose_day_cannot_be_read_is_due_by_its_priority_and_keeps_the_words() -> None:
    world = opened("P1")
    decision = write(world, "Action item: team database will make it safe by design")
    postmortem = world.state().postmortem
    assert postmortem is not None
    (item,) = postmortem.items
    assert (item.text, item.owner, item.due - world.now) == (
        "make it safe by design",
        "team database",
        timedelta(days=7),
    )
    assert "no day could be read" in decision.reply.text


@pytest.mark.requirement("64")
def test_what_the_scribe_shall_log_is_an_entry_that_says_when_it_happened() -> None:
    world = opened("P1")
    write(world, "Scribe: Please log pods restarted in timeline at 09:42")
    entry = world.entries[-1]
    assert (entry.kind, entry.text) == (EntryKind.OBSERVATION, "pods restarted (at 09:42 UTC)")
    assert (entry.at, entry.facts) == (world.now, {"happened_at": "2026-11-23T09:42:00Z"})


@pytest.mark.requirement("64")
@pytest.mark.parametrize("said", ["Status update: still red", "Who is investigating the queue?"])
def test_questions_and_updates_stay_the_notes_they_are(said: str) -> None:
    world = opened("P1")
    write(world, said)
    entry = world.entries[-1]
    assert (entry.kind, entry.text, set(entry.facts)) == (EntryKind.NOTE, said, {"form"})


def test_a_note_with_a_kind_of_its_own_is_not_taken_apart() -> None:
    world = opened("P1")
    write(world, "Decision: we wait", NoteKind.OBSERVATION)
    assert (world.entries[-1].kind, world.entries[-1].text) == (EntryKind.OBSERVATION, "Decision: we wait")


# -- who, on which tier, by what way, how fast


@pytest.mark.requirement("33")
def test_a_timeline_begins_with_when_it_was_detected_how_bad_it_is_and_what_was_seen() -> None:
    entry = opened("P1").entries[0]
    assert entry.facts["detected_at"] == "2026-11-23T10:00:00Z"
    assert (entry.facts["severity"], entry.facts["observed"]) == ("P1", "the disk is full")


@pytest.mark.requirement("29", "82")
def test_an_acknowledgement_says_who_on_which_tier_by_what_way_and_how_long_after_detection_and_page() -> None:
    world = opened("P1")
    world.now += timedelta(seconds=95)
    world.happen(Acknowledged(incident=world.id, by="alice", via=Via.LINK))
    entry = world.entries[-1]
    assert (entry.kind, entry.actor, entry.tier, entry.channel) == (EntryKind.ACKNOWLEDGED, "alice", Tier.L1, "link")
    assert entry.facts == {"after_s": "95", "after_page_s": "95"}


def test_what_somebody_does_who_was_paged_says_on_which_tier() -> None:
    world = opened("P2")
    world.note("alice", "on it")
    world.note("chen", "looking, though nobody asked me")
    assert [entry.tier for entry in world.entries[-2:]] == [Tier.L1, None]


@pytest.mark.requirement("64")
@pytest.mark.parametrize("day", ["yesterday", "2020-01-01", "9999-12-31"])
def test_an_action_item_by_a_day_that_cannot_be_meant_is_due_by_its_priority_and_keeps_the_words(day: str) -> None:
    world = opened("P1")
    write(world, f"Action item: dana will add the index by {day}")
    postmortem = world.state().postmortem
    assert postmortem is not None
    assert (postmortem.items[0].text, postmortem.items[0].due - world.now) == (
        f"add the index by {day}",
        timedelta(days=7),
    )


def test_more_action_items_than_there_may_be_are_notes() -> None:
    world = opened("P1")
    for number in range(MOST + 1):
        write(world, f"Action item: dana will do {number}")
    postmortem = world.state().postmortem
    assert postmortem is not None
    assert len(postmortem.items) == MOST
    assert world.told(EntryKind.NOTE) == [f"Action item: dana will do {MOST}"]
