"""Openings held against what is documented: what is missing, stale, wide or more.

Pure arithmetic on areas; knows no kind of dump, and no file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tracker.audit.documented import Documented, Needed
from tracker.audit.intervals import (
    ANY_HOST,
    DIRECTIONS,
    PROTOCOLS,
    Layer,
    Plane,
    Rect,
    above,
    planes,
    rect,
    without,
)
from tracker.audit.parsed_config import ANY_PORT, Opening, Span
from tracker.audit.results import Comparison, Covered, Extra, Missing, Stale, Wide
from tracker.model import LAN

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of an opening that no earlier stop takes away."""

    opening: Opening
    plane: Plane
    area: Rect


def compare(pages: Documented, dumps: Iterable[Sequence[Opening]]) -> Comparison:
    """Hold the openings of all dumps, each in the order in which it decides, to the page."""
    pieces = [piece for openings in dumps for piece in _effective(openings)]
    found = Comparison()
    wide = _judge_openings(pages, pieces, found)
    open_: Layer[Opening] = Layer()
    for piece in pieces:
        for plane in _reached(piece):
            area = piece.area if plane == piece.plane else _flat(piece.area)
            open_.add(plane, area, piece.opening)
    for needed in pages.needed:
        _judge_needed(needed, open_, wide, found)
    return found


def _effective(openings: Sequence[Opening]) -> list[_Piece]:
    """What is let through, without what an earlier opening of the kind `stops` takes away."""
    stops: Layer[None] = Layer()
    pieces: list[_Piece] = []
    for opening in openings:
        area = rect(opening.target, opening.ports)
        for plane in planes(opening.direction, opening.protocol, opening.target):
            if opening.stops:
                stops.add(plane, area, None)
                if _is_everything(opening):
                    stops.add((*plane[:2], ANY_HOST), _flat(area), None)
                continue
            holes = [hole for each in above(plane) for hole, _ in stops.touching(each, area)]
            pieces += [_Piece(opening, plane, left) for left in without(area, holes)]
    return pieces


def _is_everything(opening: Opening) -> bool:
    return isinstance(opening.target, Span) and opening.target.is_everything


def _flat(area: Rect) -> Rect:
    """An area of any address as one of any host."""
    return 0, 0, area[2], area[3]


def _reached(piece: _Piece) -> Iterator[Plane]:
    """The planes in which a piece lets something through: any address is also any host."""
    yield piece.plane
    if _is_everything(piece.opening):
        yield (*piece.plane[:2], ANY_HOST)


def _judge_needed(
    needed: Needed, open_: Layer[Opening], wide: set[Opening], found: Comparison
) -> None:
    """One endpoint: open as documented, covered by what is wider, or missing."""
    touching = list(_touching(needed, open_))
    exact = [each for each in touching if each[1] not in wide]
    if _is_open(needed, exact):
        return
    by = tuple(dict.fromkeys(opening for _, opening in touching))
    if _is_open(needed, touching):
        found.covered.append(Covered(needed, tuple(each for each in by if each in wide)))
    else:
        found.missing.append(Missing(needed, by))


def _touching(needed: Needed, open_: Layer[Opening]) -> Iterator[tuple[Rect, Opening]]:
    for plane, area in needed.areas():
        for each in above(plane):
            for found, opening in open_.touching(each, area):
                if not _by_chance(needed, opening):
                    yield found, opening


def _by_chance(needed: Needed, opening: Opening) -> bool:
    """Whether an opening for anywhere meets, by some port, one that the page does not state."""
    some = opening.ports is not None and opening.ports != ANY_PORT
    return needed.ports is None and some and _is_everything(opening)


def _is_open(needed: Needed, touching: Sequence[tuple[Rect, Opening]]) -> bool:
    """Whether these let the endpoint through: all of it, or where it is not one, some."""
    if needed.ports is None:
        return bool(touching)
    if needed.target == LAN:
        return any(_has_ports(needed, area) for area, _ in touching)
    whole = rect(needed.target, needed.ports)
    return not without(whole, (area for area, _ in touching))


def _has_ports(needed: Needed, area: Rect) -> bool:
    low, high = needed.ports or (0, 0)
    return area[2] <= low and high <= area[3]


def _judge_openings(
    pages: Documented, pieces: Iterable[_Piece], found: Comparison
) -> set[Opening]:
    """Each opening once; returns those that let through more than the page lists."""
    parts: dict[Opening, list[_Piece]] = {}
    for piece in pieces:
        parts.setdefault(piece.opening, []).append(piece)
    for opening, own in parts.items():
        _judge_opening(pages, opening, own, found)
    return {each.opening for each in found.wide}


def _judge_opening(
    pages: Documented, opening: Opening, own: Sequence[_Piece], found: Comparison
) -> None:
    left = _beyond(own, pages.fine)
    if not left:
        return
    inside = tuple(
        each
        for each in dict.fromkeys(_inside(own, pages.fine))
        if not _by_chance(each, opening)
    )
    once = dict.fromkeys(owner for piece in left for _, owner in _holes(piece, pages.once))
    # Where nothing of it is needed, the ports beside the old ones do not make it another.
    if once and not _beyond(left, pages.once, any_port=not inside):
        found.stale += [Stale(opening, *each) for each in once]
    elif inside:
        found.wide.append(Wide(opening, inside))
    else:
        others = tuple(dict.fromkeys(_inside(own, pages.others)))
        found.extra.append(Extra(opening, others))


def _beyond(
    pieces: Sequence[_Piece], layer: Layer[T], *, any_port: bool = False
) -> list[_Piece]:
    """What of the pieces of one opening the layer does not have.

    An opening without ports is of addresses alone: any port and protocol of the layer will
    do; for one without a direction, either of them.
    """
    opening = pieces[0].opening
    portless = opening.ports is None
    left = []
    for piece in pieces:
        way, protocol, where = piece.plane
        alike = [
            (each_way, each, where)
            for each_way in (DIRECTIONS if opening.direction is None else (way,))
            for each in (PROTOCOLS if portless else (protocol,))
        ]
        holes = [
            (*area[:2], *ANY_PORT) if portless or any_port else area
            for plane in alike
            for area, _ in _holes(replace(piece, plane=plane), layer)
        ]
        left += [replace(piece, area=area) for area in without(piece.area, holes)]
    return left


def _holes(piece: _Piece, layer: Layer[T]) -> Iterator[tuple[Rect, T]]:
    """What in a layer shares something with a piece, or is a wildcard that covers it."""
    for plane in above(piece.plane):
        yield from layer.touching(plane, piece.area)


def _inside(pieces: Iterable[_Piece], layer: Layer[T]) -> Iterator[T]:
    """What in a layer the pieces let through at least a part of."""
    for piece in pieces:
        yield from (owner for _, owner in _holes(piece, layer))
        wider = _reached(piece) if isinstance(piece.plane[2], int) else [piece.plane]
        for plane in wider:
            for below in layer.hosts(plane) if isinstance(plane[2], str) else ():
                yield from (owner for _, owner in layer.touching(below, _flat(piece.area)))
