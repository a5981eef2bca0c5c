"""Aliases of pfSense and OPNsense: named lists of hosts, networks and ports.

An alias does not state the ports that its addresses are for. Ours do so in their description,
and count for these ports; all others count for every port.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tracker.audit.parsed_config import (
    Location,
    ParsedConfig,
    Permit,
    Ports,
    Skipped,
    Target,
    parse_host,
    parse_ports,
    parse_protocol,
    parse_range,
)
from tracker.model import Direction, Endpoint, Protocol

_OURS = re.compile(
    r"(?P<lan>own networks as )?(?P<side>destination|source|source and destination),"
    r" (?P<protocol>tcp|udp), ports (?P<ports>\w+)"
)
_ADDRESS_KINDS = {"host", "network", "networkgroup"}
NO_WILDCARD = "an alias resolves host names, and a wildcard cannot be resolved"


@dataclass(frozen=True, slots=True)
class AliasRecord:
    """An alias with its entries as written."""

    name: str
    kind: str
    entries: tuple[str, ...]
    description: str
    location: Location


def is_of_addresses(alias: AliasRecord) -> bool:
    """Return whether an alias is a list of addresses or of other such lists."""
    return alias.kind in _ADDRESS_KINDS


def add_aliases(aliases: Iterable[AliasRecord], config: ParsedConfig) -> None:
    """Add the permits of all aliases of addresses to `config`."""
    known = {alias.name: alias for alias in aliases}
    used = {inner for alias in known.values() for inner in alias.entries if inner in known}
    for alias in known.values():
        if alias.kind in _ADDRESS_KINDS:
            if alias.name not in used:
                _add_alias(alias, known, config)
        elif alias.kind != "port":
            why = f"an alias of type {alias.kind} is filled while the firewall runs"
            config.skipped.append(Skipped(alias.location, why))


def _add_alias(alias: AliasRecord, known: dict[str, AliasRecord], config: ParsedConfig) -> None:
    direction, services = _services_of_alias(alias, known, config)
    for entry in _expand_entries(alias, known):
        target = _parse_target(entry)
        if target is None:
            config.skipped.append(
                Skipped(alias.location, f'"{entry}" is neither a host nor a network')
            )
            continue
        for protocol, ports in services:
            config.permits.append(Permit(direction, target, protocol, ports, alias.location))


def _services_of_alias(
    alias: AliasRecord, known: dict[str, AliasRecord], config: ParsedConfig
) -> tuple[Direction, list[tuple[Protocol | None, Ports | None]]]:
    """Return the direction and services in the description of our aliases; any for others."""
    ours = _OURS.match(alias.description)
    if ours is None or ours["ports"] not in known:
        return "outbound", [(None, None)]
    services: list[tuple[Protocol | None, Ports | None]] = []
    for entry in _expand_entries(known[ours["ports"]], known):
        if ports := parse_ports(entry.replace(":", "-")):
            services.append((parse_protocol(ours["protocol"]), ports))
        else:
            why = f'"{entry}" is not a port'
            config.skipped.append(Skipped(known[ours["ports"]].location, why))
    return ("inbound" if "source" in ours["side"] else "outbound"), services


def _expand_entries(alias: AliasRecord, known: dict[str, AliasRecord]) -> Iterator[str]:
    """Yield the entries, and those of the aliases among them, each alias once."""
    seen, ahead = {alias.name}, [alias]
    while ahead:
        for entry in ahead.pop(0).entries:
            if entry not in known:
                yield entry
            elif entry not in seen:
                seen.add(entry)
                ahead.append(known[entry])


def _parse_target(entry: str) -> Target | None:
    return parse_range(entry) or (parse_host(entry) if "*" not in entry else None)


def explain_unsupported(endpoint: Endpoint) -> str | None:
    """Return why an alias cannot contain a wildcard; None for other endpoints."""
    return NO_WILDCARD if endpoint.target.startswith("*.") else None
