"""Findings of an audit in words and as data: what the table, the JSON and SARIF are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal, get_args

import msgspec

from tracker.audit.documented import Needed
from tracker.audit.parsed_config import ANY_PORT, Opening, Ports, Unread
from tracker.audit.results import Comparison, Covered, Extra, Missing, Stale, Wide
from tracker.model import Direction, Protocol, Requirement

Kind = Literal["missing", "stale", "wide", "covered", "extra"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MEANING: dict[Kind, str] = {
    "missing": "documented, and not let through: this will break",
    "stale": "let through, and no longer documented",
    "wide": "lets through more than is documented",
    "covered": "documented, and let through only by something wider",
    "extra": "let through, and not documented for what was asked",
}
_SHOWN = 3


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding. A null protocol or port is any, or not named by these files.

    A null direction is both ways within the local network.
    `version` is the last one that documented what is stale. `others` are what covers it, what
    it is needed for, or whom it is documented for. `file` and `line` are where it is said.
    """

    kind: Kind
    direction: Direction | None
    target: str
    protocol: Protocol | None
    from_port: int | None
    to_port: int | None
    message: str
    regions: tuple[str, ...] = ()
    resource: str | None = None
    requirement: Requirement | None = None
    version: int | None = None
    others: tuple[str, ...] = ()
    file: str | None = None
    line: int | None = None
    text: str | None = None

    @property
    def endpoint(self) -> str:
        """`outbound 192.0.2.1 tcp/443`."""
        ports = None if self.from_port is None else (self.from_port, self.to_port or 0)
        return said(self.direction, self.target, self.protocol, ports)


class NotRead(msgspec.Struct, frozen=True):
    """A line that is not understood; it may let something through, or stop it."""

    file: str
    line: int
    text: str
    why: str


class NotCompared(msgspec.Struct, frozen=True):
    """A documented endpoint that these kinds of file never name."""

    endpoint: str
    resource: str
    reason: str


class File(msgspec.Struct, frozen=True):
    """A file that was audited, and what it was taken for."""

    file: str
    kind: str


class Report(msgspec.Struct, frozen=True):
    """One audit, as `audit --json` prints it."""

    schema: Literal[1]
    source: str
    version: int
    regions: tuple[str, ...]
    components: tuple[str, ...]
    files: tuple[File, ...]
    endpoints: int
    summary: dict[str, int]
    findings: tuple[Finding, ...]
    not_compared: tuple[NotCompared, ...]
    not_read: tuple[NotRead, ...]
    notes: tuple[str, ...]


def findings_of(found: Comparison) -> tuple[Finding, ...]:
    """All findings, by kind."""
    return (
        *map(_missing, found.missing),
        *map(_stale, found.stale),
        *map(_wide, found.wide),
        *map(_covered, found.covered),
        *map(_extra, found.extra),
    )


def summary_of(findings: Iterable[Finding]) -> dict[str, int]:
    """How many of each kind, also of those that there are none of."""
    counted = Counter(finding.kind for finding in findings)
    return {kind: counted[kind] for kind in KINDS}


def not_read(found: Iterable[Unread]) -> Iterator[NotRead]:
    """Lines that were not understood."""
    for each in found:
        yield NotRead(each.place.file, each.place.line, each.place.text, each.why)


def said(
    direction: Direction | None, target: str, protocol: Protocol | None, ports: Ports | None
) -> str:
    """`outbound 192.0.2.1 tcp/443`; without ports the target alone."""
    way = direction or "within"
    if ports is None:
        return f"{way} {target}{f' {protocol}/not stated' if protocol else ''}"
    first, last = ports
    span = "any" if ports == ANY_PORT else str(first) if first == last else f"{first}-{last}"
    return f"{way} {target} {protocol or 'any'}/{span}"


def needed_text(needed: Needed) -> str:
    """`outbound 192.0.2.1 tcp/443`."""
    endpoint = needed.endpoint
    return said(endpoint.direction, endpoint.target, endpoint.protocol, needed.ports)


def opening_text(opening: Opening) -> str:
    """`outbound 192.0.2.0/24 tcp/443`."""
    return said(opening.direction, str(opening.target), opening.protocol, opening.ports)


def _missing(found: Missing) -> Finding:
    by = tuple(f"{opening_text(each)} ({each.place})" for each in found.partly)
    bare = found.needed.bare_of
    why = f"the page's {bare} includes this name; " if bare else ""
    what = f"only a part of it is let through, by {_some(by)}" if by else "not let through"
    return _of_needed("missing", found.needed, f"{why}{what}", by)


def _covered(found: Covered) -> Finding:
    by = tuple(f"{opening_text(each)} ({each.place})" for each in found.by)
    return _of_needed("covered", found.needed, f"let through only by {_some(by)}", by)


def _stale(found: Stale) -> Finding:
    needed, opening = found.needed, found.opening
    alone = str(opening.target) == needed.endpoint.target
    inside = "" if alone else f", as a part of {opening_text(opening)}"
    message = f"documented until version {found.version}, and no longer{inside}"
    return msgspec.structs.replace(
        _of_opening("stale", opening, message),
        target=needed.endpoint.target,
        protocol=needed.endpoint.protocol,
        from_port=needed.endpoint.from_port,
        to_port=needed.endpoint.to_port,
        version=found.version,
        regions=needed.regions,
        resource=needed.resource,
    )


def _wide(found: Wide) -> Finding:
    inside = tuple(map(needed_text, found.inside))
    message = f"the page lists only {_some(inside)}"
    return _of_opening("wide", found.opening, message, inside)


def _extra(found: Extra) -> Finding:
    others = tuple(map(needed_text, found.others))
    regions = dict.fromkeys(region for each in found.others for region in each.regions)
    where = ", ".join(regions) or "other components"
    message = "the page does not list it"
    if others:
        message = f"documented for something else ({where}): {_some(others)}"
    return _of_opening("extra", found.opening, message, others)


def _of_needed(kind: Kind, needed: Needed, message: str, others: tuple[str, ...]) -> Finding:
    return Finding(
        kind=kind,
        direction=needed.endpoint.direction,
        target=needed.endpoint.target,
        protocol=needed.endpoint.protocol,
        from_port=needed.endpoint.from_port,
        to_port=needed.endpoint.to_port,
        message=message,
        regions=needed.regions,
        resource=needed.resource,
        requirement=needed.requirement,
        others=others,
    )


def _of_opening(
    kind: Kind, opening: Opening, message: str, others: tuple[str, ...] = ()
) -> Finding:
    first, last = opening.ports or (None, None)
    return Finding(
        kind=kind,
        direction=opening.direction,
        target=str(opening.target),
        protocol=opening.protocol,
        from_port=first,
        to_port=last,
        message=message,
        others=others,
        file=opening.place.file,
        line=opening.place.line or None,
        text=opening.place.text,
    )


def _some(texts: tuple[str, ...]) -> str:
    """The first few, and how many more."""
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return ", ".join(texts[:_SHOWN]) + more
