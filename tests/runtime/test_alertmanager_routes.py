"""Which receivers of an Alertmanager page PagerDuty, by what its API shows of its configuration."""

import pytest

from rungbell.runtime.alertmanager.routes import receivers_of_pagerduty

RECEIVERS = """
receivers:
- name: rungbell
  webhook_configs: [{url: <secret>}]
- name: pager
  pagerduty_configs: [{routing_key: <secret>}]
- name: both
  webhook_configs: [{url: <secret>}]
  pagerduty_configs: [{service_key: <secret>}]
- name: emptied
  pagerduty_configs: []
"""


@pytest.mark.requirement("A32")
@pytest.mark.parametrize(
    ("route", "found"),
    [
        ("{receiver: rungbell}", ()),
        ("{receiver: pager}", ("pager",)),
        ("{receiver: rungbell, routes: [{receiver: both}, {receiver: pager, continue: true}]}", ("both", "pager")),
        ("{receiver: rungbell, routes: [{matchers: ['a=b'], routes: [{receiver: pager}]}]}", ("pager",)),
        ("{receiver: rungbell, routes: [{receiver: emptied}, {receiver: unknown}]}", ()),
        ("{receiver: rungbell, routes: [{matchers: ['component=\"rungbell\"', 'a=\"b\"'], receiver: pager}]}", ()),
        ("{receiver: rungbell, routes: [{match: {component: rungbell}, receiver: pager}]}", ()),
        ("{receiver: rungbell, routes: [{matchers: ['component!=\"rungbell\"'], receiver: pager}]}", ("pager",)),
        ("{receiver: rungbell, routes: &again [{receiver: both, routes: *again}]}", ("both",)),
    ],
)
def test_a_receiver_that_a_route_names_and_that_pages_pagerduty_is_found(route: str, found: tuple[str, ...]) -> None:
    assert receivers_of_pagerduty(f"route: {route}{RECEIVERS}") == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "route: {receiver: pager}\nreceivers: {pagerduty_configs: [",
        "pagerduty_configs",
        "[pagerduty_configs]",
        "route: pager\nreceivers: {name: pager, pagerduty_configs: [{}]}",
        "route: {receiver: [pager], routes: 7}\nreceivers: [pager, {name: pager, pagerduty_configs: [{}]}]",
        "# pagerduty_configs\n" + "[" * 10_000,
        "# pagerduty_configs\n2026-13-45: 1",
    ],
    ids=lambda text: text[:30],
)
def test_what_cannot_be_read_says_nothing(text: str) -> None:
    assert receivers_of_pagerduty(text) == ()
