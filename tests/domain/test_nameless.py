"""Whoever was forgotten is a number where a name stands, and their id is a word everywhere else."""

from datetime import UTC, datetime, timedelta

import pytest

from rungbell.domain.nameless import NOBODY, nameless
from rungbell.domain.policy import Tier
from rungbell.domain.timeline import Entry, EntryKind
from tests.domain.shipped import L1, opened, shipped

AT = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
THREE = "forgotten person 3"
BOB = nameless({"bob": 3}, ())


def shown(text: str, person: str = "bob") -> str:
    """Give a sentence without one person, of whom ``_`` stands for what they are called."""
    return nameless({person: 3}, ()).sentence(text).replace(THREE, "_")


def test_an_entry_has_a_number_where_an_id_stood() -> None:
    entry = Entry(
        AT,
        EntryKind.ROLE,
        "bob is scribe, named by bob; bob.smith and bobby stay",
        "bob",
        facts={"person": "bob", "intent": "incident:1:bob:pager", "line": "bob"},
    )
    (told,) = BOB.entries([entry])
    assert (told.actor, told.text) == (THREE, f"{THREE} is scribe, named by {THREE}; bob.smith and bobby stay")
    assert told.facts == {"person": THREE, "intent": f"incident:1:{THREE}:pager", "line": "bob"}
    assert NOBODY.entries([entry]) == [entry]


def test_whoever_is_in_the_configuration_again_has_their_name_again() -> None:
    assert nameless({"bob": 3}, ["bob"]).name("bob") == "bob"
    assert nameless({"bob": 3, "chen": 4}, ["bob"]).names == {"chen": "forgotten person 4"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("acknowledged by bob (api)", "acknowledged by _ (api)"),
        ("P2 → P1: a security breach, says bob", "P2 → P1: a security breach, says _"),
        ("already acknowledged by bob at 10:00:00 UTC", "already acknowledged by _ at 10:00:00 UTC"),
        ("counted for L2; bob holds the incident until 11:00", "counted for L2; _ holds the incident until 11:00"),
        ("declared P1; bob commands", "declared P1; _ commands"),
        ("the command passes from bob to chen, without x", "the command passes from _ to chen, without x"),
        ("the command passes from chen to bob: ill", "the command passes from chen to _: ill"),
        ("bob is technical lead instead of chen, named by dana", "_ is technical lead instead of chen, named by dana"),
        ("chen is scribe instead of bob", "chen is scribe instead of _"),
        ("L1 paged (at once): eve by sms in 0:05, bob by sms", "L1 paged (at once): eve by sms in 0:05, _ by sms"),
        ("pager took the page to bob after 1.2 s", "pager took the page to _ after 1.2 s"),
        ("mail did not take the page to eve (refused: <(bob)>)", "mail did not take the page to eve (refused: <(_)>)"),
        ("action item 1 for bob, P1, due 2026-11-30: rotate", "action item 1 for _, P1, due 2026-11-30: rotate"),
        ("action item 1: done, bob, due 2026-11-30", "action item 1: done, _, due 2026-11-30"),
        ("executive note 2 sent to chen, bob and 3 more", "executive note 2 sent to chen, _ and 3 more"),
        ("the postmortem was reviewed with eve, bob: well", "the postmortem was reviewed with eve, _: well"),
        ("a postmortem is mandatory: it was P0, bob owns it", "a postmortem is mandatory: it was P0, _ owns it"),
        ("resolved by chen (although bob commands it)", "resolved by chen (although _ commands it)"),
        ("bob told: chen made you scribe", "_ told: chen made you scribe"),
        ("paging is held no longer: bob escalates", "paging is held no longer: _ escalates"),
        ("eve is on call for db in the place of bob 10:00", "eve is on call for db in the place of _ 10:00"),
        ("(recipient_gone: bob is not in the configuration)", "(recipient_gone: _ is not in the configuration)"),
    ],
)  # fmt: skip
def test_a_name_is_replaced_where_it_stands_in_a_sentence(text: str, told: str) -> None:
    assert shown(text) == told


@pytest.mark.parametrize(
    ("person", "text", "told"),
    [
        ("first", "first has to be acknowledged first, by first", "first has to be acknowledged first, by _"),
        ("will", "clients will be told, says will", "clients will be told, says _"),
        ("it", "nobody holds the incident; it goes on", "nobody holds the incident; it goes on"),
        ("page", "pager took the page to page after 1.0 s", "pager took the page to _ after 1.0 s"),
        ("resolved", "resolved by resolved", "resolved by _"),
        ("mark", "go through it, and say to mark it", "go through it, and say to mark it"),
    ],
)
def test_an_id_that_is_a_word_too_stays_one_where_no_name_stands(person: str, text: str, told: str) -> None:
    assert shown(text, person) == told


def test_of_a_whole_incident_nothing_names_whoever_was_forgotten() -> None:
    people = shipped().roster.people
    world = opened("P1")
    one, other = sorted(people)[:2]
    holder = world.sent(L1).page.person
    world.accept(world.sent(L1))
    world.acknowledge(holder)
    world.declare(other, commander=one)
    world.escalate(one, Tier.L2)
    world.snooze(holder, timedelta(minutes=5))
    world.note(one, f"Action item: {other} will look by tomorrow 17:00")
    world.resolve(other, "over")
    gone = nameless({person: number for number, person in enumerate(people)}, ())
    told = gone.entries(world.entries)
    typed = {EntryKind.NOTE, EntryKind.ACTION_ITEM}
    words = {word.strip(".,:;()'") for entry in told if entry.kind not in typed for word in entry.text.split()}
    assert len(told) > 8
    assert not words & people.keys()
    assert not {entry.actor for entry in told} & people.keys()
    incident = gone.incident(world.state())
    assert incident.resolved_by == gone.name(other)
    assert {held.person for held in incident.command.roles.values()} == {gone.name(one)}
    assert incident.postmortem is not None
    assert incident.postmortem.owner == gone.name(one)
