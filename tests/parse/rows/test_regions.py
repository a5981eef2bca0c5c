"""Each table is of the region that its own titles name; if that is not certain, it is held."""

from __future__ import annotations

import pytest

from tests.support.readings import HEADER, page, read, row, table
from tracker.errors import Unreadable

CELLS = ("Outbound", "443 TCP", "x", "Agents")
A, B, C = (table(row(f"{name}.example.com", *CELLS)) for name in "abc")
SPAN = '<tr><td colspan="5">{}</td></tr>'


def regions(body: str, region: str | None = None) -> list[tuple[str, str | None]]:
    reading = read(page(body), regions=[region])
    return [(entry.hosts[0][0], entry.region) for entry in reading.entries]


def findings(body: str, region: str | None = None) -> list[tuple[str, str]]:
    reading = read(page(body), regions=[region])
    return [(finding.name, finding.verdict) for finding in reading.findings]


EUROPE_AUSTRALIA = [("a", "Europe"), ("b", "Australia")]
HELD = ("region-uncertain", "hold")
NEW = ("region-unknown", "publish")

TIED = {
    "tabs with ids": (
        '<div role="tablist"><button role="tab" aria-controls="p1">Europe</button>'
        '<button role="tab" aria-controls="p2">Australia</button></div>'
        f'<div id="p1" role="tabpanel">{A}</div><div id="p2" role="tabpanel" hidden>{B}</div>'
    ),
    "tabs with ids in another order than their panels": (
        '<button role="tab" aria-controls="p2">Australia</button>'
        '<button role="tab" aria-controls="p1">Europe</button>'
        f'<div id="p1">{A}</div><div id="p2" style="display:none">{B}</div>'
    ),
    "panels labelled by their tabs": (
        '<ul><li><a role="tab" id="t1" href="#">Europe</a></li>'
        '<li><a role="tab" id="t2" href="#">Australia</a></li></ul>'
        f'<div role="tabpanel" aria-labelledby="t1">{A}</div>'
        f'<div role="tabpanel" aria-labelledby="t2">{B}</div>'
    ),
    "links to panels": (
        '<ul class="tabs"><li><a href="#eu">Europe</a></li><li><a href="#au">Australia</a></li>'
        f'</ul><div id="eu">{A}</div><div id="au">{B}</div>'
    ),
    "links to panels beside a link to all of them": (
        '<a href="#main">Skip on</a><div id="main"><ul><li><a href="#eu">Europe</a></li>'
        f'<li><a href="#au">Australia</a></li></ul><div id="eu">{A}</div>'
        f'<div id="au">{B}</div></div>'
    ),
    "buttons that toggle": (
        '<button data-bs-target="#c1">Europe</button>'
        f'<div id="c1" hidden>{A}</div>'
        '<button data-bs-target="#c2">Australia</button>'
        f'<div id="c2" hidden>{B}</div>'
    ),
    "details": (
        f"<details open><summary>Europe</summary>{A}</details>"
        f"<details><summary>Region: Australia</summary>{B}</details>"
    ),
    "figures with the caption below": (
        f"<figure>{A}<figcaption>Europe</figcaption></figure>"
        f"<figure>{B}<figcaption>Australia</figcaption></figure>"
    ),
    "sections labelled by headings": (
        f'<section aria-labelledby="h1"><h2 id="h1">Europe</h2>{A}</section>'
        f'<section aria-labelledby="h2"><h2 id="h2">Australia</h2>{B}</section>'
    ),
    "as many buttons as tables": (
        f"<div><button>Europe</button><button>Australia</button></div>{A}{B}"
    ),
    "as many tabs of a script as tables": (
        '<ul><li><a href="#">Europe</a></li><li><a href="javascript:void(0)">Australia</a></li>'
        f"</ul><div>{A}</div><div>{B}</div>"
    ),
    "one button a table": f"<button>Europe</button>{A}<button>Australia</button>{B}",
    "toggles with headings": (
        f"<div><h5>Europe</h5><div>{A}</div></div><div><h5>Australia</h5><div>{B}</div></div>"
    ),
}


@pytest.mark.parametrize("body", TIED.values(), ids=TIED)
def test_a_panel_is_named_by_its_own_title(body: str) -> None:
    assert regions(body) == EUROPE_AUSTRALIA
    assert findings(body) == []


def test_more_tables_than_tabs_are_held_and_of_no_region() -> None:
    tabs = "<div><button>Europe</button><button>Australia</button></div>"
    body = tabs + A + B + C
    assert regions(body) == [("a", None), ("b", None), ("c", None)]
    assert HELD in findings(body)


def test_buttons_that_name_no_region_are_no_tabs_of_regions() -> None:
    buttons = "<div><button>Copy</button><button>Print</button></div>"
    body = f"<h2>Europe</h2>{buttons}{A}<h2>Australia</h2>{buttons}{B}"
    assert regions(body) == EUROPE_AUSTRALIA
    assert findings(body) == []


def test_a_list_of_as_many_regions_as_tables_is_held() -> None:
    body = f"<ul><li>Europe</li><li>Australia</li></ul>{A}{B}"
    assert HELD in findings(body)


def test_a_title_in_a_panel_does_not_name_what_follows_the_panel() -> None:
    body = f"<details><summary>More</summary><h3>Europe</h3>{A}</details>{B}"
    assert regions(body) == [("a", "Europe"), ("b", None)]
    assert HELD in findings(body)


@pytest.mark.parametrize(
    "body",
    [
        f"<h3>Europe</h3>{A}<h3>Singapore</h3>{B}",
        f"<p>Europe</p>{A}<p>Singapore</p>{B}",
        table(
            *(SPAN.format("Europe"), row("a.example.com", *CELLS)),
            *(SPAN.format("Singapore:"), row("b.example.com", *CELLS)),
        ),
        f"<h3>Europe region</h3>{A}<h3>Singapore region</h3>{B}",
        f"<details><summary>Europe</summary>{A}</details>"
        f"<details><summary>Singapore</summary>{B}</details>",
        f"<div><button>Europe</button><button>Singapore</button></div>{A}{B}",
    ],
)
def test_an_unknown_place_where_regions_stand_names_its_table(body: str) -> None:
    assert regions(body) == [("a", "Europe"), ("b", "Singapore")]
    assert findings(body) == [NEW]


@pytest.mark.parametrize(
    "body",
    [
        f"<h3>Europe</h3>{A}<p>Singapore</p>{B}",
        f"<p>Europe</p>{A}<h3>Singapore</h3>{B}",
        f"<h3>Europe</h3>{A}<h3>Legacy servers</h3>{B}",
        f"<h3>Europe</h3>{A}<h2>General</h2>{B}",
        f"<p>Europe</p>{A}<p>Rest of world</p>{B}",
        f"<p>Region: Europe</p>{A}<p>Singapore</p>{B}",
        f"<h2>Europe</h2>{A}{B.replace('<table>', '<table><caption>Singapore</caption>')}",
        f"<section><h3>Europe</h3>{A}</section><section>{B}</section>",
        f"{A}<h3>Europe</h3>{B}",
        f"<p>Europe</p><p>Singapore</p>{A}<p>Australia</p>{B}",
    ],
)
def test_a_title_that_may_name_another_region_is_held(body: str) -> None:
    assert HELD in findings(body)


@pytest.mark.parametrize(
    "body",
    [
        f"<h3>Europe</h3>{A}{B}",
        f"<h2>Europe</h2><h4>Servers</h4>{A}<h4>Relays</h4>{B}",
        f"<h2>Europe</h2><p>Allow these hosts, too, or the agents stay offline.</p>{A}{B}",
        f"<h2>Region: Europe</h2>{A}<p>The console needs another host besides.</p>{B}",
        f"<details><summary>Europe</summary><h4>One</h4>{A}<h4>Two</h4>{B}</details>",
        f"<h2>Europe</h2>{A.replace('<table>', '<table><caption>Servers</caption>')}"
        f"{B.replace('<table>', '<table><caption>Relays</caption>')}",
    ],
)
def test_tables_under_one_title_are_of_one_region(body: str) -> None:
    assert regions(body) == [("a", "Europe"), ("b", "Europe")]
    assert findings(body) == []


def test_the_region_of_the_page_is_of_tables_above_the_first_title() -> None:
    body = f"{A}<h2>Region: Europe 2</h2>{B}"
    assert regions(body, "Europe") == [("a", "Europe"), ("b", "Europe 2")]
    assert findings(body, "Europe") == []


def test_a_column_names_the_region_of_each_row() -> None:
    rows = [row(name, f"{name[0].lower()}.example.com", *CELLS) for name in ("Europe", "Oslo")]
    body = table(*rows, header=("Data center", *HEADER))
    assert regions(body) == [("e", "Europe"), ("o", "Oslo")]
    assert findings(body) == []


def test_a_column_may_say_region_in_front_of_the_name() -> None:
    body = table(row("Region: Europe", "a.example.com", *CELLS), header=("Region", *HEADER))
    assert regions(body) == [("a", "Europe")]


@pytest.mark.parametrize("text", ["", "Europe, Asia", "Europe<br>Asia", "Europe and Asia"])
def test_a_region_cell_of_none_or_several_is_refused(text: str) -> None:
    body = table(row(text, "a.example.com", *CELLS), header=("Region", *HEADER))
    with pytest.raises(Unreadable, match="region"):
        read(page(body))


def test_a_column_that_contradicts_the_title_is_held() -> None:
    body = table(row("Frankfurt", "a.example.com", *CELLS), header=("Location", *HEADER))
    assert HELD in findings(f"<h2>Europe</h2>{body}")


def test_two_tables_of_one_region_that_differ_are_held() -> None:
    one, other = (table(row(f"Servers: 10.0.0.{n}", *CELLS)) for n in (1, 2))
    assert findings(f"<h2>Europe</h2>{one}{other}") == [("contradicting-tables", "hold")]
    assert findings(f"<h2>Europe</h2>{one}{one}") == [("repeated-rows", "publish")]
    assert findings(f"<h2>Europe</h2>{one}<h2>Asia</h2>{other}") == []
