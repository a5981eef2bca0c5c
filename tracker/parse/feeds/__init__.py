"""Feeds: JSON by JSONPath (RFC 9535), CSV by its columns, plain lines. Each item gives one row.

Pure. A row has the same columns as one of a table and is typed by the same cells; here only the
texts are found, and all the values that no row has. Three kinds of text are no such value:

- a URL: it says where something is described. It is counted in a finding; a resource that is a
  URL is read as every resource
- what only looks like a value to a program: fingerprints, keys, times, versions
- what a filter in `items`, or `select`, leaves out: what a feed is to be about is for the
  operator to say. It is counted in a finding
"""

from __future__ import annotations

import json

from tracker.errors import NothingRead, UsageError
from tracker.parse.feeds.account import FeedReading
from tracker.parse.feeds.json_feed import JsonFeed, check_paths
from tracker.parse.feeds.text_feeds import CsvFeed, check_columns, read_lines
from tracker.sources import Source
from tracker.sources.definition import Definition, as_texts

__all__ = ["FeedReading", "check_feed", "read_feed"]

_START = 500  # characters that show what came


def read_feed(text: str, source: Source, where: str) -> FeedReading:
    """Return the rows of a feed, with a hold if a value in it is in no row.

    Raises NothingRead for no feed or one without items, Unreadable for one of another form.
    """
    definition = source.definition
    text = text.removeprefix("\ufeff")
    _check_form(text, definition, where)
    kind = _text_kind(definition)
    if kind == "lines":
        return read_lines(text, where)
    if kind == "csv":
        return CsvFeed(text, definition, where).read()
    return JsonFeed(text, definition, where).read()


def check_feed(definition: Definition, where: str) -> None:
    """Check the keys of a feed, which `where` names: "[sources.zscaler]".

    Raises UsageError, with the key and the reason, for what cannot be right in any feed.
    """
    kind = _text_kind(definition)
    unused = {"lines": ("select", "exclude"), "csv": ("select",)}.get(kind, ())
    for key in unused:
        if getattr(definition, key):
            raise UsageError(
                f'{where} {key}: there is nothing to say by it if items = "{kind}"'
            )
    if kind == "csv":
        check_columns(definition, where)
    elif not kind and definition.items:
        check_paths(definition, where)


def _text_kind(definition: Definition) -> str:
    """Return "lines" or "csv"; nothing for JSON."""
    items = as_texts(definition.items)
    return items[0] if items in {("lines",), ("csv",)} else ""


def _check_form(text: str, definition: Definition, where: str) -> None:
    """Raise NothingRead for a body that can be no feed of this kind."""
    start = text.lstrip()[:_START]
    if not start:
        raise NothingRead(f"{where}: the feed is empty")
    if start.startswith("<"):
        is_xml = start.startswith("<?xml") and "<html" not in start.lower()
        kind = "an XML document" if is_xml else "a page of HTML"
        raise NothingRead(f"{where}: {kind} came in place of the feed")
    if _text_kind(definition) and start[0] in "{[" and _is_json(text):
        raise NothingRead(f"{where}: JSON came in place of the feed")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
