"""Feeds read by a definition of a few keys, for tests."""

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
    """A feed, text or data, by a definition of these keys."""
    text = feed if isinstance(feed, str) else json.dumps(feed)
    definition = Definition(**keys)
    check_feed(definition, "[sources.x]")
    return read_feed(text, Source("x", definition), URL)


def said(reading: FeedReading) -> list[dict[str, list[str]]]:
    """The rows as plain texts."""
    return [
        {role: [line.text for line in cell.lines] for role, cell in row.items()}
        for row in reading.rows
    ]


def holds(reading: FeedReading) -> list[str]:
    """What holds a reading."""
    return [one.message for one in reading.findings if one.verdict == "hold"]


def told(reading: FeedReading) -> dict[str, str]:
    """What a reading says of itself, by name."""
    return {one.name: one.message for one in reading.findings if one.verdict == "publish"}


def refusal(feed: object, kind: type[FwtrackerError] = Unreadable, **keys: Any) -> str:
    """The one line with which a feed is refused, without its address."""
    with pytest.raises(kind) as caught:
        read(feed, **keys)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(URL)
    return line.removeprefix(URL).lstrip(":, ")


def attempt(feed: object, **keys: Any) -> FeedReading | None:
    """A reading, or None for what is refused in one line."""
    line = ""
    try:
        return read(feed, **keys)
    except (Unreadable, NothingRead) as error:
        line = str(error)
    assert len(line.splitlines()) == 1
    return None
