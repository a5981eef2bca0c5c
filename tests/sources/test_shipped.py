"""What a vendor may add to a page of a definition that ships is never lost in silence."""

from __future__ import annotations

from itertools import product

import pytest
from bs4 import BeautifulSoup, Tag

from tests.support.shipped import sample_of
from tracker.errors import PageError
from tracker.parse.read import parse_page, read_pages
from tracker.sources import list_shipped, load_source

PAGES = [name for name in list_shipped() if sample_of(name).suffix == ".html"]
VALUES = ("9.9.9.9", "fresh.vendor.com")
PLACES = ["p", "ul", "table", "h2", "h3", "h4", "div"]
ADDED = {
    "a line": "<p>{}</p>",
    "a list": "<ul><li>{}</li></ul>",
    "a list of words": "<ul><li>Relay: {}</li></ul>",
    "code": "<pre>{}</pre>",
    "terms": "<dl><dt>Relay</dt><dd>{}</dd></dl>",
    "a table": "<table><tr><th>Name</th><th>Host</th></tr><tr><td>a<td>{}</td></tr></table>",
    "no header": "<table><tr><td>a</td><td>{}</td></tr><tr><td>b</td><td>c</td></tr></table>",
    "a box": "<div>{}</div>",
    "a sentence": "<p>Please also allow {} there.</p>",
}
IN_WORDS = {"a sentence", "a list of words"}  # those are told, and hold nothing
_CASES = 16  # of each page: as many of all places, kinds and values, evenly spread


def body_of(soup: BeautifulSoup) -> Tag:
    """The part of the page that a definition may select."""
    found = soup.find("main") or soup.find("body")
    assert isinstance(found, Tag)
    return found


def add(text: str, place: int, markup: str) -> str:
    """The page with something after one of its elements."""
    soup = BeautifulSoup(text, "html.parser")
    element = body_of(soup).find_all(PLACES)[place]
    element.insert_after(BeautifulSoup(markup, "html.parser"))
    return str(soup)


def fate(name: str, text: str, value: str) -> str:
    """What becomes of a value on a page."""
    source = load_source(name)
    try:
        page = parse_page(source.url, text, definition=source.definition)
        reading = read_pages([page], source)
    except PageError:
        return "stopped"
    if any(value in entry.targets for entry in reading.entries):
        return "read"
    verdicts = {finding.verdict for finding in reading.findings if value in finding.message}
    if "hold" in verdicts:
        return "held"
    return "counted" if value in reading.removed else "told" if verdicts else "lost"


@pytest.mark.parametrize("name", PAGES)
def test_a_value_anywhere_is_read_held_or_counted(name):
    text = sample_of(name).read_text("utf-8")
    count = len(body_of(BeautifulSoup(text, "html.parser")).find_all(PLACES))
    assert count > 4
    cases = list(product(range(count), ADDED, VALUES))
    step = max(1, len(cases) // _CASES) | 1  # odd: both values have their turn
    found = {
        (place, kind, value): fate(name, add(text, place, ADDED[kind].format(value)), value)
        for place, kind, value in cases[::step]
    }
    allowed = {"read", "held", "counted", "stopped"}
    assert {
        case: what
        for case, what in found.items()
        if what not in allowed and not (what == "told" and case[1] in IN_WORDS)
    } == {}


@pytest.mark.parametrize("name", PAGES)
def test_a_value_that_goes_away_is_in_no_entry(name):
    source, text = load_source(name), sample_of(name).read_text("utf-8")
    page = parse_page(source.url, text, definition=source.definition)
    targets = {t for e in read_pages([page], source).entries for t in e.targets}
    once = sorted(t for t in targets if text.count(t) == 1)[:4]
    assert once
    for target in once:
        changed = text.replace(target, "fresh.vendor.com")
        assert fate(name, changed, "fresh.vendor.com") == "read"
        assert fate(name, changed, target) == "lost"
