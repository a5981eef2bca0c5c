"""What `held` shows of a page: the lines that a finding names, readable in a terminal."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.model import Finding
from tracker.parse.pages.excerpts import MOST_LINES, WIDTH, find_excerpt, show_page

URL = "https://vendor.example/page"
PAGE = """<!DOCTYPE html><html><body><h1>Ports</h1><p>Intro.</p>
<h3>Region: Europe</h3><table><tr><th>Host</th><th>Type</th><th>Ports</th></tr>
<tr><td>192.0.2.10</td><td>Outbound</td><td>443 TCP</td></tr>
<tr><td>Relays:<br>192.0.2.11<br>192.0.2.12</td><td>Outbound</td><td>443 TCP</td></tr></table>
<h2>Resolvers</h2><p>For your information.</p>
<table><tr><th>Name</th><th>Address</th></tr><tr><td>One</td><td>198.51.100.9</td></tr>
<tr><td hidden>203.0.113.77</td><td>198.51.100.8</td></tr></table><p>End.</p></body></html>"""


def excerpt(message: str, *texts: str, **facts: str) -> tuple[str, ...]:
    pages = [show_page(URL, text) for text in texts or (PAGE,)]
    return find_excerpt(Finding("some-name", "hold", message, **facts), pages)


def test_a_row_is_shown_below_its_heading_and_header_and_is_marked():
    assert excerpt(f'{URL}, under "Resolvers": a table is not read, and has 198.51.100.9') == (
        "  Resolvers",
        "  …",
        "  Name | Address",
        "> One | 198.51.100.9",
        "  (hidden) 203.0.113.77",
    )


def test_the_lines_of_a_cell_are_one_row():
    shown = excerpt(f"{URL}: 192.0.2.12 stands in the table but in none of its entries")
    assert "> Relays: 192.0.2.11 192.0.2.12 | Outbound | 443 TCP" in shown


def test_what_is_hidden_is_shown_as_hidden():
    shown = excerpt(f"{URL}: a value is hidden on the page and not read: 203.0.113.77")
    assert "> (hidden) 203.0.113.77" in shown


def test_an_address_is_not_found_in_a_longer_one():
    page = PAGE.replace("192.0.2.10<", "192.0.2.1<")
    (marked,) = (line for line in excerpt(f"{URL}: it names 192.0.2.1", page) if line[0] == ">")
    assert marked == "> 192.0.2.1 | Outbound | 443 TCP"


def test_without_a_value_the_words_and_then_the_resource_are_looked_for():
    assert "> Resolvers" in excerpt(f'{URL}: the heading "Resolvers" is odd')
    shown = excerpt("a rule says something", resource="Relays")
    assert "> Relays: 192.0.2.11 192.0.2.12 | Outbound | 443 TCP" in shown


def test_what_is_not_on_the_page_has_no_excerpt():
    assert excerpt("more than 30% of the addresses are gone: 203.0.113.1") == ()
    assert excerpt("nothing to look for") == ()


def test_many_places_are_some_lines_and_a_count():
    rows = "".join(f"<tr><td>h{n}.example.net</td><td>7 TCP</td></tr>" for n in range(90))
    page = f"<!DOCTYPE html><h1>H</h1><table><tr><th>A</th><th>B</th></tr>{rows}</table>"
    shown = excerpt("odd ports: 7 TCP", page)
    assert len(shown) <= MOST_LINES + 1
    assert shown[-1] == "  … and 84 more"


def test_a_long_line_is_cut_around_what_was_found():
    feed = json.dumps({"prefixes": [{"ip": f"10.0.{n}.0/24"} for n in range(250)]})
    (line,) = excerpt("an odd network: 10.0.200.0/24", feed)
    assert "10.0.200.0/24" in line
    assert len(line) <= WIDTH + 4
    assert line.startswith("> …")
    assert line.endswith("…")


def test_a_feed_of_lines_is_shown_with_its_neighbours():
    feed = "# networks\n198.51.100.0/28\n10.0.0.0/8\n203.0.113.0/28\n"
    assert excerpt("a private network: 10.0.0.0/8", feed) == (
        "  198.51.100.0/28",
        "> 10.0.0.0/8",
        "  203.0.113.0/28",
    )


def test_the_page_that_the_message_names_is_looked_at_first():
    other = show_page("https://vendor.example/other", "<!DOCTYPE html><p>192.0.2.10</p>")
    finding = Finding("x", "hold", "https://vendor.example/other: 192.0.2.10 is odd")
    assert find_excerpt(finding, [show_page(URL, PAGE), other]) == ("> 192.0.2.10",)


@pytest.mark.parametrize("text", ["\x1b[2J\x1b]0;owned\x07", "a\u202eb\u200bc", "\x9b31m\x00"])
def test_no_control_character_of_a_page_reaches_the_terminal(text):
    for page in (f"<!DOCTYPE html><p>192.0.2.9 {text}</p>", f"192.0.2.9 {text}"):
        shown = "".join(excerpt("it names 192.0.2.9", page))
        assert "192.0.2.9" in shown
        assert not {unicodedata.category(sign) for sign in shown} & {"Cc", "Cf"}


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_page_and_any_message_give_a_few_short_lines(message, text):
    shown = excerpt(message, f"<html>{text}", text)
    assert len(shown) <= MOST_LINES + 1
    assert all(len(line) <= WIDTH + 4 and line.isprintable() for line in shown)
