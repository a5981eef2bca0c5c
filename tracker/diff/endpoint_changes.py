"""How two versions differ for a firewall: endpoints that were added, removed or changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import asdict

from tracker.change_set import ChangedEndpoint, FieldChange
from tracker.model import Endpoint, Entry, Requirement, endpoint_key, flatten, requirement_of

_STRICTEST_FIRST: tuple[Requirement, ...] = ("required", "recommended", "optional")


class EndpointUse(NamedTuple):
    """The properties of an endpoint in a version, combined from all entries that list it.

    Without a stated requirement it is required. `only_for` is None if any of the entries is
    for everybody.
    """

    requirement: Requirement
    only_for: tuple[str, ...] | None
    components: tuple[str, ...]


class EndpointChanges(NamedTuple):
    """The endpoints that were added, those removed, and those whose properties changed."""

    added: tuple[Endpoint, ...]
    removed: tuple[Endpoint, ...]
    changed: tuple[ChangedEndpoint, ...]

    def find_touched(self) -> set[Endpoint]:
        """Return those for which a firewall may have to change.

        An endpoint that is less required now, or needed by other components, asks for no work.
        """
        rest = (to_endpoint(each) for each in self.changed if _asks_for_work(each))
        return {*self.added, *self.removed, *rest}

    def find_newly_required(self) -> set[Endpoint]:
        """Return those that were added, and those that were not required before."""
        rest = (to_endpoint(each) for each in self.changed if _became_required(each))
        return {*self.added, *rest}


def compare_endpoints(old: Sequence[Entry], new: Sequence[Entry]) -> EndpointChanges:
    """Return the differences in endpoints between two versions, each list in a stable order."""
    before, after = collect_uses(old), collect_uses(new)
    both = sorted(before.keys() & after.keys(), key=endpoint_key)
    return EndpointChanges(
        tuple(sorted(after.keys() - before.keys(), key=endpoint_key)),
        tuple(sorted(before.keys() - after.keys(), key=endpoint_key)),
        tuple(
            ChangedEndpoint(**asdict(end), fields=tuple(_compare(before[end], after[end])))
            for end in both
            if before[end] != after[end]
        ),
    )


def collect_uses(entries: Iterable[Entry]) -> Mapping[Endpoint, EndpointUse]:
    """Return the combined properties of each endpoint of these entries."""
    found: dict[Endpoint, list[Entry]] = defaultdict(list)
    for entry in entries:
        for endpoint in flatten(entry):
            found[endpoint].append(entry)
    return {endpoint: _combine(listed) for endpoint, listed in found.items()}


def to_endpoint(changed: ChangedEndpoint) -> Endpoint:
    """Return the endpoint without its changes, to compare it with those of other lists."""
    place = (changed.region, changed.direction, changed.target, changed.protocol)
    return Endpoint(*place, changed.from_port, changed.to_port)


def _combine(entries: Sequence[Entry]) -> EndpointUse:
    audiences = {entry.only_for for entry in entries}
    return EndpointUse(
        min(map(requirement_of, entries), key=_STRICTEST_FIRST.index),
        None if None in audiences else tuple(sorted(each for each in audiences if each)),
        tuple(sorted({each for entry in entries for each in entry.components})),
    )


def _compare(before: EndpointUse, after: EndpointUse) -> Iterator[FieldChange]:
    if before.requirement != after.requirement:
        yield FieldChange("requirement", before=before.requirement, after=after.requirement)
    if before.only_for != after.only_for:
        old, new = _join(before.only_for), _join(after.only_for)
        yield FieldChange("only_for", before=old, after=new)
    if before.components != after.components:
        added = tuple(each for each in after.components if each not in before.components)
        removed = tuple(each for each in before.components if each not in after.components)
        yield FieldChange("components", added=added, removed=removed)


def _join(audiences: tuple[str, ...] | None) -> str | None:
    return None if audiences is None else ", ".join(audiences)


def _asks_for_work(changed: ChangedEndpoint) -> bool:
    return _became_required(changed) or any(each.field == "only_for" for each in changed.fields)


def _became_required(changed: ChangedEndpoint) -> bool:
    return any(
        each.field == "requirement" and each.after == "required" for each in changed.fields
    )
