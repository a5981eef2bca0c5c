"""What to try for each documented endpoint, or why nothing can be tried. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import msgspec

from tracker.errors import UsageError
from tracker.formats._policy import network_of, unfit
from tracker.model import LAN, Endpoint, Entry, Requirement, Service, endpoint_key, flatten

Children = Mapping[str, tuple[str, ...]]

NO_PORT = "the page states no port, and the configuration assumes none"
INBOUND = "it comes in: try it from where it comes from"
IN_LAN = "the local network: which machine answers there is not documented"
WILDCARD = "a wildcard: name hosts below it in [verify] children"
_TLS = re.compile(r"\b(?:TLS|SSL|HTTPS)\b", re.IGNORECASE)
_MOST_PORTS = 4


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing to try: a host to look up, or an address, with a port.

    `tls` says that a handshake has to succeed; then the certificate is for `name`, where one
    is known.
    """

    target: str
    protocol: str
    port: int
    tls: bool = False
    name: str | None = None

    def __str__(self) -> str:
        """`a.example.com tcp/443 TLS`."""
        return f"{self.target} {self.protocol}/{self.port}{' TLS' if self.tls else ''}"


@dataclass(frozen=True, slots=True)
class Task:
    """One endpoint, whatever rows and regions name it, and what to try for it.

    Without probes `why` says why there is nothing to try.
    """

    endpoint: Endpoint  # its region is null
    regions: tuple[str, ...]
    resource: str
    requirement: Requirement | None
    probes: tuple[Probe, ...] = ()
    why: str = ""
    rows: tuple[Entry, ...] = field(default=(), compare=False)


def tasks(entries: Iterable[Entry], children: Children) -> list[Task]:
    """A task for each endpoint that a rule may open, in a stable order.

    The Windows services beside public servers are for the local network and never tried.
    Raises UsageError for a child that is not below its wildcard.
    """
    _check(children)
    found: dict[Endpoint, Task] = {}
    for entry in entries:
        for service in entry.services:
            one = msgspec.structs.replace(entry, services=(service,))
            for endpoint in flatten(one):
                if unfit(endpoint) in {None, _no_port(endpoint)}:
                    _merge(found, _task(endpoint, one, service, children))
    return [found[key] for key in sorted(found, key=endpoint_key)]


def _no_port(endpoint: Endpoint) -> str | None:
    """The policy's own word for an endpoint without a port, which is told here."""
    return unfit(endpoint) if endpoint.from_port is None or endpoint.to_port is None else None


def _task(endpoint: Endpoint, entry: Entry, service: Service, children: Children) -> Task:
    plain = msgspec.structs.replace(endpoint, region=None)
    regions = () if entry.region is None else (entry.region,)
    made = Task(plain, regions, entry.resource, entry.requirement, rows=(entry,))
    if why := _untried(plain, children):
        return replace(made, why=why)
    return replace(made, probes=tuple(_probes(plain, entry, service, children)))


def _untried(endpoint: Endpoint, children: Children) -> str:
    """Why nothing can be tried for an endpoint; empty where something can."""
    first, last = endpoint.from_port, endpoint.to_port
    if first is None or last is None:
        return NO_PORT
    if endpoint.direction == "inbound":
        return INBOUND
    if last - first >= _MOST_PORTS:
        return f"{last - first + 1} ports: which of them answer is not documented"
    return _no_single(endpoint.target, children)


def _no_single(target: str, children: Children) -> str:
    """Why a target is no single machine to try; empty where it is, or leads to some."""
    if target == LAN:
        return IN_LAN
    if target.startswith("*."):
        return "" if children.get(target) else WILDCARD
    network = network_of(target)
    if network is None or network.num_addresses == 1:
        return ""
    return f"a network: which of {network.num_addresses} addresses answer is not documented"


def _probes(
    endpoint: Endpoint, entry: Entry, service: Service, children: Children
) -> Iterator[Probe]:
    tls = endpoint.protocol == "tcp" and bool(_TLS.search(service.name or ""))
    for target in children.get(endpoint.target, (endpoint.target,)):
        is_host = network_of(target) is None
        # The certificate of an address is for the name that stands beside it.
        name = target if is_host else next(iter(entry.hosts), None)
        address = target if is_host else target.partition("/")[0]
        for port in range(endpoint.from_port or 0, (endpoint.to_port or 0) + 1):
            yield Probe(address, endpoint.protocol, port, tls, name if tls else None)


def _merge(found: dict[Endpoint, Task], task: Task) -> None:
    """The same endpoint of another row or region: all regions, the strongest word, TLS."""
    before = found.setdefault(task.endpoint, task)
    if before is task:
        return
    strongest = task if task.requirement == "required" != before.requirement else before
    stricter = task if any(probe.tls for probe in task.probes) else before
    found[task.endpoint] = replace(
        strongest,
        regions=tuple(dict.fromkeys(before.regions + task.regions)),
        probes=stricter.probes,
        rows=before.rows + task.rows,
    )


def _check(children: Children) -> None:
    for wildcard, names in children.items():
        for name in names:
            below = wildcard.startswith("*.") and f".{name}".endswith(wildcard[1:])
            if not below or network_of_host(name):
                raise UsageError(
                    f'[verify] children: "{name}" is no host below "{wildcard}"; write'
                    ' "*.example.com" = ["a.example.com"]'
                )


def network_of_host(name: str) -> bool:
    """Whether a text is no host name. Never raises."""
    return not re.fullmatch(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+", name)
