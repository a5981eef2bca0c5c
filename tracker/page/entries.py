"""What is in force: a table for each region, a row for each entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from tracker.grace import Leaving
from tracker.model import (
    Entry,
    Service,
    flatten,
    is_for_the_lan,
    port_text,
    regions_of,
)
from tracker.page.links import Links
from tracker.page.markup import NOTHING, Template, code, join, lines, link, shown, when
from tracker.text import slug

_REGION = Template(
    """<section class="region" aria-labelledby="region-{slug}">
<h3 id="region-{slug}">{name}</h3>
<p class="note">{count}</p>
<div class="wide" role="region" tabindex="0" aria-label="{name}: table">
<table role="table">
<thead role="rowgroup"><tr role="row">{header}</tr></thead>
<tbody role="rowgroup">
{rows}
</tbody>
</table>
</div>
</section>
"""
)
_HEAD = Template('<th role="columnheader" scope="col">{}</th>')
_ROW = Template(
    """<tr role="row"{kind}><th role="rowheader" scope="row">{what}</th>
<td role="cell" class="targets">{targets}</td>
<td role="cell" class="ports">{ports}</td>
<td role="cell">{needed}</td></tr>
"""
)
_GONE = Markup(' class="leaving"')
_SMALL = Template('<p class="small">{}</p>')
_TAG = Template('<span class="tag">{}</span>')
_COLUMNS = ("For", "Hosts and addresses", "Ports", "Needed")
LOCAL = "local network only"


def regions(entries: Sequence[Entry], links: Links, late: Leaving | None = None) -> Markup:
    """All regions, in the page's order; last in each what leaves the rule files soon."""
    late = late or Leaving()
    names = regions_of((*entries, *late.entries))
    jumps = (link(f"#region-{slug(name)}", region_name(name)) for name in names)
    return (lines(jumps, "jump") if len(names) > 1 else NOTHING) + join(
        _region(
            region,
            [entry for entry in entries if entry.region == region],
            [entry for entry in late.entries if entry.region == region],
            links,
            late,
        )
        for region in names
    )


def region_name(region: str | None) -> str:
    """A region for people; the page may name none."""
    return "All regions" if region is None else shown(region)


def _region(
    region: str | None,
    entries: Sequence[Entry],
    leaving: Sequence[Entry],
    links: Links,
    late: Leaving,
) -> Markup:
    count = len({end for entry in entries for end in flatten(entry)})
    return _REGION.format(
        slug=slug(region),
        name=region_name(region),
        count=f"{number(len(entries), 'entry', 'entries')}, {number(count, 'endpoint')}",
        header=join(_HEAD.format(words) for words in _COLUMNS),
        rows=join(_row(entry, links) for entry in entries)
        + join(_row(entry, links, _until(entry, late)) for entry in leaving),
    )


def number(count: int, one: str, many: str = "") -> str:
    """`1 entry`, `2 entries`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def _until(entry: Entry, late: Leaving) -> str:
    return min(late.until[end] for end in flatten(entry) if end in late.until)


def _row(entry: Entry, links: Links, until: str | None = None) -> Markup:
    about = [entry.purpose] if entry.purpose != entry.resource else []
    about += [f"For {', '.join(entry.components)}"] if entry.components else []
    return _ROW.format(
        kind=_GONE if until else "",
        what=Markup("{}{}").format(
            shown(entry.resource), join(_SMALL.format(shown(text)) for text in about if text)
        ),
        targets=lines(_target(target, links) for target in entry.targets),
        ports=lines(_ports(entry, entry.services)),
        needed=_needed(entry, until),
    )


def _target(target: str, links: Links) -> Markup:
    return links.target(target) if target != "lan" else Markup("the local network")


def _ports(entry: Entry, services: Iterable[Service]) -> Iterable[Markup]:
    """Each port once, with the direction; Windows services beside public hosts are marked."""
    local = {port_text(end) for end in flatten(entry) if is_for_the_lan(end)}
    for port in dict.fromkeys(port_text(service) for service in services):
        mark = _TAG.format(LOCAL) if port in local else NOTHING
        yield Markup("{} {} {}").format(code(port), entry.direction, mark)


def _needed(entry: Entry, until: str | None) -> Markup:
    if until:
        return Markup("no longer on the page; stays in rule files until {}").format(when(until))
    only = f", only for {shown(entry.only_for)}" if entry.only_for else ""
    return Markup("{}{}").format(entry.requirement or "not stated", only)
