"""`store rebuild` of a store that 0.1.0 wrote: it keeps its bytes, unless it is upgraded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.store.test_first_release import STORE
from tracker.commands.store import upgrade
from tracker.config import Config, parse
from tracker.history.integrity import verify_tree
from tracker.publish.publish import publish, rebuild
from tracker.store.folder import Folder
from tracker.store.tree import Tree

NOW = datetime(2026, 1, 10, 5, tzinfo=UTC)
CONFIG: Config = parse({"fwtracker": {"formats": ["ips"]}})
KEPT = ("changes/000002.json", "changes/000003.json", "index.json")
NEW = {"version.json", "changes.csv", "feed.json"}


@pytest.fixture
def tree(tmp_path):
    shutil.copytree(STORE, tmp_path / "snapshots")
    return Tree(Folder(str(tmp_path / "snapshots")), "action1")


def load(tree: Tree, name: str) -> dict:
    return json.loads(tree.read(name) or b"")


@pytest.mark.parametrize("make", [rebuild, publish])
def test_change_sets_and_index_of_the_first_release_keep_their_bytes(tree, make: Callable):
    before = {name: tree.read(name) for name in tree.walk()}
    make(tree, CONFIG, NOW)
    assert {name: tree.read(name) for name in KEPT} == {name: before[name] for name in KEPT}
    for name, data in before.items():
        if name.startswith(("versions/", "pages/")) or name == "latest.json":
            assert tree.read(name) == data
    assert set(tree.walk()) >= NEW
    assert list(verify_tree(tree)) == []


def test_an_upgrade_writes_them_in_todays_form(tree):
    old = load(tree, "changes/000002.json")
    versions = {name: tree.read(name) for name in tree.walk() if name.startswith("versions/")}
    done = upgrade(tree, CONFIG, NOW)
    new = load(tree, "changes/000002.json")
    assert old.keys() <= new.keys()
    assert "endpoints_changed" in new
    assert "endpoints_changed" not in old
    assert all("scope" in each and "id" in each for each in new["endpoints_added"])
    assert done.renewed["change sets"] == 2
    assert all(tree.read(name) == data for name, data in versions.items())
    summaries = [each["summary"] for each in load(tree, "index.json")["versions"][1:]]
    assert all("endpoints_changed" in summary for summary in summaries)
    assert list(verify_tree(tree)) == []
    again = upgrade(tree, CONFIG, NOW)
    assert (again.added, again.renewed) == ({}, {})


def test_a_change_set_that_says_something_else_is_not_kept(tree):
    name = "changes/000002.json"
    whole = tree.read(name)
    tree.publish({name: whole.replace(b'"action1"', b'"action2"', 1)})
    rebuild(tree, CONFIG, NOW)
    assert "endpoints_changed" in load(tree, name)
    assert load(tree, name)["source"] == "action1"


def test_the_command_says_what_it_adds(tree, fwtracker, tmp_path):
    config = tmp_path / "upgrade.toml"
    config.write_text('[fwtracker]\nformats = ["ips"]\n')
    place = ("--config", config, "--snapshots", Path(tree.blobs.root))
    ran = fwtracker("store", "rebuild", "--upgrade", *place)
    made, added, other = ran.out.splitlines()
    assert made.startswith("action1: ")
    assert made.endswith(" files of version 3 made")
    count = len([name for name in tree.walk() if name.startswith("schema/")]) + len(NEW)
    said = f"1 rule files, 4 files of deltas, {count} other files"  # of rules/all/
    assert added == f"action1: added: {said}"
    assert other.startswith("action1: changed: 2 change sets")
    again = fwtracker("store", "rebuild", "--upgrade", *place).out.splitlines()
    assert again[1:] == ["action1: added: nothing", "action1: changed: nothing"]
