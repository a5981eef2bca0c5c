"""Compare permits with what is documented: what is missing, stale, too wide or extra.

Pure arithmetic on rectangles; nothing here depends on a kind of file. `report.py` puts the
results into words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from tracker.audit.documented import DocumentedEndpoint, DocumentedState
from tracker.audit.intervals import (
    ANY_HOST,
    DIRECTIONS,
    PROTOCOLS,
    Plane,
    Rect,
    RectIndex,
    planes_of,
    subtract,
    to_rect,
    wider_planes,
)
from tracker.audit.parsed_config import ANY_PORT, AddressRange, Permit
from tracker.model import LAN

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Missing:
    """An endpoint that is not let through, or only in part by `partly`."""

    needed: DocumentedEndpoint
    partly: tuple[Permit, ...] = ()


@dataclass(frozen=True, slots=True)
class Covered:
    """An endpoint that is let through only by permits wider than the page."""

    needed: DocumentedEndpoint
    by: tuple[Permit, ...]


@dataclass(frozen=True, slots=True)
class Stale:
    """A permit for what was documented until `version` and no longer is."""

    permit: Permit
    needed: DocumentedEndpoint
    version: int


@dataclass(frozen=True, slots=True)
class Wide:
    """A permit for more than is documented; `inside` is the documented part."""

    permit: Permit
    inside: tuple[DocumentedEndpoint, ...]


@dataclass(frozen=True, slots=True)
class Extra:
    """A permit for nothing chosen; `others` are endpoints of other regions or components."""

    permit: Permit
    others: tuple[DocumentedEndpoint, ...] = ()


@dataclass(slots=True)
class Comparison:
    """All results, in the order of the endpoints and of the files."""

    missing: list[Missing] = field(default_factory=list)
    covered: list[Covered] = field(default_factory=list)
    stale: list[Stale] = field(default_factory=list)
    wide: list[Wide] = field(default_factory=list)
    extra: list[Extra] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a permit that no earlier deny takes away."""

    permit: Permit
    plane: Plane
    area: Rect


def compare(state: DocumentedState, files: Iterable[Sequence[Permit]]) -> Comparison:
    """Compare the permits of each file, first match first, with what is documented."""
    pieces = [piece for permits in files for piece in _subtract_denies(permits)]
    found = Comparison()
    wide = _judge_permits(state, pieces, found)
    opened: RectIndex[Permit] = RectIndex()
    for piece in pieces:
        for plane in _planes_reached(piece):
            area = piece.area if plane == piece.plane else _as_host_area(piece.area)
            opened.add(plane, area, piece.permit)
    for needed in state.needed:
        _judge_needed(needed, opened, wide, found)
    return found


def _subtract_denies(permits: Sequence[Permit]) -> list[_Piece]:
    """Return what is let through, without what an earlier deny takes away."""
    denied: RectIndex[None] = RectIndex()
    pieces: list[_Piece] = []
    for permit in permits:
        area = to_rect(permit.target, permit.ports)
        for plane in planes_of(permit.direction, permit.protocol, permit.target):
            if permit.is_deny:
                denied.add(plane, area, None)
                if _is_everything(permit):
                    denied.add((*plane[:2], ANY_HOST), _as_host_area(area), None)
                continue
            holes = [
                hole
                for each in wider_planes(plane)
                for hole, _ in denied.overlapping(each, area)
            ]
            pieces += [_Piece(permit, plane, left) for left in subtract(area, holes)]
    return pieces


def _is_everything(permit: Permit) -> bool:
    return isinstance(permit.target, AddressRange) and permit.target.is_everything


def _as_host_area(area: Rect) -> Rect:
    """Return an area of any address as one of any host."""
    return 0, 0, area[2], area[3]


def _planes_reached(piece: _Piece) -> Iterator[Plane]:
    """Yield the planes in which a piece permits something: any address is also any host."""
    yield piece.plane
    if _is_everything(piece.permit):
        yield (*piece.plane[:2], ANY_HOST)


def _judge_needed(
    needed: DocumentedEndpoint, opened: RectIndex[Permit], wide: set[Permit], found: Comparison
) -> None:
    """Record an endpoint that is covered by something wider, or missing."""
    touching = list(_find_touching(needed, opened))
    exact = [(area, permit) for area, permit in touching if permit not in wide]
    if _is_open(needed, exact):
        return
    by = tuple(dict.fromkeys(permit for _, permit in touching))
    if _is_open(needed, touching):
        found.covered.append(Covered(needed, tuple(permit for permit in by if permit in wide)))
    else:
        found.missing.append(Missing(needed, by))


def _find_touching(
    needed: DocumentedEndpoint, opened: RectIndex[Permit]
) -> Iterator[tuple[Rect, Permit]]:
    for plane, area in needed.areas():
        for wider in wider_planes(plane):
            for found, permit in opened.overlapping(wider, area):
                if not _is_coincidence(needed, permit):
                    yield found, permit


def _is_coincidence(needed: DocumentedEndpoint, permit: Permit) -> bool:
    """Whether a permit of some ports to anywhere meets an endpoint without a stated port."""
    has_some_ports = permit.ports is not None and permit.ports != ANY_PORT
    return needed.ports is None and has_some_ports and _is_everything(permit)


def _is_open(needed: DocumentedEndpoint, touching: Sequence[tuple[Rect, Permit]]) -> bool:
    """Whether these let through all of an endpoint; any part will do for LAN or no port."""
    if needed.ports is None:
        return bool(touching)
    if needed.target == LAN:
        return any(_has_ports(needed, area) for area, _ in touching)
    whole = to_rect(needed.target, needed.ports)
    return not subtract(whole, (area for area, _ in touching))


def _has_ports(needed: DocumentedEndpoint, area: Rect) -> bool:
    low, high = needed.ports or (0, 0)
    return area[2] <= low and high <= area[3]


def _judge_permits(
    state: DocumentedState, pieces: Iterable[_Piece], found: Comparison
) -> set[Permit]:
    """Record what is stale, wide or extra; return the permits that are wide."""
    by_permit: dict[Permit, list[_Piece]] = {}
    for piece in pieces:
        by_permit.setdefault(piece.permit, []).append(piece)
    for permit, own in by_permit.items():
        _judge_permit(state, permit, own, found)
    return {wide.permit for wide in found.wide}


def _judge_permit(
    state: DocumentedState, permit: Permit, own: Sequence[_Piece], found: Comparison
) -> None:
    excess = _subtract_index(own, state.fine)
    if not excess:
        return
    inside = tuple(
        needed
        for needed in dict.fromkeys(_owners_inside(own, state.fine))
        if not _is_coincidence(needed, permit)
    )
    once = dict.fromkeys(owner for piece in excess for _, owner in _holes(piece, state.once))
    # Where nothing of it is needed now, it is stale even if it has more ports than it needed.
    if once and not _subtract_index(excess, state.once, any_port=not inside):
        found.stale += [Stale(permit, needed, version) for needed, version in once]
    elif inside:
        found.wide.append(Wide(permit, inside))
    else:
        others = tuple(dict.fromkeys(_owners_inside(own, state.others)))
        found.extra.append(Extra(permit, others))


def _subtract_index(
    pieces: Sequence[_Piece], index: RectIndex[T], *, any_port: bool = False
) -> list[_Piece]:
    """Return what of the pieces of one permit is not in the index.

    A permit without ports is of addresses alone: any port and protocol of the index covers
    it. One without a direction is covered by either.
    """
    permit = pieces[0].permit
    portless = permit.ports is None
    left = []
    for piece in pieces:
        way, protocol, where = piece.plane
        planes = [
            (each_way, each, where)
            for each_way in (DIRECTIONS if permit.direction is None else (way,))
            for each in (PROTOCOLS if portless else (protocol,))
        ]
        holes = [
            (*area[:2], *ANY_PORT) if portless or any_port else area
            for plane in planes
            for area, _ in _holes(replace(piece, plane=plane), index)
        ]
        left += [replace(piece, area=area) for area in subtract(piece.area, holes)]
    return left


def _holes(piece: _Piece, index: RectIndex[T]) -> Iterator[tuple[Rect, T]]:
    """Yield what overlaps a piece, or is a wildcard that covers it."""
    for plane in wider_planes(piece.plane):
        yield from index.overlapping(plane, piece.area)


def _owners_inside(pieces: Iterable[_Piece], index: RectIndex[T]) -> Iterator[T]:
    """Yield the owners of which the pieces let through at least a part."""
    for piece in pieces:
        yield from (owner for _, owner in _holes(piece, index))
        wider = _planes_reached(piece) if isinstance(piece.plane[2], int) else [piece.plane]
        for plane in wider:
            for below in index.host_planes(plane) if isinstance(plane[2], str) else ():
                area = _as_host_area(piece.area)
                yield from (owner for _, owner in index.overlapping(below, area))
