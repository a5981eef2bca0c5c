"""Columns are lined up in the only way that all of them agree on, or refused."""

from __future__ import annotations

import pytest

from tests.pages import GENERATIONS, MARKUPS
from tests.support.readings import WHERE, cell, read
from tests.support.stacked import COUNT, without_cell
from tracker.errors import Unreadable
from tracker.parse.cells.resource import Resource
from tracker.parse.rows.rows import RowFacts, assign_resources, choose_split

CLOUD = RowFacts("outbound", None, "Connection to the cloud.")
UPDATE = RowFacts("outbound", None, "Updates.")
PEERS = RowFacts("inbound", None, "Sharing.")
EUROPE = RowFacts("outbound", "Europe", "Relay.")
ASIA = RowFacts("outbound", "Asia", "Relay.")

SERVERS = Resource("Servers", ("a.com",), (), "internet")
CDN = Resource("cdn.com", ("cdn.com",), (), "internet")
LAN = Resource("Endpoints (LAN only)", (), (), "lan")
IN_EUROPE = Resource("Relay servers in Europe", (), ("10.0.0.1",), "internet")
IN_ASIA = Resource("Relay servers for the Asia", (), ("10.0.0.2",), "internet")


@pytest.mark.parametrize(
    ("resources", "rows", "expected"),
    [
        ([SERVERS], [CLOUD], [0]),
        ([SERVERS], [CLOUD, CLOUD, CLOUD], [0, 0, 0]),
        ([SERVERS, CDN], [CLOUD, UPDATE], [0, 1]),
        ([SERVERS, CDN], [CLOUD, CLOUD, UPDATE], [0, 0, 1]),
        ([SERVERS, LAN, CDN], [CLOUD, CLOUD, PEERS, CLOUD], [0, 0, 1, 2]),
        ([SERVERS, IN_EUROPE, IN_ASIA], [CLOUD, CLOUD, EUROPE, ASIA], [0, 0, 1, 2]),
        ([IN_EUROPE, CDN], [EUROPE, EUROPE, CLOUD], [0, 0, 1]),
    ],
)
def test_the_only_way_is_taken(
    resources: list[Resource], rows: list[RowFacts], expected: list[int]
) -> None:
    assert assign_resources(resources, rows, WHERE) == expected


@pytest.mark.parametrize(
    ("resources", "rows"),
    [
        ([SERVERS, CDN], [CLOUD, CLOUD, CLOUD]),
        ([SERVERS, CDN, LAN], [CLOUD, CLOUD, CLOUD, PEERS]),
    ],
)
def test_where_two_ways_are_possible_both_are_named(
    resources: list[Resource], rows: list[RowFacts]
) -> None:
    with pytest.raises(Unreadable, match=r"row 2 .* can belong to") as caught:
        assign_resources(resources, rows, WHERE)
    assert '"Servers"' in str(caught.value)
    assert '"cdn.com"' in str(caught.value)


@pytest.mark.parametrize(
    ("resources", "rows"),
    [
        ([SERVERS, CDN], [CLOUD]),  # too many resources
        ([SERVERS], [CLOUD, UPDATE]),  # rows under one resource serve one purpose
        ([SERVERS], [PEERS]),  # only a local network is inbound
        ([LAN], [CLOUD]),
        ([LAN, SERVERS], [CLOUD, PEERS]),
        ([IN_ASIA, IN_EUROPE], [EUROPE, ASIA]),  # labels beside other audiences
        ([SERVERS, IN_EUROPE], [EUROPE, EUROPE]),
        ([IN_EUROPE, SERVERS], [EUROPE, ASIA]),
        ([], [CLOUD]),
    ],
)
def test_where_no_way_is_possible_the_table_is_refused(
    resources: list[Resource], rows: list[RowFacts]
) -> None:
    with pytest.raises(Unreadable, match="cannot be lined up"):
        assign_resources(resources, rows, WHERE)


def test_a_region_with_a_number_is_another_region() -> None:
    second = Resource("Relay servers in Europe 2", (), ("10.0.0.3",), "internet")
    with pytest.raises(Unreadable):
        assign_resources([second, IN_EUROPE], [EUROPE, EUROPE], WHERE)


def test_the_parting_with_the_right_count_is_picked() -> None:
    two, three = (cell("a"), cell("b")), (cell("a"), cell("b"), cell("c"))
    assert choose_split([two, three], 3, "ports", WHERE) == three


def test_two_partings_with_the_right_count_are_refused_and_both_named() -> None:
    ways = [(cell("a", "b"), cell("c")), (cell("a"), cell("b", "c"))]
    with pytest.raises(Unreadable) as caught:
        choose_split(ways, 2, "ports", WHERE)
    assert str(caught.value) == (
        'here: the ports column can be split in two ways, with a cell "a b" or "a"'
    )


@pytest.mark.parametrize(
    ("ways", "found"), [([], "no certain number of"), ([(), (cell("a"),)], "0 or 1")]
)
def test_no_parting_with_the_right_count_is_refused(ways: list, found: str) -> None:
    with pytest.raises(Unreadable, match=f"the ports column has {found} cells where"):
        choose_split(ways, 2, "ports", WHERE)


@pytest.mark.parametrize("column", range(5))
def test_a_lost_cell_is_refused_whichever_it_is(column: int) -> None:
    """Every cell, each in one of the markups; the slow test takes each in all of them."""
    for number in range(cells_of(column)):
        refuse_without(COUNT[(column + number) % len(COUNT)], column, number)


@pytest.mark.slow
@pytest.mark.parametrize("markup", COUNT)
@pytest.mark.parametrize("column", range(5))
def test_a_lost_cell_is_refused_in_every_markup(markup: str, column: int) -> None:
    for number in range(cells_of(column)):
        refuse_without(markup, column, number)


def cells_of(column: int) -> int:
    return 20 if column == 0 else 25


def refuse_without(markup: str, column: int, number: int) -> None:
    page = MARKUPS[markup](GENERATIONS["2024-04"])
    with pytest.raises(Unreadable):
        read(without_cell(markup, page, 0, column, number))
