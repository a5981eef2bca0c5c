"""Compare permits with the documented endpoints: which are missing, stale, too wide or extra.

Pure arithmetic on rectangles; nothing here depends on a kind of file. `report.py` puts the
results into words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeVar

from tracker.audit.documented import DocumentedEndpoint, DocumentedState
from tracker.audit.intervals import (
    ANY_HOST,
    DIRECTIONS,
    PROTOCOLS,
    Plane,
    Rect,
    RectIndex,
    covers_host,
    intersect,
    planes_of,
    subtract,
    to_rect,
    wider_planes,
)
from tracker.audit.parsed_config import ANY_PORT, AddressRange, Permit
from tracker.model import LAN

T = TypeVar("T")
# A deny of more addresses than these also counts as one of any host name: an eighth of all
# IPv4 addresses, or the public ones of IPv6, 2000::/3 (RFC 4291).
_MANY_ADDRESSES = {4: 1 << 29, 6: (1 << 125) - 1}


@dataclass(frozen=True, slots=True)
class Missing:
    """An endpoint that is not allowed, or only in part, by the permits in `partly`.

    `maybe` are rules that are not understood and may allow it. `over_ipv6` are permits that
    open a host name over IPv6 only. `nothing_open` is set if no permit has its direction and
    protocol at all.
    """

    needed: DocumentedEndpoint
    partly: tuple[Permit, ...] = ()
    maybe: tuple[Permit, ...] = ()
    over_ipv6: tuple[Permit, ...] = ()
    nothing_open: bool = False


@dataclass(frozen=True, slots=True)
class Covered:
    """An endpoint that is allowed only by permits wider than the page.

    `over_ipv4` is set if a host name is open over IPv4 only.
    """

    needed: DocumentedEndpoint
    by: tuple[Permit, ...]
    over_ipv4: bool = False


@dataclass(frozen=True, slots=True)
class Doubtful:
    """An endpoint that may be stopped by an earlier rule that is not understood."""

    needed: DocumentedEndpoint
    by: tuple[Permit, ...]


@dataclass(frozen=True, slots=True)
class Stale:
    """A permit for an endpoint that was documented until `version` and no longer is."""

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
    doubtful: list[Doubtful] = field(default_factory=list)
    stale: list[Stale] = field(default_factory=list)
    wide: list[Wide] = field(default_factory=list)
    extra: list[Extra] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a permit that no earlier deny removes; `doubt` is a deny that may remove it.

    `closed` are earlier denies of host names, with their planes: a permit that is wider than
    such a name does not open it.
    """

    permit: Permit
    plane: Plane
    area: Rect
    doubt: Permit | None = None
    closed: tuple[tuple[Plane, Permit], ...] = ()


@dataclass(slots=True)
class _Opened:
    """The areas that permits open, certainly or perhaps, and the doubtful rules behind it."""

    certain: RectIndex[Permit] = field(default_factory=RectIndex)
    doubted: RectIndex[Permit] = field(default_factory=RectIndex)
    maybe: RectIndex[Permit] = field(default_factory=RectIndex)
    closed: dict[Permit, set[tuple[Plane, Permit]]] = field(default_factory=dict)

    def add(self, piece: _Piece) -> None:
        """Add a piece."""
        if piece.closed:
            self.closed.setdefault(piece.permit, set()).update(piece.closed)
        for plane, deny in piece.closed:
            if deny.unknown and not piece.permit.unknown:
                self.doubted.add(plane, to_rect(deny.target, deny.ports), deny)
        if piece.permit.unknown:
            self.maybe.add(piece.plane, piece.area, piece.permit)
        elif piece.doubt:
            self.doubted.add(piece.plane, piece.area, piece.doubt)
        else:
            self.certain.add(piece.plane, piece.area, piece.permit)


def compare(state: DocumentedState, scopes: Iterable[Sequence[Permit]]) -> Comparison:
    """Compare the permits of each scope, where the first match decides, with the page."""
    pieces = [piece for permits in scopes for piece in _combine_stages(permits)]
    found = Comparison()
    wide = _judge_permits(state, (each for each in pieces if not each.permit.unknown), found)
    opened = _Opened()
    for piece in pieces:
        opened.add(piece)
    for needed in state.needed:
        _judge_needed(needed, opened, wide, found)
    return found


def _combine_stages(permits: Sequence[Permit]) -> list[_Piece]:
    """Return the pieces that all stages of a scope let through, one stage after another."""
    stages: dict[int, list[Permit]] = {}
    for permit in permits:
        stages.setdefault(permit.stage, []).append(permit)
    left: list[_Piece] = []
    for number, own in sorted(stages.items()):
        passed = _subtract_denies(own)
        if number == 0:
            left = passed
            continue
        sides = {(plane[0], plane[2]) for permit in own for plane, _ in _areas(permit)}
        kept = [each for each in left if (each.plane[0], each.plane[2]) not in sides]
        left = kept + list(_intersect_stages(left, passed))
    return left


def _intersect_stages(ones: Iterable[_Piece], others: Iterable[_Piece]) -> Iterator[_Piece]:
    """Yield the traffic that two stages both allow, as pieces of the narrower permit."""
    index: RectIndex[_Piece] = RectIndex()
    for other in others:
        index.add(other.plane, other.area, other)
    for one in ones:
        for area, other in index.overlapping(one.plane, one.area):
            swap = other.permit.unknown or _is_everything(one.permit)
            permit = other.permit if swap and not one.permit.unknown else one.permit
            both = intersect(one.area, area)
            yield _Piece(permit, one.plane, both, one.doubt or other.doubt)


def _areas(permit: Permit) -> Iterator[tuple[Plane, Rect]]:
    """Yield the areas of a permit. One for any address is also for any host name.

    So is a deny of so many addresses that those of a host name may well be among them.
    """
    area = to_rect(permit.target, permit.ports)
    planes = planes_of(permit.direction, permit.protocol, permit.target, permit.families)
    target = permit.target
    size = target.size if isinstance(target, AddressRange) else 0
    for plane in planes:
        yield plane, area
        if _is_everything(permit) or (permit.is_deny and size > _MANY_ADDRESSES[plane[2]]):
            yield (*plane[:3], ANY_HOST), (0, 0, area[2], area[3])


def _subtract_denies(permits: Sequence[Permit]) -> list[_Piece]:
    """Return the allowed pieces, without the parts that an earlier deny removes."""
    denied: RectIndex[Permit] = RectIndex()
    doubts: RectIndex[Permit] = RectIndex()
    pieces: list[_Piece] = []
    for permit in permits:
        for plane, area in _areas(permit):
            if permit.is_deny:
                (doubts if permit.unknown else denied).add(plane, area, permit)
                continue
            holes = [hole for hole, _ in denied.covering(plane, area)]
            closed = tuple(_find_closed_names(plane, area, (denied, doubts)))
            for left in subtract(area, holes):
                pieces += _split_by_doubt(_Piece(permit, plane, left, closed=closed), doubts)
    return pieces


def _find_closed_names(
    plane: Plane, area: Rect, denies: Iterable[RectIndex[Permit]]
) -> Iterator[tuple[Plane, Permit]]:
    """Yield the earlier denies of host names within a permit of any host or a wildcard."""
    for index in denies:
        for below in index.host_planes(plane) if plane[3] else ():
            for _, deny in index.overlapping(below, area):
                yield below, deny


def _split_by_doubt(piece: _Piece, doubts: RectIndex[Permit]) -> Iterator[_Piece]:
    """Yield the parts of a piece: those that a doubtful deny may stop, and the others."""
    found = list(doubts.covering(piece.plane, piece.area))
    for area in subtract(piece.area, (hole for hole, _ in found)):
        yield replace(piece, area=area)
    for hole, deny in found:
        yield replace(piece, area=intersect(piece.area, hole), doubt=deny)


def _is_everything(permit: Permit) -> bool:
    return isinstance(permit.target, AddressRange) and permit.target.is_everything


Touching = list[tuple[Rect, Permit]]


def _judge_needed(
    needed: DocumentedEndpoint, opened: _Opened, wide: set[Permit], found: Comparison
) -> None:
    """Record an endpoint that is allowed by a wider permit, in doubt, or missing.

    A host name counts as open if it is open over IPv4: every vendor's host has such an address.
    """
    own, six = _split_families(needed, opened.certain, opened.closed)
    if _is_open(needed, [each for each in own if each[1] not in wide]):
        return
    if _is_open(needed, own):
        by = tuple(each for each in _owners(own) if each in wide)
        only = needed.is_host and not _is_open(needed, six)
        found.covered.append(Covered(needed, by, over_ipv4=only))
        return
    doubted, _ = _split_families(needed, opened.doubted)
    if _is_open(needed, [*own, *doubted]):
        found.doubtful.append(Doubtful(needed, _owners(doubted)))
        return
    endpoint = needed.endpoint
    found.missing.append(
        Missing(
            needed,
            _owners(own),
            _owners(_split_families(needed, opened.maybe)[0]),
            _owners(six) if needed.is_host and _is_open(needed, six) else (),
            nothing_open=not any(
                index.has_any(endpoint.direction, endpoint.protocol)
                for index in (opened.certain, opened.doubted, opened.maybe)
            ),
        )
    )


def _owners(touching: Touching) -> tuple[Permit, ...]:
    return tuple(dict.fromkeys(permit for _, permit in touching))


def _split_families(
    needed: DocumentedEndpoint,
    opened: RectIndex[Permit],
    closed: Mapping[Permit, Iterable[tuple[Plane, Permit]]] = MappingProxyType({}),
) -> tuple[Touching, Touching]:
    """Return the areas that touch an endpoint; for a host name over IPv4 and IPv6 separately.

    `closed` are the names that a wider permit does not open.
    """
    own: Touching = []
    six: Touching = []
    for plane, area in needed.areas():
        group = six if needed.is_host and plane[2] == 6 else own  # noqa: PLR2004  IPv6
        for wider in wider_planes(plane):
            for found, permit in opened.overlapping(wider, area):
                if _is_coincidence(needed, permit):
                    continue
                holes = [
                    to_rect(deny.target, deny.ports)
                    for below, deny in closed.get(permit, ())
                    if below[:3] == plane[:3] and covers_host(below[3], plane[3])
                ]
                group += ((left, permit) for left in subtract(found, holes))
    return own, six


def _is_coincidence(needed: DocumentedEndpoint, permit: Permit) -> bool:
    """Return whether a permit of certain ports to anywhere meets an endpoint without a port."""
    has_some_ports = permit.ports is not None and permit.ports != ANY_PORT
    return needed.ports is None and has_some_ports and _is_everything(permit)


def _is_open(needed: DocumentedEndpoint, touching: Sequence[tuple[Rect, Permit]]) -> bool:
    """Return whether these open an endpoint; for the LAN or without a port, any part counts."""
    if needed.ports is None:
        return bool(touching)
    if needed.target == LAN:
        low, high = needed.ports
        return any(area[2] <= low and high <= area[3] for area, _ in touching)
    whole = to_rect(needed.target, needed.ports)
    return not subtract(whole, (area for area, _ in touching))


def _judge_permits(
    state: DocumentedState, pieces: Iterable[_Piece], found: Comparison
) -> set[Permit]:
    """Record stale, wide and extra permits; return those that are wide."""
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
    met = (each for piece in excess for each in state.once.covering(piece.plane, piece.area))
    once = dict.fromkeys(owner for _, owner in met)
    # If no part of it is needed now, it is stale even if it has more ports than it needed.
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
    """Return the pieces of one permit that are not in the index.

    A permit without ports is of addresses only: any port and protocol in the index covers it.
    One without a direction is covered by either.
    """
    permit = pieces[0].permit
    portless = permit.ports is None
    left = []
    for piece in pieces:
        way, protocol = piece.plane[:2]
        planes: list[Plane] = [
            (each_way, each, piece.plane[2], piece.plane[3])
            for each_way in (DIRECTIONS if permit.direction is None else (way,))
            for each in (PROTOCOLS if portless else (protocol,))
        ]
        holes = [
            (*area[:2], *ANY_PORT) if portless or any_port else area
            for plane in planes
            for area, _ in index.covering(plane, piece.area)
        ]
        left += [replace(piece, area=area) for area in subtract(piece.area, holes)]
    return left


def _owners_inside(pieces: Iterable[_Piece], index: RectIndex[T]) -> Iterator[T]:
    """Yield the owners of areas that the pieces let through at least in part."""
    for piece in pieces:
        yield from (owner for _, owner in index.covering(piece.plane, piece.area))
        for below in index.host_planes(piece.plane) if piece.plane[3] else ():
            yield from (owner for _, owner in index.overlapping(below, piece.area))
