"""Rules about single new values: addresses, ports and host names that need a review."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network

from tracker.domain_suffixes import is_open_registry, registered_domain
from tracker.guard.context import GuardContext, GuardRule, PagePlace, hold, join_first, place_of
from tracker.guard.limits import FindingName
from tracker.model import Endpoint, Entry, Finding, Service, endpoints_of, flatten, port_text

Network = IPv4Network | IPv6Network

# From the special-purpose address registries of IANA (RFC 6890 and its updates), copied here
# because `ipaddress` follows them differently in each release of Python. The first kind that
# contains an address applies.
_SPECIAL_RANGES: tuple[tuple[FindingName, str, str], ...] = (
    ("loopback-address", "127.0.0.0/8 ::1", "the machine itself (RFC 1122, 4291)"),
    ("link-local-address", "169.254.0.0/16 fe80::/10", "of one link only (RFC 3927, 4291)"),
    (
        "private-address",  # 100.64.0.0/10 is shared by the customers of a provider
        "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 fc00::/7",
        "private, not reachable over the internet (RFC 1918, 4193, 6598)",
    ),
    ("multicast-address", "224.0.0.0/4 ff00::/8", "multicast (RFC 5771, 4291)"),
    (
        "documentation-address",
        "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20",
        "an example, for documentation only (RFC 5737, 3849, 9637)",
    ),
    (
        # Only 2000::/3 of IPv6 is allocated. In it, protocol assignments (2001::/23, with
        # Teredo) and 6to4 (2002::/16, 192.88.99.0/24) cannot be a service's own address.
        "reserved-address",
        (
            "0.0.0.0/8 192.0.0.0/24 192.88.99.0/24 198.18.0.0/15 240.0.0.0/4"
            " ::/3 4000::/2 8000::/1 2001::/23 2002::/16"
        ),
        "reserved, in use nowhere (IANA special-purpose registries)",
    ),
)
_SPECIAL_NETWORKS: tuple[tuple[FindingName, str, tuple[Network, ...]], ...] = tuple(
    (name, what, tuple(map(ip_network, ranges.split())))
    for name, ranges, what in _SPECIAL_RANGES
)


def default_route(context: GuardContext) -> Iterator[Finding]:
    """Hold a network that contains all addresses."""
    for place, values in context.new_addresses.items():
        if found := [value for value in values if ip_network(value).prefixlen == 0]:
            message = f"{place} lists {join_first(found)}, which is every address there is"
            yield hold("default-route", message, *place)


def wide_network(context: GuardContext) -> Iterator[Finding]:
    """Hold a network wider than `widest_v4` or `widest_v6`, except for default routes."""
    widest = {4: context.limits.widest_v4, 6: context.limits.widest_v6}
    for place, values in context.new_addresses.items():
        for version, limit in widest.items():
            networks = [net for net in map(ip_network, values) if net.version == version]
            found = [str(net) for net in networks if 0 < net.prefixlen < limit]
            if found:
                message = f"{place} lists {join_first(found)}, wider than /{limit}"
                yield hold("wide-network", message, *place)


def special_address(context: GuardContext) -> Iterator[Finding]:
    """Hold an address, or a network that overlaps one, that no public service has."""
    for place, values in context.new_addresses.items():
        uses = {value: special_use(ip_network(value)) for value in values}
        for use in dict.fromkeys(uses.values()):
            if use is not None:
                name, what = use
                found = [value for value in values if uses[value] == use]
                yield hold(name, f"{place} lists {join_first(found)}: {what}", *place)


def special_use(network: Network) -> tuple[FindingName, str] | None:
    """Return the name of the finding and the use of the network; None for a public one.

    A partial overlap is enough. Default routes are left to `default_route`.
    """
    if network.prefixlen == 0:
        return None
    for name, what, ranges in _SPECIAL_NETWORKS:
        if any(network.version == it.version and network.overlaps(it) for it in ranges):
            return name, what
    return None


def all_ports(context: GuardContext) -> Iterator[Finding]:
    """Hold a new endpoint with more ports than `most_ports`."""
    limit = context.limits.most_ports
    suspects = [
        entry
        for entry in context.new
        if any(_count_ports(service) > limit for service in entry.services)
    ]
    known = set(endpoints_of(context.old)) if suspects else set()
    for entry in suspects:
        wide = [end for end in flatten(entry) if end not in known and _count_ports(end) > limit]
        if wide:
            place = place_of(entry)
            ports = join_first(list(dict.fromkeys(map(port_text, wide))))
            message = f"{place} asks for {ports}, more than {limit} ports at once"
            yield hold("all-ports", message, *place)


def _count_ports(item: Endpoint | Service) -> int:
    """Return the number of ports; 0 if they are not stated."""
    if item.from_port is None or item.to_port is None:
        return 0
    return item.to_port - item.from_port + 1


def wide_wildcard(context: GuardContext) -> Iterator[Finding]:
    """Hold a wildcard below which anyone can register a name."""
    for place, hosts in context.new_hosts.items():
        wildcards = [host for host in hosts if host.startswith("*.")]
        if found := [host for host in wildcards if is_open_registry(host[2:])]:
            message = (
                f"{place} lists {join_first(found)}, where anybody can have a name"
                " (Public Suffix List)"
            )
            yield hold("wide-wildcard", message, *place)


def domain_changed(context: GuardContext) -> Iterator[Finding]:
    """Hold a host that replaces one of another registered domain."""
    for place, before, after in _host_changes(context):
        common = {*before} & {*after}
        removed = [host for host in before if host not in common]
        added = [host for host in after if host not in common]
        if not removed or not added:
            continue
        known = {registered_domain(host) for host in before}
        if moved := [host for host in added if registered_domain(host) not in known]:
            domains = join_first(list(dict.fromkeys(map(registered_domain, moved))))
            message = (
                f"{place} went from {join_first(removed)} to {join_first(moved)}:"
                f" another registered domain, {domains}"
            )
            yield hold("domain-changed", message, *place)


def _host_changes(
    context: GuardContext,
) -> Iterator[tuple[PagePlace, Sequence[str], Sequence[str]]]:
    """Yield the hosts before and after, of pairs and of unpaired entries for the same use.

    A cell with only a host gets a new label with a new host, so it is not paired; its use shows
    that it is the same.
    """
    for before, after in context.pairing.pairs:
        yield place_of(after), before.hosts, after.hosts
    removed, added = _by_use(context.pairing.removed), _by_use(context.pairing.added)
    for use, entries in added.items():
        if use in removed:
            yield place_of(entries[0]), _hosts_of(removed[use]), _hosts_of(entries)


def _by_use(entries: Sequence[Entry]) -> dict[object, list[Entry]]:
    """Group entries by their use; those without a purpose are left out."""
    groups: dict[object, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.purpose:
            ports = frozenset(map(port_text, entry.services))
            use = entry.region, entry.direction, ports, entry.purpose, entry.components
            groups[use].append(entry)
    return groups


def _hosts_of(entries: Sequence[Entry]) -> list[str]:
    return [host for entry in entries for host in entry.hosts]


VALUE_RULES: tuple[GuardRule, ...] = (
    default_route,
    wide_network,
    special_address,
    all_ports,
    wide_wildcard,
    domain_changed,
)
