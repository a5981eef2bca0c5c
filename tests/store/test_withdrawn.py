"""Published files without a successor: taken away, and remembered, but not without end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tests.formats.samples import entry
from tests.support.versions import snapshots_of
from tracker.config import parse
from tracker.publish import publish as publishing
from tracker.publish.publish import publish
from tracker.store import open_store
from tracker.store.records import encode_pretty
from tracker.store.tree import Tree

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LATER = START + 30 * DAY
AT_ONCE = parse({"fwtracker": {"grace_days": 0}})


@pytest.fixture
def tree(tmp_path):
    return Tree(open_store(str(tmp_path)), "action1")


def page(region: str) -> list[dict]:
    return [msgspec.to_builtins(entry("192.0.2.1", region=region))]


def renamed(tree: Tree, *regions: str) -> list[int]:
    """A version for each name of the only region; how much is remembered after each."""
    lengths = []
    for snapshot in snapshots_of([page(each) for each in regions], START, DAY):
        tree.commit(msgspec.structs.replace(snapshot, pages=()), {})
        publish(tree, AT_ONCE, LATER)
        lengths.append(len(tree.manifest().withdrawn))
    return lengths


def test_the_newest_are_remembered_and_no_more_than_so_many(tree, monkeypatch):
    monkeypatch.setattr(publishing, "MOST_WITHDRAWN", 30)
    first, *more = renamed(tree, *(f"Region {letter}" for letter in "ABCDEF"))
    assert first == 0
    assert max(more) == more[-1] == max(30, more[0])
    folders = dict.fromkeys(name.split("/")[1] for name in tree.manifest().withdrawn)
    assert next(iter(folders)) == "region-e"
    assert "region-a" not in folders
    left = {name.split("/")[1] for name in tree.walk() if name.startswith("rules/")}
    assert left == {"region-f", "all"}


def test_one_that_is_back_is_not_withdrawn(tree):
    renamed(tree, "Europe", "EU", "Europe")
    assert {name.split("/")[1] for name in tree.manifest().withdrawn} == {"eu"}


def test_what_a_kill_left_is_taken_away_by_the_next(tree):
    renamed(tree, "Europe", "EU")
    left = "rules/europe/ips.txt"
    assert left in tree.manifest().withdrawn
    tree.publish({left: b"192.0.2.1\n"})  # as a kill before its removal leaves it
    manifest = tree.manifest()
    tree.publish(
        {"manifest.json": encode_pretty(msgspec.structs.replace(manifest, recipe="other"))}
    )
    publish(tree, AT_ONCE, LATER)
    assert tree.read(left) is None
    assert left in tree.manifest().withdrawn
