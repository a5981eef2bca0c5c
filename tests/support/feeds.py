"""Read feeds by a definition of a few keys, for tests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tracker.errors import FwtrackerError, NothingRead, Unreadable
from tracker.parse.feeds import FeedReading, check_feed, read_feed
from tracker.sources import Source
from tracker.sources.definition import Definition

URL = "https://feeds.example.com/ranges"


def read(feed: object, **keys: Any) -> FeedReading:
    """Return the reading of a feed, text or data, by a definition with these keys."""
    text = feed if isinstance(feed, str) else json.dumps(feed)
    definition = Definition(**keys)
    check_feed(definition, "[sources.x]")
    return read_feed(text, Source("x", definition), URL)


def said(reading: FeedReading) -> list[dict[str, list[str]]]:
    """Return the rows as plain texts."""
    return [
        {role: [line.text for line in cell.lines] for role, cell in row.items()}
        for row in reading.rows
    ]


def holds(reading: FeedReading) -> list[str]:
    """Return the messages of the findings that hold a reading."""
    return [one.message for one in reading.findings if one.verdict == "hold"]


def told(reading: FeedReading) -> dict[str, str]:
    """Return the messages of the findings that do not hold a reading, by name."""
    return {one.name: one.message for one in reading.findings if one.verdict == "publish"}


def refusal(feed: object, kind: type[FwtrackerError] = Unreadable, **keys: Any) -> str:
    """Return the one-line error that refuses a feed, without its address."""
    with pytest.raises(kind) as caught:
        read(feed, **keys)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(URL)
    return line.removeprefix(URL).lstrip(":, ")


def attempt(feed: object, **keys: Any) -> FeedReading | None:
    """Return the reading, or None if the feed is refused with a one-line error."""
    line = ""
    try:
        return read(feed, **keys)
    except (Unreadable, NothingRead) as error:
        line = str(error)
    assert len(line.splitlines()) == 1
    return None
