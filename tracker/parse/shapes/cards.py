"""Reads definition lists and cards: records of labelled values, one below the other.

A label is a header word, either with a colon and the value after it, or on the line above its
value. All records must begin and end with the same labels, so that a truncated record is
noticed. If no label gives the resource of a card, its heading is the resource.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from tracker.errors import Unreadable
from tracker.parse.grid import Cell, Grid, Row
from tracker.parse.markup.document import Document, PageLine
from tracker.parse.values import find_values
from tracker.parse.vocabulary import (
    REQUIRED,
    Field,
    Vocabulary,
    direction_of,
    field_of,
    split_label,
)
from tracker.text import quote

_PORTS = re.compile(r"\b(?:TCP|UDP|HTTPS?)\b", re.IGNORECASE)
_MOST_BEFORE = 8  # labels of a record before its direction


class _Label(NamedTuple):
    """A label at a line; `value` is the text after it on the same line."""

    at: int
    field: Field
    value: str | None


class _Section(msgspec.Struct):
    """The labels from line `first` up to the next heading; `titled` if a heading is there."""

    first: int
    end: int
    titled: bool
    labels: list[_Label]


def read_cards(
    document: Document, taken: Sequence[bool], vocabulary: Vocabulary
) -> Iterator[Grid]:
    """Yield the records of each section of the page, outside lines that are `taken`."""
    sections = _split_sections(document, taken, vocabulary)
    parts = (part for whole in sections if whole.labels for part in _split_by_region(whole))
    run: list[Grid] = []
    last: dict[str, str] = {}
    for grid in filter(None, (_Reader(document, part).read_grid() for part in parts)):
        end = list(grid.rows[-1])[-1]
        if last.setdefault(grid.where, end) != end:
            raise Unreadable(
                f"{grid.where}: one ends with its {end}, others with their {last[grid.where]}"
            )
        if run and (run[-1].end != grid.first or run[-1].where != grid.where):
            yield _join_cards(run)
            run = []
        run.append(grid)
    if run:
        yield _join_cards(run)


def _join_cards(run: Sequence[Grid]) -> Grid:
    """Return adjacent cards as one table."""
    rows = tuple(row for grid in run for row in grid.rows)
    return replace(run[0], end=run[-1].end, rows=rows)


def _split_sections(
    document: Document, taken: Sequence[bool], vocabulary: Vocabulary
) -> Iterator[_Section]:
    section = _Section(0, 0, titled=False, labels=[])
    for at, line in enumerate(document.lines):
        label = None if taken[at] else _read_label(document, at, vocabulary)
        if taken[at] or (line.heading and not _continues(document, at)):
            section.end = at
            yield section
            section = _Section(at, at, titled=not taken[at], labels=[])
        elif label:
            section.labels.append(label)
    section.end = len(document.lines)
    yield section


def _continues(document: Document, at: int) -> bool:
    """Return whether the line continues the heading above it, or a list in that heading."""
    line, above = document.lines[at], document.lines[at - 1]
    return at > 0 and above.heading > 0 and (line.bullet or above.block == line.block)


def _read_label(document: Document, at: int, vocabulary: Vocabulary) -> _Label | None:
    line = document.lines[at]
    if line.linked or line.heading:
        return None
    if found := split_label(line.text, vocabulary):
        return _Label(at, *found)
    field = None if line.bullet else field_of(line.text, vocabulary)
    return _Label(at, field, None) if field else None


def _split_by_region(section: _Section) -> Iterator[_Section]:
    """Yield the parts of a section; a region above several records starts a part."""
    regions = [label.at for label in section.labels if label.field == "region"]
    records = sum(label.field == "direction" for label in section.labels)
    is_first = bool(section.labels) and section.labels[0].field == "region"
    if not regions or (len(regions) == records and not (records == 1 and is_first)):
        yield section
        return
    part = _Section(section.first, section.end, titled=section.titled, labels=[])
    for label in section.labels:
        if label.field == "region":
            yield replace(part, end=label.at)
            part = _Section(label.at, section.end, titled=False, labels=[])
        else:
            part.labels.append(label)
    yield part


class _Reader:
    """Reads the records of one section, if there are any."""

    def __init__(self, document: Document, section: _Section) -> None:
        self.document, self.section = document, section
        self.lines = document.lines

    def read_grid(self) -> Grid | None:
        """Return the section as a row; None if it is not a card of a firewall page."""
        labels = self.section.labels
        counts = [
            self._count_directions(label) for label in labels if label.field == "direction"
        ]
        fields = {label.field for label in labels}
        if max(counts, default=0) > 1:
            return None  # several directions below one label are a column
        if 1 not in counts or "ports" not in fields:
            self._check_lost(is_started=1 in counts)
            return None
        if "resource" not in fields:
            return self._read_titled_record(sum(counts))
        records = self._find_records()
        rows = tuple(self._read_row(record) for record in records)
        end = self._read_value(records[-1][-1], None)[1]
        return Grid("the records", records[0][0].at, end, rows)

    def _check_lost(self, *, is_started: bool) -> None:
        """Raise Unreadable for a card with a target and a direction or ports, but not both."""
        ports = [label for label in self.section.labels if label.field == "ports"]
        if not is_started and not any(
            _PORTS.search(self._read_first_line(label)) for label in ports
        ):
            return
        for line in self.lines[self.section.first : self.section.end]:
            values = find_values(line.text)
            if values.hosts or values.addresses:
                raise Unreadable(
                    f"{quote(line.text)} stands beside labelled values, but not with all of"
                    f" {', '.join(REQUIRED)}"
                )

    def _read_first_line(self, label: _Label) -> str:
        """Return the first line of a value."""
        below = self.lines[label.at + 1 : label.at + 2]
        return label.value or "".join(line.text for line in below)

    def _count_directions(self, label: _Label) -> int:
        """Return the number of directions that belong to a label: 0, 1, or 2 for more."""
        if label.value is not None:
            return int(direction_of(label.value) is not None)
        below = [line.text for line in self.lines[label.at + 1 : label.at + 3]]
        return len(list(takewhile(direction_of, below)))

    def _find_records(self) -> list[list[_Label]]:
        """Return the labels, record by record. Raises Unreadable if records differ in form.

        Words before and after the records may look like labels; one with a value is a label.
        """
        labels = self.section.labels
        first = next(at for at, label in enumerate(labels) if self._count_directions(label))
        for start in range(max(first - _MOST_BEFORE, 0), first):
            records, left = _split_records(labels[start:])
            others = (*labels[:start], *left)
            if _are_alike(records) and not any(self._has_value(label) for label in others):
                return records
        raise Unreadable(
            f"the records from {quote(self.lines[labels[0].at].text)} on do not all have the"
            f" labels {', '.join(REQUIRED)}, or do not begin and end alike"
        )

    def _has_value(self, label: _Label) -> bool:
        """Return whether a label outside the records has a value that would be lost."""
        if self._count_directions(label):
            return True
        values = find_values(self._read_first_line(label))
        return label.field == "resource" and bool(values.hosts or values.addresses)

    def _read_titled_record(self, count: int) -> Grid:
        """Return a card whose heading is the resource of its only record."""
        labels = self.section.labels
        fields = [label.field for label in labels]
        if not self.section.titled or count > 1 or len(set(fields)) < len(fields):
            raise Unreadable(
                f"{quote(self.lines[labels[0].at].text)} and the labels below it stand beside"
                " no resource"
            )
        first = self.section.first
        resource = Cell(
            tuple(replace(line, heading=0) for line in self.lines[first : labels[0].at])
        )
        end = self._read_value(labels[-1], None)[1]
        return Grid(
            "the cards", first, end, ({"resource": resource, **self._read_row(labels)},)
        )

    def _read_row(self, record: list[_Label]) -> Row:
        return {
            label.field: self._read_value(label, later)[0]
            for label, later in pairwise((*record, None))
            if label
        }

    def _read_value(self, label: _Label, later: _Label | None) -> tuple[Cell, int]:
        """Return a value, up to the next label or the end of its block, and its end line."""
        start = label.at + (label.value is None)
        end = later.at if later else self._find_end_of_block(start)
        lines: list[PageLine] = list(self.lines[start:end])
        if label.value is not None:
            lines[0] = replace(lines[0], text=label.value)
        return Cell(tuple(lines)), end

    def _find_end_of_block(self, start: int) -> int:
        """Return the first line after the block of line `start` and a list below it."""
        if start >= self.section.end:
            return start
        block = self.lines[start].block
        depth = self.document.depths[block]
        end = start + 1
        while end < self.section.end and (
            self.document.ancestor(self.lines[end].block, depth) == block
            or (self.lines[end].bullet and not self.lines[start].bullet)
        ):
            end += 1
        return end


def _split_records(labels: Sequence[_Label]) -> tuple[list[list[_Label]], list[_Label]]:
    """Return the records, which begin with the first label, and the labels after them."""
    records: list[list[_Label]] = []
    for label in labels:
        if label.field == labels[0].field:
            records.append([])
        records[-1].append(label)
    last = records[0][-1].field
    ends = [at for at, label in enumerate(records[-1], start=1) if label.field == last]
    end = ends[0] if ends else 0  # without an end it is truncated, or not a record
    left = records[-1][end:]
    records[-1] = records[-1][:end]
    return [record for record in records if record], left


def _are_alike(records: Sequence[Sequence[_Label]]) -> bool:
    """Return whether all are complete, begin with the resource, and end with one label."""
    for record in records:
        fields = [label.field for label in record]
        required = [field for field in fields if field in REQUIRED]
        if (
            set(required) != set(REQUIRED)
            or required[0] != "resource"
            or len(set(fields)) < len(fields)
            or fields[-1] != records[0][-1].field
        ):
            return False
    return bool(records)
