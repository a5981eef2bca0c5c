"""Two versions side by side: what went is marked on the left, what came on the right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from markupsafe import Markup

from tracker.model import Change, ChangeSet, Entry, port_text
from tracker.site.changes import MOST, counts
from tracker.site.entries import region_name
from tracker.site.markup import Template, join, lines, shown

_TABLE = Template(
    """<p>{counts}.</p>
<div class="wide" role="region" tabindex="0" aria-label="Differences">
<table class="sides">
<thead><tr><th scope="col">Entry</th><th scope="col">{left}</th>
<th scope="col">{right}</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</div>
{more}"""
)
_ROW = Template(
    '<tr><th scope="row">{resource}<p class="small">{region}</p>'
    '<p class="small"><span class="tag {impact}">{impact}</span> {kind}</p></th>'
    "<td>{left}</td><td>{right}</td></tr>\n"
)
_CAME = Template("<ins>{}</ins>")
_WENT = Template("<del>{}</del>")
_ABSENT = Markup('<span class="note">not there</span>')


def side_by_side(changes: ChangeSet, left: str, right: str) -> Markup:
    """The differences as a table; its columns are headed `left` and `right`."""
    if not changes.changes:
        return Markup("<p>No difference.</p>")
    rest = len(changes.changes) - MOST
    return _TABLE.format(
        counts=counts(changes.summary),
        left=left,
        right=right,
        rows=join(_row(change) for change in changes.changes[:MOST]),
        more=Markup("<p>and {} more</p>").format(rest) if rest > 0 else "",
    )


def _row(change: Change) -> Markup:
    before, after = (
        list(_said(entry)) if entry else None for entry in (change.before, change.after)
    )
    return _ROW.format(
        resource=shown(change.resource),
        region=region_name(change.region),
        impact=change.impact,
        kind=change.kind,
        left=_side(before, after, _WENT),
        right=_side(after, before, _CAME),
    )


def _side(said: list[str] | None, other: list[str] | None, mark: Template) -> Markup:
    """One side: what the other does not say is marked."""
    if said is None:
        return _ABSENT
    known = set(other or ())
    return lines(text if text in known else mark.format(text) for text in said)


def _said(entry: Entry) -> Iterator[str]:
    """An entry as lines that can be compared, in an order that both sides share."""
    yield from sorted(map(shown, entry.targets))
    yield from _once(f"{port_text(service)} {entry.direction}" for service in entry.services)
    yield f"needed: {entry.requirement or 'not stated'}"
    if entry.only_for:
        yield f"only for {shown(entry.only_for)}"
    if entry.components:
        yield f"components: {', '.join(map(shown, entry.components))}"
    if entry.purpose:
        yield shown(entry.purpose)


def _once(texts: Iterable[str]) -> list[str]:
    return sorted(set(texts))
