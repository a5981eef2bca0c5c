"""What a rule looks at, and how it says what it found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal, NamedTuple

import msgspec

from tracker.diff.pairing import Pair, match
from tracker.guard.limits import Limits, Name
from tracker.model import Entry, Finding
from tracker.text import quote


class Place(NamedTuple):
    """Where on the page something stands."""

    region: str | None
    resource: str

    def __str__(self) -> str:
        return f"{quote(self.resource)} in {region_name(self.region)}"


class Matched(NamedTuple):
    """Entries of both sides that are the same thing changed; what is gone; what is new."""

    pairs: Sequence[Pair]
    removed: Sequence[Entry]
    added: Sequence[Entry]


Fresh = Mapping[Place, Sequence[str]]


class Case(msgspec.Struct, frozen=True, dict=True):  # for what is worked out once
    """A candidate's entries, the last good ones, and what the operator allows."""

    old: Sequence[Entry]
    new: Sequence[Entry]
    limits: Limits
    older: Mapping[str, int]

    @cached_property
    def matched(self) -> Matched:
        """The entries of both sides matched as in a change set; most rules need it."""
        return Matched(*match(self.old, self.new))

    @cached_property
    def before(self) -> Mapping[str | None, Sequence[Entry]]:
        """The entries of the last good version by region."""
        return _by_region(self.old)

    @cached_property
    def after(self) -> Mapping[str | None, Sequence[Entry]]:
        """The candidate's entries by region."""
        return _by_region(self.new)

    @cached_property
    def kept_regions(self) -> Sequence[str | None]:
        """The regions of both sides, in the order of the last good version."""
        return [region for region in self.before if region in self.after]

    @cached_property
    def fresh_hosts(self) -> Fresh:
        """Hosts that no entry of the last good version has, each once a place.

        What was published once, or approved, is not judged again.
        """
        return self._fresh("hosts")

    @cached_property
    def fresh_addresses(self) -> Fresh:
        """Addresses that no entry of the last good version has, as the hosts."""
        return self._fresh("addresses")

    def _fresh(self, field: Literal["hosts", "addresses"]) -> Fresh:
        known = {value for entry in self.old for value in getattr(entry, field)}
        found: dict[Place, dict[str, None]] = defaultdict(dict)
        for entry in self.new:
            for value in getattr(entry, field):
                if value not in known:
                    found[place_of(entry)][value] = None
        return {place: list(values) for place, values in found.items()}


Rule = Callable[[Case], Iterator[Finding]]


def _by_region(entries: Sequence[Entry]) -> dict[str | None, list[Entry]]:
    found: dict[str | None, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[entry.region].append(entry)
    return dict(found)


def place_of(entry: Entry) -> Place:
    """Where an entry stands; the rows that share a resource cell stand at one place."""
    return Place(entry.region, entry.resource)


def region_name(region: str | None) -> str:
    """A region in a sentence."""
    return region or "the table without a region"


def hold(name: Name, message: str, region: str | None, resource: str | None = None) -> Finding:
    """A finding that keeps the last good version in force."""
    return Finding(name, "hold", message, region, resource)


def told(finding: Finding) -> Finding:
    """The same finding, published: something to know, and no reason to wait."""
    return msgspec.structs.replace(finding, verdict="publish")


def targets(entries: Sequence[Entry]) -> set[str]:
    """The hosts and addresses of some entries."""
    return {value for entry in entries for value in entry.hosts + entry.addresses}


def some(values: Sequence[str], shown: int = 5) -> str:
    """The first values of many, for a sentence."""
    more = f" and {len(values) - shown} more" if len(values) > shown else ""
    return ", ".join(values[:shown]) + more
