"""What the manifest reports about what rule files exclude."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tests.formats.samples import entry
from tests.support.versions import left_out, snapshots_of
from tracker.config import Config
from tracker.publish.freshness import is_current, mark_checked
from tracker.publish.grace import PendingRemovals
from tracker.publish.publish import publish, rebuild
from tracker.publish.rule_state import RuleState, render_rule_files
from tracker.store import open_store
from tracker.store.records import encode_pretty
from tracker.store.tree import Tree

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PAGE = [
    msgspec.to_builtins(entry("192.0.2.1", "example.com", ports=(443, 445))),
    msgspec.to_builtins(entry("*.example.net", "2001:db8::1")),
    msgspec.to_builtins(entry("192.0.2.1", region="Asia")),
]


@pytest.fixture
def tree(tmp_path):
    tree = Tree(open_store(str(tmp_path)), "action1")
    for snapshot in snapshots_of([PAGE[:1], PAGE], START, HOUR):
        tree.commit(msgspec.structs.replace(snapshot, pages=()), {})
        publish(tree, Config(), START + HOUR)
    return tree


def groups(tree: Tree) -> list[dict]:
    return msgspec.json.decode(tree.read("manifest.json"))["left_out"]


def test_each_file_has_in_all_its_groups_what_it_lacks(tree):
    files = list(render_rule_files(RuleState(tree.latest(), PendingRemovals(), Config())))
    told = {path: sorted(lines) for path, lines in left_out(tree).items()}
    assert told == {file.path: sorted(file.excluded) for file in files if file.excluded}
    assert len(told) > len(groups(tree))


def test_what_several_files_lack_for_one_reason_is_told_once(tree):
    keys = [(each["reason"], tuple(each["endpoints"])) for each in groups(tree)]
    assert len(set(keys)) == len(keys)
    shared = next(each for each in groups(tree) if each["files"][0].endswith("adguard.txt"))
    assert len(shared["files"]) > 1


def test_it_is_a_function_of_the_content(tree):
    before = tree.read("manifest.json")
    rebuild(tree, Config(), START + 2 * HOUR)
    assert tree.read("manifest.json") == before
    order = [(each["reason"], each["files"]) for each in groups(tree)]
    assert order == sorted(order)
    assert all(files == sorted(files) for _, files in order)


def test_a_check_without_news_keeps_it_however_the_file_is_laid_out(tree):
    before = msgspec.json.decode(tree.read("manifest.json"))
    tree.publish({"manifest.json": msgspec.json.encode(before)})
    mark_checked(tree, Config(), START + 2 * HOUR)
    assert groups(tree) == before["left_out"]
    assert tree.manifest().checked_at == "2026-03-01T14:00:00Z"


def test_the_manifest_of_an_earlier_program_is_made_anew(tree):
    """It had a list of lines for each file, and no recipe of now."""
    now = msgspec.json.decode(tree.read("manifest.json"))
    gone = ["rules/africa/ips.txt"]
    old = now | {"left_out": left_out(tree), "recipe": "0" * 16, "withdrawn": gone}
    tree.publish({"manifest.json": encode_pretty(old)})
    manifest = tree.manifest()
    assert (manifest.version, manifest.checked_at) == (2, now["checked_at"])
    assert not is_current(tree, manifest, Config(), START + 2 * HOUR)
    publish(tree, Config(), START + 2 * HOUR)
    assert groups(tree) == now["left_out"]
    assert list(tree.manifest().withdrawn) == gone
    assert is_current(tree, tree.manifest(), Config(), START + 2 * HOUR)
