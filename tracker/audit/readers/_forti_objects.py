"""What names in FortiOS stand for: addresses and groups of one family, services.

Defaults as on the device: an address without a subnet is every address, a service without a
protocol is of TCP, UDP and SCTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tracker.audit.parsed_config import (
    ANY_PORT,
    ANYWHERE,
    Place,
    Ports,
    Span,
    Target,
    host_of,
    place,
    ports_of,
    span_of,
)
from tracker.audit.readers._forti import Object, Tables
from tracker.audit.readers._policies import Services, Unknown
from tracker.model import Protocol

_PROTOCOLS: tuple[Protocol, ...] = ("tcp", "udp")
# Services that every FortiGate has, for a part of a configuration that does not list them.
_BUILT_IN: dict[str, Services] = {
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
class Objects:
    """The objects of one virtual domain, for one address family."""

    tables: Tables
    domain: str
    family: int

    @property
    def addresses(self) -> dict[str, Object]:
        """Single addresses."""
        return self._table(f"firewall address{self._six}")

    @property
    def groups(self) -> dict[str, Object]:
        """Groups of addresses."""
        return self._table(f"firewall addrgrp{self._six}")

    @property
    def _six(self) -> str:
        return "" if self.family == 4 else "6"  # noqa: PLR2004  IPv4

    def _table(self, name: str) -> dict[str, Object]:
        return self.tables.get((self.domain, name), {})

    def targets(self, names: Iterable[str]) -> tuple[Target, ...]:
        """All that some names stand for. Raises Unknown."""
        return tuple(
            target for name in names for each in self.below(name) for target in self.one(each)
        )

    def below(self, name: str) -> Iterator[str]:
        """The single addresses that a name stands for, through all groups. Raises Unknown."""
        seen, ahead = set[str](), [name]
        while ahead:
            each = ahead.pop(0)
            if each in seen:
                continue
            seen.add(each)
            if (group := self.groups.get(each)) is None:
                yield each
                continue
            if group.one("exclude", "disable") != "disable":
                raise Unknown(f"the group {each} excludes members")
            ahead += group.settings.get("member", [])

    def one(self, name: str) -> tuple[Target, ...]:
        """What a single address stands for. Raises Unknown."""
        found = self.addresses.get(name)
        if name == "none" and found is None:
            return ()
        if name == "all":
            return (ANYWHERE[0 if self.family == 4 else 1],)  # noqa: PLR2004  IPv4
        if found is None:
            raise Unknown(f"the address {name} is not in the file")
        kind = found.one("type", "ipmask")
        if kind == "fqdn":
            target: Target | None = host_of(found.one("fqdn"))
        elif kind == "iprange":
            target = span_of(f"{found.one('start-ip')}-{found.one('end-ip')}")
        elif kind in {"ipmask", "ipprefix", "interface-subnet"}:
            target = self._subnet(found)
        else:
            raise Unknown(f"the address {name} is of type {kind}")
        if target is None or (isinstance(target, Span) and target.family != self.family):
            raise Unknown(f"the address {name} is none")
        return (target,)

    def _subnet(self, found: Object) -> Span | None:
        if self.family == 4:  # noqa: PLR2004  IPv4
            return span_of("/".join(found.settings.get("subnet", ["0.0.0.0", "0.0.0.0"])))  # noqa: S104  not to bind to
        return span_of(found.one("ip6", "::/0"))

    def place(self, name: str, words: str) -> Place:
        """Where an address is."""
        found = self.addresses.get(name)
        return place(found.line if found else 0, words)

    def has_service(self, name: str) -> bool:
        """Whether the file has a service of this name."""
        return name in self._table("firewall service custom")

    def services(self, names: Iterable[str]) -> Services:
        """Protocols and ports that names of services stand for. Raises Unknown."""
        customs = self._table("firewall service custom")
        groups = self._table("firewall service group")
        found: list[tuple[Protocol | None, Ports | None]] = []
        seen, ahead = set[str](), list(names)
        while ahead:
            name = ahead.pop(0)
            if name in seen:
                continue
            seen.add(name)
            if name in customs:
                found += _custom(customs[name])
            elif name in groups:
                ahead += groups[name].settings.get("member", [])
            elif name in _BUILT_IN:
                found += _BUILT_IN[name]
            else:
                raise Unknown(f"the service {name} is not in the file")
        return tuple(found)


def _custom(service: Object) -> Iterator[tuple[Protocol | None, tuple[int, int]]]:
    """`set tcp-portrange 443 8000-8010:1024-65535`: the destination, then the source."""
    kind = service.one("protocol", "TCP/UDP/SCTP")
    if kind == "IP":
        number = service.one("protocol-number", "0")
        if number == "0":
            yield None, ANY_PORT
        return
    if kind not in {"TCP/UDP/SCTP", "ALL"}:
        return  # ICMP and others: neither tcp nor udp
    for protocol in _PROTOCOLS:
        for text in service.settings.get(f"{protocol}-portrange", []):
            ports = ports_of(text.partition(":")[0])
            if ports is None:
                raise Unknown(f"the service {service.name} has no ports: {text}")
            yield protocol, ports
