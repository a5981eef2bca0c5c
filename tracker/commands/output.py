"""Formats entries, changes and findings for the terminal."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby

from tracker.change_set import Change, ChangeSet, Summary
from tracker.model import Entry, Finding, Snapshot, format_cause, port_text
from tracker.text import clean, count_of, escape_markdown

_COUNTS = (
    ("endpoints_added", "endpoint added", "endpoints added"),
    ("endpoints_removed", "endpoint removed", "endpoints removed"),
    ("added", "entry added", "entries added"),
    ("removed", "entry removed", "entries removed"),
    ("changed", "entry changed", "entries changed"),
    ("relabelled", "relabelled", "relabelled"),
    ("reworded", "reworded", "reworded"),
)


def format_counts(summary: Summary) -> str:
    """Return the counts that are not zero: `4 endpoints added, 2 entries changed`."""
    counted = ((getattr(summary, key), one, many) for key, one, many in _COUNTS)
    said = [count_of(number, one, many) for number, one, many in counted if number]
    return ", ".join(said) or "no difference"


def format_snapshot(snapshot: Snapshot) -> Iterator[str]:
    """Yield the lines of a version: its number, its pages, its entries, its findings."""
    yield (
        f"{snapshot.source} version {snapshot.version}, captured {snapshot.captured_at},"
        f" digest {snapshot.digest[:12]}{format_cause(snapshot.cause)}"
    )
    yield from (clean(f"read from {page.url}") for page in snapshot.pages)
    yield ""
    yield format_entries(snapshot.entries)
    yield from format_findings(snapshot.findings)


def format_entries(entries: Sequence[Entry]) -> str:
    """Return all entries by region, one per row; cells that repeat the last row are empty."""
    tables = []
    for region, group in groupby(entries, lambda entry: entry.region):
        listed = list(group)
        title = f"{region or 'No region'}: {count_of(len(listed), 'entry', 'entries')}"
        header = ("Resource", "Hosts and addresses", "Ports", "Required")
        tables.append(f"{clean(title)}\n\n{format_table(header, list(_entry_rows(listed)))}")
    return "\n\n".join(tables)


def _entry_rows(entries: Iterable[Entry]) -> Iterator[tuple[str, ...]]:
    above: tuple[str, str] | None = None
    for entry in entries:
        named = ", ".join(target for target in entry.targets if target != entry.resource)
        what = (entry.resource, named)
        only = f", {entry.only_for}" if entry.only_for else ""
        yield (
            *(("", "") if what == above else what),
            f"{entry.direction[:-5]} {format_ports(entry)}",
            f"{entry.requirement or '-'}{only}",
        )
        above = what


def format_ports(entry: Entry) -> str:
    """Return `tcp/22551, udp/22551, udp/6771`."""
    return ", ".join(dict.fromkeys(port_text(service) for service in entry.services))


def format_findings(findings: Iterable[Finding], most: int | None = None) -> Iterator[str]:
    """Yield a line for each finding; `most` limits those of one name, and adds their count."""
    counted: Counter[tuple[str, str]] = Counter()
    for finding in findings:
        kind = finding.verdict, finding.name
        counted[kind] += 1
        if most is None or counted[kind] <= most:
            yield clean(f"{finding.verdict} {finding.name}: {finding.message}")
    for (verdict, name), count in counted.items():
        if most is not None and count > most:
            yield f"{verdict} {name}: and {count - most} more like these"


def join_settling(findings: Iterable[Finding]) -> str:
    """Return the lines of configuration that resolve the findings that hold a page."""
    found = [each.settle for each in findings if each.verdict == "hold" and each.settle]
    if not found:
        return ""
    from tracker.parse import settling  # noqa: PLC0415  only if there are some

    return settling.join_settling(found)


def format_changes(changes: ChangeSet) -> Iterator[str]:
    """Yield the lines of a change set: the counts, then one entry after the other."""
    before = f"version {changes.from_}" if changes.from_ else "nothing"
    counts = format_counts(changes.summary) + format_cause(changes.cause)
    yield f"{changes.source}: from {before} to version {changes.to}: {counts}"
    for change in changes.changes:
        yield ""
        yield clean(
            f"{change.kind} ({change.impact})  {change.region or '-'}  {change.resource}"
        )
        yield from _change_details(change)


def _change_details(change: Change) -> Iterator[str]:
    entry = change.after or change.before
    if entry is None:
        return
    if not change.fields:
        sign = "+" if change.before is None else "-"
        for target in entry.targets:
            yield _sign(sign, f"{target}  {entry.direction} {format_ports(entry)}")
    else:
        yield f"    {entry.direction} {format_ports(entry)}"
    for field in change.fields:
        yield from (_sign("+", f"{field.field}: {value}") for value in field.added)
        yield from (_sign("-", f"{field.field}: {value}") for value in field.removed)
        if field.before != field.after:
            yield _sign("-", f"{field.field}: {field.before or '(none)'}")
            yield _sign("+", f"{field.field}: {field.after or '(none)'}")
    if entry.purpose:
        yield f"    for: {clean(entry.purpose)}"


def _sign(sign: str, text: str) -> str:
    """Return an indented line of an addition (+) or a removal (-)."""
    return f"  {sign} {clean(text)}"


# Tables: in a terminal cells wrap between words, in a pipe each row is one line. Words are
# never broken, so that hosts can be searched for.

_GAP = "  "
_NARROWEST = 8
_UNLIMITED = 1_000_000


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]], width: int = 0) -> str:
    """Return rows below a header, as wide as the terminal; in a pipe each row is a line."""
    width = width or _terminal_width()
    cells = [tuple(clean(cell) for cell in row) for row in (header, *rows)]
    columns = list(zip(*cells, strict=True))
    widths = _fit_widths(
        [max(map(len, column)) for column in columns], [_least_width(c) for c in columns], width
    )
    lines = [_format_row(row, widths) for row in cells]
    lines.insert(1, _GAP.join("-" * column for column in widths))
    return "\n".join(lines)


def _terminal_width() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else _UNLIMITED


def _least_width(column: Sequence[str]) -> int:
    """Return the width of the longest word in a column."""
    longest = max((len(word) for cell in column for word in cell.split()), default=0)
    return max(longest, _NARROWEST)


def _fit_widths(widths: list[int], least: Sequence[int], width: int) -> list[int]:
    """Shrink the widest column until all of them fit, or words would have to be broken."""
    space = width - len(_GAP) * (len(widths) - 1)
    while sum(widths) > space:
        spare, at = max(
            (have - low, i) for i, (have, low) in enumerate(zip(widths, least, strict=True))
        )
        if spare <= 0:
            break
        widths[at] -= 1
    return widths


def _format_row(row: Sequence[str], widths: Sequence[int]) -> str:
    columns = [list(_wrap_cell(cell, width)) for cell, width in zip(row, widths, strict=True)]
    height = max(len(column) for column in columns)
    return "\n".join(
        _GAP.join(
            (column[i] if i < len(column) else "").ljust(width)
            for column, width in zip(columns, widths, strict=True)
        ).rstrip()
        for i in range(height)
    )


def _wrap_cell(cell: str, width: int) -> Iterator[str]:
    wrapped = textwrap.wrap(cell, width, break_on_hyphens=False, break_long_words=False)
    yield from wrapped or [""]


# A change set as Markdown or HTML, to paste into a ticket.

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2em;max-width:60em}"
    "table{border-collapse:collapse}td,th{border:1px solid #999;padding:.3em .6em;"
    "text-align:left;vertical-align:top}ins{color:#060}del{color:#900}"
)
_HEADER = ("Kind", "Impact", "Region", "Resource", "What changed")


def render_markdown(changes: ChangeSet) -> str:
    """Return a heading, the counts, and one table row for each change."""
    counts = format_counts(changes.summary) + format_cause(changes.cause)
    lines = [f"## {_change_title(changes)}", "", counts, ""]
    lines += [f"| {' | '.join(_HEADER)} |", f"|{'---|' * len(_HEADER)}"]
    for change in changes.changes:
        cells = [escape_markdown(cell) for cell in _change_cells(change)]
        what = "<br>".join(
            f"{sign} {escape_markdown(text)}" for sign, text in _detail_lines(change)
        )
        lines.append(f"| {' | '.join([*cells, what])} |")
    return "\n".join(lines)


def render_html(changes: ChangeSet) -> str:
    """Return a complete page without scripts, for a browser or an e-mail."""
    head = "".join(f"<th>{name}</th>" for name in _HEADER)
    rows = "".join(_html_row(change) for change in changes.changes)
    title = escape(_change_title(changes))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f"<p>{escape(format_counts(changes.summary) + format_cause(changes.cause))}</p>"
        f"<table><tr>{head}</tr>{rows}</table></body></html>"
    )


def _html_row(change: Change) -> str:
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in _change_cells(change))
    tags = {"+": "ins", "-": "del", " ": "span"}
    what = "<br>".join(
        f"<{tags[sign]}>{sign} {escape(text)}</{tags[sign]}>"
        for sign, text in _detail_lines(change)
    )
    return f"<tr>{cells}<td>{what}</td></tr>"


def _change_title(changes: ChangeSet) -> str:
    before = f"version {changes.from_}" if changes.from_ else "nothing"
    return f"{clean(changes.source)}: from {before} to version {changes.to}"


def _change_cells(change: Change) -> tuple[str, ...]:
    return change.kind, change.impact, clean(change.region or "-"), clean(change.resource)


def _detail_lines(change: Change) -> Iterator[tuple[str, str]]:
    """Yield signs and lines: `+` for additions, `-` for removals."""
    entry = change.after or change.before
    if entry is None:
        return
    if not change.fields:
        sign = "+" if change.before is None else "-"
        for target in entry.targets:
            yield sign, clean(f"{target} {entry.direction} {format_ports(entry)}")
    for field in change.fields:
        yield from (("+", clean(f"{field.field}: {value}")) for value in field.added)
        yield from (("-", clean(f"{field.field}: {value}")) for value in field.removed)
        if field.before != field.after:
            yield "-", clean(f"{field.field}: {field.before or '(none)'}")
            yield "+", clean(f"{field.field}: {field.after or '(none)'}")
