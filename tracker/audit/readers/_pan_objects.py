"""What names in PAN-OS stand for, seen from one scope: its own objects, then shared ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tracker.audit.parsed_config import (
    ANY_PORT,
    Ports,
    Target,
    host_of,
    ports_of,
    protocol_of,
    span_of,
)
from tracker.audit.readers._pan import Object, Scope, Tables
from tracker.audit.readers._policies import Services, Unknown
from tracker.audit.readers.domains import names_of
from tracker.model import Protocol

# Two services that every PAN-OS has.
_BUILT_IN: dict[str, Services] = {
    "any": ((None, ANY_PORT),),
    "service-http": (("tcp", (80, 80)), ("tcp", (8080, 8080))),
    "service-https": (("tcp", (443, 443)),),
}
# Default ports of the applications that carry what is documented (Applipedia).
_APPLICATIONS: dict[str, Services] = {
    "any": ((None, ANY_PORT),),
    "ssl": (("tcp", (443, 443)),),
    "web-browsing": (("tcp", (80, 80)),),
}


@dataclass(frozen=True, slots=True)
class Objects:
    """All objects of a file, as one scope sees them."""

    tables: Tables
    scope: Scope

    def named(self, *kind: str) -> dict[str, Object]:
        """The scope's own objects of a kind."""
        return self.tables.get((self.scope, kind), {})

    def find(self, name: str, *kind: str) -> Object | None:
        """The object with this name: the scope's own, or a shared one."""
        for scope in dict.fromkeys((self.scope, (), ("shared",))):
            if found := self.tables.get((scope, kind), {}).get(name):
                return found
        return None

    def below(self, name: str) -> Iterator[str]:
        """The single addresses that a name stands for, through all groups. Raises Unknown."""
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
                raise Unknown(f"the group {each} is filled while the firewall runs")
            else:
                ahead += group.all("static")

    def targets(self, names: Iterable[str]) -> tuple[Target, ...] | None:
        """All that some names stand for; null is any. Raises Unknown."""
        names = list(names)
        if "any" in names:
            return None
        return tuple(self.one(each) for name in names for each in self.below(name))

    def one(self, name: str) -> Target:
        """What a single address stands for, which may be written as it is. Raises Unknown."""
        found = self.find(name, "address")
        if found is None:
            span = span_of(name)
            if span is None:
                raise Unknown(f"the address {name} is not in the file")
            return span
        target: Target | None = None
        if "fqdn" in found.settings:
            target = host_of(found.one("fqdn"))
        else:
            target = span_of(found.one("ip-netmask") or found.one("ip-range"))
        if target is None:
            raise Unknown(f"the address {name} is none")
        return target

    def urls(self, name: str) -> tuple[Target, ...]:
        """The hosts of a custom category. Raises Unknown."""
        found = self.find(name, "profiles", "custom-url-category")
        if found is None:
            raise Unknown(f"the category {name} is not in the file")
        hosts: list[Target] = []
        for entry in found.all("list"):
            names = names_of(entry)
            if names is None:
                raise Unknown(f"the URL {entry} is more than a host")
            hosts += names
        return tuple(hosts)

    def services(self, names: Iterable[str]) -> Services:
        """Protocols and ports that names of services stand for. Raises Unknown."""
        found: list[tuple[Protocol | None, Ports | None]] = []
        seen, ahead = set[str](), list(names)
        while ahead:
            name = ahead.pop(0)
            if name in seen:
                continue
            seen.add(name)
            if service := self.find(name, "service"):
                found += _ports(service)
            elif group := self.find(name, "service-group"):
                ahead += group.all("members")
            elif name in _BUILT_IN:
                found += _BUILT_IN[name]
            else:
                raise Unknown(f"the service {name} is not in the file")
        return tuple(found)


def by_application(names: Iterable[str]) -> Services:
    """The default ports of applications. Raises Unknown."""
    found: list[tuple[Protocol | None, Ports | None]] = []
    for name in names:
        if name not in _APPLICATIONS:
            raise Unknown(f"the ports of the application {name} are not known here")
        found += _APPLICATIONS[name]
    return tuple(found)


def _ports(service: Object) -> Iterator[tuple[Protocol | None, Ports | None]]:
    protocol = protocol_of(service.one("protocol"))
    for text in service.one("port").split(","):
        ports = ports_of(text)
        if protocol is None or ports is None:
            raise Unknown(f"the service {service.name} has no ports of tcp or udp: {text}")
        yield protocol, ports
