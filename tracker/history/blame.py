"""Finds since when a value is on the page: all spans of versions that had it, by entry.

Pure: versions in, occurrences out. A value is an address, a host, a port such as `443` or
`tcp/22543`, or the id of an endpoint. An address inside a listed network counts, and so does a
host that a listed wildcard covers. An entry is followed by its id: another label, text or
port does not end a span.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from tracker.diff.pairing import follow_ids
from tracker.errors import UsageError
from tracker.model import Entry, EntryId, Number, Snapshot, Time, flatten
from tracker.parse.values import parse_addresses, parse_host

_PORT = re.compile(r"^(?:(tcp|udp)/)?(\d{1,5})(?:-(\d{1,5}))?$", re.IGNORECASE)
_ENDPOINT = re.compile(r"^(?:outbound|inbound) (?:tcp|udp)/\S+ \S+")

Matches = Callable[[Entry], Sequence[str]]


class EarlierLabel(msgspec.Struct, frozen=True):
    """A former label of an entry, and the last version that had it."""

    region: str | None
    resource: str
    last: Number


class Occurrence(msgspec.Struct, frozen=True):
    """One span of versions in which an entry had the value.

    `last` is the last version that had it, and `gone` is when the next one was captured, null
    while the region still lists the value in another entry; both are null while it is there.
    `matched` is what the page lists: the value itself, or the network, wildcard or port range
    that covers it. `labels` are the former labels of the entry in this span, oldest first.
    `listed_since` is the version since which the region has listed the value without a gap, in
    any entry.
    """

    region: str | None
    resource: str
    matched: tuple[str, ...]
    first: Number
    since: Time
    last: Number | None = None
    gone: Time | None = None
    labels: tuple[EarlierLabel, ...] = ()
    listed_since: Number = 1
    id: EntryId | None = None


def find_occurrences(versions: Iterable[Snapshot], value: str) -> list[Occurrence]:
    """Return all occurrences of `value`, oldest first. Versions come oldest first.

    Raises UsageError for a value that is not an address, host, port or endpoint.
    """
    matches, walk = build_matcher(value), _Walk()
    for snapshot, ids in follow_ids(versions):
        found = {
            name: (entry, tuple(dict.fromkeys(matched)))
            for name, entry in zip(ids, snapshot.entries, strict=True)
            if (matched := matches(entry))
        }
        walk.step(snapshot, found)
    return sorted(
        [*walk.done, *walk.running.values()], key=lambda one: (one.first, one.resource)
    )


Found = Mapping[str, tuple[Entry, tuple[str, ...]]]  # by the entry's id, with what matched


@dataclass
class _Walk:
    """The occurrences up to a version: the ended ones, and the open ones by entry.

    `listed` is the version since which each region lists the value.
    """

    done: list[Occurrence] = field(default_factory=list)
    running: dict[str, Occurrence] = field(default_factory=dict)
    listed: dict[str | None, int] = field(default_factory=dict)
    before: int = 0

    def step(self, snapshot: Snapshot, found: Found) -> None:
        """Process the next version."""
        self._reassign(found)
        self._update_listed(snapshot, found)
        for name in [name for name in self.running if name not in found]:
            ended = self.running.pop(name)
            gone = None if ended.region in self.listed else snapshot.captured_at
            self.done.append(replace(ended, last=self.before, gone=gone))
        for name, (entry, matched) in found.items():
            if name in self.running:
                self.running[name] = _extend(self.running[name], entry, matched, self.before)
            else:
                since = self.listed[entry.region]
                start = (snapshot.version, snapshot.captured_at)
                self.running[name] = Occurrence(
                    entry.region,
                    entry.resource,
                    matched,
                    *start,
                    listed_since=since,
                    id=entry.id or None,
                )
        self.before = snapshot.version

    def _reassign(self, found: Found) -> None:
        """Continue the occurrence of an entry that is gone with a new entry of its region."""
        fresh = [
            (name, entry) for name, (entry, _) in found.items() if name not in self.running
        ]
        for name, entry in fresh:
            left = (
                old
                for old, each in self.running.items()
                if old not in found and each.region == entry.region
            )
            if (old := next(left, None)) is not None:
                self.running[name] = self.running.pop(old)

    def _update_listed(self, snapshot: Snapshot, found: Found) -> None:
        """Record since when regions list the value; a renamed region keeps its version."""
        listed: dict[str | None, int] = {}
        for name, (entry, _) in found.items():
            known = self.listed.get(entry.region, snapshot.version)
            if name in self.running:
                known = min(known, self.running[name].listed_since)
            listed[entry.region] = min(known, listed.get(entry.region, known))
        self.listed = listed


def _extend(
    known: Occurrence, entry: Entry, matched: tuple[str, ...], before: int
) -> Occurrence:
    """Return the occurrence in the next version; a former label is added to it."""
    same = (known.region, known.resource) == (entry.region, entry.resource)
    label = () if same else (EarlierLabel(known.region, known.resource, before),)
    return replace(
        known,
        region=entry.region,
        resource=entry.resource,
        matched=matched,
        labels=(*known.labels, *label),
        id=entry.id or None,
    )


def build_matcher(value: str) -> Matches:
    """Return a matcher for a value. Raises UsageError, like `find_occurrences`."""
    if port := _PORT.match(value):
        return _port_matcher(port)
    if _ENDPOINT.match(value):
        return lambda entry: [each.id for each in flatten(entry) if each.id == value]
    if networks := parse_addresses(value):
        return _address_matcher(networks)
    if host := parse_host(value):
        return _host_matcher(host)
    raise UsageError(
        f'"{value}" is not an address, host or port, nor the id of an endpoint; write one, such'
        " as 443 or tcp/22543"
    )


def _port_matcher(port: re.Match[str]) -> Matches:
    protocol = port[1].lower() if port[1] else None
    first, last = int(port[2]), int(port[3] or port[2])

    def matches(entry: Entry) -> list[str]:
        """Return the port ranges of an entry that contain the wanted ones."""
        return [
            f"{service.protocol}/{service.from_port}-{service.to_port}".replace(
                f"-{service.from_port}", ""
            )
            for service in entry.services
            if protocol in {None, service.protocol}
            and service.from_port is not None
            and service.to_port is not None
            and service.from_port <= first <= last <= service.to_port
        ]

    return matches


def _address_matcher(networks: Sequence[str]) -> Matches:
    """Return a matcher for an address, a network, or all networks of an address range."""
    wanted = [ipaddress.ip_network(each) for each in networks]

    def matches(entry: Entry) -> list[str]:
        """Return the parts of an entry that contain the networks; none if one is missing."""
        found: list[str] = []
        for each in wanted:
            holding = [listed for listed in entry.addresses if _holds(listed, each)]
            if not holding:
                return []
            found += holding
        return found

    return matches


def _holds(listed: str, wanted: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    network = ipaddress.ip_network(listed)
    return network.version == wanted.version and wanted.subnet_of(network)  # type: ignore[arg-type]  # same version


def _host_matcher(host: str) -> Matches:
    def covers(listed: str) -> bool:
        """Return whether a listed value covers the wanted one."""
        if listed == host:
            return True
        base = listed.removeprefix("*.")
        return listed != base and (host == base or host.endswith(f".{base}"))

    return lambda entry: [listed for listed in entry.hosts if covers(listed)]
