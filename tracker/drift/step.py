"""Drift as a part of a check: look up, compare, count, and tell what has lasted.

Held by the source's lock. A failure of DNS is a note, never a failure of the check.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec

from tracker.drift.lookup import look_up
from tracker.drift.sightings import (
    Drift,
    Sighting,
    all_told,
    compared,
    counted,
    due,
    finding,
    hosts_of,
)
from tracker.times import format_utc

if TYPE_CHECKING:
    from tracker.config.tables import DriftConfig
    from tracker.context import CheckContext, CheckOutcome
    from tracker.model import Snapshot
    from tracker.store.tree import Tree

log = logging.getLogger(__name__)
_STATE = "drift"


def look(
    tree: Tree, snapshot: Snapshot, options: DriftConfig, now: str
) -> tuple[Drift, list[str]]:
    """What is seen after one more look-up, and what could not be looked up. Writes nothing."""
    hosts = hosts_of(snapshot.entries)
    answers, failed = look_up(hosts, options.resolvers, options.timeout)
    found = compared(snapshot.entries, answers, now)
    return counted(known(tree), found, answers, now), failed


def known(tree: Tree) -> Drift | None:
    """What was seen up to the last check."""
    return tree.state(_STATE, Drift)


def in_check(check: CheckContext, outcome: CheckOutcome) -> CheckOutcome:
    """The outcome with a finding for each difference that is told now."""
    snapshot = check.tree.latest()
    if snapshot is None:
        return outcome
    before = known(check.tree)
    drift, failed = look(check.tree, snapshot, check.config.drift, format_utc(check.now()))
    for line in failed:
        log.warning("%s: DNS cannot be compared for %s", check.source.name, line)
    new = due(drift, check.config.drift.checks)
    drift = all_told(drift, new)
    _tell(check, before, drift, new)
    check.tree.remember(_STATE, drift)
    found = tuple(finding(each) for each in new)
    return msgspec.structs.replace(outcome, findings=outcome.findings + found)


def _tell(
    check: CheckContext, before: Drift | None, after: Drift, new: tuple[Sighting, ...]
) -> None:
    """Commit a notice of what has to be told, or that all of what was told is over."""
    told = any(each.told for each in after.sightings)
    ends = not told and before is not None and any(each.told for each in before.sightings)
    if not check.config.channels or not (new or ends):
        return
    from tracker.alerts.notices import NoticeWriter  # noqa: PLC0415  only where there is something to tell

    writer = NoticeWriter(check)
    health = writer.load_health()
    if new:
        since = min(each.first for each in new)
        names = ", ".join(dict.fromkeys(finding(each).name for each in new))
        facts = {"since": since, "name": names, "findings": tuple(map(finding, new))}
        made = writer.build("drift", health, count=max(each.checks for each in new), **facts)
    else:
        made = writer.build(
            "over", health, since=format_utc(check.now()), name="drift", ends=("drift",)
        )
    writer.commit(health, [made])
