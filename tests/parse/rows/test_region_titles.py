"""A region has the name that a person reads, however its title is written and marked up."""

from __future__ import annotations

import pytest

from tests.support.readings import ACTION1, URL, page, row, table
from tracker.parse.read import parse_page, read_pages
from tracker.parse.rows.region_names import (
    find_place,
    find_region_in_title,
    is_place,
    names_several,
    normalize_name,
    strip_title,
)
from tracker.sources import Source
from tracker.sources.definition import Definition

CELLS = ("Outbound", "443 TCP", "x", "Agents")
A, B, C, D = (table(row(f"{name}.example.com", *CELLS)) for name in "abcd")
EUROPE_AFRICA = [("a", "Europe"), ("b", "Africa")]
TABS = "<div><button>Europe</button><button>Africa</button></div>"


def read(text: str, region: str | None = None) -> tuple[list[tuple[str, str | None]], set[str]]:
    """The region of each host, and the names of the findings that hold the page."""
    reading = read_pages([parse_page(URL, text, region)], ACTION1)
    held = {finding.name for finding in reading.findings if finding.verdict == "hold"}
    return [(entry.hosts[0][0], entry.region) for entry in reading.entries], held


def regions(body: str, region: str | None = None) -> list[tuple[str, str | None]]:
    """The regions of a page that nothing holds."""
    found, held = read(page(body), region)
    assert held == set()
    return found


SIGNS = {
    "permalink signs": ["{} ¶", "{}#", "§ {}", "🔗 {}", "{}\u200b", "{}&para;"],
    "permalinks": [
        '{}<a class="headerlink" href="#x">¶</a>',
        '<a class="anchor" href="#x"><svg></svg></a>{}',
        '{}<a href="#top">#</a>',
        '<a name="x"></a>{}',
    ],
    "icons": [
        '<span class="et-pb-icon">5</span> {}',
        '<i class="material-icons">public</i> {}',
        '{}<span class="material-symbols-outlined">expand_more</span>',
        '<i class="fa">&#xf0ac;</i> {}',
        "🌍 {}",
        "▸ {}",
    ],
    "numbers": ["1. {}", "2.3 {}", "4.1.2. {}", "(2) {}", "A) {}", "iv. {}", "III. {}"],
    "captions": ["Table 1: {}", "Table 2 - Region: {}", "Fig. 3. {}", "Section 2.1 – {}"],
    "notes": ["{}<sup>1</sup>", "{} [2]", "{}*", "{} †", '{}<a href="#n1">[1]</a>', "{}¹"],
    "signs": ["{}:", "{} –", "“{}”", "<b>{}</b>", "**{}**", "({})", "<i>Region:</i> {}"],
    "the word": ["{} region", "The {} Region", "Region {}", "Region – {}", "REGION: {}"],
    "a label": ["Location: {}", "Data center: {}", "Region 1: {}"],
}


@pytest.mark.parametrize("around", [form for forms in SIGNS.values() for form in forms])
@pytest.mark.parametrize("tag", ["h3", "p", "summary"])
def test_what_stands_around_a_name_is_no_part_of_it(around: str, tag: str) -> None:
    one, other = (f"<{tag}>{around.format(name)}</{tag}>" for name in ("Europe", "Africa"))
    body = f"<div>{one}{A}</div><div>{other}{B}</div>"
    if tag == "summary":
        body = body.replace("<div>", "<details>").replace("</div>", "</details>")
    assert regions(body) == EUROPE_AFRICA


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("EUROPE", "Europe"),
        ("REGION: NORTH AMERICA", "North America"),
        ("Region: NORTH AMERICA 2", "North America 2"),
        ("north america", "North America"),
        ("REGION: THE MIDDLE EAST", "Middle East"),
        ("Region: SÃO PAULO", "São Paulo"),
        ("Region: NEW DELHI", "New Delhi"),
        ("Region: US", "US"),
        ("Region: UK", "UK"),
        ("REGION: EU", "EU"),
        ("Region: EMEA 2", "EMEA 2"),
        ("Region: NA-2", "NA-2"),
        ("Region: us-east-1", "us-east-1"),
        ("Region: GOVCLOUD", "GovCloud"),
        ("Asia–Pacific", "Asia-Pacific"),
        ("Europe (EU)", "Europe"),
        ("Region: Europe (EU)", "Europe"),
        ("Region: Europe (Frankfurt)", "Europe (Frankfurt)"),
        ("Region: Europe (UK)", "Europe (UK)"),
    ],
)
def test_a_name_has_its_usual_spelling(text: str, name: str) -> None:
    assert find_region_in_title(text, ACTION1) == name


@pytest.mark.parametrize(
    "text",
    ["Region settings", "Table 1", "1.", "Region", "¶", "Servers", "Europe or nothing", "A)"],
)
def test_other_titles_surely_name_no_region(text: str) -> None:
    assert find_region_in_title(text, ACTION1) is None


def test_words_of_every_firewall_page_may_stand_around_a_name_if_asked() -> None:
    assert find_region_in_title("Servers in EUROPE", ACTION1, in_words=True) == "Europe"
    assert find_region_in_title("Servers in EUROPE", ACTION1) is None


def test_a_pattern_that_minds_case_or_numbers_sees_the_title_as_it_stands_too() -> None:
    titles = (r"^Region: (?P<name>\w+)$", r"^\d\. Zone (?P<name>\w+)$")
    source = Source("x", Definition(title="X", url=URL, region_titles=titles))
    assert find_region_in_title("REGION - OSLO", source) == "Oslo"
    assert find_region_in_title("3. Zone Oslo", source) == "Oslo"


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("3.74.63.86 hosts", "3.74.63.86 hosts"),
        ("Europe 2", "Europe 2"),
        ("(Required) Europe", "(Required) Europe"),
        ("24", "24"),
        ("> **2. [Europe]** {#eu}", "Europe"),
        ("…", ""),
        ("A Europe", "A Europe"),
    ],
)
def test_only_what_is_no_name_is_stripped(text: str, bare: str) -> None:
    assert strip_title(text) == bare


@pytest.mark.parametrize("name", ["Europe", "Oslo", "US", "North America 2", "US Gov", "EMEA"])
def test_a_usual_spelling_is_left_alone(name: str) -> None:
    assert normalize_name(name) == name


def test_places_are_known_by_name_and_codes_by_their_capitals() -> None:
    assert is_place("Europe 2")
    assert is_place("EU")
    assert not is_place("eu")
    assert not is_place("Servers")
    assert find_place("Customers in the UK") == "UK"
    assert find_place("CONTACT US") is None
    assert find_place("European customers") == "European"
    assert find_place("Relay servers") is None


def test_several_regions_in_one_title_are_not_one_place() -> None:
    assert names_several("Europe and Australia", ACTION1)
    assert not names_several("Middle East and Africa", ACTION1)
    assert not names_several("Trinidad and Tobago", ACTION1)


@pytest.mark.parametrize(
    "title",
    [
        "Region: Europe and Australia",
        "Region: Europe (legacy)",
        "Europe (Frankfurt)",
        "European customers",
        "Europe, optional",
        "Europe (1)",
    ],
)
@pytest.mark.parametrize("tag", ["h2", "p"])
def test_a_title_that_may_name_a_region_and_is_not_certain_is_held(
    title: str, tag: str
) -> None:
    assert "region-uncertain" in read(page(f"<{tag}>{title}</{tag}>{A}"))[1]


@pytest.mark.parametrize(
    "body",
    [
        f"<h2>Europe</h2><h4>Germany</h4>{A}",
        f"<h3>Europe</h3><h3>Africa</h3>{A}",
        f"<p>Europe</p><p>Africa</p>{A}",
        f'<p><a href="/eu">Region: Europe</a></p>{A}',
        f"<nav><button>Europe</button><button>Africa</button></nav><div>{A}</div><div>{B}</div>",
        f"<header><h2>Region: Europe</h2></header>{A}",
        f"<ul><li>Europe</li></ul><p>Allow all of these.</p>{A}",
    ],
)
def test_a_title_of_which_it_is_not_certain_whose_it_is_is_held(body: str) -> None:
    assert "region-uncertain" in read(page(body))[1]


HARMLESS = {
    "a caption that says nothing more": f"<h2>Europe</h2><h4>Servers in Europe</h4>{A}",
    "an office in the foot": f"<h2>Europe</h2>{A}<footer><h4>Australia</h4></footer>",
    "a menu of regions": f"<nav><h4>Africa</h4></nav><h2>Europe</h2>{A}",
    "a head that names it": f"<header><h1>Region: Europe</h1></header><main>{A}</main>",
    "a box at the side": f"<h2>Europe</h2><aside><h3>Offices in Africa</h3></aside>{A}",
    "a sentence": f"<h2>Europe</h2><p>Customers in Africa use another page.</p>{A}",
    "an address far above": f"<p>Dublin, Ireland</p><h2>Europe</h2>{A}",
}


@pytest.mark.parametrize("body", HARMLESS.values(), ids=HARMLESS)
def test_other_places_on_the_page_are_no_doubt(body: str) -> None:
    assert regions(body) == [("a", "Europe")]


def test_a_section_does_not_end_at_a_heading_beside_the_content() -> None:
    body = f"<h2>Europe</h2>{A}<aside><h2>News</h2></aside>{B}"
    assert regions(body) == [("a", "Europe"), ("b", "Europe")]


def test_a_menu_does_not_name_a_region_page() -> None:
    assert regions(f"<nav><h3>Africa</h3></nav>{A}", "Europe") == [("a", "Europe")]


PLACED = {
    "headings in items": "<ul><li><h3>{0}</h3><div>{1}</div></li></ul>",
    "words in items": "<ul><li>{0}{1}</li></ul>",
    "paragraphs in items": "<ul><li><p>{0}</p><div>{1}</div></li></ul>",
    "buttons in items": '<ul><li><a href="#">{0}</a><div>{1}</div></li></ul>',
    "a list of one item": "<ol><li>{0}</li></ol>{1}",
    "a line with a bullet sign": "<p>• {0}</p>{1}",
    "headings that link to themselves": '<h3 id="{0}"><a href="#{0}">{0}</a></h3>{1}',
    "headings that link elsewhere": '<h3><a href="/{0}/">{0}</a></h3>{1}',
    "headings that link to a note": '<h3><a href="#note">{0}</a></h3>{1}',
    "headings with named anchors": '<h3><a name="{0}">{0}</a></h3>{1}',
    "headings with a class": '<div><h5 class="toggle-title">{0}</h5><div>{1}</div></div>',
    "terms": "<dl><dt>{0}</dt><dd>{1}</dd></dl>",
    "a label above the name": "<dl><dt>Region</dt><dd>{0}</dd></dl>{1}",
    "captions": "<figure>{1}<figcaption>{0}</figcaption></figure>",
    "summaries": "<details><summary><h3>{0}</h3></summary>{1}</details>",
    "fieldsets": "<fieldset><legend>{0}</legend>{1}</fieldset>",
    "old accordions": (
        '<div><input type="checkbox" id="s{0}"><label for="s{0}">{0}</label>'
        "<div>{1}</div></div>"
    ),
}


@pytest.mark.parametrize("form", PLACED.values(), ids=PLACED)
def test_a_title_names_its_table_wherever_it_stands(form: str) -> None:
    note = '<div id="note"><p>A note.</p></div>'
    body = form.format("Europe", A) + form.format("Africa", B) + note
    assert regions(body) == EUROPE_AFRICA


def test_a_whole_page_in_a_list_item_is_no_list() -> None:
    body = f"<ul><li><p>Europe</p>{A}<p>Africa</p>{B}</li></ul>"
    assert regions(body) == EUROPE_AFRICA


@pytest.mark.parametrize(
    "contents",
    [
        '<ul><li><a href="#e">Europe</a></li><li><a href="#f">Africa</a></li></ul>',
        '<ul><li><a href="#x">Intro</a></li><li><a href="#e">Europe</a></li></ul>',
        '<p><a href="#e">Europe</a> | <a href="#f">Africa</a></p>',
    ],
)
@pytest.mark.parametrize("ids", [("e", "f"), ("made", "later")])
def test_a_table_of_contents_leaves_headings_their_tables(
    contents: str, ids: tuple[str, str]
) -> None:
    one, other = ids
    body = f'{contents}<h3 id="{one}">Europe</h3>{A}<h3 id="{other}">Africa</h3>{B}'
    assert regions(body) == EUROPE_AFRICA


@pytest.mark.parametrize(
    "attributes",
    ['data-spy="scroll" data-target="#menu"', 'data-bs-spy="scroll" data-bs-target="#menu"'],
)
@pytest.mark.parametrize("tag", ["body", "div"])
def test_a_scroll_spy_opens_nothing(attributes: str, tag: str) -> None:
    text = (
        f"<html><{tag} {attributes}><h3>Europe</h3>{A}<h3>Africa</h3>{B}"
        f'<div id="menu"><p>On this page</p></div></{tag}></html>'
    )
    assert read(text) == (EUROPE_AFRICA, set())


MARKDOWN = {
    "headings": "## {}",
    "bold headings": "### **{}**",
    "links as headings": "### [{}](#there)",
    "headings with a name": "## {} {{#there}}",
    "headings closed by signs": "## 1. {} ##",
    "underlined by equals signs": "{}\n======",
    "underlined by dashes": "Region: {}\n-----",
    "bold lines": "**Region: {}**",
    "bold labels": "**Region:** {}",
}
BARS = """
| Host | Type | Port | Purpose |
|------|------|------|---------|
| {}.example.com | Outbound | 443 TCP | One |
"""


@pytest.mark.parametrize("form", MARKDOWN.values(), ids=MARKDOWN)
@pytest.mark.parametrize("tables", [(A, B), (BARS.format("a"), BARS.format("b"))])
@pytest.mark.parametrize(
    "start", ["", "# Ports\n\nAll of them.\n\n", "<!-- made by hand -->\n\n"]
)
def test_markdown_names_its_tables(form: str, tables: tuple[str, str], start: str) -> None:
    one, other = tables
    text = f"{start}{form.format('Europe')}\n\n{one}\n\n{form.format('Africa')}\n\n{other}\n"
    if "<table" not in one and start.startswith("<"):
        start = ""  # a comment alone makes no page of markup
        text = text[text.index("\n\n") + 2 :]
    assert read(text) == (EUROPE_AFRICA, set())
