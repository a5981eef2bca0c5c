"""Definition lists and cards: records of labelled values, one below the other.

A label is a header word with a colon and its value behind it, or on a line of its own above
its value. All records have the same first and the same last label; so a record that is cut
off is seen. A card's heading is its resource where no label says that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from typing import NamedTuple

from tracker.errors import Unreadable
from tracker.extract.document import Document, Line
from tracker.extract.grid import Cell, Grid, Row
from tracker.extract.words import REQUIRED, Field, Vocabulary, direction_of, field_of, labelled
from tracker.text import quote


class _Label(NamedTuple):
    """A label at a line; `value` is what stands behind it on the same line."""

    at: int
    field: Field
    value: str | None


@dataclass(slots=True)
class _Section:
    """The labels from line `first` up to the next heading; `titled` if a heading is there."""

    first: int
    end: int
    titled: bool
    labels: list[_Label]


def read_cards(
    document: Document, taken: Sequence[bool], vocabulary: Vocabulary
) -> Iterator[Grid]:
    """The records of each section of the page outside the lines that are `taken`."""
    sections = _sections(document, taken, vocabulary)
    parts = (part for whole in sections for part in _by_region(whole))
    run: list[Grid] = []
    for grid in filter(None, (_Reader(document, part).grid() for part in parts)):
        if run and run[-1].end != grid.first:
            yield _joined(run)
            run = []
        run.append(grid)
    if run:
        yield _joined(run)


def _joined(run: Sequence[Grid]) -> Grid:
    """Cards side by side as one table."""
    rows = tuple(row for grid in run for row in grid.rows)
    return replace(run[0], end=run[-1].end, rows=rows)


def _sections(
    document: Document, taken: Sequence[bool], vocabulary: Vocabulary
) -> Iterator[_Section]:
    section = _Section(0, 0, titled=False, labels=[])
    for at, line in enumerate(document.lines):
        label = None if taken[at] else _label(document, at, vocabulary)
        if taken[at] or (line.heading and not label and not _goes_on(document, at)):
            section.end = at
            yield section
            section = _Section(at, at, titled=not taken[at], labels=[])
        elif label:
            section.labels.append(label)
    section.end = len(document.lines)
    yield section


def _goes_on(document: Document, at: int) -> bool:
    """Whether the line is a further line of the same heading."""
    line, above = document.lines[at], document.lines[at - 1]
    return at > 0 and above.heading > 0 and above.block == line.block


def _label(document: Document, at: int, vocabulary: Vocabulary) -> _Label | None:
    line = document.lines[at]
    if line.linked:
        return None
    if not line.heading and (found := labelled(line.text, vocabulary)):
        return _Label(at, *found)
    field = None if line.bullet else field_of(line.text, vocabulary)
    return _Label(at, field, None) if field else None


def _by_region(section: _Section) -> Iterator[_Section]:
    """A region that stands above several records is their title; else it is a label."""
    regions = [label.at for label in section.labels if label.field == "region"]
    records = sum(label.field == "direction" for label in section.labels)
    is_first = bool(section.labels) and section.labels[0].field == "region"
    if not regions or (len(regions) == records and not (records == 1 and is_first)):
        yield section
        return
    edges = [section.first, *regions, section.end]
    for number, (first, end) in enumerate(pairwise(edges)):
        inside = [
            label
            for label in section.labels
            if first <= label.at < end and label.field != "region"
        ]
        yield _Section(first, end, section.titled and not number, inside)


class _Reader:
    """Reads the records of one section, if there are any."""

    def __init__(self, document: Document, section: _Section) -> None:
        self.document, self.section = document, section
        self.lines = document.lines

    def grid(self) -> Grid | None:
        labels = self.section.labels
        counts = [self._directions(label) for label in labels if label.field == "direction"]
        fields = {label.field for label in labels}
        if max(counts, default=0) != 1 or "ports" not in fields:
            return None  # several directions below a label are a column
        if "resource" not in fields:
            return self._titled_record(sum(counts))
        records = self._records(sum(counts))
        rows = tuple(self._row(record) for record in records)
        end = self._value(records[-1][-1], None)[1]
        return Grid("the records", records[0][0].at, end, rows)

    def _directions(self, label: _Label) -> int:
        """How many directions belong to a label, as far as it matters: 0, 1 or 2."""
        if label.value is not None:
            return int(direction_of(label.value) is not None)
        below = [line.text for line in self.lines[label.at + 1 : label.at + 3]]
        return len(list(takewhile(direction_of, below)))

    def _records(self, count: int) -> list[list[_Label]]:
        """The labels, record by record. Raises Unreadable where they are not alike."""
        labels = self._from_first(count)
        records: list[list[_Label]] = []
        for label in labels:
            if label.field == labels[0].field:
                records.append([])
            records[-1].append(label)
        last = records[0][-1].field
        for record in records:
            fields = [label.field for label in record]
            if (
                not set(REQUIRED) <= set(fields)
                or len(set(fields)) < len(fields)
                or fields[-1] != last
            ):
                raise Unreadable(
                    f"the record with {quote(self.lines[record[0].at].text)} does not have the"
                    f" labels that other records have: {', '.join(fields)}"
                )
        return records

    def _from_first(self, count: int) -> list[_Label]:
        """The labels without words in front that only look like one.

        Raises Unreadable where some records have a label that others lack.
        """
        labels = self.section.labels
        left = Counter(label.field for label in labels)
        for start, label in enumerate(labels):
            if all(left[field] == count for field in REQUIRED):
                return labels[start:]
            left[label.field] -= 1
        raise Unreadable(
            f"of the records from {quote(self.lines[labels[0].at].text)} on, not all have the"
            f" labels {', '.join(REQUIRED)}"
        )

    def _titled_record(self, count: int) -> Grid:
        """A card whose heading is the resource: one heading, one record."""
        labels = self.section.labels
        fields = [label.field for label in labels]
        if not self.section.titled or count > 1 or len(set(fields)) < len(fields):
            raise Unreadable(
                f"{quote(self.lines[labels[0].at].text)} and the labels below it stand beside"
                " no resource"
            )
        first = self.section.first
        resource = Cell(
            tuple(line._replace(heading=0) for line in self.lines[first : labels[0].at])
        )
        end = self._value(labels[-1], None)[1]
        return Grid("the cards", first, end, ({"resource": resource, **self._row(labels)},))

    def _row(self, record: list[_Label]) -> Row:
        return {
            label.field: self._value(label, later)[0]
            for label, later in pairwise((*record, None))
            if label
        }

    def _value(self, label: _Label, later: _Label | None) -> tuple[Cell, int]:
        """The lines of a value: up to the next label, or to the end of its own block."""
        start = label.at + (label.value is None)
        end = later.at if later else self._end_of_block(start)
        lines: list[Line] = list(self.lines[start:end])
        if label.value is not None:
            lines[0] = lines[0]._replace(text=label.value)
        return Cell(tuple(lines)), end

    def _end_of_block(self, start: int) -> int:
        """The first line behind the block of line `start`, and behind a list below it."""
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
