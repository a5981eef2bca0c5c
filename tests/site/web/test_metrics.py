"""/metrics, /healthz and /readyz: true figures, in a form that Prometheus reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families

from tests.site.readings import entry, stored
from tests.site.web.rig import serving
from tracker.alerts import outbox
from tracker.config import parse
from tracker.scheduler.status import CheckReport
from tracker.store.folder import Folder
from tracker.store.records import Held, Receipt
from tracker.store.tree import Tree

CHANNEL = {"name": "ops", "type": "slack", "url_env": "NOWHERE"}


def figures(server):
    found = {}
    for family in text_string_to_metric_families(server.get("/metrics").text):
        for sample in family.samples:
            key = (sample.name, *sorted(sample.labels.values()))
            assert key not in found
            found[key] = sample.value
    return found


def test_what_is_in_force(server):
    found = figures(server)
    assert found["fwtracker_version", "action1"] == 3
    assert found["fwtracker_endpoints", "Europe", "action1"] == 1
    assert found["fwtracker_endpoints", "Oceania", "action1"] == 2
    assert found["fwtracker_stale", "action1"] == 1.0  # the store is of March
    assert found["fwtracker_age_seconds", "action1"] > 86400
    assert found["fwtracker_leading",] == 0
    assert found["process_resident_memory_bytes",] > 1e6


def test_checks_are_counted_by_what_they_came_to(server):
    for seconds, outcome in [(0.1, "unchanged"), (0.3, "unchanged"), (7.0, "failed")]:
        server.state.status.checks_of("action1").record(
            CheckReport("action1", outcome), seconds
        )
    found = figures(server)
    assert found["fwtracker_checks_total", "action1", "unchanged"] == 2
    assert found["fwtracker_checks_total", "action1", "failed"] == 1
    assert found["fwtracker_checks_total", "action1", "held"] == 0
    assert found["fwtracker_check_duration_seconds_bucket", "0.25", "action1"] == 1
    assert found["fwtracker_check_duration_seconds_bucket", "10.0", "action1"] == 3
    assert found["fwtracker_check_duration_seconds_count", "action1"] == 3
    assert found["fwtracker_check_duration_seconds_sum", "action1"] == pytest.approx(7.4)


@pytest.fixture
def waiting(place):
    """A store with a held page, and a channel that is owed and has refused some of it."""
    tree = Tree(Folder(str(place)), "action1")
    candidate = tree.snapshot(3)
    tree.remember(f"held/{candidate.digest}", Held(candidate, candidate.captured_at))
    (channel,) = parse({"channels": [CHANNEL]}).channels
    for number in (1, 2, 3, 4):
        tree.remember(outbox.notice_name(number), {})
    tree.remember("channels/ops", {"since": 0, "notices": 0})
    when = "2026-03-01T12:00:00Z"
    outbox.record_receipt(tree, channel, Receipt(1, when, "ok"))
    outbox.record_dead_letter(tree, channel, Receipt(2, when, "gone"))
    outbox.record_receipt(tree, channel, Receipt(1, when, "ok"), outbox.NOTICES)
    outbox.record_dead_letter(tree, channel, Receipt(2, when, "gone"), outbox.NOTICES)
    return place


def test_what_waits_for_a_decision_or_a_channel(waiting):
    with serving(waiting, {"channels": [CHANNEL]}) as server:
        found = figures(server)
    assert found["fwtracker_held", "action1"] == 1
    assert found["fwtracker_owed_deliveries", "action1", "ops"] == 1
    assert found["fwtracker_dead_deliveries", "action1", "ops"] == 1
    assert found["fwtracker_owed_notices", "action1", "ops"] == 2
    assert found["fwtracker_dead_notices", "action1", "ops"] == 1


def test_a_channel_with_damaged_state_takes_no_figure_from_another(waiting):
    (waiting / ".state/action1/channels/bad.json").write_text("{")
    channels = [{**CHANNEL, "name": "bad"}, CHANNEL]
    with serving(waiting, {"channels": channels}) as server:
        found = figures(server)
    assert found["fwtracker_held", "action1"] == 1
    assert found["fwtracker_owed_deliveries", "action1", "ops"] == 1
    assert found["fwtracker_dead_notices", "action1", "ops"] == 1


def test_open_metrics_for_who_asks(server):
    answer = server.get("/metrics", headers={"Accept": "application/openmetrics-text"})
    assert "openmetrics" in answer.headers["content-type"]
    assert {family.name for family in open_metrics(answer.text)} >= {"fwtracker_checks"}


def test_a_label_cannot_break_the_lines(tmp_path):

    stored(tmp_path, [entry('Eu"rope\\')])
    with serving(tmp_path) as server:
        assert figures(server)["fwtracker_endpoints", 'Eu"rope\\', "action1"] == 1


def test_a_damaged_state_leaves_the_other_figures(place):
    state = place / ".state/action1/held"
    state.mkdir(parents=True)
    (state / "x.json").write_text("{")
    with serving(place) as server:
        found = figures(server)
        assert found["fwtracker_version", "action1"] == 3
        assert ("fwtracker_held", "action1") not in found


def test_ready_means_that_there_is_a_version_to_give(server, tmp_path):
    assert server.get("/readyz").status_code == 200
    with serving(tmp_path / "none") as empty:
        assert empty.get("/readyz").status_code == 503
        assert empty.get("/healthz").text == "alive\n"


def test_the_shipped_alerts_ask_for_figures_that_there_are(server):
    file = Path(__file__).parents[3] / "config/prometheus/alerts.yml"
    (group,) = yaml.safe_load(file.read_text())["groups"]
    asked = {
        name for rule in group["rules"] for name in re.findall(r"fwtracker_\w+", rule["expr"])
    }
    assert len(asked) >= 6
    described = set(re.findall(r"^# TYPE (\w+)", server.get("/metrics").text, re.MULTILINE))
    assert asked <= described
