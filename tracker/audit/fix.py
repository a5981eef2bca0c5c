"""What leads from a dump to what is documented, in the format of the dump. Pure.

Only what is missing comes and only what is stale goes. What is wide or undocumented may be
somebody's own, and is never touched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from tracker import formats
from tracker.audit.documented import Needed
from tracker.audit.readers import Reader, Repair
from tracker.audit.results import Comparison, Stale
from tracker.formats import RuleSet
from tracker.formats._policy import lan_twin
from tracker.model import LAN, Endpoint, Entry, Service, digest, flatten

_LISTS = {"ips", "domains"}


def fix(
    found: Comparison, sets: Sequence[RuleSet], reader: Reader, name: str, text: str
) -> str | None:
    """Lines to load or paste into what file `name` is of.

    None where nothing is missing and nothing stale, or the kind has no way to say it.
    """
    missing = tuple(
        each.needed for each in found.missing if not reader.cannot(each.needed.endpoint)
    )
    stale = tuple(each for each in found.stale if each.opening.place.file == name)
    if not missing and not stale:
        return None
    if isinstance(reader.fix, str):
        made = [_by_format(reader.fix, each, missing, stale, text) for each in sets]
        return "\n".join(part for part in made if part) or None
    if reader.fix is None:
        return None
    return "".join(f"{line}\n" for line in reader.fix(Repair(missing, stale, text))) or None


def by_hand(
    found: Comparison, sets: Sequence[RuleSet], reader: Reader, name: str, text: str
) -> list[Stale]:
    """What is stale in a file that holds no objects of ours: their names are not known."""
    if not isinstance(reader.fix, str) or reader.fix in _LISTS:
        return []
    if any(_is_ours(each, text) for each in sets):
        return []
    return [each for each in found.stale if each.opening.place.file == name]


def _by_format(
    name: str, after: RuleSet, missing: Iterable[Needed], stale: Iterable[Stale], text: str
) -> str | None:
    """The format's own delta, from what there is of a rule set to the rule set.

    Where nothing in the dump has the names that ours have, what is missing comes as objects
    of ours, and what is stale has to go by hand.
    """
    form = formats.load(name)
    gone = {each.endpoint for each in missing}
    old = tuple(_stale_entries(stale, after))
    if form.delta is None:  # a file that is always loaded whole, and then exact
        concerned = old or any(_parts(after.entries, gone))
        return form.render(after).text if concerned else None
    if name in _LISTS or _is_ours(after, text):
        there = (*_parts(after.entries, gone, kept=False), *old)
        return form.delta(_with(after, there), after)
    return form.delta(_with(after, ()), _with(after, tuple(_parts(after.entries, gone))))


def _is_ours(rule_set: RuleSet, text: str) -> bool:
    """Whether the names of our objects for this rule set are in a dump."""
    return any(f"{rule_set.source}{sign}{rule_set.name}" in text for sign in "-_")


def _with(rule_set: RuleSet, entries: tuple[Entry, ...]) -> RuleSet:
    return replace(rule_set, entries=entries, digest=digest(entries))


def _parts(
    entries: Iterable[Entry], named: Collection[Endpoint], *, kept: bool = True
) -> Iterator[Entry]:
    """Each endpoint that is named (`kept`) or is not, as an entry of its own."""
    for entry in entries:
        for endpoint in flatten(entry):
            if _is_named(endpoint, named) is kept:
                yield _entry(endpoint, entry)


def _is_named(endpoint: Endpoint, named: Collection[Endpoint]) -> bool:
    """Whether an endpoint, its twin in the local network or its bare name is among these."""
    twin = lan_twin(endpoint)
    bare = msgspec.structs.replace(endpoint, target=endpoint.target.removeprefix("*."))
    return any(
        each is not None and msgspec.structs.replace(each, region=None) in named
        for each in (endpoint, twin, bare if bare != endpoint else None)
    )


def _entry(endpoint: Endpoint, entry: Entry) -> Entry:
    """The part of an entry that is one endpoint."""
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
    """What is stale in a region, as entries that once were."""
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
