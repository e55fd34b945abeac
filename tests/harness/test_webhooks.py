"""The builders say what the real Alertmanager 0.25 says; these values were read off one."""

import json
from datetime import UTC, datetime

from tests.harness.webhooks import alert, fingerprint, firing, message, resolved, written

BEGAN = datetime(2026, 11, 23, 21, 3, 58, 293_000, tzinfo=UTC)
ENDED = datetime(2026, 11, 23, 21, 5, tzinfo=UTC)
LABELS = {"alertname": "DiskFull", "instance": "10.0.0.7:9100", "job": "node", "severity": "critical"}


def test_a_firing_message_has_the_names_and_the_order_of_a_real_one() -> None:
    body = firing("DiskFull", at=BEGAN)
    assert " ".join(body) == (
        "receiver status alerts groupLabels commonLabels commonAnnotations externalURL version groupKey truncatedAlerts"
    )
    (one,) = body["alerts"]
    assert " ".join(one) == "status labels annotations startsAt endsAt generatorURL fingerprint"
    assert (body["status"], body["version"], body["groupKey"]) == ("firing", "4", '{}:{alertname="DiskFull"}')
    assert (one["startsAt"], one["endsAt"]) == ("2026-11-23T21:03:58.293Z", "0001-01-01T00:00:00Z")
    assert json.loads(json.dumps(body)) == body


def test_the_fingerprint_is_alertmanagers_own() -> None:
    assert fingerprint(LABELS) == "05a33453e54cc4ba"
    assert fingerprint({"severity": "critical", "alertname": "alert1"}) == "0223b772b51c29e1", "of its own test"
    assert fingerprint({}) == "cbf29ce484222325"


def test_a_resolve_is_the_same_alert_with_an_end() -> None:
    (before,), (after,) = (
        firing("DiskFull", at=BEGAN)["alerts"],
        resolved("DiskFull", at=BEGAN, ends_at=ENDED)["alerts"],
    )
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"status", "endsAt"}
    assert (after["status"], after["endsAt"]) == ("resolved", "2026-11-23T21:05:00Z")


def test_only_what_all_alerts_share_is_common_and_one_firing_alert_makes_the_group_fire() -> None:
    other = {**LABELS, "instance": "10.0.0.8:9100"}
    body = message([alert(LABELS, starts_at=BEGAN, ends_at=ENDED), alert(other, starts_at=BEGAN)])
    assert body["status"] == "firing"
    assert body["groupLabels"] == {"alertname": "DiskFull"}
    assert body["commonLabels"] == {name: value for name, value in LABELS.items() if name != "instance"}


def test_a_time_loses_its_trailing_zeros_as_in_go() -> None:
    assert written(ENDED) == "2026-11-23T21:05:00Z"
    assert written(BEGAN.replace(microsecond=100_000)) == "2026-11-23T21:03:58.1Z"
