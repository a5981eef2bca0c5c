"""Drift as a part of a check: look up, compare, count, and report what begins and ends.

Channels and the output of `run` show differences as findings. It runs under the source's lock.
A failure of DNS is logged and counted, and never fails the check.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from tracker.drift.differences import Difference, find_page_hosts
from tracker.drift.lookup import resolve_hosts
from tracker.drift.state import DriftChanges, DriftState, EndedDifference, update_state
from tracker.filters.scope import narrow_snapshot
from tracker.model import Finding
from tracker.times import format_utc

if TYPE_CHECKING:
    from tracker.check.context import CheckContext, CheckOutcome
    from tracker.config.tables import DriftConfig
    from tracker.model import Snapshot
    from tracker.store.tree import Tree

log = logging.getLogger(__name__)
_STATE = "drift"
OVER = "dns-over"
_MAX_NAMED = 5  # hosts of one failure


def run_drift(check: CheckContext, outcome: CheckOutcome) -> CheckOutcome:
    """Return the outcome with a finding for each difference that begins or ends now."""
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
    """Commit a notice of the differences that begin and end, or that none is left."""
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
    """Look up once more and return what changes. Writes nothing."""
    pages = find_page_hosts(snapshot.entries, options.ignore)
    answers = resolve_hosts(pages, options.resolvers, options.timeout)
    return update_state(load_state(tree), pages, answers, options.checks, now)


def load_state(tree: Tree) -> DriftState | None:
    """Return the differences up to the last check; None before the first."""
    return tree.cached_state(_STATE, DriftState)


def build_findings(
    begun: Iterable[Difference], ended: Iterable[EndedDifference] = ()
) -> tuple[Finding, ...]:
    """Return findings of differences that begin or end, with one for hosts that fail alike."""
    begun, ended = tuple(begun), tuple(ended)
    return (
        *map(build_finding, (each for each in begun if each.kind != "failing")),
        *_join_failing(begun),
        *map(_build_end, (each for each in ended if each.difference.kind != "failing")),
        *_join_recovered(ended),
    )


def build_finding(difference: Difference) -> Finding:
    """Return a difference as a finding, which never holds a version."""
    since = f"seen in {_count_checks(difference)} since {difference.first}"
    return Finding(
        f"dns-{difference.kind}",
        "publish",
        f"{describe(difference)}; {since}{_name_resolvers(difference)}",
        difference.region,
        difference.resource,
    )


def describe(difference: Difference) -> str:
    """Return a difference in words."""
    host, address = difference.host, difference.address
    return {
        "unlisted": f"DNS has {address} for {host}, which the page does not list",
        "unanswered": f"the page lists {address} for {host}, which DNS does not have",
        "nameless": f"the page names {host}, which DNS does not know",
        "empty": f"the page names {host}, for which DNS has no address",
        "failing": f"{host} cannot be looked up ({difference.reason})",
    }[difference.kind]


def _count_checks(difference: Difference) -> str:
    return f"{difference.checks} check{'s' if difference.checks > 1 else ''}"


def _name_resolvers(difference: Difference) -> str:
    return f"; by {', '.join(difference.resolvers)}" if difference.resolvers else ""


def _join_failing(begun: Iterable[Difference]) -> Iterator[Finding]:
    by_reason: dict[str, list[Difference]] = {}
    for each in begun:
        if each.kind == "failing":
            by_reason.setdefault(each.reason, []).append(each)
    for reason, found in by_reason.items():
        if len(found) == 1:
            yield build_finding(found[0])
        else:
            first = max(found, key=lambda each: each.checks)
            since = f"in {_count_checks(first)} since {first.first}"
            text = f"{_name_hosts(found)} cannot be looked up ({reason}); {since}"
            yield Finding("dns-failing", "publish", f"{text}{_name_resolvers(first)}")


def _build_end(ended: EndedDifference) -> Finding:
    difference = ended.difference
    text = f"no longer: {describe(difference)}; {ended.why}"
    return Finding(OVER, "publish", text, difference.region, difference.resource)


def _join_recovered(ended: Iterable[EndedDifference]) -> Iterator[Finding]:
    found = [each.difference for each in ended if each.difference.kind == "failing"]
    if found:
        yield Finding(OVER, "publish", f"{_name_hosts(found)} can be looked up again")


def _name_hosts(found: list[Difference]) -> str:
    """Return `3 hosts (a, b, c)`, or the name of a single host."""
    if len(found) == 1:
        return found[0].host
    named = [each.host for each in found[:_MAX_NAMED]]
    more = [f"{len(found) - _MAX_NAMED} more"] if len(found) > _MAX_NAMED else []
    return f"{len(found)} hosts ({', '.join([*named, *more])})"
