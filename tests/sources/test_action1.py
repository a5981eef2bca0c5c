"""Action1's page: all that it says, typed by hand."""

from __future__ import annotations

import msgspec

from tests.pages import GENERATIONS, expected
from tests.support.shipped import sample_of
from tracker.model import Entry, endpoints_of
from tracker.parse.read import parse_page, read_pages
from tracker.sources import load_source


def test_its_page_is_the_vendors():
    assert load_source("action1").url == (
        "https://www.action1.com/documentation/firewall-configuration/"
    )


def test_its_sample_says_exactly_what_is_on_it():
    source = load_source("action1")
    page = parse_page(source.url, sample_of("action1").read_text("utf-8"))
    entries = msgspec.convert(expected(GENERATIONS["2024-11"]), list[Entry])
    reading = read_pages([page], source)
    assert endpoints_of(reading.entries) == endpoints_of(entries)
    assert reading.findings == ()
