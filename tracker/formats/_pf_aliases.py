"""Aliases for the firewalls on FreeBSD's pf: what OPNsense and pfSense have in common.

Each bundle is an alias of targets and an alias of ports, for one rule of the user's. Both
resolve host names again every few minutes and know no wildcard (Netgate, "Aliases"; OPNsense,
"Aliases"). Names have 31 characters: letters, digits and underscores.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from tracker.errors import RuleError
from tracker.formats import RuleSet
from tracker.formats._bundles import Bundle, bundled, endpoint_lines, port_span
from tracker.formats._object_names import digest, stem_of
from tracker.formats._object_read import lan_of, port_ranges
from tracker.formats._once import once
from tracker.formats._policy import comment, spelling
from tracker.model import LAN, Endpoint

NO_WILDCARD = "an alias resolves host names, and nobody can resolve a wildcard"
NOTHING = "255.255.255.255"  # goes nowhere: RFC 919 section 7
_LONGEST = 31  # characters of a name
WITHIN = "n"  # added to it for an alias within another
_STEM = 24
_ROLES = {
    ("outbound", False): "destination",
    ("inbound", False): "source",
    ("outbound", True): "own networks as destination",
    ("inbound", True): "own networks as source and destination",
}
_ABOUT = re.compile(rf"({'|'.join(_ROLES.values())}), (tcp|udp), ports ([a-z0-9_]+), .*")

Kind = Literal["host", "network", "port"]


class Alias(msgspec.Struct, frozen=True):
    """One alias: its entries, and what is said of it and of each entry."""

    name: str
    kind: Kind
    entries: tuple[str, ...]
    about: str
    notes: tuple[str, ...] = ()


def cannot(endpoint: Endpoint) -> str | None:
    """What aliases leave out beside what no format writes."""
    return NO_WILDCARD if endpoint.target.startswith("*.") else None


@once
def aliases_of(rule_set: RuleSet) -> Mapping[str, Alias]:
    """All aliases of a rule set by name, those of ports last."""
    stem = stem_of(rule_set.source, rule_set.name, "_", _STEM)
    version = f"fwtracker {rule_set.source} {rule_set.name} version {rule_set.version}"
    found = bundled(rule_set, cannot)
    made = [*(_targets(stem, each, version) for each in found)]
    made += [_ports(stem, each, version) for each in found]
    return {alias.name: alias for alias in made}


def opened(file: str, aliases: Mapping[str, Alias]) -> frozenset[str]:
    """What rules on these aliases let through: `outbound 192.0.2.1 tcp/443`.

    Raises RuleError for an alias that says no such thing, and for a LAN that is none.
    """
    roles = {said: key for key, said in _ROLES.items()}
    found: set[str] = set()
    used: set[str] = set()
    for alias in aliases.values():
        if alias.kind == "port":
            continue
        about = _ABOUT.fullmatch(alias.about)
        ports = aliases.get(about[3]) if about else None
        if about is None or ports is None or ports.kind != "port":
            raise RuleError(f'{file}: the alias "{comment(alias.name)}" has no ports')
        used.add(ports.name)
        direction, lan = roles[about[1]]
        targets = [target_of(each) for each in alias.entries]
        services = [(about[2], port_ranges(" ".join(ports.entries), " ", ":"))]
        names = lan_of(file, targets) if lan else targets
        found.update(endpoint_lines(direction, names, services))
    if used != {alias.name for alias in aliases.values() if alias.kind == "port"}:
        raise RuleError(f"{file}: an alias of ports belongs to no other")
    return frozenset(found)


def target_of(entry: str) -> str:
    """The address, network or host that an entry is."""
    if entry.startswith("*."):
        raise RuleError(f'"{comment(entry)}" is no entry of an alias')
    return spelling(entry)


def emptied(alias: Alias) -> Alias:
    """The same alias with an entry that matches nothing: none at all is not allowed."""
    entry = f"{NOTHING}/32" if alias.kind == "network" else NOTHING
    return Alias(alias.name, alias.kind, (entry,), alias.about, ("no longer in use",))


def exchanged(old: Mapping[str, Alias], new: Mapping[str, Alias]) -> Iterator[Alias]:
    """The aliases that come, those with other entries, and those that go, emptied.

    Aliases of ports stay: a rule without ports would mean every port.
    """
    for name, alias in new.items():
        was = old.get(name)
        if was is None or (was.kind, was.entries) != (alias.kind, alias.entries):
            yield alias
    for name, alias in old.items():
        if name not in new and alias.kind != "port":
            yield emptied(alias)


def _targets(stem: str, bundle: Bundle, version: str) -> Alias:
    [(protocol, _)] = bundle.services
    role = _ROLES[bundle.direction, bundle.lan]
    about = f"{role}, {protocol}, ports {_port_name(stem, bundle)}, {plain(version)}"
    return Alias(
        _cut(f"{stem}_{_key(bundle)}", _LONGEST - len(WITHIN)),
        "network" if bundle.lan else "host",
        tuple(each.name for each in bundle.targets),
        about,
        tuple(each.words or LAN for each in bundle.targets),
    )


def _ports(stem: str, bundle: Bundle, version: str) -> Alias:
    [(_, spans)] = bundle.services
    entries = tuple(port_span(each, ":") for each in spans)
    about = f"ports, {plain(version)}"
    return Alias(_port_name(stem, bundle), "port", entries, about, ("",) * len(entries))


def _key(bundle: Bundle) -> str:
    """`t443`, `ui6771`, `lan_it`: t for tcp, u for udp, i for what comes in, o for out."""
    [(protocol, spans)] = bundle.services
    inbound = bundle.direction == "inbound"
    if bundle.lan:
        return f"lan_{'i' if inbound else 'o'}{protocol[0]}"
    return f"{protocol[0]}{'i' if inbound else ''}{port_span(spans[0], 'to')}"


def _port_name(stem: str, bundle: Bundle) -> str:
    """`p443` whatever the protocol; the local network has one for each: `lan_ipt`."""
    [(protocol, spans)] = bundle.services
    if bundle.lan:
        return _cut(f"{stem}_{_key(bundle)[:-1]}p{protocol[0]}", _LONGEST)
    return _cut(f"{stem}_p{port_span(spans[0], 'to')}", _LONGEST)


def _cut(name: str, longest: int) -> str:
    if len(name) <= longest:
        return name
    mark = digest(name)
    return f"{name[: longest - len(mark) - 1].rstrip('_')}_{mark}"


def plain(text: str) -> str:
    """Text of the few characters that OPNsense takes in a description."""
    return " ".join(re.sub(r"[^A-Za-z0-9 .,_-]+", " ", comment(text)).split())
