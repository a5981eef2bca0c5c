"""What is in force: a table for each region, a row for each entry."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from markupsafe import Markup

from tracker.model import (
    LAN,
    Direction,
    Entry,
    Service,
    are_for_the_lan,
    flatten,
    port_text,
    regions_of,
)
from tracker.publish.grace import Leaving
from tracker.site.links import Links
from tracker.site.markup import NOTHING, Template, code, join, lines, link, shown, when
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
_WHAT = Template("{}{}")
_PORT = Template("{} {} {}")
_LEAVING = Template("no longer on the page; stays in rule files until {}")
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
    purpose = entry.purpose if entry.purpose != entry.resource else ""
    return _ROW.format(
        kind=_GONE if until else "",
        what=_WHAT.format(shown(entry.resource), _about(purpose, entry.components)),
        targets=lines(_target(target, links) for target in entry.targets),
        ports=_ports(entry.services, entry.direction, is_lan=entry.targets == (LAN,)),
        needed=_LEAVING.format(when(until)) if until else _needed(entry),
    )


# Few words and ports stand beside many targets.
@lru_cache(maxsize=1024)
def _about(purpose: str, components: tuple[str, ...]) -> Markup:
    about = [purpose, f"For {', '.join(components)}" if components else ""]
    return join(_SMALL.format(shown(text)) for text in about if text)


def _target(target: str, links: Links) -> Markup:
    return links.target(target) if target != "lan" else Markup("the local network")


@lru_cache(maxsize=1024, typed=True)
def _ports(services: tuple[Service, ...], direction: Direction, *, is_lan: bool) -> Markup:
    """Each port once, with the direction; Windows services beside public hosts are marked."""
    ports = {port_text(service): are_for_the_lan(service) for service in services}
    return lines(
        _PORT.format(
            code(port), direction, _TAG.format(LOCAL) if local and not is_lan else NOTHING
        )
        for port, local in ports.items()
    )


def _needed(entry: Entry) -> str:
    only = f", only for {shown(entry.only_for)}" if entry.only_for else ""
    return f"{entry.requirement or 'not stated'}{only}"
