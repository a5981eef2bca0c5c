"""The end of a grace: what left the page long ago leaves the rule files now.

Each channel that was sent the removal gets one notice of it, of what it chose. Committed before
the rule files are made again, and once for each end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cache, reduce

from tracker.alerts import health as rules
from tracker.alerts import outbox
from tracker.alerts.messages import wants, within_choice
from tracker.alerts.notices import NoticeWriter
from tracker.check.context import CheckContext
from tracker.check.earlier_work import GRACE_OVER
from tracker.config.tables import Channel
from tracker.model import Endpoint, Finding, endpoint_key, flatten
from tracker.notifications import Notice
from tracker.publish.grace import PendingRemovals, find_removals_pending_at
from tracker.store.records import Manifest
from tracker.times import format_utc, parse_utc

_MOST_NAMED = 20  # endpoints in one sentence


def report_end_of_grace(
    context: CheckContext, manifest: Manifest | None
) -> tuple[Finding, ...]:
    """Return the finding that endpoints leave the rule files by now, and commit its notices."""
    now = format_utc(context.now())
    if manifest is None or manifest.due is None or manifest.due > now:
        return ()
    before = _find_pending(context, manifest.version, manifest.checked_at)
    gone = before.until.keys() - _find_pending(context, manifest.version, now).until.keys()
    if not gone:
        return ()
    _record(context, before, gone)
    return (Finding(GRACE_OVER, "publish", _describe(gone)),)


def _find_pending(context: CheckContext, number: int, at: str) -> PendingRemovals:
    days = context.config.fwtracker.grace_days
    read = cache(context.tree.snapshot)
    return find_removals_pending_at(context.tree.versions(), read, days, number, at)


def _record(context: CheckContext, before: PendingRemovals, gone: set[Endpoint]) -> None:
    writer, notices = NoticeWriter(context), list[Notice]()
    health = writer.load_health()
    removed_by = _date_removals(context, min(before.until.values()))
    for channel in context.config.channels:
        own = [
            end
            for end in _list_chosen(context, channel, before)
            if end in gone and _was_sent(context, channel, removed_by.get(before.until[end], 0))
        ]
        learned = reduce(rules.apply_notice, notices, health)
        known = learned.notified.get(f"grace/{channel.name}")
        if own and not (known and known.digest == _hash(own, before)):
            finding = Finding(GRACE_OVER, "publish", _describe(own))
            facts = {"name": GRACE_OVER, "findings": (finding,), "digest": _hash(own, before)}
            since = format_utc(writer.now)
            notices.append(
                writer.build("grace", learned, channel=channel.name, since=since, **facts)
            )
    if notices:
        writer.commit(health, notices)


def _list_chosen(
    context: CheckContext, channel: Channel, before: PendingRemovals
) -> Sequence[Endpoint]:
    """Return the endpoints of what a channel has chosen, in order."""
    chosen = within_choice(channel, context.source.definition.regions)
    own = {end for entry in before.entries if wants(chosen, entry) for end in flatten(entry)}
    return sorted(own, key=endpoint_key)


def _was_sent(context: CheckContext, channel: Channel, version: int) -> bool:
    """Whether a channel was sent, or was owed, what a version removed."""
    state = outbox.load_channel(context.tree, channel)
    return state is not None and channel.min_impact != "breaking" and version > state.since


def _date_removals(context: CheckContext, first: str) -> dict[str, int]:
    """Return which version a grace began with, by when it ends, from `first` on."""
    pause = timedelta(days=context.config.fwtracker.grace_days)
    found: dict[str, int] = {}
    for number in reversed(context.tree.versions()):
        captured_at = parse_utc(context.tree.snapshot(number).captured_at)
        end = format_utc(captured_at + pause)
        found[end] = number
        if end <= first:
            break
    return found


def _describe(ends: Iterable[Endpoint]) -> str:
    names = [end.id for end in sorted(ends, key=endpoint_key)]
    more = len(names) - _MOST_NAMED
    rest = f" and {more} more" if more > 0 else ""
    return f"no longer in the rule files: {', '.join(names[:_MOST_NAMED])}{rest}"


def _hash(ends: Iterable[Endpoint], before: PendingRemovals) -> str:
    parts = (f"{end.id} {before.until[end]}" for end in ends)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
