"""The values of PAN-OS objects, as seen from one scope."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tracker.audit.parsed_config import (
    ANY_PORT,
    Ports,
    Target,
    parse_host,
    parse_ports,
    parse_protocol,
    parse_range,
)
from tracker.audit.readers.shared.lists import hosts_of_entry
from tracker.audit.readers.shared.panos_tables import PARENTS, PanObject, Scope, Tables
from tracker.audit.readers.shared.policies import ServicePorts, UnknownName, is_any_source
from tracker.model import Protocol

_ADDRESS_KEYS = {"ip-netmask", "ip-range", "fqdn", "description", "tag"}
# Lists of attackers' addresses that Palo Alto Networks maintains.
OWN_LISTS = re.compile(r"panw-(?:bulletproof|highrisk|known|torexit)-ip-list")


def scopes_above(scope: Scope, found: Tables) -> list[Scope]:
    """Return a scope and those that it inherits from, the nearest first."""
    chain = [scope]
    while parents := found.get(chain[-1], *PARENTS):
        parent: Scope = ("device-group", next(iter(parents)))
        if parent in chain:
            break
        chain.append(parent)
    return [*chain, *(each for each in ((), ("shared",)) if each not in chain)]


# Services that are predefined in PAN-OS.
_BUILT_IN: dict[str, ServicePorts] = {
    "any": ((None, ANY_PORT),),
    "service-http": (("tcp", (80, 80)), ("tcp", (8080, 8080))),
    "service-https": (("tcp", (443, 443)),),
}
# Default ports of the applications that documented traffic appears as (Applipedia).
_APPLICATIONS: dict[str, ServicePorts] = {
    "any": ((None, ANY_PORT),),
    "ssl": (("tcp", (443, 443)),),
    "web-browsing": (("tcp", (80, 80)),),
}


@dataclass(frozen=True, slots=True)
class PanObjects:
    """The objects of a file as seen from one scope: its own, then inherited and shared ones."""

    tables: Tables
    scope: Scope

    def own_objects(self, *kind: str) -> dict[str, PanObject]:
        """Return the scope's own objects of a kind."""
        return self.tables.get(self.scope, *kind)

    def find(self, name: str, *kind: str) -> PanObject | None:
        """Return the scope's own or an inherited object of this name; None without any."""
        for scope in scopes_above(self.scope, self.tables):
            if found := self.tables.get(scope, *kind).get(name):
                return found
        return None

    def expand_group(self, name: str) -> Iterator[str]:
        """Yield the single addresses of a name, through all groups. Raises UnknownName."""
        seen, ahead = set[str](), [name]
        while ahead:
            each = ahead.pop(0)
            if each in seen:
                continue
            seen.add(each)
            group = self.find(each, "address-group")
            if group is None:
                yield each
            elif "static" not in group.settings:
                raise UnknownName(f"the group {each} is filled while the firewall runs")
            else:
                ahead += group.values_of("static")

    def targets(self, names: Iterable[str]) -> tuple[Target, ...] | None:
        """Return the targets of all these names; None is any. Raises UnknownName."""
        names = list(names)
        if "any" in names:
            return None
        return tuple(
            self.resolve_address(each) for name in names for each in self.expand_group(name)
        )

    def resolve_address(self, name: str) -> Target:
        """Return the address of a name or of a literal. Raises UnknownName."""
        found = self.find(name, "address")
        if found is None:
            span = parse_range(name)
            if span is None:
                raise UnknownName(self._explain(name, "address"))
            return span
        if unknown := found.settings.keys() - _ADDRESS_KEYS:
            raise UnknownName(f"the address {name} has {', '.join(sorted(unknown))}")
        target: Target | None = None
        if "fqdn" in found.settings:
            target = parse_host(found.text_of("fqdn"))
        else:
            target = parse_range(found.text_of("ip-netmask") or found.text_of("ip-range"))
        if target is None:
            raise UnknownName(f"the address {name} is not valid")
        return target

    def urls(self, name: str) -> tuple[Target, ...]:
        """Return the hosts of a custom URL category. Raises UnknownName."""
        found = self.find(name, "profiles", "custom-url-category")
        if found is None:
            raise UnknownName(self._explain(name, "category"))
        hosts: list[Target] = []
        for entry in found.values_of("list"):
            names = hosts_of_entry(entry)
            if names is None:
                raise UnknownName(f"the URL {entry} is more than a host")
            hosts += names
        return tuple(hosts)

    def _explain(self, name: str, what: str) -> str:
        """Return why a name is unknown: it is an external list, or missing in the file."""
        if found := self.find(name, "external-list"):
            url = found.text_of("url") or "elsewhere"
            return f"the external list {name} is filled from {url}: audit that list"
        if OWN_LISTS.fullmatch(name):
            return f"the external list {name} is filled by Palo Alto Networks"
        return f"the {what} {name} is not in the file"

    def services(self, names: Iterable[str]) -> ServicePorts:
        """Return the protocols and ports of these services. Raises UnknownName."""
        found: list[tuple[Protocol | None, Ports | None]] = []
        seen, ahead = set[str](), list(names)
        while ahead:
            name = ahead.pop(0)
            if name in seen:
                continue
            seen.add(name)
            if service := self.find(name, "service"):
                found += _service_ports(service)
            elif group := self.find(name, "service-group"):
                ahead += group.values_of("members")
            elif name in _BUILT_IN:
                found += _BUILT_IN[name]
            else:
                raise UnknownName(f"the service {name} is not in the file")
        return tuple(found)


def services_of_applications(names: Iterable[str]) -> ServicePorts:
    """Return the default ports of applications. Raises UnknownName."""
    found: list[tuple[Protocol | None, Ports | None]] = []
    for name in names:
        if name not in _APPLICATIONS:
            raise UnknownName(f"the ports of the application {name} are not known here")
        found += _APPLICATIONS[name]
    return tuple(found)


def _service_ports(service: PanObject) -> Iterator[tuple[Protocol | None, Ports | None]]:
    if (near := service.text_of("source-port")) and not is_any_source(near):
        raise UnknownName(f"the service {service.name} is for some source ports: {near}")
    protocol = parse_protocol(service.text_of("protocol"))
    for text in service.text_of("port").split(","):
        ports = parse_ports(text)
        if protocol is None or ports is None:
            raise UnknownName(f"the service {service.name} has no ports of tcp or udp: {text}")
        yield protocol, ports
