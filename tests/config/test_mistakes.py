"""Every way to write the file wrong is told with its line, all at once, and with the way to mend it."""

import copy
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rungbell.config import InvalidConfigError, load
from rungbell.domain.errors import ConfigError
from tests.config.bad_configs import BAD
from tests.config.sample import NOTIFIERS, SOUND, mistakes, read, spoiled, write


def test_the_sample_itself_is_sound(tmp_path: Path) -> None:
    assert mistakes(tmp_path, SOUND) == ()


@pytest.mark.parametrize(("old", "new", "expected"), BAD, ids=[f"{number:02}" for number in range(len(BAD))])
def test_a_spoiled_file_is_refused_with_exactly_these_words(
    tmp_path: Path, old: str, new: str, expected: tuple[str, ...]
) -> None:
    found = mistakes(tmp_path, spoiled(old, new))
    said = tuple(str(one).removeprefix(f"{tmp_path}/rungbell.yml").replace(str(tmp_path), "FOLDER") for one in found)
    assert said == expected


def test_all_mistakes_are_told_at_once_in_the_order_of_the_lines(tmp_path: Path) -> None:
    text = SOUND.replace("Europe/London", "Nowhere").replace("reach: support", "reach: suport").replace("sev0", "sev9")
    text = text.replace("operator: default", "operater: default").replace("climb_to: L3", "climb_to: L4")
    found = mistakes(tmp_path, text)
    assert [one.line for one in found] == [1, 11, 17, 25, 27]


def test_a_mistake_inside_one_section_does_not_hide_a_wrong_reference_in_it(tmp_path: Path) -> None:
    text = spoiled(
        "page: [L1], acknowledge_within: 5m, climb_to: L3", "page: [L1], acknowledge_within: 5, climb_to: L4"
    )
    assert [one.field for one in mistakes(tmp_path, text)] == [
        "severities.P1.acknowledge_within",
        "severities.P1.climb_to",
    ]


def test_a_mistake_has_the_column_of_its_key(tmp_path: Path) -> None:
    (found,) = mistakes(tmp_path, spoiled("zone: Europe/London", "zone: UTC\nbusiness_hours: {days: mon-fry}"))
    assert (found.line, found.column) == (2, 18)


def test_the_error_is_a_configuration_error_whose_text_is_every_mistake(tmp_path: Path) -> None:
    path = write(tmp_path, "zone: UTC\n")
    with pytest.raises(ConfigError) as caught:
        load(path, NOTIFIERS)
    assert str(caught.value).count(f"{path}:") == 4


def test_a_mistake_in_a_policy_is_told_where_the_policy_makes_it(tmp_path: Path) -> None:
    text = spoiled(
        "{name: database, ", "{name: database, tiers: {L3: {role: x, reach: bob, through: [pager], only: [P0]}}, "
    )
    (found,) = mistakes(tmp_path, text)
    assert found.text.endswith(":24: policies[0].tiers.L3: tier L3 is closed to P1 (only: P0)")


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match=r"nowhere\.yml: cannot be read: No such file or directory"):
        load(tmp_path / "nowhere.yml", NOTIFIERS)


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigError, match="cannot be read: Is a directory"):
        load(tmp_path, NOTIFIERS)


def test_without_an_operator_there_is_a_warning_and_no_mistake(tmp_path: Path) -> None:
    found = read(tmp_path, spoiled("operator: default\n", ""))
    assert "no `operator` policy: nobody is paged about rungbell's own troubles" in [
        one.message for one in found.warnings
    ]


def test_a_short_stability_window_where_a_person_resolves_is_a_warning(tmp_path: Path) -> None:
    found = read(
        tmp_path, spoiled("acknowledgement_lasts: 2h, stable_for: 30m", "acknowledgement_lasts: 2h, stable_for: 10m")
    )
    assert ("severities.P1.stable_for", 17) in [(one.field, one.line) for one in found.warnings]


def test_a_policy_whose_p1_is_faster_than_its_p0_is_a_warning_at_that_policy(tmp_path: Path) -> None:
    (found,) = read(tmp_path, SOUND).warnings
    assert found.text.endswith(
        ":24: policies[0].severities.P1.acknowledge_within: P0 waits longer than P1 before it climbs"
    )


def test_somebody_whom_no_channel_of_their_tier_reaches_is_a_warning(tmp_path: Path) -> None:
    text = spoiled('{type: webhook, url: "http://127.0.0.1:9911/page"}', "{type: mail}")
    assert {
        (one.field, one.message, one.hint) for one in read(tmp_path, text).warnings if "reaches" in one.message
    } == {
        ("tiers.L2.reach", "no channel of L2 reaches bob", "people.bob has no email"),
        ("tiers.L3.reach", "no channel of L3 reaches bob", "people.bob has no email"),
        ("tiers.L4.reach", "no channel of L4 reaches bob", "people.bob has no email"),
    }


def _places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from _places(inner, (*path, key))


DOCUMENT = yaml.safe_load(SOUND.replace("2026-01-05", '"2026-01-05"'))
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(string.printable, max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(string.ascii_letters, max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(list(_places(DOCUMENT))), value=ANYTHING)
def test_whatever_stands_in_the_wrong_place_the_answer_is_mistakes_with_lines(
    tmp_path: Path, place: tuple[str | int, ...], value: object
) -> None:
    document = copy.deepcopy(DOCUMENT)
    around = document
    for part in place[:-1]:
        around = around[part]
    around[place[-1]] = value
    found = mistakes(tmp_path, yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False))
    assert all(one.line > 0 and one.message for one in found)
