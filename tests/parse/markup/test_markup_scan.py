"""The linear pass in front of the parser: what it bounds, what it takes out, what it tells."""

from __future__ import annotations

import pytest

from tracker.errors import NotAPage
from tracker.parse.markup.browser_tree import build_tree
from tracker.parse.markup.markup_scan import MOST_FORMATTING, MOST_OPEN, scan_markup

ROW = "<tr><td>a<td>b"
FORMATTING = "".join(f"<b id={number}>" for number in range(MOST_FORMATTING - 4))


@pytest.mark.parametrize(
    "page",
    {
        "open elements": "<div>" * (MOST_OPEN + 1),
        "open elements of several kinds": "<div><span><section>" * 90,
        "tables in tables": "<table><tr><td>" * 90,
        "formatting that nobody closes": "".join(f"<b id={n}>" for n in range(70)),
        "formatting made again by each paragraph": f"<p>{FORMATTING}</p>" + "<p>x</p>" * 1000,
        "the same inside cells": f"<table><tr><td><p>{FORMATTING}</p>" + "<p>x</p>" * 1000,
        "attributes": "<p " + " ".join(f"a{n}" for n in range(300)) + ">",
        "text between cells": "<table>" + "x<tr>" * 600,
        "links between cells": "<table>" + "<a>x" * 600,
        "signs without text": "<" * 30_000,
        "ampersands without text": "&" * 30_000,
    }.items(),
    ids=lambda page: page[0],
)
def test_markup_made_to_be_slow_is_refused(page: tuple[str, str]) -> None:
    with pytest.raises(NotAPage):
        scan_markup(page[1])


def test_formatting_that_is_the_same_is_made_again_three_times_and_no_more() -> None:
    """HTML standard, 13.2.4.3: the "Noah's Ark clause"."""
    tree = build_tree(scan_markup("<b><p>" * 200).markup)
    paragraph = tree.find_all("p")[-1]
    assert len(paragraph.find_all("b")) <= 3 + 1
    assert len(tree.find_all("b")) <= 200 * (3 + 1)


def test_a_dialog_ends_a_paragraph() -> None:
    dialog = build_tree(scan_markup("<p>a<dialog>b").markup).find("dialog")
    assert dialog is not None
    assert dialog.find_parent("p") is None


@pytest.mark.parametrize(
    "page",
    [
        "<p>one" * 5000,
        "<ul>" + "<li>one" * 5000 + "</ul>",
        f"<table>{ROW * 3000}</table>",
        "<table>" + f"<tbody>{ROW}" * 1000 + "</table>",
        "<dl>" + "<dt>a<dd>b" * 3000 + "</dl>",
        "<select>" + "<option>a" * 3000 + "</select>",
        "<h2>a</h2><p><b>bold</b> <i>x</i>" * 2000,
        "<div>" * 200 + "</div>" * 200,
        "<p><a href=x>one</a> <b>two</b></p>" * 3000,
        '<div title="a > b < c"><img alt="<b>"></div>' * 1000,
        "<!-- <div><div> -->" * 500,
        "<script>if (a<b && b<c) { document.write('<div>') }</script>" * 500,
        "<svg><g><path/></g><circle/></svg>" * 500,
        "<p>a &amp; b &lt; c" * 500,
    ],
)
def test_usual_markup_of_any_length_passes(page: str) -> None:
    assert scan_markup(page).markup == page


def test_an_unclosed_link_counts_once_however_often_a_page_does_it() -> None:
    assert scan_markup("<p><a href=x>one</p>" * 500).inert == ()


@pytest.mark.parametrize(
    ("page", "kept", "taken"),
    [
        ("<p>a<noscript><div></noscript>b", "<p>a<noscript></noscript>b", ("<div>",)),
        ("<NoScript >x</NOSCRIPT\n>y", "<NoScript ></NOSCRIPT\n>y", ("x",)),
        ("<template><td></template>b", "<template></template>b", ("<td>",)),
        (
            "<template><template>a</template>b</template>c",
            "<template></template>c",
            ("<template>a</template>b",),
        ),
        ("<noscript>never closed", "<noscript>", ("never closed",)),
        ("<!-- <noscript> -->a", "<!-- <noscript> -->a", ()),
        ("<script>'<noscript>'</script>a", "<script>'<noscript>'</script>a", ()),
        ('<p title="<noscript>">a', '<p title="<noscript>">a', ()),
        (
            "<noscript>a</noscript><noscript>b</noscript>",
            "<noscript></noscript>" * 2,
            ("a", "b"),
        ),
    ],
)
def test_noscript_is_taken_out_as_browsers_with_scripts_show_none_of_it(
    page: str, kept: str, taken: tuple[str, ...]
) -> None:
    scan = scan_markup(page)
    assert scan.markup == kept
    assert scan.inert == taken


@pytest.mark.parametrize(
    ("page", "left"),
    [
        ("<html><body><p>one", ()),
        ("<ul><li>a<li>b</ul><p>c", ()),
        (f"<table>{ROW}</table>", ()),
        (f"<table>{ROW}", ("table", "tr", "td")),
        ("<h2>Reg", ("h2",)),
        ("<ul><li>3.74.63.86", ("ul", "li")),
        ("<div><section><p>text", ()),
        ("<table><tr><td>3.74.63.86</td><td", ("table", "tr")),
        ("<dl><dt>a<dd>b", ("dl", "dd")),
    ],
)
def test_what_a_page_without_an_end_leaves_open(page: str, left: tuple[str, ...]) -> None:
    scan = scan_markup(page)
    assert not scan.has_end
    assert scan.left_open == left


@pytest.mark.parametrize("end", ["</html>", "</body>", "</HTML >", "</body></html>\n"])
def test_either_end_tag_is_an_end(end: str) -> None:
    assert scan_markup(f"<html><body><p>x{end}").has_end


def test_an_end_tag_in_a_script_is_none() -> None:
    assert not scan_markup("<script>write('</html>')</script>").has_end
