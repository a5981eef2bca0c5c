"""The result for each endpoint and region, in words that table, JSON and JUnit share. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from tracker.model import (
    LAN,
    Count,
    Direction,
    Entry,
    Number,
    Port,
    Protocol,
    Requirement,
    Time,
)
from tracker.text import comparable
from tracker.verify.plan import ProbeTask
from tracker.verify.states import STATES, WORST_FIRST, State

ELSEWHERE = "elsewhere"  # a site that no row is for: only rows for all sites count
_OPEN: frozenset[State] = frozenset({"open", "open-unlisted"})


class Attempt(msgspec.Struct, frozen=True):
    """An address and port that were tried; `name` is the host that resolved to it.

    `certified` is the name that the certificate of an address was checked for. `seconds` is
    the time to connect, `tls_seconds` that of the handshake after it. `tries` counts from 1.
    """

    address: str | None
    port: Port
    name: str | None
    state: State
    detail: str
    certified: str | UnsetType = UNSET
    seconds: float | UnsetType = UNSET
    tls_seconds: float | UnsetType = UNSET
    tries: Count = 1


class ProxyResult(msgspec.Struct, frozen=True):
    """The result through the proxy, in addition to the direct one."""

    state: State
    detail: str
    attempts: tuple[Attempt, ...] = ()


class Result(msgspec.Struct, frozen=True):
    """The result for one endpoint, connected directly.

    `only_for` are the sites that its rows are for; empty if a row is for all. `applies` tells
    whether it is for the site of this machine.
    """

    direction: Direction
    target: str
    protocol: Protocol
    from_port: Port | None
    to_port: Port | None
    regions: tuple[str, ...]
    resource: str
    requirement: Requirement | None
    state: State
    detail: str
    attempts: tuple[Attempt, ...] = ()
    only_for: tuple[str, ...] = ()
    applies: bool = True
    proxy: ProxyResult | UnsetType = UNSET

    @property
    def is_open(self) -> bool:
        """Return whether it is open, directly or through the proxy."""
        return self.state == "open" or (
            isinstance(self.proxy, ProxyResult) and self.proxy.state == "open"
        )

    @property
    def is_outward(self) -> bool:
        """Return whether it can be tried: neither inbound nor on the local network."""
        return self.direction == "outbound" and self.target != LAN


class RegionSummary(msgspec.Struct, frozen=True):
    """The required endpoints of a region, and those open from here; `not_open` are the rest."""

    region: str | None
    reached: bool
    required: Count
    required_open: Count
    summary: dict[str, Count]
    not_open: tuple[str, ...]


class VerifyReport(msgspec.Struct, frozen=True):
    """A verification, as `verify --json` prints it; `reached` decides the exit status.

    Reports by scripts and by older programs lack some of the later fields.
    """

    schema: Literal[1]
    source: str
    version: Number
    regions: tuple[str, ...]
    reached: bool
    summary: dict[str, Count]
    results: tuple[Result, ...]
    notes: tuple[str, ...] = ()
    host: str | UnsetType = UNSET
    started_at: Time | UnsetType = UNSET
    seconds: float | UnsetType = UNSET
    network: bool | UnsetType = UNSET
    sites: tuple[str, ...] = ()
    source_address: str | UnsetType = UNSET
    proxy: str | UnsetType = UNSET
    by_region: tuple[RegionSummary, ...] = ()


def summarize_attempts(
    task: ProbeTask,
    attempts: Iterable[Attempt],
    sites: Collection[str] = (),
    by_proxy: Iterable[Attempt] | None = None,
) -> Result:
    """Return the worst of the attempts, with the details of those that have that state.

    Without `sites` every row counts. `by_proxy` are the attempts through the proxy, if any.
    """
    tried = tuple(attempts)
    state, detail = _judge(tried) if tried else ("cannot-tell", task.why or "not tried in time")
    second = None if by_proxy is None else tuple(by_proxy)
    endpoint = task.endpoint
    return Result(
        endpoint.direction,
        endpoint.target,
        endpoint.protocol,
        endpoint.from_port,
        endpoint.to_port,
        task.regions,
        task.resource,
        _requirement_at(task.rows, sites) if task.rows else task.requirement,
        state,
        detail,
        tried,
        audiences_of(task.rows),
        any(_applies(row, sites) for row in task.rows) or not task.rows,
        UNSET if not second else ProxyResult(*_judge(second), second),
    )


def _judge(tried: Sequence[Attempt]) -> tuple[State, str]:
    """Return the worst state, and a detail that says which attempts have it and why."""
    counted = [each for each in tried if not _is_other_name(each, tried)]
    state = min((each.state for each in counted), key=WORST_FIRST.index)
    same = [each for each in counted if each.state == state]
    details = "; ".join(dict.fromkeys(each.detail for each in same if each.detail))
    if len(same) == len(counted):
        return state, details
    ports = len({each.port for each in counted}) > 1
    places = ", ".join(_describe_place(each, ports=ports) for each in same)
    return state, f"{len(same)} of {len(counted)} ({places}): {details or state}"


def _is_other_name(attempt: Attempt, tried: Sequence[Attempt]) -> bool:
    """Return whether an address failed for this name of its row, but is right for another.

    The page does not say which address of a row belongs to which of its names.
    """
    return attempt.state == "tls-wrong-name" and any(
        each.state in _OPEN and (each.address, each.port) == (attempt.address, attempt.port)
        for each in tried
    )


def _describe_place(attempt: Attempt, *, ports: bool) -> str:
    certified = f" as {attempt.certified}" if attempt.certified else ""
    port = f" port {attempt.port}" if ports else ""
    return f"{attempt.address or attempt.name}{port}{certified}"


def _applies(entry: Entry, sites: Collection[str]) -> bool:
    """Return whether a row is for one of these sites; without sites, every row is."""
    if not sites or entry.only_for is None:
        return True
    return comparable(entry.only_for) in set(map(comparable, sites))


def audiences_of(rows: Iterable[Entry]) -> tuple[str, ...]:
    """Return the sites that rows are limited to; empty if a row is for all sites."""
    found = dict.fromkeys(row.only_for for row in rows)
    return () if None in found else tuple(each for each in found if each)


def _requirement_at(rows: Iterable[Entry], sites: Collection[str]) -> Requirement | None:
    """Return the strictest requirement of the rows that are for the sites.

    If no row is, return that of all rows: it is shown, but does not count.
    """
    rows = tuple(rows)
    stated = [row.requirement for row in rows if _applies(row, sites)] or [
        row.requirement for row in rows
    ]
    return "required" if "required" in stated else next(filter(None, stated), None)


def is_reached(results: Iterable[Result]) -> bool:
    """Return whether every endpoint that is required here and can be tried is open.

    If no endpoint is marked as required, all count. Inbound endpoints and the local network
    are never tried and do not count, nor do rows for other sites.
    """
    outward = [each for each in results if each.is_outward]
    marked = any(each.requirement for each in outward)
    return all(
        each.is_open
        for each in outward
        if each.applies and (each.requirement == "required" or not marked)
    )


def summarize_regions(
    pairs: Sequence[tuple[ProbeTask, Result]],
    sites: Collection[str],
    regions: Iterable[str | None],
) -> tuple[RegionSummary, ...]:
    """Return what each of `regions` requires and has open, in their order."""
    marked = any(each.requirement for _, each in pairs if each.is_outward)
    found = {row.region for task, _ in pairs for row in task.rows}
    names = [each for each in regions if each in found]
    return tuple(_summarize_region(name, pairs, sites, marked=marked) for name in names)


def _summarize_region(
    region: str | None,
    pairs: Iterable[tuple[ProbeTask, Result]],
    sites: Collection[str],
    *,
    marked: bool,
) -> RegionSummary:
    required, found = [], []
    for task, result in pairs:
        rows = [row for row in task.rows if row.region == region]
        if not rows:
            continue
        found.append(result)
        here = [row for row in rows if _applies(row, sites)]
        needed = bool(here) and (_requirement_at(here, sites) == "required" or not marked)
        if needed and result.is_outward:
            required.append(result)
    closed = tuple(endpoint_text(each) for each in required if not each.is_open)
    count = len(required)
    return RegionSummary(
        region, not closed, count, count - len(closed), count_states(found), closed
    )


def count_states(results: Iterable[Result]) -> dict[str, int]:
    """Count the results by state; a state without any has 0."""
    counted = Counter(each.state for each in results)
    return {state: counted[state] for state in STATES}


def endpoint_text(result: Result) -> str:
    """Return `outbound 192.0.2.1 tcp/443`."""
    first, last = result.from_port, result.to_port
    span = "not stated" if first is None else first if first == last else f"{first}-{last}"
    return f"{result.direction} {result.target} {result.protocol}/{span}"


def notes_on_sites(results: Iterable[Result], sites: Collection[str]) -> Iterator[str]:
    """Yield a note if some rows are for certain sites only, and no site was given."""
    some = dict.fromkeys(
        name for each in results if each.requirement == "required" for name in each.only_for
    )
    if some and not sites:
        yield (
            f"some of what is required is so only for {', '.join(some)}: --site NAME counts"
            f" what one site needs, --site {ELSEWHERE} what all do"
        )
