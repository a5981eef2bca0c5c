"""Write changes that bring a firewall to the documented state, in the file's format. Pure.

Only missing rules are added and only stale ones removed. Wide or undocumented ones may have
another purpose, and are never changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from tracker import formats
from tracker.audit.compare import Comparison, Stale
from tracker.audit.documented import DocumentedEndpoint
from tracker.audit.readers import Reader, Repair
from tracker.formats import RuleSet
from tracker.formats.shared.policy import lan_equivalent
from tracker.model import LAN, Endpoint, Entry, Service, digest, flatten

_LISTS = {"ips", "domains"}


def fix(
    found: Comparison,
    sets: Sequence[RuleSet],
    reader: Reader,
    name: str,
    text: str,
    into: str = "",
) -> str | None:
    """Return lines to load or paste into the firewall of the file `name`.

    `into` is the chain or group that was judged. None if nothing is missing or stale, or if
    this kind of file has no such commands.
    """
    missing = tuple(
        each.needed for each in found.missing if not reader.unsupported(each.needed.endpoint)
    )
    stale = tuple(each for each in found.stale if each.permit.location.file == name)
    if not missing and not stale:
        return None
    if isinstance(reader.fix, str):
        deltas = [_render_delta(reader.fix, each, missing, stale, text) for each in sets]
        return "\n".join(part for part in deltas if part) or None
    if reader.fix is None:
        return None
    return (
        "".join(f"{line}\n" for line in reader.fix(Repair(missing, stale, text, into))) or None
    )


def list_by_hand(
    found: Comparison, sets: Sequence[RuleSet], reader: Reader, name: str, text: str
) -> list[Stale]:
    """Return the stale permits of a file without our objects, whose names are unknown."""
    if not isinstance(reader.fix, str) or reader.fix in _LISTS:
        return []
    if any(_has_our_names(each, text) for each in sets):
        return []
    return [each for each in found.stale if each.permit.location.file == name]


def _render_delta(
    name: str,
    after: RuleSet,
    missing: Iterable[DocumentedEndpoint],
    stale: Iterable[Stale],
    text: str,
) -> str | None:
    """Return the format's delta from the present state of a rule set to the documented one.

    If no object in the file has one of our names, missing rules are added as our own objects,
    and stale ones must be removed by hand.
    """
    format_ = formats.load(name)
    wanted = {each.endpoint for each in missing}
    old = tuple(_stale_entries(stale, after))
    if format_.delta is None:  # a file that is always loaded as a whole, and is exact then
        concerned = old or any(_split_endpoints(after.entries, wanted))
        return format_.render(after).text if concerned else None
    if name in _LISTS or _has_our_names(after, text):
        there = (*_split_endpoints(after.entries, wanted, kept=False), *old)
        return format_.delta(_with_entries(after, there), after)
    return format_.delta(
        _with_entries(after, ()),
        _with_entries(after, tuple(_split_endpoints(after.entries, wanted))),
    )


def _has_our_names(rule_set: RuleSet, text: str) -> bool:
    """Return whether a file contains names of our objects for this rule set."""
    return any(f"{rule_set.source}{sign}{rule_set.name}" in text for sign in "-_")


def _with_entries(rule_set: RuleSet, entries: tuple[Entry, ...]) -> RuleSet:
    return replace(rule_set, entries=entries, digest=digest(entries))


def _split_endpoints(
    entries: Iterable[Entry], named: Collection[Endpoint], *, kept: bool = True
) -> Iterator[Entry]:
    """Yield each endpoint that is in `named` (`kept`) or is not, as a separate entry."""
    for entry in entries:
        for endpoint in flatten(entry):
            if _is_named(endpoint, named) is kept:
                yield _single_entry(endpoint, entry)


def _is_named(endpoint: Endpoint, named: Collection[Endpoint]) -> bool:
    """Return whether an endpoint, its LAN equivalent or its bare name is in `named`."""
    twin = lan_equivalent(endpoint)
    bare = msgspec.structs.replace(endpoint, target=endpoint.target.removeprefix("*."))
    return any(
        each is not None and msgspec.structs.replace(each, region=None) in named
        for each in (endpoint, twin, bare if bare != endpoint else None)
    )


def _single_entry(endpoint: Endpoint, entry: Entry) -> Entry:
    """Return an entry with only this endpoint."""
    ports = (endpoint.from_port, endpoint.to_port)
    service = next(
        each
        for each in entry.services
        if (each.protocol, each.from_port, each.to_port) == (endpoint.protocol, *ports)
    )
    is_host = endpoint.target in entry.hosts
    return msgspec.structs.replace(
        entry,
        hosts=(endpoint.target,) if is_host else (),
        addresses=() if is_host or endpoint.target == LAN else (endpoint.target,),
        services=(service,),
    )


def _stale_entries(stale: Iterable[Stale], rule_set: RuleSet) -> Iterator[Entry]:
    """Yield the stale endpoints of a rule set's regions, as the entries that they were."""
    regions = {entry.region for entry in rule_set.entries}
    for each in stale:
        needed, endpoint = each.needed, each.needed.endpoint
        if needed.regions and regions.isdisjoint(needed.regions):
            continue
        is_lan = endpoint.target == LAN
        is_address = not is_lan and not isinstance(needed.target, str)
        yield Entry(
            region=next((each for each in needed.regions if each in regions), None),
            resource=needed.resource,
            hosts=() if is_lan or is_address else (endpoint.target,),
            addresses=(endpoint.target,) if is_address else (),
            scope="lan" if is_lan else "internet",
            direction=endpoint.direction,
            services=(Service(endpoint.protocol, endpoint.from_port, endpoint.to_port),),
            requirement=needed.requirement,
            only_for=None,
            components=(),
            purpose="",
        )
