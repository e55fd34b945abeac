"""What has helped before stands beside the incidents it fits, as text that nothing executes."""

import pytest

from rungbell.domain.command.recipes import Recipe, Recipes, fitting
from rungbell.domain.matchers import parse_matchers
from tests.domain.shipped import shipped

QUEUE = Recipe("queue", "more workers", parse_matchers(['alertname="QueueDepth"', 'team="shop"']))


@pytest.mark.requirement("35")
@pytest.mark.parametrize(
    ("alertname", "name"),
    [
        ("QueueDepthHigh", "queue too deep"),
        ("WorkerFailuresHigh", "workers crash"),
        ("DatabaseUnavailable", "database in trouble"),
        ("ConnectionPoolExhausted", "database in trouble"),
        ("ApiLatencyVeryHigh", "API too slow"),
        ("SecurityBreachConfirmed", "security breach"),
        ("ExternalApiFailing", "provider fails"),
    ],
)
def test_the_shipped_file_has_a_recipe_for_each_of_the_playbooks_six_types(alertname: str, name: str) -> None:
    found = fitting(shipped().recipes, {}, [{"alertname": alertname}])
    assert [recipe.name for recipe in found] == [name]
    assert len(shipped().recipes.containment) == 6


@pytest.mark.requirement("38")
def test_the_shipped_file_has_the_five_causes_with_a_fix_and_how_to_see_that_it_works() -> None:
    remedies = shipped().recipes.eradication
    assert len(remedies) == 5
    assert all(one.cause and one.fix and one.validation for one in remedies)
    assert "no alert fires" in remedies[-1].validation


@pytest.mark.requirement("35")
def test_a_recipe_fits_by_one_alert_together_with_its_group_and_not_by_two_halves() -> None:
    recipes = Recipes(containment=(QUEUE,))
    assert fitting(recipes, {"team": "shop"}, [{"alertname": "DiskFull"}, {"alertname": "QueueDepth"}]) == (QUEUE,)
    assert fitting(recipes, {}, [{"alertname": "QueueDepth"}, {"team": "shop"}]) == ()
    assert fitting(recipes, {"alertname": "QueueDepth", "team": "shop"}, []) == (QUEUE,), "opened by hand"
