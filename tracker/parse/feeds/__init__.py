"""Reads feeds: JSON by JSONPath (RFC 9535), CSV by columns, plain lines; one row per item.

Pure. A row has the same columns as one of a table, and its cells are parsed in the same way;
this package only finds their texts, and the values that are in no row. Three kinds of text do
not count as such values:

- a URL: it refers to a description. URLs are counted in a finding; if a resource is a URL, it
  is read like every resource
- text that only looks like a value to a program: fingerprints, keys, times, versions
- text outside `select` or the filters of `items`: the operator decides which part of a feed is
  used. It is counted in a finding
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence

from tracker.errors import NothingRead, Unreadable, UsageError
from tracker.parse.feeds.account import (
    DESCRIBING,
    Account,
    FeedReading,
    Item,
    build_item,
    count_in_words,
    quote_list,
)
from tracker.parse.feeds.json_feed import JsonFeed, check_paths
from tracker.parse.vocabulary import Field
from tracker.sources import Source
from tracker.sources.definition import Definition, as_texts
from tracker.text import clean, quote

__all__ = ["FeedReading", "check_feed", "read_feed"]

_START = 500  # characters that show the kind of a response
_COMMENT = re.compile(r"(?:^|\s)(?:#|;|//).*")
_DELIMITERS = (",", ";", "\t")


def read_feed(text: str, source: Source, where: str) -> FeedReading:
    """Return the rows of a feed, with a hold if a value in it is in no row.

    Raises NothingRead if the text is not a feed or has no items, Unreadable if its form differs
    from the definition.
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
    """Check the keys of a feed's definition; `where` is its place, "[sources.zscaler]".

    Raises UsageError, with the key and the reason, for a key that is invalid for any feed.
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
    """Return "lines" or "csv"; "" for JSON."""
    items = as_texts(definition.items)
    return items[0] if items in {("lines",), ("csv",)} else ""


def _check_form(text: str, definition: Definition, where: str) -> None:
    """Raise NothingRead for a body that cannot be a feed of this kind."""
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


def read_lines(text: str, where: str) -> FeedReading:
    """Return a row for each line, which is the resource; comments begin with #, ; or //.

    Raises NothingRead if there is none.
    """
    account, items = Account(where), []
    for number, line in enumerate(text.splitlines(), start=1):
        comment = _COMMENT.search(line)
        value = line[: comment.start()] if comment else line
        if comment:
            account.add_comment(comment[0])
        if clean(value):
            items.append(build_item({"resource": [value]}, f"line {number}", where))
    return account.finish(items)


def check_columns(definition: Definition, where: str) -> None:
    """Raise UsageError unless all columns are names, or all are numbers from 1."""
    names = _list_columns(definition)
    numbers = [name for name in names if name.isdecimal()]
    if numbers and len(numbers) < len(names):
        other = next(name for name in names if not name.isdecimal())
        raise UsageError(
            f"{where} fields: {quote(other)} is the name of a column, {quote(numbers[0])} the"
            " number of one; give numbers for a feed without a header, else names"
        )
    if any(int(number) < 1 for number in numbers):
        raise UsageError(f"{where} fields: columns are numbered from 1")


def _list_columns(definition: Definition) -> list[str]:
    lists = (*definition.fields.values(), definition.exclude)
    return [name for names in lists for name in as_texts(names)]


class CsvFeed:
    """Reads the rows of a CSV feed. Lines that start with # are comments."""

    def __init__(self, text: str, definition: Definition, where: str) -> None:
        self._definition, self._where = definition, where
        self._account = Account(where)
        self._columns = [clean(name) for name in _list_columns(definition)]
        self._lines: list[tuple[int, str]] = []
        for number, line in enumerate(text.splitlines(), start=1):
            if line.lstrip().startswith("#"):
                self._account.add_comment(line)
            else:
                self._lines.append((number, line))

    def read(self) -> FeedReading:
        """Return the reading. Raises Unreadable and NothingRead."""
        records = list(self._iter_records())
        if not records:
            raise NothingRead(f"{self._where}: the feed has no row")
        width = len(records[0][1])
        for place, record in records:
            if len(record) != width:
                cells = count_in_words(len(record), "cell")
                raise Unreadable(
                    f"{self._where}, {place}: {cells}, but the first row has {width}"
                )
        names = [str(number) for number in range(1, width + 1)]
        if not all(name.isdecimal() for name in self._columns):
            names = [clean(name) for name in records.pop(0)[1]]
        self._check_names(names)
        return self._account.finish([self._read_record(*one, names) for one in records])

    def _iter_records(self) -> Iterator[tuple[str, list[str]]]:
        """Yield the place and the cells of each row. Raises Unreadable."""
        first = next((line for _, line in self._lines if line.strip()), "")
        delimiter = next((sign for sign in _DELIMITERS if sign in first), ",")
        lines = (f"{line}\n" for _, line in self._lines)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        try:
            for record in reader:
                if any(cell.strip() for cell in record) or len(record) > 1:
                    yield self._name_line(reader.line_num), record
        except csv.Error as error:
            place = self._name_line(reader.line_num)
            raise Unreadable(f"{self._where}, {place}: not valid CSV: {error}") from None

    def _name_line(self, count: int) -> str:
        """Return the place in the feed of line number `count`, comments not counted."""
        return f"line {self._lines[max(count, 1) - 1][0]}"

    def _check_names(self, names: Sequence[str]) -> None:
        """Raise Unreadable unless each column of the definition is in the feed exactly once."""
        for name in self._columns:
            if names.count(name) != 1:
                problem = "stands twice" if name in names else "is not there"
                raise Unreadable(
                    f"{self._where}: the column {quote(name)} {problem}; the feed has"
                    f" {quote_list(names)}"
                )

    def _read_record(self, place: str, record: Sequence[str], names: Sequence[str]) -> Item:
        cells = dict(zip(names, record, strict=True))
        texts: dict[Field, list[str]] = {
            role: [cell for name in as_texts(columns) if (cell := cells[clean(name)].strip())]
            for role, columns in self._definition.fields.items()
        }
        excluded = (cells[clean(name)] for name in as_texts(self._definition.exclude))
        self._account.remove([*excluded, *texts.get("ignore", ())])
        fields = self._definition.fields
        describing = {
            clean(name)
            for role in DESCRIBING & fields.keys()
            for name in as_texts(fields[role])
        }
        for name, cell in zip(names, record, strict=True):
            if name not in self._columns or name in describing:
                self._account.add(cell, name)
        return build_item(texts, place, self._where)
