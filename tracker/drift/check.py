"""Drift as a part of a check: look up, compare, count, and report what begins and ends.

It runs under the source's lock. A failure of DNS is logged, counted, and never fails the check.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec

from tracker.drift.differences import find_page_hosts
from tracker.drift.findings import build_findings
from tracker.drift.lookup import resolve_hosts
from tracker.drift.state import DriftChanges, DriftState, update_state
from tracker.filters.scope import narrow_snapshot
from tracker.times import format_utc

if TYPE_CHECKING:
    from tracker.check.context import CheckContext, CheckOutcome
    from tracker.config.tables import DriftConfig
    from tracker.model import Snapshot
    from tracker.store.tree import Tree

log = logging.getLogger(__name__)
_STATE = "drift"


def run_drift(check: CheckContext, outcome: CheckOutcome) -> CheckOutcome:
    """Return the outcome with a finding for each difference that is reported or over now."""
    latest = check.tree.latest()
    if latest is None:
        return outcome
    snapshot = narrow_snapshot(latest, check.source.definition.regions)
    changes = look_up_now(check.tree, snapshot, check.config.drift, format_utc(check.now()))
    for each in changes.state.failures:
        log.warning(
            "%s: DNS cannot be compared for %s: %s records: %s, by %s",
            check.source.name, each.host, each.record, each.reason, each.resolver,
        )  # fmt: skip
    _commit_notice(check, changes)
    check.tree.remember(_STATE, changes.state)
    found = build_findings(changes.begun, changes.ended)
    return msgspec.structs.replace(outcome, findings=outcome.findings + found)


def _commit_notice(check: CheckContext, changes: DriftChanges) -> None:
    """Commit a notice of what has begun and what is over, or that all of it is over."""
    if not check.config.channels or not (changes.begun or changes.ended):
        return
    from tracker.alerts.notices import NoticeWriter  # noqa: PLC0415  needed by few checks

    writer = NoticeWriter(check)
    health = writer.load_health()
    now = format_utc(check.now())
    findings = build_findings(changes.begun, changes.ended)
    if any(each.reported for each in changes.state.differences):
        since = min((each.first for each in changes.begun), default=now)
        names = ", ".join(dict.fromkeys(each.name for each in findings))
        count = max((each.checks for each in changes.begun), default=0)
        facts = {"since": since, "name": names, "findings": findings, "count": count}
        made = writer.build("drift", health, **facts)
    else:
        facts = {"since": now, "name": "drift", "findings": findings, "ends": ("drift",)}
        made = writer.build("over", health, **facts)
    writer.commit(health, [made])


def look_up_now(tree: Tree, snapshot: Snapshot, options: DriftConfig, now: str) -> DriftChanges:
    """Return what one more look-up changes. Writes nothing."""
    pages = find_page_hosts(snapshot.entries, options.ignore)
    answers = resolve_hosts(pages, options.resolvers, options.timeout)
    return update_state(load_state(tree), pages, answers, options.checks, now)


def load_state(tree: Tree) -> DriftState | None:
    """Return the differences up to the last check; None before the first."""
    return tree.cached_state(_STATE, DriftState)
