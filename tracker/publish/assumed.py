"""Ports that the page does not state and the configuration assumes. Pure.

A rule without a port would mean every port, so an endpoint without one is in no rule file.
What the operator knows better stands in the configuration, and is marked wherever it goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from tracker.model import Endpoint, Entry, Protocol, Service, flatten

# For each target, the services that it is reached by.
Assumptions = Mapping[str, tuple[Service, ...]]


def assume(
    entries: Iterable[Entry], ports: Assumptions
) -> tuple[tuple[Entry, ...], dict[Endpoint, tuple[Endpoint, ...]]]:
    """The entries with assumed ports in place of those not stated, where there are any.

    With them, for each endpoint that is no longer in the entries, those that took its place.
    An assumption of another protocol than the page names does not count.
    """
    made: list[Entry] = []
    replaced: dict[Endpoint, tuple[Endpoint, ...]] = {}
    for entry in entries:
        unstated = any(service.from_port is None for service in entry.services)
        if not unstated or ports.keys().isdisjoint(entry.targets):
            made.append(entry)
            continue
        for part in _by_target(entry):
            known = ports.get(part.targets[0], ())
            services = tuple(_services(part, known))
            made.append(msgspec.structs.replace(part, services=services))
            replaced |= _replaced(part, known)
    return tuple(made), replaced


def _by_target(entry: Entry) -> Iterator[Entry]:
    """The same entry once for each target; of the LAN there is one anyway."""
    if entry.scope == "lan":
        yield entry
        return
    for host in entry.hosts:
        yield msgspec.structs.replace(entry, hosts=(host,), addresses=())
    for address in entry.addresses:
        yield msgspec.structs.replace(entry, hosts=(), addresses=(address,))


def _services(entry: Entry, known: Iterable[Service]) -> Iterator[Service]:
    for service in entry.services:
        fitting = _fitting(service.protocol, known) if service.from_port is None else []
        for each in fitting:
            yield msgspec.structs.replace(each, name=service.name, inferred=service.inferred)
        if not fitting:
            yield service


def _replaced(
    entry: Entry, known: tuple[Service, ...]
) -> Iterator[tuple[Endpoint, tuple[Endpoint, ...]]]:
    """Each endpoint of one target that has no port, and those in its place."""
    for endpoint in flatten(entry):
        fitting = _fitting(endpoint.protocol, known)
        if endpoint.from_port is None and fitting:
            yield (
                endpoint,
                tuple(
                    msgspec.structs.replace(
                        endpoint, from_port=each.from_port, to_port=each.to_port
                    )
                    for each in fitting
                ),
            )


def _fitting(protocol: Protocol, known: Iterable[Service]) -> list[Service]:
    return [service for service in known if service.protocol == protocol]
