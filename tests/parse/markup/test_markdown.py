"""Markdown around tables of HTML becomes HTML: its titles, its lists, its code."""

from __future__ import annotations

import pytest

from tests.support.readings import read, row, table
from tracker.errors import Truncated
from tracker.parse.markup.markdown import convert_to_html, is_markdown_with_tables
from tracker.parse.shapes.find import read_document

TABLE = table(row("a.example.com", "Outbound", "443 TCP", "x", "Agents"))


@pytest.mark.parametrize(
    "text",
    [
        f"## Europe\n{TABLE}",
        f"Europe\n------\n{TABLE}",
        f"**Europe**\n\n{TABLE}",
        f"__Region:__ Europe\n\n{TABLE}",
        f"<!-- made -->\n# Europe\n{TABLE}",
    ],
)
def test_titles_of_markdown_over_a_table_tell_it(text: str) -> None:
    assert is_markdown_with_tables(text)


@pytest.mark.parametrize(
    "text",
    [
        TABLE,
        f"<!DOCTYPE html>\n\n## Europe\n{TABLE}",
        f"<html>\n# Europe\n{TABLE}</html>",
        f"<body>\n# Europe\n{TABLE}</body>",
        "## Europe\n\n| a | b |\n|---|---|\n",
        f"Europe\n{TABLE}",
        f"#Europe\n{TABLE}",
        "## The element <table> is old",
    ],
)
def test_pages_and_other_texts_are_no_such_markdown(text: str) -> None:
    assert not is_markdown_with_tables(text)


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("# A *b*", "<h1>A *b*</h1>"),
        ("### **A** ###", "<h3>A</h3>"),
        ("A\n===", "<h1>A</h1>"),
        ("A\nb", "<p>A<br>b</p>"),
        ("- a\n* `b`", "<ul><li>a</li><li>b</li></ul>"),
        ("```\n<b> # a\n```\nc", "<pre>&lt;b&gt; # a</pre>\n<p>c</p>"),
        ("Use `<tenant>.example.com`.", "<p>Use &lt;tenant&gt;.example.com.</p>"),
        ("**`<x>`**", "<p>&lt;x&gt;</p>"),
        ("See [Europe](region-europe/).", '<p>See <a href="region-europe/">Europe</a>.</p>'),
        ("![A picture](a.png) b", "<p> b</p>"),
        ("<https://example.com/a>", "<p>https://example.com/a</p>"),
        ("<div>\n*a*\n</div>", "<div>\n*a*\n</div>"),
        ("<pre>\n\n# a\n</pre>\n# b", "<pre>\n\n# a\n</pre>\n<h1>b</h1>"),
        ("<!-- a\n\n# b\n-->\n\nc", "<!-- a\n\n# b\n-->\n<p>c</p>"),
        ("a &amp; <b>b</b>", "<p>a &amp; <b>b</b></p>"),
    ],
)
def test_each_block_becomes_an_element(text: str, markup: str) -> None:
    assert convert_to_html(text) == markup


def test_tables_of_bars_and_of_html_are_read_side_by_side() -> None:
    bars = (
        "| Host | Type | Port |\n|---|---|---|\n"
        "| `b.example.com`<br>*.example.org | Outbound | 80 TCP |\n"
    )
    first, second = read(f"## Europe\n\n{TABLE}\n\n## Africa\n\n{bars}").entries
    assert (first.region, first.targets) == ("Europe", ("a.example.com",))
    assert second.region == "Africa"
    assert set(second.targets) == {"b.example.com", "*.example.org"}


def test_links_of_markdown_are_links() -> None:
    document = read_document(f"## Pages\n\n[Europe](region-europe.html)\n\n{TABLE}")
    assert [(link.href, link.text) for link in document.links] == [
        ("region-europe.html", "Europe")
    ]


def test_markdown_has_no_end_tag_but_its_tables_have() -> None:
    assert read(f"## Europe\n\n{TABLE}\n").findings == ()
    with pytest.raises(Truncated):
        read(f"## Europe\n\n{TABLE.removesuffix('</td></tr></table>')}")
