"""Since when an endpoint is on the page, or was: a real tree, read as a delivery reads it."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from tests.support import announcements as made
from tests.support.servers import HookServer
from tests.support.versions import snapshots_of
from tests.support.watched import START, context_of
from tracker.alerts import outbox, presence
from tracker.alerts.delivery import deliver_owed
from tracker.alerts.spans import load_span
from tracker.config import parse
from tracker.notifications import Presence, VersionAt
from tracker.publish.publish import publish
from tracker.store import open_store
from tracker.store.tree import Tree, change_name

DAY = timedelta(days=1)
A, B, C, D = (f"20.0.0.{number}" for number in (1, 2, 3, 4))


@pytest.fixture
def tree(tmp_path):
    return Tree(open_store(str(tmp_path)), "action1")


def sessions(_number: int) -> str:
    return "Sessions"


def commit(tree: Tree, *pages: tuple[str, ...], purpose=sessions):
    """A version a day: one row with these addresses, and one that never changes."""
    still = msgspec.to_builtins(made.entry(resource="Still", addresses=("9.9.9.9",)))
    readings = []
    for number, page in enumerate(pages, start=1):
        row = made.entry(
            hosts=(), addresses=page, services=made.TLS[:1], purpose=purpose(number)
        )
        readings.append([still, msgspec.to_builtins(row)])
    for snapshot in snapshots_of(readings, START, DAY)[len(tree.versions()) :]:
        tree.commit(snapshot, {})
    publish(tree, parse({}), START)


def dated(number: int) -> VersionAt:
    return VersionAt(number, f"2026-01-{9 + number:02d}T12:00:00Z")


def told(tree: Tree, *versions: int, days: int = 7) -> dict[str, Presence]:
    found = load_span(tree, versions, days).dates.endpoints
    return {end.target: stay for end, stay in found.items()}


def test_one_version_dates_what_came_with_it_and_what_it_took_away(tree):
    commit(tree, (A, B), (A, B, C), (A, D))
    assert told(tree, 3) == {
        B: Presence(dated(1), dated(3), "2026-01-19T12:00:00Z"),
        C: Presence(dated(2), dated(3), "2026-01-19T12:00:00Z"),
        D: Presence(dated(3)),
    }


def test_what_came_back_is_dated_from_then_on(tree):
    commit(tree, (A, B), (A,), (A, B), (A,))
    assert told(tree, 4, days=0) == {B: Presence(dated(3), dated(4), "2026-01-13T12:00:00Z")}


def test_in_a_digest_each_has_the_version_it_came_or_went_with(tree):
    commit(tree, (A, B), (A, B, C), (A, C), (A, C, D), (A, C, D, "20.0.0.5"))
    assert told(tree, 3, 4, 5) == {
        B: Presence(dated(1), dated(3), "2026-01-19T12:00:00Z"),
        D: Presence(dated(4)),
        "20.0.0.5": Presence(dated(5)),
    }


def test_one_that_came_and_went_within_a_digest_leaves_no_wrong_date(tree):
    commit(tree, (A,), (A, B), (A,), (A, B), (A, B, C))
    assert told(tree, 2, 3, 4, 5) == {B: Presence(dated(4)), C: Presence(dated(5))}


def test_a_baseline_has_no_dates(tree):
    commit(tree, (A,), (A, B))
    assert told(tree, 1) == told(tree, 1, 2) == {}


def test_a_changed_row_says_when_it_changed_before(tree):
    commit(tree, (A,), (A,), (A, B), (A, B), purpose=lambda number: f"Purpose {number // 2}")
    # versions 2 and 4 reword it, 3 brings an address
    assert [*load_span(tree, [4], 7).dates.rows.values()] == [dated(3)]
    assert [*load_span(tree, [2], 7).dates.rows.values()] == [dated(1)]


def test_history_that_is_missing_is_worked_out_and_damage_only_leaves_dates_out(tree, tmp_path):
    commit(tree, (A,), (A, B), (A, B, C), (A, C))
    whole = told(tree, 4)
    tree.withdraw([change_name(2), change_name(3)])
    assert told(tree, 4) == whole == {B: Presence(dated(2), dated(4), "2026-01-20T12:00:00Z")}
    (tmp_path / "action1/versions/000002.json").write_bytes(b"{")
    assert told(tree, 4) == {B: Presence(None, dated(4), "2026-01-20T12:00:00Z")}


def test_only_so_many_change_sets_are_read(tree, monkeypatch):
    commit(tree, (A, B), *[(A, B, f"20.0.1.{number}") for number in range(5)], (A,))
    monkeypatch.setattr(presence, "MOST_STEPS", 3)
    assert told(tree, 7)[B] == Presence(None, dated(7), "2026-01-23T12:00:00Z")
    monkeypatch.setattr(presence, "MOST_STEPS", 6)
    assert told(tree, 7)[B].came == dated(1)


def test_it_is_told_and_a_program_gets_it_too(tree, monkeypatch):
    channel = {"name": "hook", "type": "webhook", "url_env": "STAYS_URL"}
    config = parse({"channels": [channel], "fwtracker": {"grace_days": 3}})
    commit(tree, (A, B))
    outbox.register_channels(tree, config.channels)
    commit(tree, (A, B), (A, C))
    with HookServer() as hook:
        monkeypatch.setenv("STAYS_URL", hook.url)
        assert deliver_owed(context_of(tree, config), config.channels) == []
        (body,) = hook.bodies()
    assert "Allow these: 1 endpoint, on the page since 2026-01-11\n" in body["text"]
    assert "No longer listed: 1 endpoint, in rule files until 2026-01-14\n" in body["text"]
    assert "on the page from 2026-01-10 or before until 2026-01-11\n" in body["text"]
    (added,), (removed,) = (
        body["change_set"][key] for key in ("endpoints_added", "endpoints_removed")
    )
    assert (added["target"], added["since"], added["since_version"]) == (
        C,
        "2026-01-11T12:00:00Z",
        2,
    )
    assert removed["target"] == B
    assert [removed[key] for key in ("since_version", "gone_version", "until")] == [
        1,
        2,
        "2026-01-14T12:00:00Z",
    ]
