"""The page, its list of versions and the feed say that a region is called otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from msgspec import to_builtins
from msgspec.structs import replace

from tests.support.readings import entry
from tests.support.versions import snapshots_of
from tracker.config import parse
from tracker.diff.diff import diff
from tracker.publish.index import load_change_set, load_index_entries
from tracker.publish.publish import publish
from tracker.site.changes import build_change_list, build_comparison, format_changes
from tracker.site.timeline import build_timeline
from tracker.store import open_store
from tracker.store.tree import Tree

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
RELAYS = tuple(f"3.74.{number}.77" for number in range(10, 20))
EUROPE = entry(addresses=RELAYS)
EURASIA = replace(EUROPE, region="Eurasia")
ADDED = entry(region="Eurasia", resource="New", addresses=("20.2.2.2",))
SENTENCE = "region Europe is now called Eurasia"


def changes(*after):
    before, now = snapshots_of(
        [[to_builtins(EUROPE)], [*map(to_builtins, after)]], START, timedelta(days=1)
    )
    return diff(before, now)


@pytest.fixture
def tree(tmp_path):
    """Two versions, of which the second gives a region another name and adds a row."""
    tree = Tree(open_store(str(tmp_path)), "action1")
    pages = [[to_builtins(EUROPE)], [to_builtins(EURASIA), to_builtins(ADDED)]]
    for version in snapshots_of(pages, START, timedelta(days=1)):
        tree.commit(version, {page.sha256: b"page" for page in version.pages})
        publish(tree, parse({}), START + timedelta(days=version.version))
    return tree


def test_a_mere_rename_is_one_sentence_and_no_list():
    shown = build_change_list(changes(EURASIA))
    assert (shown.items, shown.more, shown.renames) == ([], "", [SENTENCE])
    assert format_changes(changes(EURASIA)) == SENTENCE


def test_what_changes_beside_it_is_listed_and_counted():
    found = changes(EURASIA, ADDED)
    assert [item.change.resource for item in build_change_list(found).items] == ["New"]
    assert format_changes(found) == f"{SENTENCE}; 1 endpoint added, 1 entry added"


def test_two_versions_side_by_side_show_what_differs_beside_the_name():
    assert build_comparison(changes(EURASIA)).rows == []
    assert build_comparison(changes(EURASIA)).counts == SENTENCE
    [row] = build_comparison(changes(EURASIA, ADDED)).rows
    assert row.change.resource == "New"


def test_without_a_rename_the_counts_are_those_of_the_summary():
    assert format_changes(changes(EUROPE)) == "no difference"


def test_the_list_of_versions_says_it(tree):
    newest, _ = build_timeline(load_index_entries(tree), partial(load_change_set, tree), 2)
    assert newest.summary == (
        "Region Europe is now called Eurasia; 1 endpoint added, 1 entry added"
    )


def test_the_page_and_the_feed_say_it_and_list_no_endpoint_of_it(tree):
    page, feed = (tree.read(name).decode() for name in ("index.html", "feed.atom"))
    assert "Region Europe is now called Eurasia." in page
    assert SENTENCE in feed
    assert f"<del>{RELAYS[0]}" not in page + feed
    assert f"<ins>{RELAYS[0]}" not in page + feed
