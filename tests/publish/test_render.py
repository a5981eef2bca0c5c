"""What cannot be proved is not committed."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from tests.formats.samples import entry
from tests.support.versions import snapshots_of
from tracker import formats
from tracker.config import parse
from tracker.errors import RuleError
from tracker.publish.grace import PendingRemovals
from tracker.publish.publish import derive
from tracker.publish.render import group_exclusions, render_state
from tracker.publish.rule_files import RuleState
from tracker.store import open_store
from tracker.store.tree import Tree

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CONFIG = parse({})
PAGE = [msgspec.to_builtins(entry("192.0.2.1", "example.com", ports=(443, 445)))]


@pytest.fixture
def snapshot():
    [found] = snapshots_of([PAGE], NOW, NOW - NOW)
    return found


def test_a_file_that_reads_back_otherwise_is_an_error(snapshot, tmp_path, monkeypatch) -> None:
    whole = formats.load("endpoints-csv")
    wrong = msgspec.structs.replace(whole, read_back=lambda _: frozenset({"other"}))
    monkeypatch.setattr("tracker.formats.endpoints_csv.FORMAT", wrong)
    tree = Tree(open_store(str(tmp_path)), "action1")
    with pytest.raises(RuleError, match=r"endpoints\.csv: read back, it does not say"):
        derive(tree, CONFIG, NOW, snapshot)
    assert list(tree.walk()) == []


def test_equal_rule_sets_give_the_same_files_whatever_objects_they_are(snapshot) -> None:
    one, other = (
        render_state(RuleState(each, PendingRemovals(), CONFIG), ())
        for each in (
            snapshot,
            msgspec.json.decode(msgspec.json.encode(snapshot), type=type(snapshot)),
        )
    )
    assert one.files == other.files
    assert group_exclusions(one.exclusions) == group_exclusions(other.exclusions)
    assert len(one.files) > 20
