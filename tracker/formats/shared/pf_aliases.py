"""Aliases for firewalls based on FreeBSD's pf: what OPNsense and pfSense have in common.

Each group is an alias of targets and an alias of ports, for one rule of the user's. Both
products resolve host names again every few minutes and do not support wildcards (Netgate,
"Aliases"; OPNsense, "Aliases"). Names have at most 31 characters: letters, digits, underscores.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from tracker.errors import RuleError
from tracker.formats.shared.addresses import canonical_target, is_wildcard, to_cidr
from tracker.formats.shared.objects import hash_name, lan_lines, name_stem
from tracker.formats.shared.policy import RuleSet, cached_in_rule_set
from tracker.formats.shared.port_ranges import parse_ranges, range_text
from tracker.formats.shared.service_groups import ServiceGroup, endpoint_lines, list_groups
from tracker.model import LAN, Endpoint
from tracker.text import to_comment

NO_WILDCARD = "an alias resolves host names, and a wildcard cannot be resolved"
NOTHING = "255.255.255.255"  # never routed: RFC 919 section 7
_LONGEST = 31  # characters of a name
WITHIN = "n"  # suffix for the name of a nested alias
_STEM, _HASH = 24, 8

_ROLES = {
    ("outbound", False): "destination",
    ("inbound", False): "source",
    ("outbound", True): "own networks as destination",
    ("inbound", True): "own networks as source and destination",
}

_ABOUT = re.compile(rf"({'|'.join(_ROLES.values())}), (tcp|udp), ports ([a-z0-9_]+), .*")

Kind = Literal["host", "network", "port"]


class PfAlias(msgspec.Struct, frozen=True):
    """One alias: its entries, and the descriptions of it and of each entry."""

    name: str
    kind: Kind
    entries: tuple[str, ...]
    about: str
    notes: tuple[str, ...] = ()


def unsupported_by_aliases(endpoint: Endpoint) -> str | None:
    """Return why aliases cannot express an endpoint; None if they can."""
    return NO_WILDCARD if is_wildcard(endpoint.target) else None


@cached_in_rule_set
def list_aliases(rule_set: RuleSet) -> Mapping[str, PfAlias]:
    """Return all aliases of a rule set by name, those of ports last."""
    stem = name_stem(rule_set, _STEM, "_", hash_length=_HASH)
    version = f"fwtracker {rule_set.source} {rule_set.name} version {rule_set.version}"
    groups = list_groups(rule_set, unsupported_by_aliases)
    targets = (_target_alias(stem, each, version) for each in groups)
    ports = (_port_alias(stem, each, version) for each in groups)
    return {alias.name: alias for alias in (*targets, *ports)}


def opened_by_aliases(file: str, aliases: Mapping[str, PfAlias]) -> frozenset[str]:
    """Return what rules on these aliases let through: `outbound 192.0.2.1 tcp/443`.

    Raises RuleError for an alias of another shape, and for what `lan_lines` refuses.
    """
    roles = {said: key for key, said in _ROLES.items()}
    found: set[str] = set()
    used: set[str] = set()
    local: list[list[str]] = []
    for alias in aliases.values():
        if alias.kind == "port":
            continue
        about = _ABOUT.fullmatch(alias.about)
        ports = aliases.get(about[3]) if about else None
        if about is None or ports is None or ports.kind != "port":
            raise RuleError(f'{file}: the alias "{to_comment(alias.name)}" has no ports')
        used.add(ports.name)
        direction, lan = roles[about[1]]
        targets = [_parse_entry(each) for each in alias.entries]
        services = [(about[2], parse_ranges(" ".join(ports.entries), " ", ":"))]
        if lan:
            local.append(targets)
            targets = [LAN]
        found.update(endpoint_lines(direction, targets, services))
    if used != {alias.name for alias in aliases.values() if alias.kind == "port"}:
        raise RuleError(f"{file}: an alias of ports belongs to no other")
    return frozenset(found) | lan_lines(file, local)


def _parse_entry(entry: str) -> str:
    """Return an entry as an address, network or host. Raises RuleError."""
    if entry.startswith("*."):
        raise RuleError(f'"{to_comment(entry)}" is no entry of an alias')
    return canonical_target(entry)


def _without_entries(alias: PfAlias) -> PfAlias:
    """Return the alias with one entry, which matches nothing: it must not be empty."""
    entry = f"{NOTHING}/32" if alias.kind == "network" else NOTHING
    return PfAlias(alias.name, alias.kind, (entry,), alias.about, ("no longer in use",))


def changed_aliases(
    old: Mapping[str, PfAlias], new: Mapping[str, PfAlias]
) -> Iterator[PfAlias]:
    """Yield new and changed aliases, and removed ones without their entries.

    Aliases of ports are kept: a rule without ports would mean every port.
    """
    for name, alias in new.items():
        was = old.get(name)
        if was is None or (was.kind, was.entries) != (alias.kind, alias.entries):
            yield alias
    for name, alias in old.items():
        if name not in new and alias.kind != "port":
            yield _without_entries(alias)


def _target_alias(stem: str, group: ServiceGroup, version: str) -> PfAlias:
    [(protocol, _)] = group.services
    role = _ROLES[group.direction, group.lan]
    about = f"{role}, {protocol}, ports {_port_name(stem, group)}, {_plain(version)}"
    return PfAlias(
        _cut(f"{stem}_{_key(group)}", _LONGEST - len(WITHIN)),
        "network" if group.lan else "host",
        tuple(to_cidr(each.name) if group.lan else each.name for each in group.targets),
        about,
        tuple(each.words or LAN for each in group.targets),
    )


def _port_alias(stem: str, group: ServiceGroup, version: str) -> PfAlias:
    [(_, spans)] = group.services
    entries = tuple(range_text(each, ":") for each in spans)
    about = f"ports, {_plain(version)}"
    return PfAlias(_port_name(stem, group), "port", entries, about, ("",) * len(entries))


def _key(group: ServiceGroup) -> str:
    """Return `t443`, `ui6771`, `lan_it`: t for tcp, u for udp, i for inbound, o for out."""
    [(protocol, spans)] = group.services
    inbound = group.direction == "inbound"
    if group.lan:
        return f"lan_{'i' if inbound else 'o'}{protocol[0]}"
    return f"{protocol[0]}{'i' if inbound else ''}{range_text(spans[0], 'to')}"


def _port_name(stem: str, group: ServiceGroup) -> str:
    """Return `p443` for any protocol; for the LAN, one for each protocol: `lan_ipt`."""
    [(protocol, spans)] = group.services
    if group.lan:
        return _cut(f"{stem}_{_key(group)[:-1]}p{protocol[0]}", _LONGEST)
    return _cut(f"{stem}_p{range_text(spans[0], 'to')}", _LONGEST)


def _cut(name: str, longest: int) -> str:
    if len(name) <= longest:
        return name
    return f"{name[: longest - _HASH - 1].rstrip('_')}_{hash_name(name, _HASH)}"


def _plain(text: str) -> str:
    """Return text reduced to the few characters that OPNsense accepts in a description."""
    return " ".join(re.sub(r"[^A-Za-z0-9 .,_-]+", " ", to_comment(text)).split())
