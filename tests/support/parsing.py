"""From bytes to entries, as a check reads them, for tests with arbitrary input."""

from __future__ import annotations

import time
import tracemalloc
from typing import NamedTuple

from tests.support.readings import ACTION1, URL
from tracker.errors import FwtrackerError, NothingRead
from tracker.fetch.decode import decode
from tracker.parse.page import Reading
from tracker.parse.pages.error_pages import classify_page
from tracker.parse.read import parse_page, read_pages

_LONG = 2_000  # characters of an error


def parse(body: bytes, content_type: str | None = None) -> Reading:
    """Return the reading of the bytes. Raises only a FwtrackerError with a name."""
    text = decode(body, content_type, URL)
    try:
        return read_pages([parse_page(URL, text)], ACTION1)
    except NothingRead:
        raise classify_page(text, URL) or NothingRead(URL) from None


def outcome(body: bytes, content_type: str | None = None) -> Reading | str:
    """Return the reading of the bytes, or the name of the error; other errors are raised."""
    try:
        return parse(body, content_type)
    except FwtrackerError as error:
        name, words = error.name, str(error)
    assert name != FwtrackerError.name
    assert "\n" not in words
    assert len(words) < _LONG
    return name


class Cost(NamedTuple):
    """The cost of a page: processor time of this process (ms), peak of Python objects (MiB)."""

    milliseconds: float
    mebibytes: float
    outcome: str


def cost(body: bytes, content_type: str | None = None) -> Cost:
    """Return time and memory of one page; counting the memory about doubles the time."""
    tracemalloc.start()
    start = time.process_time()
    try:
        found = outcome(body, content_type)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    took = (time.process_time() - start) * 1000
    shown = found if isinstance(found, str) else f"{len(found.entries)} entries"
    return Cost(took, most / 2**20, shown)
