"""Tabs and panels: each table gets the tab that a click on it shows, or none for certain."""

from __future__ import annotations

import pytest

from tests.support.readings import page, read, row, table
from tracker.parse.shapes.find import read_document

CELLS = ("Outbound", "443 TCP", "x", "Agents")
A, B, C, D = (table(row(f"{name}.example.com", *CELLS)) for name in "abcd")
TABS = "<div><button>Europe</button><button>Africa</button></div>"
LINKS = '<ul><li><a href="#">Europe</a></li><li><a href="#">Africa</a></li></ul>'
ONE_EACH = {"a": "Europe", "b": "Africa"}
TWO_EACH = {"a": "Europe", "b": "Europe", "c": "Africa", "d": "Africa"}


def box(*content: str, name: str = "") -> str:
    """A box of the page, with a class if it has a name."""
    start = f'<div class="{name}">' if name else "<div>"
    return f"{start}{''.join(content)}</div>"


def regions(body: str) -> tuple[dict[str, str | None], set[str]]:
    """The region of each host by its first letter, and the names of what holds the page."""
    reading = read(page(body))
    held = {finding.name for finding in reading.findings if finding.verdict == "hold"}
    return {entry.hosts[0][0]: entry.region for entry in reading.entries}, held


TIED = {
    "tabs of Elementor": (
        '<div role="tablist"><div id="t1" role="tab" aria-controls="c1">Europe</div>'
        '<div id="t2" role="tab" aria-controls="c2">Africa</div></div>'
        '<div role="tab" aria-controls="c1">Europe</div>'
        f'<div id="c1" role="tabpanel" aria-labelledby="t1">{A}</div>'
        '<div role="tab" aria-controls="c2">Africa</div>'
        f'<div id="c2" role="tabpanel" aria-labelledby="t2" hidden>{B}</div>'
    ),
    "an accordion of Elementor": (
        '<div id="t1" role="button" aria-controls="c1"><span><i class="fas"></i></span>'
        f'<a tabindex="0">Europe</a></div><div id="c1" aria-labelledby="t1">{A}</div>'
        '<div id="t2" role="button" aria-controls="c2"><a tabindex="0">Africa</a></div>'
        f'<div id="c2" aria-labelledby="t2" style="display:none">{B}</div>'
    ),
    "buttons with a script": (
        "<button onclick=\"show(event, 'eu')\">Europe</button>"
        "<button onclick=\"show(event, 'af')\">Africa</button>"
        f'<div id="af" style="display:none">{B}</div><div id="eu">{A}</div>'
    ),
    "items with the name of a tab": (
        '<ul><li data-tab="p2">Africa</li><li data-tab="p1">Europe</li></ul>'
        f'<div id="p1">{A}</div><div id="p2">{B}</div>'
    ),
    "a heading that opens": (
        '<h5 data-toggle="collapse" data-target="#c1">Europe</h5>'
        f'<div id="c1">{A}</div><h5 data-target="#c2">Africa</h5><div id="c2">{B}</div>'
    ),
}


@pytest.mark.parametrize("body", TIED.values(), ids=TIED)
def test_what_the_markup_ties_together_is_sure(body: str) -> None:
    assert regions(body) == (ONE_EACH, set())


ROWS = {
    "buttons": TABS,
    "links without a target": LINKS,
    "links to nothing": LINKS.replace("#", "#tab", 1).replace('"#"', '"#other"'),
    "links in one line": '<p><a href="#">Europe</a> | <a href="#">Africa</a></p>',
    "links without a gap": '<div><a href="#">Europe</a><a href="#">Africa</a></div>',
    "labels of radio buttons": (
        '<input type="radio" id="r1"><input type="radio" id="r2">'
        '<div><label for="r1">Europe</label><label for="r2">Africa</label></div>'
    ),
    "labels around links to their buttons": (
        '<input type="radio" id="r1"><input type="radio" id="r2"><div><label for="r1">'
        '<a href="#r1">Europe</a></label><label for="r2"><a href="#r2">Africa</a></label></div>'
    ),
    "tabs in boxes": box(box("<button>Europe</button>"), box("<button>Africa</button>")),
    "tabs beside an empty id": f'<div id=""></div>{LINKS}',
    "tabs in a heading": '<h3><a href="#">Europe</a></h3><h3><a href="#">Africa</a></h3>',
}


@pytest.mark.parametrize("row_of_tabs", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize(
    "panels",
    [
        box(A) + box(B),
        box(box(A), box(B)),
        box(box(box(box(A)), "<p>Note</p>"), box(box(B), "<p>Note</p>")),
        box(box(A), box(B)) + "<p>A note.</p>",
    ],
)
def test_as_many_boxes_as_tabs_are_theirs(row_of_tabs: str, panels: str) -> None:
    assert regions(box(row_of_tabs, panels)) == (ONE_EACH, set())


@pytest.mark.parametrize("row_of_tabs", [TABS, LINKS])
@pytest.mark.parametrize(
    "panels",
    [
        box(box(A, B), box(C, D)),
        box(*(box(box(x), box(y), name="tab-pane") for x, y in ((A, B), (C, D)))),
        box(A, B) + box(C, D),
        box(box("<h4>Cloud</h4>", A, "<h4>CDN</h4>", B), box("<h4>Cloud</h4>", C, D)),
        box(box(A, B), box(C, D)) + "<p>A note below.</p>",
        box(box(A, B), box(C, D), name="content") + box("A note.", name="note"),
    ],
)
def test_a_tab_has_all_tables_of_its_panel(row_of_tabs: str, panels: str) -> None:
    assert regions(box(row_of_tabs, panels)) == (TWO_EACH, set())


def test_tabs_have_different_numbers_of_tables() -> None:
    body = box(TABS, box(box(A), box(B, C, D)))
    wanted = {"a": "Europe", "b": "Africa", "c": "Africa", "d": "Africa"}
    assert regions(body) == (wanted, set())


def test_a_tab_about_something_else_has_its_own_panel() -> None:
    tabs = TABS.replace("<div>", "<div><button>Overview</button>")
    assert regions(box(tabs, box(box("<p>All.</p>"), box(A), box(B)))) == (ONE_EACH, set())


def test_a_tab_for_everything_has_no_panel() -> None:
    tabs = TABS.replace("<div>", "<div><button>All regions</button>")
    assert regions(box(tabs, box(box(A), box(B)))) == (ONE_EACH, set())


def test_a_table_behind_the_panels_is_no_tabs() -> None:
    body = box(TABS, box(box(A), box(B))) + "<h3>Australia</h3>" + C
    assert regions(body) == ({**ONE_EACH, "c": "Australia"}, set())


@pytest.mark.parametrize(
    "body",
    [
        TABS + A + B + C,
        TABS + A,
        box(TABS, box(A, B, C)),
        box(TABS, box(box(A, C), box("<p>Soon.</p>"))),
        box(TABS, box(box(box(A), box(C)), box())),
        box(TABS, box(box(A), box(B)), box("<h3>Asia</h3>", C)),
        box(TABS, box(box(box(A), box(B)), box(box(C), box(D)))),
        box(TABS, box(box(box("<p>x</p>", A), box("<p>x</p>", B)))) + TABS + C + D + A,
    ],
)
def test_where_no_level_fits_or_several_do_the_page_is_held(body: str) -> None:
    found, held = regions(body)
    assert held
    assert found.get("c") != "Africa"


def test_a_tab_over_a_picture_takes_no_table_of_another() -> None:
    found, held = regions(box(TABS, box(box(A), box('<img src="africa.png">'))))
    assert found == {"a": "Europe"}
    assert held


BUTTONS = {
    "a menu button in the head": f"<header><button>Menu</button></header>{TABS}",
    "a button right before": f"<button>Products</button>{TABS}",
    "a button in a box before": f"<div><button>Contact us</button></div>{TABS}",
    "a search button beside": TABS.replace("</div>", "<button>Search</button></div>"),
    "expand and collapse beside": TABS.replace(
        "</div>", "<button>Expand all</button><button>Collapse all</button></div>"
    ),
    "previous and next before": box("<button>Prev</button><button>Next</button>") + TABS,
    "arrows around": TABS.replace("<div>", "<div><button>‹</button>").replace(
        "</div>", "<button>›</button></div>"
    ),
    "copy between": TABS.replace("</button><", "</button><button>Copy</button><", 1),
    "a row of tools behind": TABS + box("<button>Copy all</button><button>Print</button>"),
}


@pytest.mark.parametrize("row_of_tabs", BUTTONS.values(), ids=BUTTONS)
def test_buttons_that_show_no_content_are_no_tabs(row_of_tabs: str) -> None:
    assert regions(f"{row_of_tabs}{box(box(A), box(B))}") == (ONE_EACH, set())


def test_tools_in_each_panel_leave_the_tabs_their_tables() -> None:
    tools = box("<button>Copy</button><button>Download CSV</button>")
    assert regions(box(TABS, box(box(tools, A), box(tools, B)))) == (ONE_EACH, set())


PHONES = {
    "headings": box("<h4>Europe</h4>", A, "<h4>Africa</h4>", B),
    "buttons": box("<button>Europe</button>", A, "<button>Africa</button>", B),
    "tabs": box(TABS, box(box(A), box(B))),
    "details": box(
        f"<details><summary>Europe</summary>{A}</details>",
        f"<details><summary>Africa</summary>{B}</details>",
    ),
}


@pytest.mark.parametrize("copy", PHONES.values(), ids=PHONES)
@pytest.mark.parametrize("tabs", [box(TABS, box(box(A), box(B))), TABS + box(A) + box(B)])
def test_a_copy_of_tabs_for_phones_is_no_reason_to_stop(tabs: str, copy: str) -> None:
    assert regions(tabs + copy) == (ONE_EACH, set())


def test_titles_for_phones_stand_between_the_panels() -> None:
    panels = box(box("Europe"), box(A), box("Africa"), box(B))
    assert regions(box(TABS, panels)) == (ONE_EACH, set())


def test_tabs_side_by_side_are_lines_and_links_in_sentences_are_not() -> None:
    body = (
        '<p>Click <a href="#">here</a> or <a href="#">there</a>.</p>'
        + ROWS["links in one line"]
    )
    texts = [line.text for line in read_document(page(body)).lines]
    assert texts == ["Click here or there.", "Europe |", "Africa"]
