"""Change sets for `parts/changes.html`: what changed, and two versions side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tracker.change_set import Change, ChangeSet, Summary, hide_renames
from tracker.model import Entry, Finding, flatten, format_cause, is_for_the_lan, port_text
from tracker.site.rendering import format_count
from tracker.text import make_printable

_COUNTS = (
    ("endpoints_added", "endpoint added", "endpoints added"),
    ("endpoints_removed", "endpoint removed", "endpoints removed"),
    ("added", "entry added", "entries added"),
    ("removed", "entry removed", "entries removed"),
    ("changed", "entry changed", "entries changed"),
    ("relabelled", "relabelled", "relabelled"),
    ("reworded", "reworded", "reworded"),
)
_MOST_CHANGES = 200  # shown of one change set
_MOST_LINES = 500  # of all shown changes; the published file has the rest


class ChangeLine(NamedTuple):
    """One thing that was added or removed."""

    text: str
    is_removed: bool


class ChangeItem(NamedTuple):
    """A change with as many lines as fit; `more` counts the others."""

    change: Change
    lines: list[ChangeLine]
    more: str


class ChangeList(NamedTuple):
    """The changes of a change set in their order; `more` counts those that are not shown.

    `renames` are sentences on regions with another name, which are not listed.
    """

    items: list[ChangeItem]
    more: str
    renames: list[str]


def format_counts(summary: Summary) -> str:
    """Return `4 endpoints added, 2 entries changed`: the counts that are not zero."""
    texts = [
        format_count(count, one, many)
        for key, one, many in _COUNTS
        if (count := getattr(summary, key))
    ]
    return ", ".join(texts) or "no difference"


def format_changes(changes: ChangeSet) -> str:
    """Return the counts of a change set; a renamed region counts only as renamed."""
    renames = describe_renames(changes)
    shown = hide_renames(changes)
    if renames and not shown.changes:
        return "; ".join(renames)
    return "; ".join([*renames, format_counts(shown.summary)])


def describe_renames(changes: ChangeSet) -> list[str]:
    """Return `region Europe is now called Eurasia` for each region with another name."""
    return [
        f"region {make_printable(each.old)} is now called {make_printable(each.new)}"
        for each in changes.regions_renamed or ()
    ]


def build_change_list(changes: ChangeSet) -> ChangeList:
    """Return the first changes of a set, as many as a page can show."""
    renames, changes = describe_renames(changes), hide_renames(changes)
    items: list[ChangeItem] = []
    room = _MOST_LINES
    for change in changes.changes[:_MOST_CHANGES]:
        if room <= 0:
            break
        lines = list(_list_lines(change))
        rest = len(lines) - room
        more = format_count(rest, "line") if rest > 0 else ""
        items.append(ChangeItem(change, lines[:room], more))
        room -= len(lines) + 1
    rest = len(changes.changes) - len(items)
    return ChangeList(items, format_count(rest, "change") if rest else "", renames)


def _list_lines(change: Change) -> Iterator[ChangeLine]:
    if not change.fields:
        is_removed = change.before is not None
        for text in _list_targets(change.after or change.before):
            yield ChangeLine(text, is_removed)
    for field in change.fields:
        name = field.field.replace("_", " ")
        yield from (ChangeLine(f"{name}: {text}", is_removed=False) for text in field.added)
        yield from (ChangeLine(f"{name}: {text}", is_removed=True) for text in field.removed)
        if field.before != field.after:
            yield ChangeLine(f"{name}: {field.before or '(none)'}", is_removed=True)
            yield ChangeLine(f"{name}: {field.after or '(none)'}", is_removed=False)


def _list_targets(entry: Entry | None) -> Iterator[str]:
    """Yield each target of an entry with all its ports."""
    if entry is None:
        return
    local = {port_text(end) for end in flatten(entry) if is_for_the_lan(end)}
    ports = ", ".join(
        f"{port} (local network only)" if port in local else port
        for port in dict.fromkeys(port_text(service) for service in entry.services)
    )
    yield from (f"{target} {entry.direction} {ports}" for target in entry.targets)


class ComparedLine(NamedTuple):
    """A line of one side; `is_shared` if the other side has it too."""

    text: str
    is_shared: bool


class ComparedEntry(NamedTuple):
    """A changed entry as two cells; None if a side does not have the entry."""

    change: Change
    left: list[ComparedLine] | None
    right: list[ComparedLine] | None


class VersionComparison(NamedTuple):
    """The differences of two versions; `more` counts those that are not shown."""

    counts: str
    rows: list[ComparedEntry]
    more: int


def build_comparison(changes: ChangeSet) -> VersionComparison:
    """Return the first differences of two versions, as many as a page can show."""
    counts = format_changes(changes) + format_cause(changes.cause)
    changes = hide_renames(changes)
    return VersionComparison(
        counts=counts,
        rows=[_compare_sides(change) for change in changes.changes[:_MOST_CHANGES]],
        more=max(len(changes.changes) - _MOST_CHANGES, 0),
    )


def _compare_sides(change: Change) -> ComparedEntry:
    before = list(_describe(change.before)) if change.before else None
    after = list(_describe(change.after)) if change.after else None
    return ComparedEntry(change, _mark_shared(before, after), _mark_shared(after, before))


def _mark_shared(
    lines: Sequence[str] | None, others: Sequence[str] | None
) -> list[ComparedLine] | None:
    if lines is None:
        return None
    known = set(others or ())
    return [ComparedLine(text, text in known) for text in lines]


def _describe(entry: Entry) -> Iterator[str]:
    """Yield an entry as comparable lines, in the same order on both sides."""
    yield from sorted(map(make_printable, entry.targets))
    yield from sorted({f"{port_text(each)} {entry.direction}" for each in entry.services})
    yield f"needed: {entry.requirement or 'not stated'}"
    if entry.only_for:
        yield f"only for {make_printable(entry.only_for)}"
    if entry.components:
        yield f"components: {', '.join(map(make_printable, entry.components))}"
    if entry.purpose:
        yield make_printable(entry.purpose)


def sort_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings, those that hold the page first."""
    return sorted(findings, key=lambda finding: finding.verdict != "hold")
