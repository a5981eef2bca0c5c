"""Entries, changes and findings in the words that the terminal shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from tracker.commands.table import table
from tracker.model import Change, ChangeSet, Entry, Finding, Snapshot, Summary, port_text
from tracker.text import clean

_COUNTS = (
    ("endpoints_added", "endpoints added"),
    ("endpoints_removed", "endpoints removed"),
    ("added", "entries added"),
    ("removed", "entries removed"),
    ("changed", "entries changed"),
    ("relabelled", "relabelled"),
    ("reworded", "reworded"),
)


def counts(summary: Summary) -> str:
    """`4 endpoints added, 2 entries changed`: what is not zero."""
    said = [
        f"{getattr(summary, key)} {words}" for key, words in _COUNTS if getattr(summary, key)
    ]
    return ", ".join(said) or "no difference"


def snapshot_lines(snapshot: Snapshot) -> Iterator[str]:
    """A version: what it is, where it was read, its entries, its findings."""
    yield (
        f"{snapshot.source} version {snapshot.version}, captured {snapshot.captured_at},"
        f" digest {snapshot.digest[:12]}"
    )
    yield from (clean(f"read from {page.url}") for page in snapshot.pages)
    yield ""
    yield entries_table(snapshot.entries)
    yield from finding_lines(snapshot.findings)


def entries_table(entries: Sequence[Entry]) -> str:
    """All entries by region, a row each; what a row shares with the one above stands once."""
    tables = []
    for region, group in groupby(entries, lambda entry: entry.region):
        listed = list(group)
        title = f"{region or 'No region'}: {len(listed)} entries"
        header = ("Resource", "Hosts and addresses", "Ports", "Required")
        tables.append(f"{clean(title)}\n\n{table(header, list(_rows(listed)))}")
    return "\n\n".join(tables)


def _rows(entries: Iterable[Entry]) -> Iterator[tuple[str, ...]]:
    above: tuple[str, str] | None = None
    for entry in entries:
        named = ", ".join(target for target in entry.targets if target != entry.resource)
        what = (entry.resource, named)
        only = f", {entry.only_for}" if entry.only_for else ""
        yield (
            *(("", "") if what == above else what),
            f"{entry.direction[:-5]} {ports(entry)}",
            f"{entry.requirement or '-'}{only}",
        )
        above = what


def ports(entry: Entry) -> str:
    """`tcp/22551, udp/22551, udp/6771`."""
    return ", ".join(dict.fromkeys(port_text(service) for service in entry.services))


def finding_lines(findings: Iterable[Finding], most: int | None = None) -> Iterator[str]:
    """A line for each finding; with `most`, of one name no more, and how many there are."""
    counted: Counter[tuple[str, str]] = Counter()
    for finding in findings:
        kind = finding.verdict, finding.name
        counted[kind] += 1
        if most is None or counted[kind] <= most:
            yield clean(f"{finding.verdict} {finding.name}: {finding.message}")
    for (verdict, name), count in counted.items():
        if most is not None and count > most:
            yield f"{verdict} {name}: and {count - most} more like these"


def change_lines(changes: ChangeSet) -> Iterator[str]:
    """A change set for the terminal: counts, then one entry after the other."""
    before = f"version {changes.from_}" if changes.from_ else "nothing"
    yield f"{changes.source}: from {before} to version {changes.to}: {counts(changes.summary)}"
    for change in changes.changes:
        yield ""
        yield clean(
            f"{change.kind} ({change.impact})  {change.region or '-'}  {change.resource}"
        )
        yield from _details(change)


def _details(change: Change) -> Iterator[str]:
    entry = change.after or change.before
    if entry is None:
        return
    if not change.fields:
        sign = "+" if change.before is None else "-"
        for target in entry.targets:
            yield clean(f"  {sign} {target}  {entry.direction} {ports(entry)}")
    else:
        yield clean(f"    {entry.direction} {ports(entry)}")
    for field in change.fields:
        yield from (clean(f"  + {field.field}: {value}") for value in field.added)
        yield from (clean(f"  - {field.field}: {value}") for value in field.removed)
        if field.before != field.after:
            yield clean(f"  - {field.field}: {field.before or '(none)'}")
            yield clean(f"  + {field.field}: {field.after or '(none)'}")
    if entry.purpose:
        yield clean(f"    for: {entry.purpose}")
