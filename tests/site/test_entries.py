"""Rows of what is in force: what is drawn together, and what the filter leaves of it."""

from __future__ import annotations

import msgspec
import pytest

from tests.site.filter_cases import CASES, ENTRIES
from tests.site.readings import entry
from tracker.demo import story
from tracker.model import Entry, flatten
from tracker.site.entries import build_region_tables
from tracker.site.search import build_filter, find_entries
from tracker.store import open_store
from tracker.store.tree import Tree


def entries_of(*values):
    return msgspec.convert(values, tuple[Entry, ...])


def shown(tables):
    return [part.resource for table in tables for row in table.rows for part in row.parts]


@pytest.mark.parametrize(("text", "resources", "count"), CASES)
def test_the_filter_leaves_what_the_text_means(text, resources, count):
    entries = entries_of(*ENTRIES)
    assert shown(build_region_tables(entries, matches=build_filter(text))) == resources.split()
    assert len(find_entries(entries, text)) == count


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The newest version of the demo: the whole page of the vendor, four regions."""
    folder = tmp_path_factory.mktemp("demo") / "store"
    story.play(folder, lambda _: None)
    return Tree(open_store(str(folder)), "action1").latest().entries


def test_rows_of_one_resource_are_one_and_so_are_those_with_the_same_ports(sample):
    region = [each for each in sample if each.region == "North America"]
    (table,) = build_region_tables(region)
    assert len(region) == 27
    assert len(table.rows) == 8
    assert table.size.startswith("27 entries")


def test_rows_say_what_the_entries_say_and_nothing_else(sample):
    """Each target of a part with each port of its row is an endpoint in that scope."""
    drawn = {
        (table.region, line.direction, port, target, group.scope)
        for table in build_region_tables(sample)
        for row in table.rows
        for part in row.parts
        for target in part.targets
        for group in row.groups
        for line in group.lines
        for port in line.ports
    }
    listed = {
        (end.region, end.direction, _port_of(end), end.target, end.scope)
        for each in sample
        for end in flatten(each)
    }
    assert drawn == listed


def _port_of(end):
    if end.from_port is None:
        return end.protocol
    last = "" if end.to_port == end.from_port else f"-{end.to_port}"
    return f"{end.protocol}/{end.from_port}{last}"


def test_ports_stand_by_what_they_are_good_for():
    unstated = [{"protocol": "tcp", "from_port": None, "to_port": None}]
    entries = entries_of(
        entry(port=445, components=["Deployer"]), entry(port=443), entry(services=unstated)
    )
    (table,) = build_region_tables(entries)
    (row,) = table.rows
    assert [(group.label, [line.ports for line in group.lines]) for group in row.groups] == [
        ("internet", [("tcp/443",)]),
        ("local network only", [("tcp/445",)]),
        ("no port stated", [("tcp",)]),
    ]
    assert row.groups[1].lines[0].remarks == ("Deployer",)
    assert row.components == ()


def test_a_default_route_shares_no_row_with_a_server():
    entries = entries_of(
        entry(resource="all", addresses=["0.0.0.0/0"], purpose="p"),
        entry(resource="one", addresses=["3.74.63.86"], purpose="p"),
    )
    (table,) = build_region_tables(entries)
    assert [row.groups[0].scope for row in table.rows] == ["lan", "internet"]
