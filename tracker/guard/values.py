"""New addresses and ports that no firewall should open unseen."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from tracker.guard.context import Case, Rule, hold, place_of, some
from tracker.guard.special import special_of
from tracker.model import Endpoint, Finding, Service, endpoints_of, flatten, port_text


def default_route(case: Case) -> Iterator[Finding]:
    """A network that is every address there is."""
    for place, values in case.fresh_addresses.items():
        if found := [value for value in values if ip_network(value).prefixlen == 0]:
            message = f"{place} lists {some(found)}, which is every address there is"
            yield hold("default-route", message, *place)


def wide_network(case: Case) -> Iterator[Finding]:
    """A network wider than `widest_v4` or `widest_v6`; a default route has its own name."""
    widest = {4: case.limits.widest_v4, 6: case.limits.widest_v6}
    for place, values in case.fresh_addresses.items():
        for version, limit in widest.items():
            networks = [net for net in map(ip_network, values) if net.version == version]
            found = [str(net) for net in networks if 0 < net.prefixlen < limit]
            if found:
                message = f"{place} lists {some(found)}, wider than /{limit}"
                yield hold("wide-network", message, *place)


def special_address(case: Case) -> Iterator[Finding]:
    """An address, or a network with some, that no public service has."""
    for place, values in case.fresh_addresses.items():
        kinds = {value: special_of(ip_network(value)) for value in values}
        for kind in dict.fromkeys(kinds.values()):
            if kind is not None:
                name, what = kind
                found = [value for value in values if kinds[value] == kind]
                yield hold(name, f"{place} lists {some(found)}: {what}", *place)


def all_ports(case: Case) -> Iterator[Finding]:
    """A service of more ports than `most_ports`, where it was not before."""
    limit = case.limits.most_ports
    new = [entry for entry in case.new if any(_ports(it) > limit for it in entry.services)]
    known = set(endpoints_of(case.old)) if new else set()
    for entry in new:
        wide = [end for end in flatten(entry) if end not in known and _ports(end) > limit]
        if wide:
            place = place_of(entry)
            asked = some(list(dict.fromkeys(map(port_text, wide))))
            message = f"{place} asks for {asked}, more than {limit} ports at once"
            yield hold("all-ports", message, *place)


def _ports(of: Endpoint | Service) -> int:
    """How many; none where they are not stated."""
    return 0 if of.from_port is None or of.to_port is None else of.to_port - of.from_port + 1


RULES: tuple[Rule, ...] = (default_route, wide_network, special_address, all_ports)
