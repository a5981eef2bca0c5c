"""A change set as Markdown or HTML, to paste into a ticket. Page text is inert in both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from tracker.commands.words import counts, ports
from tracker.model import Change, ChangeSet
from tracker.text import clean

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+!|~-])")
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2em;max-width:60em}"
    "table{border-collapse:collapse}td,th{border:1px solid #999;padding:.3em .6em;"
    "text-align:left;vertical-align:top}ins{color:#060}del{color:#900}"
)
_HEADER = ("Kind", "Impact", "Region", "Resource", "What changed")


def markdown(changes: ChangeSet) -> str:
    """A heading, the counts, and one table row for each change."""
    lines = [f"## {_title(changes)}", "", counts(changes.summary), ""]
    lines += [f"| {' | '.join(_HEADER)} |", f"|{'---|' * len(_HEADER)}"]
    for change in changes.changes:
        cells = [_inert(cell) for cell in _cells(change)]
        what = "<br>".join(f"{sign} {_inert(text)}" for sign, text in _details(change))
        lines.append(f"| {' | '.join([*cells, what])} |")
    return "\n".join(lines)


def html(changes: ChangeSet) -> str:
    """One whole page without script, for a browser or a mail."""
    head = "".join(f"<th>{name}</th>" for name in _HEADER)
    rows = "".join(_row(change) for change in changes.changes)
    title = escape(_title(changes))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f"<p>{escape(counts(changes.summary))}</p>"
        f"<table><tr>{head}</tr>{rows}</table></body></html>"
    )


def _row(change: Change) -> str:
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in _cells(change))
    tags = {"+": "ins", "-": "del", " ": "span"}
    what = "<br>".join(
        f"<{tags[sign]}>{sign} {escape(text)}</{tags[sign]}>" for sign, text in _details(change)
    )
    return f"<tr>{cells}<td>{what}</td></tr>"


def _title(changes: ChangeSet) -> str:
    before = f"version {changes.from_}" if changes.from_ else "nothing"
    return f"{clean(changes.source)}: from {before} to version {changes.to}"


def _cells(change: Change) -> tuple[str, ...]:
    return change.kind, change.impact, clean(change.region or "-"), clean(change.resource)


def _details(change: Change) -> Iterator[tuple[str, str]]:
    """Signs and lines: `+` came, `-` went."""
    entry = change.after or change.before
    if entry is None:
        return
    if not change.fields:
        sign = "+" if change.before is None else "-"
        for target in entry.targets:
            yield sign, clean(f"{target} {entry.direction} {ports(entry)}")
    for field in change.fields:
        yield from (("+", clean(f"{field.field}: {value}")) for value in field.added)
        yield from (("-", clean(f"{field.field}: {value}")) for value in field.removed)
        if field.before != field.after:
            yield "-", clean(f"{field.field}: {field.before or '(none)'}")
            yield "+", clean(f"{field.field}: {field.after or '(none)'}")


def _inert(text: str) -> str:
    """Markdown that shows as `text`, whatever it holds."""
    return _MARKDOWN.sub(r"\\\1", text)
