"""Where DNS and the page differ, and in how many checks that was seen. Pure.

A host is compared with the addresses of all rows that name it. A host that cannot be looked up
in a check says nothing: neither that a difference lasts nor that it is over.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from tracker.model import Count, Entry, Finding, Time

DifferenceKind = Literal["unlisted", "unanswered", "nameless"]
# The addresses that DNS has for a host, empty where it says that the name does not exist.
Answers = Mapping[str, frozenset[str]]


class Difference(msgspec.Struct, frozen=True):
    """A difference, with the first and last time and the number of checks it was seen in a row.

    unlisted: DNS has an address that the page does not list. unanswered: the page lists one
    that DNS does not have. nameless: the page names a host that DNS does not know; then the
    address is null.
    """

    kind: DifferenceKind
    host: str
    address: str | None
    region: str | None
    resource: str
    first: Time
    last: Time
    checks: Count = 1
    reported: bool = msgspec.field(default=False, name="told")

    @property
    def key(self) -> tuple[str, str, str | None]:
        """What identifies a difference from check to check."""
        return self.kind, self.host, self.address


class DriftState(msgspec.Struct, frozen=True):
    """All differences as kept in the state; `looked_at` is the time of the last look-up."""

    looked_at: Time
    differences: tuple[Difference, ...] = msgspec.field(default=(), name="sightings")


def rows_by_host(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Return the hosts that can be looked up, each with the rows that name it."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        for host in entry.hosts:
            if not host.startswith("*."):
                found.setdefault(host, []).append(entry)
    return found


def find_differences(
    entries: Iterable[Entry], answers: Answers, now: str
) -> Iterator[Difference]:
    """Yield all differences of this check, by host and address. `now` is UTC."""
    for host, rows in sorted(rows_by_host(entries).items()):
        if host not in answers:
            continue
        found, listed = answers[host], {each for row in rows for each in row.addresses}
        row = next((row for row in rows if row.addresses), rows[0])
        where = (row.region, row.resource, now, now)
        if not found:
            yield Difference("nameless", host, None, *where)
        elif listed:
            families = set(map(_family, found))
            for address in sorted(found, key=_sort_key):
                if not _is_listed(address, listed):
                    yield Difference("unlisted", host, address, *where)
            for address in sorted(listed - found, key=_sort_key):
                # A network is not one address, and a resolver may give one family only.
                if "/" not in address and _family(address) in families:
                    yield Difference("unanswered", host, address, *where)


def update_state(
    before: DriftState | None, found: Iterable[Difference], answers: Answers, now: str
) -> DriftState:
    """Return the state after one more check: what lasts and what is new."""
    known = {each.key: each for each in before.differences} if before else {}
    kept = [each for each in known.values() if each.host not in answers]
    kept += [_count_again(known.get(each.key), each) for each in found]
    return DriftState(now, tuple(sorted(kept, key=lambda each: each.host)))


def _count_again(before: Difference | None, now: Difference) -> Difference:
    """Return a difference with the count and first time of the one before."""
    if before is None:
        return now
    return msgspec.structs.replace(
        now, first=before.first, checks=before.checks + 1, reported=before.reported
    )


def due_differences(drift: DriftState, checks: int) -> tuple[Difference, ...]:
    """Return what has lasted for `checks` checks and was not reported yet."""
    return tuple(
        each for each in drift.differences if each.checks >= checks and not each.reported
    )


def mark_reported(drift: DriftState, reported: Iterable[Difference]) -> DriftState:
    """Return the state with these differences marked as reported."""
    names = {each.key for each in reported}
    return DriftState(
        drift.looked_at,
        tuple(
            msgspec.structs.replace(each, reported=True) if each.key in names else each
            for each in drift.differences
        ),
    )


def build_finding(sighting: Difference) -> Finding:
    """Return a difference as a finding, which never holds a version."""
    host, address = sighting.host, sighting.address
    said = {
        "unlisted": f"DNS has {address} for {host}, which the page does not list",
        "unanswered": f"the page lists {address} for {host}, which DNS does not have",
        "nameless": f"the page names {host}, which DNS does not know",
    }[sighting.kind]
    since = f"seen in {sighting.checks} checks since {sighting.first}"
    return Finding(
        f"dns-{sighting.kind}",
        "publish",
        f"{said}; {since}",
        sighting.region,
        sighting.resource,
    )


def _is_listed(address: str, listed: Iterable[str]) -> bool:
    """Return whether an address is listed, or lies in a listed network."""
    wanted = ipaddress.ip_address(address)
    return any(wanted in ipaddress.ip_network(each) for each in listed)


def _family(address: str) -> int:
    return ipaddress.ip_network(address).version


def _sort_key(address: str) -> tuple[int, int]:
    network = ipaddress.ip_network(address)
    return network.version, int(network.network_address)
