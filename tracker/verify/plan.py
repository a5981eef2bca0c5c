"""What to try for each documented endpoint, or why nothing is tried. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from tracker.errors import UsageError
from tracker.formats import RuleSet
from tracker.formats.shared.addresses import network_of
from tracker.formats.shared.policy import unexpressible_reason
from tracker.model import (
    LAN,
    Endpoint,
    Entry,
    Requirement,
    Service,
    digest,
    endpoint_key,
    flatten,
)

Children = Mapping[str, tuple[str, ...]]

NO_PORT = "the page states no port, and the configuration assumes none"
INBOUND = "inbound: test it from the other side"
IN_LAN = "the local network: which machine answers there is not documented"
WILDCARD = "a wildcard: name hosts below it in [verify] children"
_TLS = re.compile(r"\b(?:TLS|SSL|HTTPS)\b", re.IGNORECASE)
_MAX_PORTS = 4
# Known hosts below wildcards of pages, and the issuers of their certificates. Windows Update:
# Microsoft lists the hosts (learn.microsoft.com, "Manage connection endpoints for Windows").
# Some have certificates by an authority of Microsoft, "Microsoft [ECC] Update Secure Server
# CA 2.1", which Windows trusts and browsers do not.
KNOWN_CHILDREN: Mapping[str, tuple[str, ...]] = {
    "*.windowsupdate.com": ("download.windowsupdate.com", "ctldl.windowsupdate.com"),
    "*.download.windowsupdate.com": ("au.download.windowsupdate.com",),
    "*.update.microsoft.com": ("sls.update.microsoft.com", "fe2.update.microsoft.com"),
    "*.mp.microsoft.com": ("fe3.delivery.mp.microsoft.com", "displaycatalog.mp.microsoft.com"),
    "*.delivery.mp.microsoft.com": ("fe3.delivery.mp.microsoft.com",),
}
KNOWN_ISSUERS: Mapping[str, str] = {
    "*.update.microsoft.com": "Update Secure Server CA",
    "*.delivery.mp.microsoft.com": "Update Secure Server CA",
}


@dataclass(frozen=True, slots=True)
class ProbeTarget:
    """A port to try at an address, or at a host that is looked up.

    With `tls`, a handshake must succeed with a certificate for `name`, if that is known.
    `listed` are the addresses and networks in the host's rows on the page.
    """

    target: str
    protocol: str
    port: int
    tls: bool = False
    name: str | None = None
    listed: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return `a.example.com tcp/443 TLS`."""
        return f"{self.target} {self.protocol}/{self.port}{' TLS' if self.tls else ''}"


@dataclass(frozen=True, slots=True)
class KnownNames:
    """The known hosts below wildcards, and the addresses that the page lists for hosts."""

    children: Children
    listed: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ProbeTask:
    """An endpoint, joined from all rows and regions that have it, and what to try for it.

    If `probes` is empty, `why` gives the reason.
    """

    endpoint: Endpoint  # its region is null
    regions: tuple[str, ...]
    resource: str
    requirement: Requirement | None
    probes: tuple[ProbeTarget, ...] = ()
    why: str = ""
    rows: tuple[Entry, ...] = field(default=(), compare=False)


def plan_tasks(
    entries: Iterable[Entry], children: Children, page: Iterable[Entry] = ()
) -> list[ProbeTask]:
    """Return a task for each endpoint that a rule may open, in a stable order.

    `page` are all entries of the version, of which `entries` may be a part: an address that any
    row lists for a host is accepted. Services for the local network that the page adds to rows
    of public servers are never tried. Raises UsageError for a child not below its wildcard.
    """
    check_children(children)
    entries = tuple(entries)
    names = KnownNames(children, _find_listed((*entries, *page)))
    found: dict[Endpoint, ProbeTask] = {}
    for entry in entries:
        for service in entry.services:
            one = msgspec.structs.replace(entry, services=(service,))
            for endpoint in flatten(one):
                if unexpressible_reason(endpoint) in {None, _missing_port_reason(endpoint)}:
                    _merge_task(found, _build_task(endpoint, one, service, names))
    return [found[key] for key in sorted(found, key=endpoint_key)]


def _find_listed(entries: Iterable[Entry]) -> dict[str, tuple[str, ...]]:
    """Return the addresses in the same rows as each host."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        for host in entry.hosts:
            found[host] = tuple(dict.fromkeys((*found.get(host, ()), *entry.addresses)))
    return found


def _missing_port_reason(endpoint: Endpoint) -> str | None:
    """Return the policy's reason if an endpoint has no port: here it still gets a task."""
    return (
        unexpressible_reason(endpoint)
        if endpoint.from_port is None or endpoint.to_port is None
        else None
    )


def _build_task(
    endpoint: Endpoint, entry: Entry, service: Service, names: KnownNames
) -> ProbeTask:
    plain = msgspec.structs.replace(endpoint, region=None)
    regions = () if entry.region is None else (entry.region,)
    task = ProbeTask(plain, regions, entry.resource, entry.requirement, rows=(entry,))
    if why := _skip_reason(plain, names.children):
        return replace(task, why=why)
    return replace(task, probes=tuple(_build_probes(plain, entry, service, names)))


def _skip_reason(endpoint: Endpoint, children: Children) -> str:
    """Return why an endpoint cannot be tried; empty if it can."""
    first, last = endpoint.from_port, endpoint.to_port
    if first is None or last is None:
        return NO_PORT
    if endpoint.direction == "inbound":
        return INBOUND
    if last - first >= _MAX_PORTS:
        return f"{last - first + 1} ports: which of them answer is not documented"
    return _many_hosts_reason(endpoint.target, children)


def _many_hosts_reason(target: str, children: Children) -> str:
    """Return why a target is not a machine to try; empty if it is, or has known children."""
    if target == LAN:
        return IN_LAN
    if target.startswith("*."):
        return "" if children.get(target) else WILDCARD
    network = network_of(target)
    if network is None or network.num_addresses == 1:
        return ""
    return f"a network: which of {network.num_addresses} addresses answer is not documented"


def _build_probes(
    endpoint: Endpoint, entry: Entry, service: Service, names: KnownNames
) -> Iterator[ProbeTarget]:
    """Yield a probe for each child of a wildcard, each port, and each name to certify."""
    tls = endpoint.protocol == "tcp" and bool(_TLS.search(service.name or ""))
    for target in names.children.get(endpoint.target, (endpoint.target,)):
        is_host = network_of(target) is None
        # The certificate of an address is for one of the hosts in its row.
        beside = [host for host in entry.hosts if not host.startswith("*.")]
        certified = [target] if is_host else beside
        listed = names.listed.get(target) or names.listed.get(endpoint.target) or ()
        address = target if is_host else target.partition("/")[0]
        for port in range(endpoint.from_port or 0, (endpoint.to_port or 0) + 1):
            for name in certified if tls and certified else (None,):
                yield ProbeTarget(
                    address, endpoint.protocol, port, tls, name, listed if is_host else ()
                )


def _merge_task(found: dict[Endpoint, ProbeTask], task: ProbeTask) -> None:
    """Add a task, or add its regions and probes to the one with the same endpoint."""
    before = found.setdefault(task.endpoint, task)
    if before is task:
        return
    strongest = task if task.requirement == "required" != before.requirement else before
    found[task.endpoint] = replace(
        strongest,
        regions=tuple(dict.fromkeys(before.regions + task.regions)),
        probes=_select_strictest(before.probes + task.probes),
        rows=before.rows + task.rows,
    )


def _select_strictest(probes: Sequence[ProbeTarget]) -> tuple[ProbeTarget, ...]:
    """Return the probes of several rows: those with TLS and with a name, if there are any."""
    if any(probe.tls for probe in probes):
        probes = [probe for probe in probes if probe.tls]
    if any(probe.name for probe in probes):
        probes = [probe for probe in probes if probe.name]
    return tuple(dict.fromkeys(probes))


def check_children(children: Children) -> None:
    """Raise UsageError for a child that is not a host below its wildcard."""
    for wildcard, names in children.items():
        for name in names:
            below = wildcard.startswith("*.") and f".{name}".endswith(wildcard[1:])
            if not below or not _is_host_name(name):
                raise UsageError(
                    f'[verify] children: "{name}" is not a host below "{wildcard}"; write'
                    ' "*.example.com" = ["a.example.com"]'
                )


def _is_host_name(text: str) -> bool:
    return bool(re.fullmatch(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+", text))


def limit_to(rule_set: RuleSet, wanted: Collection[Endpoint]) -> RuleSet:
    """Return a rule set with only these endpoints, which have no region."""
    entries = tuple(
        part
        for entry in rule_set.entries
        for part in _split_by_service(entry, wanted)
        if part.targets
    )
    return msgspec.structs.replace(rule_set, entries=entries, digest=digest(entries))


def _split_by_service(entry: Entry, wanted: Collection[Endpoint]) -> list[Entry]:
    """Return an entry for each service that has wanted targets."""
    parts = []
    for service in entry.services:
        one = msgspec.structs.replace(entry, services=(service,))
        targets = {
            endpoint.target
            for endpoint in flatten(one)
            if msgspec.structs.replace(endpoint, region=None) in wanted
        }
        if targets:
            parts.append(
                msgspec.structs.replace(
                    one,
                    hosts=tuple(host for host in one.hosts if host in targets),
                    addresses=tuple(each for each in one.addresses if each in targets),
                )
            )
    return parts


def join_children(configured: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the known hosts below wildcards; configured wildcards replace known ones."""
    return {**KNOWN_CHILDREN, **configured}
