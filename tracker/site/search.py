"""Search: which entries match a text, and the history of one address, host or port.

`page.js` does the same in the browser; tests/site/filter_cases.py has the cases for both.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Sequence

from tracker.filters.scope import Choice
from tracker.history.blame import Occurrence
from tracker.model import Entry, Snapshot, flatten, port_text
from tracker.parse.values import parse_addresses, parse_host
from tracker.site.rendering import format_region
from tracker.text import make_printable

_PORTS = re.compile(r"(?:(tcp|udp)/)?(\d{1,5})(?:-(\d{1,5}))?", re.IGNORECASE)
_ENDPOINT = re.compile(r"(?:outbound|inbound) (?:tcp|udp)/\S+ \S+")
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

Listed = Callable[[Entry], list[str]]


def find_entries(entries: Iterable[Entry], text: str) -> tuple[Entry, ...]:
    """Return the entries that match a text; all of them for an empty text."""
    return tuple(filter(build_filter(text), entries))


def build_filter(text: str) -> Callable[[Entry], bool]:
    """Return a function that tests whether an entry has the value, or contains all the words.

    Networks and ranges of addresses or ports match all that they overlap: an address inside a
    listed network, a listed address inside a network, a host that a wildcard covers, a wildcard
    over listed hosts. Case is ignored.
    """
    words = text.lower().split()
    overlaps = find_overlaps(text.strip()) if words else None

    def matches(entry: Entry) -> bool:
        """Return whether the entry matches the text."""
        return _has_words(entry, words) or bool(overlaps and overlaps(entry))

    return matches


def find_overlaps(value: str) -> Listed | None:
    """Return a function that lists the parts of an entry that overlap a value.

    None if it is not an address, network, host, port, range of these or an endpoint's id.
    """
    if port := _PORTS.fullmatch(value):
        return _overlap_ports(port)
    if _ENDPOINT.match(value):
        return lambda entry: [end.id for end in flatten(entry) if end.id == value]
    if found := parse_addresses(value):
        return _overlap_networks([ipaddress.ip_network(each) for each in found])
    if host := parse_host(value):
        return lambda entry: [listed for listed in entry.hosts if _share_host(listed, host)]
    return None


def _overlap_ports(port: re.Match[str]) -> Listed:
    protocol = port[1].lower() if port[1] else None
    first, last = int(port[2]), int(port[3] or port[2])
    return lambda entry: [
        port_text(service)
        for service in entry.services
        if protocol in {None, service.protocol}
        and service.from_port is not None
        and service.to_port is not None
        and max(service.from_port, first) <= min(service.to_port, last)
    ]


def _overlap_networks(wanted: Sequence[_Network]) -> Listed:
    def overlap(listed: str) -> bool:
        """Return whether a listed address or network overlaps a wanted one."""
        network = ipaddress.ip_network(listed)
        return any(
            network.version == each.version and network.overlaps(each) for each in wanted
        )

    return lambda entry: [listed for listed in entry.addresses if overlap(listed)]


def _share_host(one: str, other: str) -> bool:
    """Return whether two names, each of which may be a wildcard, have a host in common."""
    return one == other or _covers(one, other) or _covers(other, one)


def _covers(wildcard: str, host: str) -> bool:
    base = wildcard.removeprefix("*.")
    return wildcard != base and (host == base or host.endswith(f".{base}"))


def _has_words(entry: Entry, words: Iterable[str]) -> bool:
    text = f"{describe_resource(entry)} {describe_use(entry, entry.purpose)}"
    return all(word in text for word in words)


def describe_resource(entry: Entry, remark: str = "") -> str:
    """Return the text of an entry's resource for the search, in lower case."""
    parts = (entry.region or "", entry.resource, entry.only_for or "", *entry.targets)
    return _join((*parts, remark))


def describe_use(entry: Entry, purpose: str) -> str:
    """Return the other text of an entry with this purpose for the search, in lower case."""
    parts = (purpose, entry.direction, entry.requirement or "", *entry.components)
    return _join((*parts, *map(port_text, entry.services)))


def _join(parts: Iterable[str]) -> str:
    return " ".join(make_printable(part).lower() for part in parts if part)


def find_partly_listed(versions: Iterable[Snapshot], value: str) -> dict[str, int]:
    """Return the parts of a value that the page lists or listed, each with its newest version.

    Parts are the addresses inside a network, or the hosts that match a wildcard. `versions`
    come oldest first.
    """
    overlaps, found = find_overlaps(value), dict[str, int]()
    for snapshot in versions if overlaps else ():
        for entry in snapshot.entries:
            found |= dict.fromkeys(overlaps(entry) if overlaps else (), snapshot.version)
    return found


def describe_value(value: str, spans: Sequence[Occurrence], chosen: Choice = None) -> str:
    """Return in a sentence or two whether and where a value is in force.

    If the configuration chooses regions, in other regions it is only on the page.
    """
    here = dict.fromkeys(span.region for span in spans if span.last is None)
    shown = [each for each in here if chosen is None or each in chosen]
    others = [format_region(each) for each in here if each not in shown]
    beside = (
        f" On the page it is in {', '.join(others)}, too, which is not shown." if others else ""
    )
    if shown:
        return f"{value} is in force in {', '.join(map(format_region, shown))}.{beside}"
    return f"{value} is not in force.{beside.replace(', too,', ',')}"
