"""Action1's page: what it says, typed by hand, for the suite of all sources."""

from __future__ import annotations

import msgspec

from tests.pages import GENERATIONS, expected
from tests.support.site import SAMPLES
from tracker.model import Endpoint, Entry, endpoints_of
from tracker.sources.load import load_source

PAGE = (SAMPLES / "2024-11/stacks.html").read_text("utf-8")
SAYS: frozenset[Endpoint] = frozenset(
    endpoints_of(msgspec.convert(expected(GENERATIONS["2024-11"]), list[Entry]))
)


def test_its_page_is_the_vendors():
    assert load_source("action1").url == (
        "https://www.action1.com/documentation/firewall-configuration/"
    )
