"""The input of the rules, and helpers to make their findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal, NamedTuple

import msgspec

from tracker.change_set import RegionRename
from tracker.diff.pairing import Pair, pair_entries
from tracker.guard.limits import FindingName, GuardLimits
from tracker.model import Entry, Finding
from tracker.text import quote


class PagePlace(NamedTuple):
    """A place on the page: a resource cell of a region."""

    region: str | None
    resource: str

    def __str__(self) -> str:
        return f"{quote(self.resource)} in {region_name(self.region)}"


class EntryPairing(NamedTuple):
    """The pairs of entries that changed, the entries removed and the entries added."""

    pairs: Sequence[Pair]
    removed: Sequence[Entry]
    added: Sequence[Entry]


NewValues = Mapping[PagePlace, Sequence[str]]


class GuardContext(msgspec.Struct, frozen=True, dict=True):  # dict: for cached_property
    """A candidate's entries, the last good ones, the limits, and older versions by digest.

    `old` are the last good ones with their regions' current names, so that a rename neither
    counts as a loss nor hides one; `last_digest` is of the entries with the names of that time.
    """

    old: Sequence[Entry]
    new: Sequence[Entry]
    limits: GuardLimits
    older: Mapping[str, int]
    renames: Sequence[RegionRename]
    last_digest: str

    @cached_property
    def pairing(self) -> EntryPairing:
        """The entries of both versions, paired as in a change set."""
        return EntryPairing(*pair_entries(self.old, self.new))

    @cached_property
    def before(self) -> Mapping[str | None, Sequence[Entry]]:
        """The entries of the last good version by region."""
        return _by_region(self.old)

    @cached_property
    def after(self) -> Mapping[str | None, Sequence[Entry]]:
        """The candidate's entries by region."""
        return _by_region(self.new)

    @cached_property
    def common_regions(self) -> Sequence[str | None]:
        """The regions of both versions, in the order of the last good one."""
        return [region for region in self.before if region in self.after]

    @cached_property
    def new_hosts(self) -> NewValues:
        """Hosts that the last good version does not have, by place, each once.

        A value that was published or approved before is not judged again.
        """
        return self._new_values("hosts")

    @cached_property
    def new_addresses(self) -> NewValues:
        """Addresses that the last good version does not have, by place, each once."""
        return self._new_values("addresses")

    def _new_values(self, field: Literal["hosts", "addresses"]) -> NewValues:
        known = {value for entry in self.old for value in getattr(entry, field)}
        found: dict[PagePlace, dict[str, None]] = defaultdict(dict)
        for entry in self.new:
            for value in getattr(entry, field):
                if value not in known:
                    found[place_of(entry)][value] = None
        return {place: list(values) for place, values in found.items()}


GuardRule = Callable[[GuardContext], Iterator[Finding]]


def _by_region(entries: Sequence[Entry]) -> dict[str | None, list[Entry]]:
    found: dict[str | None, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[entry.region].append(entry)
    return dict(found)


def place_of(entry: Entry) -> PagePlace:
    """Return an entry's place; rows that share a resource cell share their place."""
    return PagePlace(entry.region, entry.resource)


def region_name(region: str | None) -> str:
    """Return the name of a region for a sentence."""
    return region or "the table without a region"


def describe_rename(rename: RegionRename) -> str:
    """Return the description of a renamed region for a sentence."""
    return (
        f"region {quote(rename.old)} is now called {quote(rename.new)}:"
        f" {rename.kept} of {rename.endpoints} endpoints are the same"
    )


def hold(
    name: FindingName, message: str, region: str | None, resource: str | None = None
) -> Finding:
    """Make a finding that keeps the last good version in force."""
    return Finding(name, "hold", message, region, resource)


def as_publishable(finding: Finding) -> Finding:
    """Return the same finding, with the verdict that does not hold the version."""
    return msgspec.structs.replace(finding, verdict="publish")


def targets_of(entries: Sequence[Entry]) -> set[str]:
    """Return the hosts and addresses of some entries."""
    return {value for entry in entries for value in entry.hosts + entry.addresses}


def join_first(values: Sequence[str], shown: int = 5) -> str:
    """Join the first `shown` values for a sentence, with the number of further ones."""
    more = f" and {len(values) - shown} more" if len(values) > shown else ""
    return ", ".join(values[:shown]) + more
