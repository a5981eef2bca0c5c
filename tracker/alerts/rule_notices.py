"""Notices about empty filters and ends of grace: what no longer reaches rule files or channels.

A filter of `[[rules]]` that matches nothing is reported to all channels, a channel's own filter
to that channel: once, and again when the problem changes or ends. Endpoints that left the page
leave the rule files at the end of their grace: each channel that was sent the removal gets one
notice about its own endpoints, committed before the rule files are written again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from functools import cache, reduce

from msgspec.structs import replace

from tracker.alerts import health as health_rules
from tracker.alerts import outbox
from tracker.alerts.notices import NoticeWriter
from tracker.alerts.spans import wants, within_choice
from tracker.check.context import CheckContext
from tracker.config.tables import Channel
from tracker.filters.entry_filters import name_problem
from tracker.model import Endpoint, Finding, endpoint_key, flatten
from tracker.notifications import Notice
from tracker.publish.grace import GRACE_OVER, PendingRemovals, find_removals_pending_at
from tracker.store.records import Health, Manifest
from tracker.store.tree import Tree
from tracker.times import format_utc, parse_utc

TOPIC = "filter"  # of rule sets; `filter/NAME` of a channel

# The topic of a notice, with the findings that it reports.
Problems = dict[str, list[Finding]]
_MOST_NAMED = 20  # endpoints in one sentence


def record_filters(
    context: CheckContext,
    rule_findings: Sequence[Finding],
    channel_problems: Iterable[tuple[Channel, Finding]],
) -> None:
    """Commit the notices that are due about these filters, and about those that match again."""
    problems = _group_problems(rule_findings, channel_problems)
    stored = context.tree.health()
    if not problems and stored is None:
        return
    writer = NoticeWriter(context)
    health = _forget_channels(writer.load_health(), context.config.channels)
    notices: list[Notice] = []
    for about in _list_over(health, problems):
        learned = reduce(health_rules.apply_notice, notices, health)
        notices.append(_report_over(writer, learned, about))
    for about, findings in problems.items():
        if not _is_known(context, health, about, _digest(findings)):
            learned = reduce(health_rules.apply_notice, notices, health)
            notices.append(_report_problem(writer, learned, about, findings))
    if notices or health != stored:
        writer.commit(health, notices)


def _group_problems(
    rule_findings: Sequence[Finding], channel_problems: Iterable[tuple[Channel, Finding]]
) -> Problems:
    problems: Problems = {TOPIC: list(rule_findings)} if rule_findings else {}
    for channel, finding in channel_problems:
        if channel.health:
            problems.setdefault(f"{TOPIC}/{channel.name}", []).append(finding)
    return problems


def _forget_channels(health: Health, channels: Iterable[Channel]) -> Health:
    """Return the health without the filters of channels that are no longer configured."""
    names = {f"{TOPIC}/{channel.name}" for channel in channels}
    notified = {
        about: problem
        for about, problem in health.notified.items()
        if not about.startswith(f"{TOPIC}/") or about in names
    }
    return replace(health, notified=notified)


def _list_over(health: Health, problems: Collection[str]) -> list[str]:
    return [
        about
        for about, problem in health.notified.items()
        if about.partition("/")[0] == TOPIC and problem.lasts and about not in problems
    ]


def _is_known(context: CheckContext, health: Health, about: str, digest: str) -> bool:
    """Return whether there was a notice, for a channel's filter also by another source."""
    healths: list[Health | None] = [health]
    if about != TOPIC:
        others = (name for name in context.config.sources if name != context.tree.source)
        healths += [Tree(context.tree.blobs, name).health() for name in others]
    known = (each.notified.get(about) for each in healths if each)
    return any(each.lasts and each.digest == digest for each in known if each)


def _digest(findings: Iterable[Finding]) -> str:
    return hashlib.sha256("\n".join(sorted(map(name_problem, findings))).encode()).hexdigest()


def _report_problem(
    writer: NoticeWriter, health: Health, about: str, findings: Sequence[Finding]
) -> Notice:
    return writer.build(
        "filter",
        health,
        channel=about.partition("/")[2] or None,
        since=format_utc(writer.now),
        name=", ".join(dict.fromkeys(each.name for each in findings)),
        findings=tuple(findings),
        digest=_digest(findings),
    )


def _report_over(writer: NoticeWriter, health: Health, about: str) -> Notice:
    facts = {"since": health.notified[about].at, "name": TOPIC, "ends": (about,)}
    return writer.build("over", health, channel=about.partition("/")[2] or None, **facts)


def report_end_of_grace(
    context: CheckContext, manifest: Manifest | None
) -> tuple[Finding, ...]:
    """Return the finding that endpoints leave the rule files now, and commit its notices."""
    now = format_utc(context.now())
    if manifest is None or manifest.due is None or manifest.due > now:
        return ()
    before = _find_pending(context, manifest.version, manifest.checked_at)
    gone = before.until.keys() - _find_pending(context, manifest.version, now).until.keys()
    if not gone:
        return ()
    _record_ends(context, before, gone)
    return (Finding(GRACE_OVER, "publish", _describe_ends(gone)),)


def _find_pending(context: CheckContext, number: int, at: str) -> PendingRemovals:
    days = context.config.fwtracker.grace_days
    read = cache(context.tree.snapshot)
    return find_removals_pending_at(context.tree.versions(), read, days, number, at)


def _record_ends(context: CheckContext, before: PendingRemovals, gone: set[Endpoint]) -> None:
    writer, notices = NoticeWriter(context), list[Notice]()
    health = writer.load_health()
    removed_by = _date_removals(context, min(before.until.values()))
    for channel in context.config.channels:
        own = [
            end
            for end in _list_chosen(context, channel, before)
            if end in gone and _was_sent(context, channel, removed_by.get(before.until[end], 0))
        ]
        learned = reduce(health_rules.apply_notice, notices, health)
        known = learned.notified.get(f"grace/{channel.name}")
        if own and not (known and known.digest == _hash_ends(own, before)):
            finding = Finding(GRACE_OVER, "publish", _describe_ends(own))
            facts = {
                "name": GRACE_OVER,
                "findings": (finding,),
                "digest": _hash_ends(own, before),
            }
            since = format_utc(writer.now)
            notices.append(
                writer.build("grace", learned, channel=channel.name, since=since, **facts)
            )
    if notices:
        writer.commit(health, notices)


def _list_chosen(
    context: CheckContext, channel: Channel, before: PendingRemovals
) -> Sequence[Endpoint]:
    """Return the endpoints that a channel has chosen, in order."""
    chosen = within_choice(channel, context.source.definition.regions)
    own = {end for entry in before.entries if wants(chosen, entry) for end in flatten(entry)}
    return sorted(own, key=endpoint_key)


def _was_sent(context: CheckContext, channel: Channel, version: int) -> bool:
    """Return whether a channel was sent, or was owed, what a version removed."""
    state = outbox.load_channel(context.tree, channel)
    return state is not None and channel.min_impact != "breaking" and version > state.since


def _date_removals(context: CheckContext, first: str) -> dict[str, int]:
    """Return the versions that began a grace, by the time it ends, back to `first`."""
    pause = timedelta(days=context.config.fwtracker.grace_days)
    found: dict[str, int] = {}
    for number in reversed(context.tree.versions()):
        captured_at = parse_utc(context.tree.snapshot(number).captured_at)
        end = format_utc(captured_at + pause)
        found[end] = number
        if end <= first:
            break
    return found


def _describe_ends(ends: Iterable[Endpoint]) -> str:
    names = [end.id for end in sorted(ends, key=endpoint_key)]
    more = len(names) - _MOST_NAMED
    rest = f" and {more} more" if more > 0 else ""
    return f"no longer in the rule files: {', '.join(names[:_MOST_NAMED])}{rest}"


def _hash_ends(ends: Iterable[Endpoint], before: PendingRemovals) -> str:
    parts = (f"{end.id} {before.until[end]}" for end in ends)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
