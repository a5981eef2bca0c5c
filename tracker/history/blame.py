"""Since when a value is on the page: every stretch of versions that had it, with its entries.

Pure: versions in, occurrences out. A value is an address, a host, or a port such as `443` or
`tcp/22543`. An address inside a listed network counts, and so does a host that a listed
wildcard covers.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Sequence

import msgspec

from tracker.errors import UsageError
from tracker.model import Entry, Snapshot
from tracker.parse.values import parse_addresses, parse_host

_PORT = re.compile(r"^(?:(tcp|udp)/)?(\d{1,5})(?:-(\d{1,5}))?$", re.IGNORECASE)

Matches = Callable[[Entry], Sequence[str]]
Where = tuple[str | None, str]  # region and resource


class Occurrence(msgspec.Struct, frozen=True):
    """One stretch of versions in which an entry had the value.

    `last` is the last version that had it, `gone` when the next one was captured; both are
    null while it is still there. `matched` is what the page lists: the value itself, or the
    network, wildcard or port range that covers it.
    """

    region: str | None
    resource: str
    matched: tuple[str, ...]
    first: int
    since: str
    last: int | None = None
    gone: str | None = None


def find_occurrences(versions: Iterable[Snapshot], value: str) -> list[Occurrence]:
    """Return all occurrences of `value`, oldest first. Versions come oldest first.

    Raises UsageError for a value that is not an address, host or port.
    """
    matches = build_matcher(value)
    done: list[Occurrence] = []
    running: dict[Where, Occurrence] = {}
    before: Snapshot | None = None
    for snapshot in versions:
        found = _find_matches(snapshot, matches)
        for key in [key for key in running if key not in found]:
            last = before.version if before else None
            ended = {"last": last, "gone": snapshot.captured_at}
            done.append(msgspec.structs.replace(running.pop(key), **ended))
        for key, matched in found.items():
            if key not in running:
                running[key] = Occurrence(*key, matched, snapshot.version, snapshot.captured_at)
        before = snapshot
    return sorted([*done, *running.values()], key=lambda each: (each.first, each.resource))


def _find_matches(
    snapshot: Snapshot, matches: Matches
) -> dict[tuple[str | None, str], tuple[str, ...]]:
    found: dict[tuple[str | None, str], tuple[str, ...]] = {}
    for entry in snapshot.entries:
        if matched := tuple(matches(entry)):
            key = (entry.region, entry.resource)
            found[key] = tuple(dict.fromkeys(found.get(key, ()) + matched))
    return found


def build_matcher(value: str) -> Matches:
    """Return what finds a value in an entry. Raises UsageError as `find_occurrences` does."""
    if port := _PORT.match(value):
        return _port_matcher(port)
    if parse_addresses(value):
        return _address_matcher(value)
    if host := parse_host(value):
        return _host_matcher(host)
    raise UsageError(
        f'"{value}" is not an address, host or port; write one, such as 443 or tcp/22543'
    )


def _port_matcher(port: re.Match[str]) -> Matches:
    protocol = port[1].lower() if port[1] else None
    first, last = int(port[2]), int(port[3] or port[2])

    def matches(entry: Entry) -> list[str]:
        """Return the port ranges of an entry that hold the wanted ones."""
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


def _address_matcher(value: str) -> Matches:
    wanted = ipaddress.ip_network(value)

    def covers(listed: str) -> bool:
        """Return whether what is listed holds the wanted value."""
        network = ipaddress.ip_network(listed)
        return network.version == wanted.version and wanted.subnet_of(network)  # type: ignore[arg-type]  # same version

    return lambda entry: [listed for listed in entry.addresses if covers(listed)]


def _host_matcher(host: str) -> Matches:
    def covers(listed: str) -> bool:
        """Return whether what is listed holds the wanted value."""
        if listed == host:
            return True
        base = listed.removeprefix("*.")
        return listed != base and (host == base or host.endswith(f".{base}"))

    return lambda entry: [listed for listed in entry.hosts if covers(listed)]
