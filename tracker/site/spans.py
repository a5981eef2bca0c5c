"""The history of one address, host or port: since when, in which entries, until when."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from tracker.history.blame import Span
from tracker.site.entries import region_name
from tracker.site.links import Links
from tracker.site.markup import Template, code, join, shown, when

_TABLE = Template(
    """<div class="wide" role="region" tabindex="0" aria-label="History of the value">
<table>
<thead><tr><th scope="col">Entry</th><th scope="col">Listed as</th><th scope="col">Since</th>
<th scope="col">Until</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</div>
"""
)
_ROW = Template(
    '<tr><th scope="row">{resource}<p class="small">{region}</p></th><td>{listed}</td>'
    "<td>{since}</td><td>{until}</td></tr>\n"
)


def spans(found: Sequence[Span], links: Links) -> Markup:
    """All spans, as `blame` finds them."""
    if not found:
        return Markup("<p>It was never on the page, as far as is stored.</p>")
    return _TABLE.format(rows=join(_row(span, links) for span in found))


def in_words(value: str, found: Sequence[Span]) -> str:
    """The answer in one sentence."""
    here = [span for span in found if span.last is None]
    if here:
        regions = ", ".join(dict.fromkeys(region_name(span.region) for span in here))
        return f"{shown(value)} is in force in {regions}."
    return f"{shown(value)} is not in force."


def _row(span: Span, links: Links) -> Markup:
    until = "still there"
    if span.last is not None:
        until = Markup("{}, gone {}").format(links.version(span.last), when(span.gone or ""))
    return _ROW.format(
        resource=shown(span.resource),
        region=region_name(span.region),
        listed=join((code(text) for text in span.matched), ", "),
        since=Markup("{}, {}").format(links.version(span.first), when(span.since)),
        until=until,
    )
