"""`/v1/SOURCE/changes`: what a client that knows one version lacks to the one in force.

The lists of endpoints lead to the newest version in one answer. The change sets, which say
how it came to that, are details, and come in parts.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request

from tracker.diff.endpoint_changes import compare_endpoints
from tracker.errors import UsageError
from tracker.history.archive import (
    find_number_at,
    list_versions,
    load_changes,
    load_version,
    parse_user_time,
)
from tracker.model import Entry, Snapshot
from tracker.site.web.query import get_number, get_param
from tracker.site.web.responses import Mismatch
from tracker.site.web.schemas import MOST_SETS, Changes
from tracker.store.tree import Tree

_START_AGAIN = "start again with since=0 and put the list of that answer in the place of yours"


def build_changes(tree: Tree, latest: Snapshot, request: Request) -> Changes:
    """Return what changed after `since`. Raises UsageError, Mismatch for a foreign digest."""
    since = _find_start(tree, latest, request)
    numbers = [number for number in list_versions(tree) if since < number <= latest.version]
    most = _get_details(request)
    taken = numbers[:most]
    more = bool(most) and len(taken) < len(numbers)
    lists = compare_endpoints(_load_entries(tree, since), latest.entries)
    return Changes(
        source=tree.source,
        since=since,
        upto=taken[-1] if more else latest.version,
        latest=latest.version,
        digest=latest.digest,
        more=more,
        changes=tuple(load_changes(tree, number) for number in taken),
        endpoints_added=lists.added,
        endpoints_removed=lists.removed,
        endpoints_changed=lists.changed,
    )


def _find_start(tree: Tree, latest: Snapshot, request: Request) -> int:
    """Return the number that `since` means, where it is one of this store."""
    given, digest = get_param(request, "since") or "0", get_param(request, "digest")
    if not given.isdecimal():
        if digest:
            raise UsageError("digest is that of a version: give its number as since, no time")
        when = parse_user_time(given, is_start=True)
        return min(find_number_at(tree, when), latest.version)
    since = get_number(request, "since", 0)
    if digest:
        _require_same(tree, latest, since, digest)
    elif since > latest.version:
        raise UsageError(
            f"since is {since}, but the newest version is {latest.version}: the store was"
            f" restored or replaced, or the number is of another source; {_START_AGAIN}"
        )
    return since


def _require_same(tree: Tree, latest: Snapshot, since: int, digest: str) -> None:
    """Raise Mismatch where this store does not have the version that the client saw."""
    if since == 0:
        raise UsageError("digest is that of version `since`; with since=0 there is none")
    there = since <= latest.version and since in list_versions(tree)
    if not there or tree.snapshot(since).digest != digest:
        state = "has another digest here" if there else "is not there"
        raise Mismatch(
            f"version {since} {state}: the store was restored or replaced, or the number is of"
            f" another source; {_START_AGAIN}"
        )


def _load_entries(tree: Tree, number: int) -> Sequence[Entry]:
    return load_version(tree, number).entries if number else ()


def _get_details(request: Request) -> int:
    """Return how many change sets are wanted at most. Raises UsageError."""
    found = get_number(request, "details", MOST_SETS)
    if found > MOST_SETS:
        raise UsageError(f"details is {found}; one answer has {MOST_SETS} change sets at most")
    return found
