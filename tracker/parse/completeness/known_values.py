"""Looks up values found elsewhere among those of a page's entries.

Pure. An address inside a listed network, and a host below a listed wildcard, are known: a rule
for the entry allows them.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property
from hashlib import sha256

from tracker.model import LAST_PORT, Entry
from tracker.parse.completeness.line_words import LoneTarget, StatedPorts
from tracker.text import quote

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_SHOWN = 5


class KnownValues:
    """The values and ports of entries, with indexes that are built on first use."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries

    @cached_property
    def values(self) -> frozenset[str]:
        """All hosts and addresses, as written."""
        return frozenset(v for entry in self._entries for v in (*entry.hosts, *entry.addresses))

    @cached_property
    def _networks(self) -> dict[int, dict[int, set[int]]]:
        """The first addresses of networks, by IP version and prefix length."""
        found: dict[int, dict[int, set[int]]] = {4: {}, 6: {}}
        for value in {a for entry in self._entries for a in entry.addresses if "/" in a}:
            network = ipaddress.ip_network(value)
            lengths = found[network.version]
            lengths.setdefault(network.prefixlen, set()).add(int(network.network_address))
        return found

    @cached_property
    def _ports(self) -> dict[str, list[tuple[int, int]]]:
        """The port ranges of each protocol, sorted, with overlapping ones merged."""
        found: dict[str, set[tuple[int, int]]] = {"tcp": set(), "udp": set()}
        for services in {entry.services for entry in self._entries}:
            for service in services:
                if service.from_port is not None and service.to_port is not None:
                    found[service.protocol].add((service.from_port, service.to_port))
        return {protocol: _merge_ranges(ranges) for protocol, ranges in found.items()}

    @cached_property
    def _by_value(self) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = {}
        for entry in self._entries:
            for value in {*entry.hosts, *entry.addresses}:
                found.setdefault(value, []).append(entry)
        return found

    def has(self, target: LoneTarget) -> bool:
        """Return whether an entry has the value, or a network or wildcard that covers it."""
        if target.text in self.values:
            return True
        return (
            self._is_inside(target.text) if target.is_address else self._is_below(target.text)
        )

    def has_ports(self, ports: StatedPorts) -> bool:
        """Return whether all these ports are in entries, with the stated protocols."""
        return all(
            any(self._has_range(protocol, first, last) for protocol in protocols or self._ports)
            for protocols, first, last in ports.ranges
        )

    def _has_range(self, protocol: str, first: int, last: int) -> bool:
        ranges = self._ports[protocol]
        at = bisect_right(ranges, (first, LAST_PORT))
        return at > 0 and last <= ranges[at - 1][1]

    def has_both(self, target: LoneTarget, ports: StatedPorts) -> bool:
        """Return whether entries with exactly this value have these ports.

        The result is also true if no entry has the value.
        """
        entries = self._by_value.get(target.text)
        return not entries or KnownValues(entries).has_ports(ports)

    def _is_inside(self, text: str) -> bool:
        try:
            network = ipaddress.ip_network(text)
        except ValueError:
            return False
        bits, start = network.max_prefixlen, int(network.network_address)
        return any(
            length <= network.prefixlen
            and start >> (bits - length) << (bits - length) in starts
            for length, starts in self._networks[network.version].items()
        )

    def _is_below(self, host: str) -> bool:
        """Return whether a wildcard covers the host; `*.a.example` also covers `a.example`."""
        name = host.removeprefix("*.")
        while name:
            if f"*.{name}" in self.values:
                return True
            name = name.partition(".")[2]
        return False


def list_unknown(targets: Iterable[LoneTarget], known: KnownValues) -> list[str]:
    """Return the targets that are in no entry, as written."""
    return [target.text for target in targets if not known.has(target)]


def _merge_ranges(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(last, found[-1][1])
        else:
            found.append((first, last))
    return found


def describe_place(url: str, heading: str | None) -> str:
    """Return the page's URL and the nearest heading above, to show to an operator."""
    return f"{url}, under {quote(heading, 60)}" if heading else url


def list_values(values: Iterable[str]) -> str:
    """Return up to five of the values and, if there are more, a short hash of all.

    By the hash, an approval is for these values only: other values are a new finding.
    """
    once = list(dict.fromkeys(values))
    shown = ", ".join(quote(value, 60)[1:-1] for value in once[:_SHOWN])
    if len(once) <= _SHOWN:
        return shown
    return f"{shown} and {len(once) - _SHOWN} more ({_hash(once)})"


def _hash(values: Sequence[str]) -> str:
    return sha256("\n".join(sorted(values)).encode()).hexdigest()[:8]
