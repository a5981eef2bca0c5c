"""A region that the page announces has rows, or holds the page by name."""

from __future__ import annotations

import pytest

from tests.support.readings import URL, page, read, row, table

CELLS = ("Outbound", "443 TCP", "x", "Agents")
EUROPE = table(row("a.example.com", *CELLS))
OTHER = table(row("b.example.com", *CELLS))
EMPTY = table()
HELD = ("region-without-rows", "Australia")


def announced(body: str) -> list[tuple[str, str | None]]:
    findings = read(page(body)).findings
    return [(f.name, f.region) for f in findings if f.name == "region-without-rows"]


BELOW = {
    "nothing": "",
    "an image": '<img src="rules.png" alt="">',
    "words": "<p>The rules of this region are coming.</p>",
    "a lazy element": '<div class="lazy" data-src="/au"></div>',
    "a table of something else": "<table><tr><td>Support</td><td>Monday</td></tr></table>",
}


@pytest.mark.parametrize("below", BELOW.values(), ids=BELOW)
@pytest.mark.parametrize(
    "title",
    [
        "<h2>Australia</h2>",
        "<h3>Region: Australia</h3>",
        "<h2>Firewall rules for Australia</h2>",
    ],
)
@pytest.mark.parametrize("is_first", [False, True])
def test_a_heading_without_rows_holds(title: str, below: str, *, is_first: bool) -> None:
    europe, other = f"<h2>Europe</h2>{EUROPE}", title + below
    body = other + europe if is_first else europe + other
    assert announced(body) == [HELD]


PLACES = {
    "tab": '<button role="tab" aria-controls="a">Europe</button><button role="tab"'
    f' aria-controls="b">Australia</button><div id="a">{EUROPE}</div><div id="b"></div>',
    "summary": f"<details><summary>Europe</summary>{EUROPE}</details>"
    "<details><summary>Australia</summary><p>See the list.</p></details>",
    "links within the page": '<ul><li><a href="#eu">Europe</a></li><li><a href="#au">Australia'
    f'</a></li></ul><h2 id="eu">Europe</h2>{EUROPE}',
    "links on one line": '<p>Go to: <a href="#eu">Europe</a> | <a href="#au">Australia</a></p>'
    f'<h2 id="eu">Europe</h2>{EUROPE}',
    "link with the page's address": f'<p><a href="{URL}#au">Australia</a></p><h2>Europe</h2>'
    f"{EUROPE}",
    "row across the table": "<h2>Europe</h2>"
    + table(row("a.example.com", *CELLS), '<tr><td colspan="5">Australia</td></tr>'),
    "line where lines name regions": f"<p>Europe</p>{EUROPE}<p>Australia</p>",
    "line that says region": f"<h2>Europe</h2>{EUROPE}<p>Region: Australia</p>",
}


@pytest.mark.parametrize("body", PLACES.values(), ids=PLACES)
def test_every_announcement_without_rows_holds(body: str) -> None:
    assert announced(body) == [HELD]


@pytest.mark.parametrize(
    "below", ["", "<tr><td colspan=5>No data available in table</td></tr>"]
)
def test_an_empty_table_holds_whatever_its_heading_says(below: str) -> None:
    empty = table(below)
    assert announced(f"<h2>Europe</h2>{EUROPE}<h2>Consoles</h2>{empty}") == [
        ("region-without-rows", None)
    ]
    assert announced(f"<h2>Europe</h2>{EUROPE}{empty}") == [("region-without-rows", None)]


def test_a_heading_with_nothing_below_holds_also_where_its_region_has_rows() -> None:
    body = (
        f"<h2>Servers</h2><h3>Europe</h3>{EUROPE}<h2>Relays</h2><h3>Europe</h3><h2>Help</h2>x"
    )
    assert announced(body) == [("region-without-rows", "Europe")]


@pytest.mark.parametrize(
    "more",
    [
        "<p>Customers in Australia use the servers of Asia.</p>",
        '<p><a href="/status/australia/">Australia</a></p>',
        '<h3><a href="https://status.example.com/au">Australia</a></h3><p>See there.</p>',
        "<ul><li>Australia</li><li>Japan</li></ul>",
        '<ul><li><a href="#eu">Europe</a></li></ul>',
        "<h2>Offices in Australia and Asia</h2><p>Sydney</p>",
        "<h2>EUROPE</h2><p>More about this region.</p>",
        '<p>See <a href="#au">Australia</a> in the appendix for more of this.</p>',
    ],
)
def test_what_only_mentions_a_region_announces_nothing(more: str) -> None:
    assert announced(f'<h2 id="eu">Europe</h2>{EUROPE}{more}') == []


def test_regions_of_other_pages_have_rows() -> None:
    index = page("<h2>Europe</h2><h2>Australia</h2><p>See below.</p>" + EUROPE)
    reading = read(index, page(OTHER), regions=[None, "Australia"])
    found = [f.region for f in reading.findings if f.name == "region-without-rows"]
    assert found == ["Europe"]  # its heading has nothing below it


def missing(*bodies: str) -> list[str]:
    findings = read(*map(page, bodies)).findings
    return [f.verdict for f in findings if f.name == "region-missing"]


def test_two_different_tables_without_a_region_hold() -> None:
    assert missing(EUROPE + OTHER) == ["hold"]
    assert missing(f"<h2>Servers</h2>{EUROPE}<h2>Relays</h2>{OTHER}") == ["hold"]


def test_one_table_without_a_region_and_its_copy_do_not_hold() -> None:
    both = table(row("a.example.com", *CELLS), row("b.example.com", *CELLS))
    assert missing(EUROPE) == []
    assert missing(EUROPE + EUROPE) == []
    assert missing(EUROPE + both) == []
    parted = '<tr><td colspan="5">Consoles</td></tr>'
    assert (
        missing(table(row("a.example.com", *CELLS), parted, row("b.example.com", *CELLS))) == []
    )


def test_a_region_that_is_announced_and_of_no_table_holds() -> None:
    assert announced(f"<h4>Region: Australia</h4><h1>Rules</h1>{EUROPE}") == [HELD]
