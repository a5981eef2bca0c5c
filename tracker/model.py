"""The types of fwtracker, and the canonical form that a digest is computed from.

Pure data: no files, no network, no clock. These types are the JSON contract, field by field;
the docstrings of published types are descriptions in the published JSON Schema.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

SCHEMA: Literal[1] = 1

Protocol = Literal["tcp", "udp"]
Direction = Literal["outbound", "inbound"]
Scope = Literal["internet", "lan"]
EndpointScope = Literal["internet", "lan", "unstated"]
Requirement = Literal["required", "recommended", "optional"]
Verdict = Literal["publish", "hold"]
Cause = Literal["page", "definition", "reader", "scope"]

_EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
Hash = Annotated[
    str,
    msgspec.Meta(pattern="^[0-9a-f]{64}$", description="SHA-256, hex", examples=[_EMPTY_HASH]),
]
Time = Annotated[
    str,
    msgspec.Meta(
        pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
        description="UTC, to the second",
        examples=["2024-04-17T09:00:00Z"],
        extra_json_schema={"format": "date-time"},
    ),
]
Port = Annotated[int, msgspec.Meta(ge=1, le=65535, description="port number", examples=[443])]
Number = Annotated[int, msgspec.Meta(ge=1, description="version number", examples=[42])]
NumberOrZero = Annotated[
    int, msgspec.Meta(ge=0, description="version number, or 0", examples=[42])
]
Revision = Annotated[int, msgspec.Meta(ge=1, description="a whole number", examples=[3])]
Count = Annotated[int, msgspec.Meta(ge=0, description="a count", examples=[3])]
EntryId = Annotated[
    str,
    msgspec.Meta(
        pattern="^e[0-9a-f]{12}$",
        description="stays with an entry that changes",
        examples=["e0123456789ab"],
    ),
]

LAN = "lan"
LAST_PORT = 65535
# Services of a Windows network: RPC endpoint mapper, NetBIOS session, LDAP, SMB.
LAN_PORTS = (135, 139, 389, 445)
# Windows assigns RPC services ports from this range, always from at least 255 of them
# (Microsoft KB 929851). A smaller range inside it may belong to the vendor's service.
_DYNAMIC_FIRST = 49152
_DYNAMIC_FEWEST = 255


class Service(msgspec.Struct, frozen=True, order=True):
    """One protocol and port range of an entry; null ports mean "not stated", never "any"."""

    protocol: Protocol
    from_port: Port | None
    to_port: Port | None
    name: str | None = None
    inferred: bool = False


class EntryContent(msgspec.Struct, frozen=True):
    """The content of a row of the published table: equality and `digest` depend on it."""

    region: str | None
    resource: str
    hosts: tuple[str, ...]
    addresses: tuple[str, ...]
    scope: Scope
    direction: Direction
    services: tuple[Service, ...]
    requirement: Requirement | None
    only_for: str | None
    components: tuple[str, ...]
    purpose: str

    @property
    def targets(self) -> tuple[str, ...]:
        """Return the targets of a firewall rule: the hosts and addresses, or "lan"."""
        return (LAN,) if self.scope == "lan" else self.hosts + self.addresses


class Entry(EntryContent, frozen=True):
    """One row of the published table, typed. Lists keep the order of the page.

    `id` stays the same as long as the entry is on the page, whatever changes in it; entries of
    older programs have none. `required` is whether the entry counts as required: it does if no
    requirement is stated.
    """

    id: EntryId | UnsetType = UNSET
    required: bool = True

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "required", requirement_of(self) == "required")


class Endpoint(msgspec.Struct, frozen=True):
    """One entry flattened to one target and one port range. `target` may be "lan".

    `id` is the endpoint as text, the same in every version that has it. `scope` is where it
    may be opened: "internet" (to this target), "lan" (in the local network only, whatever
    target the page lists it with) or "unstated" (the page states no port, and no port is to be
    opened for it). Both follow from the other fields.
    """

    region: str | None
    direction: Direction
    target: str
    protocol: Protocol
    from_port: Port | None
    to_port: Port | None
    id: str = ""
    scope: EndpointScope = "unstated"

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "id", _spell_id(self))
        msgspec.structs.force_setattr(self, "scope", _find_scope(self))


class Finding(msgspec.Struct, frozen=True):
    """Something the operator should know about a page; "hold" keeps it from publication.

    `settle` are lines of configuration that answer it for good, if there are any.
    """

    name: str
    verdict: Verdict
    message: str
    region: str | None = None
    resource: str | None = None
    settle: str | UnsetType = UNSET


class Page(msgspec.Struct, frozen=True):
    """Facts about one fetched page; `sha256` is of the body as decoded from the transfer."""

    url: str
    sha256: Hash
    fetched_at: Time
    etag: str | None = None
    last_modified: str | None = None


class Snapshot(msgspec.Struct, frozen=True):
    """One immutable version: the content of the page, and when it was read.

    `cause` is what changed: the page, or an edited definition or another reader, which read the
    same page differently. "scope" is the step from a version with only the regions that the
    configuration chose to one with all regions of the page. `definition` is the digest of the
    definition that it was read by, `reader` the revision of the reader, `writer` the program
    that committed it. `previous_sha256` is the sha256 of the previous version's file, so that
    each version proves all earlier ones. `digest` could not do that: it does not cover times,
    pages and findings, and an older version may have the same. Versions of older programs have
    none of these five fields.
    """

    schema: Literal[1]
    source: str
    version: Number
    captured_at: Time
    previous: Number | None
    digest: Hash
    pages: tuple[Page, ...]
    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...] = ()
    cause: Cause | UnsetType = UNSET
    definition: Hash | UnsetType = UNSET
    reader: Revision | UnsetType = UNSET
    writer: str | UnsetType = UNSET
    previous_sha256: Hash | UnsetType = UNSET


class VersionProbe(msgspec.Struct, frozen=True):
    """`version.json`: which version is in force, and until when that can be relied on.

    A few hundred bytes for scripts that poll often. Between versions only its times change, and
    with them `signature`, if the operator signs. After `expires` the checks have stopped. At
    `due` rule files change without a new version, because a grace ends; null means never.
    """

    schema: Literal[1]
    source: str
    version: Number
    digest: Hash
    checked_at: Time
    expires: Time
    due: Time | UnsetType | None = UNSET
    signature: str | UnsetType = UNSET


_CAUSES: Mapping[str, str] = {
    "definition": "an edited definition",
    "reader": "a newer reader",
    "scope": "a wider scope (it says all regions of the page now)",
}


def name_cause(cause: Cause | UnsetType) -> str:
    """Return the cause of a version in words; "" if the page changed."""
    return _CAUSES.get(cause or "page", "")


def format_cause(cause: Cause | UnsetType) -> str:
    """Return `, due to an edited definition`; "" if the page changed."""
    name = name_cause(cause)
    return f", due to {name}" if name else ""


def endpoints_of(entries: Iterable[Entry]) -> tuple[Endpoint, ...]:
    """Return all endpoints of the entries, each once, in a stable order."""
    found = {endpoint for entry in entries for endpoint in flatten(entry)}
    return tuple(sorted(found, key=endpoint_key))


def requirement_of(entry: EntryContent) -> Requirement:
    """Return the requirement of an entry; "required" if none is stated, as it is listed."""
    return entry.requirement or "required"


def flatten(entry: EntryContent) -> Iterator[Endpoint]:
    """Yield the endpoints of one entry: every target with every service."""
    for target in entry.targets:
        for service in entry.services:
            yield Endpoint(
                region=entry.region,
                direction=entry.direction,
                target=target,
                protocol=service.protocol,
                from_port=service.from_port,
                to_port=service.to_port,
            )


def endpoint_key(endpoint: Endpoint) -> tuple[str, str, str, str, int, int]:
    """Return the sort key of an endpoint; null sorts first."""
    return (
        "" if endpoint.region is None else f" {endpoint.region}",
        endpoint.direction,
        endpoint.target,
        endpoint.protocol,
        -1 if endpoint.from_port is None else endpoint.from_port,
        -1 if endpoint.to_port is None else endpoint.to_port,
    )


def digest(entries: Iterable[Entry]) -> str:
    """Return the sha256 (hex) of the entries in canonical form; their order does not matter.

    `snapshots/README.md` describes how a script can compute it.
    """
    lines = sorted(msgspec.json.encode(canonical(entry)) for entry in entries)
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def canonical(entry: EntryContent) -> EntryContent:
    """Return the content of an entry with its lists sorted and without duplicates."""
    return EntryContent(
        region=entry.region,
        resource=entry.resource,
        hosts=_sort_once(entry.hosts),
        addresses=_sort_once(entry.addresses),
        scope=entry.scope,
        direction=entry.direction,
        services=tuple(sorted(set(entry.services), key=service_key)),
        requirement=entry.requirement,
        only_for=entry.only_for,
        components=_sort_once(entry.components),
        purpose=entry.purpose,
    )


def service_key(service: Service) -> tuple[str, int, int, str, bool]:
    """Return the sort key of a service; null sorts first."""
    return (
        service.protocol,
        -1 if service.from_port is None else service.from_port,
        -1 if service.to_port is None else service.to_port,
        service.name or "",
        service.inferred,
    )


def is_for_the_lan(endpoint: Endpoint) -> bool:
    """Return whether these ports belong inside a local network, whatever their target.

    A page may list them in the rows of public servers. They must not be opened to those: rule
    files leave them out, and messages do not ask to allow them.
    """
    return endpoint.target != LAN and are_for_the_lan(endpoint)


def are_for_the_lan(ports: Service | Endpoint) -> bool:
    """Return whether these ports belong inside a local network, with any target."""
    first, last = ports.from_port, ports.to_port
    return first is not None and last is not None and _are_for_the_lan(first, last)


@lru_cache(maxsize=1024)  # a page has few port ranges, but many targets
def _are_for_the_lan(first: int, last: int) -> bool:
    if any(first <= port <= last for port in LAN_PORTS):
        return True
    return last - max(first, _DYNAMIC_FIRST) + 1 >= _DYNAMIC_FEWEST


def is_everywhere(endpoint: Endpoint) -> bool:
    """Return whether the target is a default route, which rules and messages never open."""
    return endpoint.target.endswith("/0")


def regions_of(entries: Iterable[EntryContent]) -> tuple[str | None, ...]:
    """Return the regions in the order of the page, without duplicates."""
    return tuple(dict.fromkeys(entry.region for entry in entries))


def port_text(service: Service | Endpoint) -> str:
    """Return `tcp/443`, `tcp/49152-65535`, or `tcp/not stated`."""
    ports = _write_ports(service.from_port, service.to_port)
    return f"{service.protocol}/{ports or 'not stated'}"


@lru_cache(maxsize=1024)  # a page has few port ranges, beside many targets
def _write_ports(first: int | None, last: int | None) -> str:
    """Return `443` or `49152-65535`; nothing where no port is stated."""
    if first is None:
        return ""
    return str(first) if first == last else f"{first}-{last}"


def _find_scope(endpoint: Endpoint) -> EndpointScope:
    """Return where an endpoint may be opened; never the internet for a default route."""
    first, last = endpoint.from_port, endpoint.to_port
    if first is None:
        return "unstated"
    if endpoint.target == LAN or is_everywhere(endpoint):
        return "lan"
    return "lan" if last is not None and _are_for_the_lan(first, last) else "internet"


def _spell_id(endpoint: Endpoint) -> str:
    """Return `outbound tcp/443 192.0.2.1 Europe`; a single address has no `/32`."""
    ports = _write_ports(endpoint.from_port, endpoint.to_port) or "unstated"
    target = endpoint.target.removesuffix("/128" if ":" in endpoint.target else "/32").lower()
    where = "" if endpoint.region is None else f" {endpoint.region}"
    return f"{endpoint.direction} {endpoint.protocol}/{ports} {target}{where}"


def _sort_once(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(values))) if len(values) > 1 else values
