"""Every sample page, whatever its markup, reads to exactly the facts typed by hand."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from urllib.parse import urljoin

import pytest

from tests.pages import GENERATIONS, MARKUPS, expected, index_pages
from tests.pages.facts import Generation
from tests.support.readings import ACTION1, URL, page, plain, read, region_links, row, table
from tracker.errors import NothingRead, Unreadable
from tracker.model import digest
from tracker.parse.page import ParsedPage, Reading
from tracker.parse.read import parse_page, read_pages


def read_index(generation: Generation) -> Reading:
    """The index and the pages that it links to, with the regions that they name."""
    pages = index_pages(generation)
    index = parse_page(URL, pages["index.html"])
    texts = [index]
    for link in region_links(URL, index.document, ACTION1):
        path = link.href.removeprefix(URL).rstrip("/")
        text = parse_page(urljoin(URL, path), pages[f"{path}/index.html"])
        headings = [line.text for line in text.document.lines if line.heading]
        region = ACTION1.name_page_region(
            link.href, (link.text, *headings, text.document.title)
        )
        texts.append(ParsedPage(text.url, text.text, text.document, region))
    return read_pages(texts, ACTION1)


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize("name", GENERATIONS)
def test_every_generation_reads_exactly_in_every_markup(name: str, markup: str) -> None:
    reading = read_sample(name, markup)
    assert plain(reading.entries) == expected(GENERATIONS[name])
    assert reading.findings == ()


@cache
def read_sample(name: str, markup: str) -> Reading:
    """A generation in a markup, read once for the tests that ask only what it says."""
    return read(MARKUPS[markup](GENERATIONS[name]))


@pytest.mark.parametrize("name", ["2026-02"])
def test_an_index_reads_exactly_with_the_pages_of_its_regions(name: str) -> None:
    reading = read_index(GENERATIONS[name])
    assert plain(reading.entries) == expected(GENERATIONS[name])
    assert reading.findings == ()


@pytest.mark.parametrize("name", GENERATIONS)
def test_every_markup_has_the_same_digest(name: str) -> None:
    digests = {digest(read_sample(name, markup).entries) for markup in MARKUPS}
    assert len(digests) == 1


# Each row is missing in a third of the markups, each markup misses a third of the rows.
@pytest.mark.parametrize(
    "third", [0, *(pytest.param(third, marks=pytest.mark.slow) for third in (1, 2))]
)
@pytest.mark.parametrize("markup", MARKUPS)
def test_a_page_with_one_row_less_reads_exactly(markup: str, third: int) -> None:
    generation = GENERATIONS["2024-04"]
    region = generation.regions[1]
    first = (list(MARKUPS).index(markup) + third) % 3
    for at, resource in list(enumerate(region.resources))[first::3]:
        fewer = [replace(resource, uses=resource.uses[1:])] if resource.uses[1:] else []
        resources = (*region.resources[:at], *fewer, *region.resources[at + 1 :])
        changed = replace(
            generation, regions=(generation.regions[0], replace(region, resources=resources))
        )
        assert plain(read(MARKUPS[markup](changed)).entries) == expected(changed)


def test_one_table_with_a_row_for_each_region_reads_each_region() -> None:
    body = table(
        '<tr><td colspan="5">Europe</td></tr>',
        row("a.example.com", "Outbound", "443 TCP", "x", "Agents"),
        '<tr><td colspan="5">Australia</td></tr>',
        row("10.0.0.1", "Outbound", "443 TCP", "x", "Agents"),
    )
    entries = read(page(body)).entries
    assert [(entry.region, entry.targets) for entry in entries] == [
        ("Europe", ("a.example.com",)),
        ("Australia", ("10.0.0.1",)),
    ]


def test_a_table_under_a_new_heading_is_not_of_the_region_before_it() -> None:
    tables = [table(row(f"{x}.example.com", "Outbound", "443 TCP", "", "")) for x in "ab"]
    body = f"<h3>Europe</h3>{tables[0]}<h3>Atlantis</h3>{tables[1]}"
    reading = read(page(body))
    assert [entry.region for entry in reading.entries] == ["Europe", "Atlantis"]
    assert [finding.name for finding in reading.findings] == ["region-unknown"]


def test_an_entry_that_stands_twice_is_read_once_and_said() -> None:
    one = row("a.example.com", "Outbound", "443 TCP", "x", "Agents")
    reading = read(page(table(one, one)))
    assert len(reading.entries) == 1
    assert [finding.name for finding in reading.findings] == ["repeated-rows"]


def test_a_protocol_column_belongs_to_the_ports() -> None:
    body = table(
        row("a.example.com", "Out", "53, 443", "TCP, UDP"),
        header=("Host", "Direction", "Ports", "Protocol"),
    )
    (entry,) = read(page(body)).entries
    assert [(s.protocol, s.from_port) for s in entry.services] == [
        ("tcp", 53),
        ("udp", 53),
        ("tcp", 443),
        ("udp", 443),
    ]


@pytest.mark.parametrize(
    "body",
    ["", "<p>Moved.</p>", table(row("x", "y"), header=("A", "B")), "<h2>Europe</h2>"],
)
def test_a_page_without_a_firewall_table_is_refused(body: str) -> None:
    with pytest.raises(NothingRead, match="no table with the columns"):
        read(page(body))


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (("", "Outbound", "443 TCP", "", ""), "row 1: its resource cell is empty"),
        (
            ("a.com", "Sideways", "443 TCP", "", ""),
            '"Sideways" is neither outbound nor inbound',
        ),
        (("a.com", "", "443 TCP", "", ""), '"" is neither outbound nor inbound'),
        (("a.com", "Outbound", "", "", ""), "no port and no protocol"),
        (("a.com", "Outbound", "70000 TCP", "", ""), "not a port from 1 to 65535"),
        (("3.74.63.863", "Outbound", "443 TCP", "", ""), "neither an address"),
        (("a.com", "Outbound", "443 TCP", "(Required if) x", ""), "a condition"),
        (("a.com", "Outbound", "443 TCP", "", "3.74.63.86"), "not the name of a component"),
    ],
)
def test_the_refusal_of_a_cell_names_page_table_and_row(
    cells: tuple[str, ...], says: str
) -> None:
    with pytest.raises(Unreadable) as caught:
        read(page(table(row(*cells))))
    assert says in str(caught.value)
    assert str(caught.value).startswith(f"{URL}, no region, table 1")


def test_components_on_lines_of_their_own_are_several() -> None:
    body = table(row("a.com", "Outbound", "443 TCP", "", "Agents<br>Deployer"))
    (entry,) = read(page(body)).entries
    assert entry.components == ("Agents", "Deployer")
