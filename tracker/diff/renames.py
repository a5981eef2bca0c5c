"""Which regions were renamed between two pages. Pure.

A region is its endpoints: if one is gone and a new one has most of them, the vendor renamed it.
Most means more than half of the old and of the new ones: the former alone would also hold for a
merge with a larger region, the latter alone for a region that was split.

Pages repeat the vendor's common endpoints in each region. By these, any new region would
resemble any removed one, so those that only one region has are compared as well.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from msgspec.structs import replace

from tracker.change_set import RegionRename
from tracker.model import Endpoint, Entry, flatten

Endpoints = AbstractSet[Endpoint]


class _RegionEndpoints(NamedTuple):
    """A region's endpoints without its name: all, and those that no other region has."""

    every: Endpoints
    own: Endpoints


def find_renames(before: Iterable[Entry], after: Iterable[Entry]) -> tuple[RegionRename, ...]:
    """Return the renamed regions, the best match first.

    Each name is in one rename only. Of equally good matches, the one whose old name comes first
    on the old page is taken, then the one whose new name comes first on the new page.
    """
    old, new = tuple(before), tuple(after)
    old_names, new_names = _list_names(old), _list_names(new)
    gone = [name for name in old_names if name not in new_names]
    come = [name for name in new_names if name not in old_names]
    if not gone or not come:
        return ()
    return _choose_best(gone, come, _collect_endpoints(old), _collect_endpoints(new))


def rename_entries(entries: Iterable[Entry], names: Mapping[str, str]) -> tuple[Entry, ...]:
    """Return the entries with the new names of their regions, if `names` has one."""
    return tuple(
        replace(entry, region=names[entry.region])
        if entry.region is not None and entry.region in names
        else entry
        for entry in entries
    )


def map_names(renames: Iterable[RegionRename]) -> dict[str, str]:
    """Return the new name of each old one."""
    return {rename.old: rename.new for rename in renames}


def _list_names(entries: Iterable[Entry]) -> dict[str, None]:
    """Return the names of regions in page order; entries without a region are skipped."""
    return dict.fromkeys(entry.region for entry in entries if entry.region is not None)


def _collect_endpoints(entries: Iterable[Entry]) -> dict[str | None, _RegionEndpoints]:
    found: dict[str | None, set[Endpoint]] = defaultdict(set)
    for entry in entries:
        found[entry.region].update(flatten(replace(entry, region=None)))
    count = Counter(endpoint for endpoints in found.values() for endpoint in endpoints)
    return {
        region: _RegionEndpoints(endpoints, {each for each in endpoints if count[each] == 1})
        for region, endpoints in found.items()
    }


def _choose_best(
    gone: Sequence[str],
    come: Sequence[str],
    before: Mapping[str | None, _RegionEndpoints],
    after: Mapping[str | None, _RegionEndpoints],
) -> tuple[RegionRename, ...]:
    matches = [
        (_share(before[old].every, after[new].every), old, new)
        for old in gone
        for new in come
        if _is_same(before[old], after[new])
    ]
    chosen: list[RegionRename] = []
    for _, old, new in sorted(matches, key=lambda match: -match[0]):  # stable: page order
        if not any(old == each.old or new == each.new for each in chosen):
            endpoints = before[old].every
            kept = len(endpoints & after[new].every)
            chosen.append(RegionRename(old, new, len(endpoints), kept))
    return tuple(chosen)


def _is_same(old: _RegionEndpoints, new: _RegionEndpoints) -> bool:
    """Return whether two regions share most endpoints, and most of those only they have."""
    has_own = bool(old.own or new.own)
    return _have_most(old.every, new.every) and (not has_own or _have_most(old.own, new.own))


def _have_most(one: Endpoints, other: Endpoints) -> bool:
    return 2 * len(one & other) > max(len(one), len(other))


def _share(one: Endpoints, other: Endpoints) -> float:
    return len(one & other) / len(one | other)
