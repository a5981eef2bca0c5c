"""What DNS and the page do not agree in, and in how many checks that was seen. Pure.

A host is compared with the addresses of all rows that name it. What cannot be looked up in a
check says nothing: neither that a difference lasts nor that it is over.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from tracker.model import Entry, Finding

Kind = Literal["unlisted", "unanswered", "nameless"]
# The addresses that DNS has for a host, none where it says that there is no such name.
Answers = Mapping[str, frozenset[str]]


class Sighting(msgspec.Struct, frozen=True):
    """One difference, since when and in how many checks in a row it was seen.

    unlisted: DNS has an address that the page does not list. unanswered: the page lists one
    that DNS does not have. nameless: the page names a host that DNS does not know; then the
    address is null. `told` says that the channels were told of it.
    """

    kind: Kind
    host: str
    address: str | None
    region: str | None
    resource: str
    first: str
    last: str
    checks: int = 1
    told: bool = False

    @property
    def about(self) -> tuple[str, str, str | None]:
        """What it is the same difference by."""
        return self.kind, self.host, self.address


class Drift(msgspec.Struct, frozen=True):
    """All that is seen now, as kept in the state. `looked_at` is the last look-up."""

    looked_at: str
    sightings: tuple[Sighting, ...] = ()


def hosts_of(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """The hosts that can be looked up, each with the rows that name it."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        for host in entry.hosts:
            if not host.startswith("*."):
                found.setdefault(host, []).append(entry)
    return found


def compared(entries: Iterable[Entry], answers: Answers, now: str) -> Iterator[Sighting]:
    """All differences of this check, by host and address. `now` is UTC."""
    for host, rows in sorted(hosts_of(entries).items()):
        if host not in answers:
            continue
        found, listed = answers[host], {each for row in rows for each in row.addresses}
        row = next((row for row in rows if row.addresses), rows[0])
        where = (row.region, row.resource, now, now)
        if not found:
            yield Sighting("nameless", host, None, *where)
        elif listed:
            families = set(map(_family, found))
            for address in sorted(found, key=_number):
                if not _covered(address, listed):
                    yield Sighting("unlisted", host, address, *where)
            for address in sorted(listed - found, key=_number):
                # A network is no address, and a resolver may give one family alone.
                if "/" not in address and _family(address) in families:
                    yield Sighting("unanswered", host, address, *where)


def counted(
    before: Drift | None, found: Iterable[Sighting], answers: Answers, now: str
) -> Drift:
    """What was known, after one more check: what lasts, what is new, without what is over."""
    known = {each.about: each for each in before.sightings} if before else {}
    kept = [each for each in known.values() if each.host not in answers]
    kept += [_again(known.get(each.about), each) for each in found]
    return Drift(now, tuple(sorted(kept, key=lambda each: each.host)))


def _again(before: Sighting | None, now: Sighting) -> Sighting:
    """A difference that was there before, once more."""
    if before is None:
        return now
    return msgspec.structs.replace(
        now, first=before.first, checks=before.checks + 1, told=before.told
    )


def due(drift: Drift, checks: int) -> tuple[Sighting, ...]:
    """What has to be told now, for the first time."""
    return tuple(each for each in drift.sightings if each.checks >= checks and not each.told)


def all_told(drift: Drift, told: Iterable[Sighting]) -> Drift:
    """The same, where these have been told."""
    names = {each.about for each in told}
    return Drift(
        drift.looked_at,
        tuple(
            msgspec.structs.replace(each, told=True) if each.about in names else each
            for each in drift.sightings
        ),
    )


def finding(sighting: Sighting) -> Finding:
    """A difference as a finding of a check. It never holds anything."""
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


def _covered(address: str, listed: Iterable[str]) -> bool:
    """Whether an address is listed, or lies in a network that is."""
    wanted = ipaddress.ip_address(address)
    return any(wanted in ipaddress.ip_network(each) for each in listed)


def _family(address: str) -> int:
    return ipaddress.ip_network(address).version


def _number(address: str) -> tuple[int, int]:
    network = ipaddress.ip_network(address)
    return network.version, int(network.network_address)
