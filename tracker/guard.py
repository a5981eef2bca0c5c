"""A candidate held against the last good version: what is too odd to publish unseen.

Pure. Each rule is one function that yields findings; "hold" keeps the last good version in
force until somebody approves or rejects the candidate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tracker.model import Entry, Finding, regions_of


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[guard]` of the configuration. Shares are of a region's hosts and addresses."""

    max_removed: float = 0.30


def guard(old: Sequence[Entry], new: Sequence[Entry], limits: Limits) -> tuple[Finding, ...]:
    """All findings about `new`, given the last good entries."""
    return (*regions_gone(old, new), *mass_removal(old, new, limits))


def regions_gone(old: Sequence[Entry], new: Sequence[Entry]) -> Iterator[Finding]:
    """A region of the last good version has no entry any more."""
    left = set(regions_of(new))
    for region in regions_of(old):
        if region not in left:
            name = region or "the table without a region"
            yield Finding(
                name="region-gone",
                verdict="hold",
                message=f"{name} is not on the page any more",
                region=region,
            )


def mass_removal(
    old: Sequence[Entry], new: Sequence[Entry], limits: Limits
) -> Iterator[Finding]:
    """More of a region's hosts and addresses are gone than vendors remove at once."""
    left = set(regions_of(new))
    for region in regions_of(old):
        before, after = _targets(old, region), _targets(new, region)
        gone = before - after
        if region in left and before and len(gone) / len(before) > limits.max_removed:
            yield Finding(
                name="mass-removal",
                verdict="hold",
                message=(
                    f"{len(gone)} of {len(before)} hosts and addresses of"
                    f" {region or 'the page'} are gone, more than"
                    f" {limits.max_removed:.0%}: {_some(sorted(gone))}"
                ),
                region=region,
            )


def _targets(entries: Sequence[Entry], region: str | None) -> set[str]:
    return {
        value
        for entry in entries
        if entry.region == region
        for value in entry.hosts + entry.addresses
    }


def _some(values: Sequence[str], shown: int = 5) -> str:
    more = f" and {len(values) - shown} more" if len(values) > shown else ""
    return ", ".join(values[:shown]) + more
