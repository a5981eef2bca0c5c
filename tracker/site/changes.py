"""A change set for people: entry by entry, what came marked as added, what went as removed."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from tracker.model import Change, ChangeSet, Entry, Summary, flatten, is_for_the_lan, port_text
from tracker.site.entries import LOCAL, number, region_name
from tracker.site.markup import Template, join, lines, shown

_CHANGE = Template(
    '<li><p><span class="tag {impact}">{impact}</span> <strong>{resource}</strong>'
    " {kind} in {region}</p>{details}</li>\n"
)
_ALL = Template('<ul class="changes">\n{}</ul>\n')
_CAME = Template("<ins>{}</ins>")
_WENT = Template("<del>{}</del>")
_COUNTS = (
    ("endpoints_added", "endpoint added", "endpoints added"),
    ("endpoints_removed", "endpoint removed", "endpoints removed"),
    ("added", "entry added", "entries added"),
    ("removed", "entry removed", "entries removed"),
    ("changed", "entry changed", "entries changed"),
    ("relabelled", "relabelled", "relabelled"),
    ("reworded", "reworded", "reworded"),
)
MOST = 200  # changes shown of one change set, and
_MOST_LINES = 500  # lines of all of them; the file has them all


def counts(summary: Summary) -> str:
    """`4 endpoints added, 2 entries changed`: what is not zero."""
    said = [
        number(count, one, many)
        for key, one, many in _COUNTS
        if (count := getattr(summary, key))
    ]
    return ", ".join(said) or "no difference"


def change_list(changes: ChangeSet) -> Markup:
    """The changes in their order, and how many are not shown."""
    made: list[Markup] = []
    left = _MOST_LINES
    for change in changes.changes[:MOST]:
        if left <= 0:
            break
        details = list(_details(change))
        made.append(_change(change, _first(details, left)))
        left -= len(details) + 1
    rest = len(changes.changes) - len(made)
    more = Markup("<p>and {} more</p>").format(number(rest, "change")) if rest else ""
    return _ALL.format(join(made)) + more if made else Markup("<p>No change.</p>")


def _first(details: list[Markup], left: int) -> list[Markup]:
    """As many lines as there is room for, and how many there are besides."""
    if len(details) <= left:
        return details
    return [*details[:left], Markup("and {} more").format(number(len(details) - left, "line"))]


def _change(change: Change, details: list[Markup]) -> Markup:
    return _CHANGE.format(
        impact=change.impact,
        kind=change.kind,
        region=region_name(change.region),
        resource=shown(change.resource),
        details=lines(details, "diff"),
    )


def _details(change: Change) -> Iterator[Markup]:
    if not change.fields:
        mark = _CAME if change.before is None else _WENT
        yield from (mark.format(text) for text in _whole(change.after or change.before))
    for field in change.fields:
        name = field.field.replace("_", " ")
        yield from (_CAME.format(f"{name}: {shown(text)}") for text in field.added)
        yield from (_WENT.format(f"{name}: {shown(text)}") for text in field.removed)
        if field.before != field.after:
            yield _WENT.format(f"{name}: {shown(field.before) or '(none)'}")
            yield _CAME.format(f"{name}: {shown(field.after) or '(none)'}")


def _whole(entry: Entry | None) -> Iterator[str]:
    """A whole entry as lines: each target with all its ports."""
    if entry is None:
        return
    local = {port_text(end) for end in flatten(entry) if is_for_the_lan(end)}
    ports = ", ".join(
        f"{port} ({LOCAL})" if port in local else port
        for port in dict.fromkeys(port_text(service) for service in entry.services)
    )
    yield from (f"{shown(target)} {entry.direction} {ports}" for target in entry.targets)
