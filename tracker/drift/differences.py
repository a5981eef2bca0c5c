"""The differences between DNS and the page in one check. Pure.

A host is compared with the addresses of all rows that contain it. A failed look-up says nothing
about addresses: it is a separate difference, `failing`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Literal, NamedTuple

import msgspec

from tracker.drift.lookup import RECORDS, HostAnswer, LookupFailure
from tracker.model import Count, Entry, Time

DifferenceKind = Literal["unlisted", "unanswered", "nameless", "empty", "failing"]


class Difference(msgspec.Struct, frozen=True):
    """A difference, with the first and last time and the number of checks it was seen in.

    unlisted: DNS has an address that the page does not list. unanswered: the page lists one
    that DNS does not have. nameless: the page names a host that DNS does not know. empty: DNS
    knows the host, but has no address for it. failing: it could not be looked up. The address
    is null if the difference is about the whole host. `missed` is the number of checks since
    then that did not see it, `chance` the probability that only rotation is behind it.
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
    missed: Count = 0
    chance: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    resolvers: tuple[str, ...] = ()
    reason: str = ""

    @property
    def key(self) -> tuple[str, str, str | None]:
        """Return the identity of a difference from check to check."""
        return self.kind, self.host, self.address

    @property
    def is_open(self) -> bool:
        """Return whether it may still be rotation: one answer rarely has all addresses."""
        return self.kind == "unanswered" and not self.reported


class PageHost(NamedTuple):
    """A host on the page: all addresses listed for it, and one of its rows."""

    host: str
    listed: frozenset[str]
    row: Entry

    def plain(self, family: int) -> frozenset[str]:
        """Return the listed single addresses of an IP version, without networks."""
        return frozenset(
            each for each in self.listed if "/" not in each and find_family(each) == family
        )

    @property
    def families(self) -> frozenset[int]:
        """The IP versions of the addresses that the page lists for the host."""
        return frozenset(map(find_family, self.listed))

    def has(self, address: str) -> bool:
        """Return whether an address is listed, or in a listed network."""
        if address in self.listed:
            return True
        wanted = ipaddress.ip_address(address)
        return any(wanted in ipaddress.ip_network(each) for each in self.listed if "/" in each)


def find_page_hosts(
    entries: Iterable[Entry], ignore: Sequence[str] = ()
) -> dict[str, PageHost]:
    """Return the hosts that can be looked up, by name, without ignored ones."""
    rows: dict[str, list[Entry]] = {}
    for entry in entries:
        for host in entry.hosts:
            if not host.startswith("*.") and not is_ignored(host, ignore):
                rows.setdefault(host, []).append(entry)
    return {
        host: PageHost(
            host,
            frozenset(each for row in found for each in row.addresses),
            next((row for row in found if row.addresses), found[0]),
        )
        for host, found in sorted(rows.items())
    }


def is_ignored(host: str, ignore: Iterable[str]) -> bool:
    """Return whether `[drift] ignore` has a host; a wildcard includes the bare name."""
    host = host.lower()
    for each in ignore:
        name = each.lower().rstrip(".")
        bare = name.removeprefix("*.")
        if host == bare or (name != bare and host.endswith(f".{bare}")):
            return True
    return False


def find_differences(page: PageHost, answer: HostAnswer, now: str) -> Iterator[Difference]:
    """Yield all differences of a host in this check, by address. `now` is UTC."""
    row = page.row
    for kind, address, resolvers in _compare(page, answer):
        reason = explain_failures(answer.missing) if kind == "failing" else ""
        where = (row.region, row.resource, now, now)
        yield Difference(kind, page.host, address, *where, resolvers=resolvers, reason=reason)


_Found = tuple[DifferenceKind, str | None, tuple[str, ...]]  # with the resolvers that gave it


def _compare(page: PageHost, answer: HostAnswer) -> Iterator[_Found]:
    if not answer.families or page.families - answer.families:
        failed = dict.fromkeys(each.resolver for each in answer.missing)
        yield "failing", None, tuple(failed)
    if not answer.families:
        return
    if not answer.is_known:
        yield "nameless", None, answer.resolvers
    elif not answer.addresses and len(answer.families) == len(RECORDS):
        yield "empty", None, answer.resolvers
    elif page.listed:
        yield from _compare_addresses(page, answer)


def _compare_addresses(page: PageHost, answer: HostAnswer) -> Iterator[_Found]:
    for address in sorted(answer.addresses, key=_sort_key):
        if not page.has(address):
            yield "unlisted", address, answer.addresses[address]
    for family in RECORDS:
        # A network is not a single address, and a resolver may return only one family.
        if there := answer.of_family(family):
            for address in sorted(page.plain(family) - there, key=_sort_key):
                yield "unanswered", address, answer.resolvers


def explain_failures(failures: Iterable[LookupFailure]) -> str:
    """Return `A and AAAA: SERVFAIL`, the record types of each reason."""
    reasons: dict[str, dict[str, None]] = {}
    for each in failures:
        reasons.setdefault(each.reason, {})[each.record] = None
    return "; ".join(f"{' and '.join(of)}: {reason}" for reason, of in reasons.items())


def find_family(address: str) -> int:
    """Return the IP version of an address or a network."""
    return 6 if ":" in address else 4


def _sort_key(address: str) -> tuple[int, int]:
    network = ipaddress.ip_network(address)
    return network.version, int(network.network_address)
