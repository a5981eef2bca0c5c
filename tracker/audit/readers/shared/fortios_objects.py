"""The values of FortiOS addresses, groups and services, in one virtual domain.

Defaults are those of the device: an address without a subnet is every address, a service
without a protocol is of TCP, UDP and SCTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tracker.audit.parsed_config import (
    ANY_PORT,
    ANYWHERE_IN,
    AddressRange,
    Location,
    Ports,
    Target,
    locate,
    parse_host,
    parse_ports,
    parse_range,
)
from tracker.audit.readers.shared import fortios_keys as keys
from tracker.audit.readers.shared.fortios_tables import FortiObject, Tables
from tracker.audit.readers.shared.policies import ServicePorts, UnknownName, is_any_source
from tracker.model import Protocol

_PROTOCOLS: tuple[Protocol, ...] = ("tcp", "udp")
# Services that every FortiGate has, for a part of a configuration that does not list them.
_BUILT_IN: dict[str, ServicePorts] = {
    "ALL": ((None, ANY_PORT),),
    "ALL_TCP": (("tcp", ANY_PORT),),
    "ALL_UDP": (("udp", ANY_PORT),),
    "HTTP": (("tcp", (80, 80)),),
    "HTTPS": (("tcp", (443, 443)),),
    "DNS": (("tcp", (53, 53)), ("udp", (53, 53))),
    "ALL_ICMP": (),
    "ALL_ICMP6": (),
    "PING": (),
}


@dataclass(frozen=True, slots=True)
class FortiObjects:
    """The objects of one virtual domain, for one address family."""

    tables: Tables
    domain: str
    family: int

    @property
    def addresses(self) -> dict[str, FortiObject]:
        """Single addresses."""
        return self._table(f"firewall address{self._six}")

    @property
    def groups(self) -> dict[str, FortiObject]:
        """Groups of addresses."""
        return self._table(f"firewall addrgrp{self._six}")

    @property
    def _six(self) -> str:
        return "" if self.family == 4 else "6"  # noqa: PLR2004  IPv4

    def _table(self, name: str) -> dict[str, FortiObject]:
        return self.tables.get((self.domain, name), {})

    def targets(self, names: Iterable[str]) -> tuple[Target, ...]:
        """Return the targets of all these names. Raises UnknownName."""
        return tuple(
            target
            for name in names
            for each in self.expand_group(name)
            for target in self.resolve_address(each)
        )

    def expand_group(self, name: str) -> Iterator[str]:
        """Yield the single addresses of a name, through all groups. Raises UnknownName."""
        seen, ahead = set[str](), [name]
        while ahead:
            each = ahead.pop(0)
            if each in seen:
                continue
            seen.add(each)
            if (group := self.groups.get(each)) is None:
                yield each
                continue
            if group.text_of("exclude", "disable") != "disable":
                raise UnknownName(f"the group {each} excludes members")
            ahead += group.settings.get("member", [])

    def resolve_address(self, name: str) -> tuple[Target, ...]:
        """Return the targets of a single address. Raises UnknownName."""
        found = self.addresses.get(name)
        if (name == "none" and found is None) or self._is_published(name):
            return ()
        if name == "all":
            return (ANYWHERE_IN[self.family],)
        if found is None:
            raise UnknownName(self._explain(name))
        if unknown := keys.find_unknown_of_address(found.settings):
            raise UnknownName(f"the address {name}: {unknown}")
        kind = found.text_of("type", "ipmask")
        if kind == "fqdn":
            target: Target | None = parse_host(found.text_of("fqdn"))
        elif kind == "iprange":
            target = parse_range(f"{found.text_of('start-ip')}-{found.text_of('end-ip')}")
        elif kind in {"ipmask", "ipprefix", "interface-subnet"}:
            target = self._subnet(found)
        else:
            raise UnknownName(f"the address {name} is of type {kind}")
        if target is None or (
            isinstance(target, AddressRange) and target.family != self.family
        ):
            raise UnknownName(f"the address {name} is not valid")
        return (target,)

    def _subnet(self, found: FortiObject) -> AddressRange | None:
        if self.family == 4:  # noqa: PLR2004  IPv4
            return parse_range("/".join(found.settings.get("subnet", ["0.0.0.0", "0.0.0.0"])))  # noqa: S104  not to bind to
        return parse_range(found.text_of("ip6", "::/0"))

    def _explain(self, name: str) -> str:
        """Return why an address is unknown: it is an external list, or missing in the file."""
        for domain in (self.domain, ""):
            feed = self.tables.get((domain, "system external-resource"), {}).get(name)
            if feed:
                url = feed.text_of("resource") or "elsewhere"
                return f"the list {name} is filled from {url}: audit that list"
        return f"the address {name} is not in the file"

    def _is_published(self, name: str) -> bool:
        """Return whether it names an internal server, published by address translation."""
        tables = ("firewall vip", "firewall vipgrp", "firewall vip6", "firewall vipgrp6")
        return any(name in self._table(table) for table in tables)

    def locate(self, name: str, words: str) -> Location:
        """Return the place of an address in the file, with `words` as its text."""
        found = self.addresses.get(name)
        return locate(found.line if found else 0, words)

    def has_service(self, name: str) -> bool:
        """Return whether the file has a service of this name."""
        return name in self._table("firewall service custom")

    def services(self, names: Iterable[str]) -> ServicePorts:
        """Return the protocols and ports of these services. Raises UnknownName."""
        customs = self._table("firewall service custom")
        groups = self._table("firewall service group")
        found: list[tuple[Protocol | None, Ports | None]] = []
        seen, ahead = set[str](), list(names)
        if not ahead:
            raise UnknownName("it names no service: the default ports of applications")
        while ahead:
            name = ahead.pop(0)
            if name in seen:
                continue
            seen.add(name)
            if name in customs:
                found += _service_ports(customs[name])
            elif name in groups:
                ahead += groups[name].settings.get("member", [])
            elif name in _BUILT_IN:
                found += _BUILT_IN[name]
            else:
                raise UnknownName(f"the service {name} is not in the file")
        return tuple(found)


def _service_ports(service: FortiObject) -> Iterator[tuple[Protocol | None, tuple[int, int]]]:
    """Yield the protocol and ports of a service.

    In `set tcp-portrange 443 8000-8010:1024-65535` the source follows the destination.
    """
    if unknown := keys.find_unknown_of_service(service.settings):
        raise UnknownName(f"the service {service.name}: {unknown}")
    kind = service.text_of("protocol", "TCP/UDP/SCTP")
    if kind == "IP":
        number = service.text_of("protocol-number", "0")
        if number == "0":
            yield None, ANY_PORT
        return
    if kind not in {"TCP/UDP/SCTP", "ALL"}:
        return  # other protocols, such as ICMP
    for protocol in _PROTOCOLS:
        for text in service.settings.get(f"{protocol}-portrange", []):
            far, _, near = text.partition(":")
            ports = parse_ports(far)
            if ports is None:
                raise UnknownName(f"the service {service.name} has no ports: {text}")
            if near and not is_any_source(near):
                raise UnknownName(
                    f"the service {service.name} is for some source ports: {near}"
                )
            yield protocol, ports
