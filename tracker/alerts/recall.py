"""What a channel was sent before: receipts, and endpoints that earlier alerts asked to allow.

An alert can be closed before its work is done. A later alert therefore repeats, for a month,
what earlier ones asked to allow, as long as it is on the page.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from msgspec.structs import replace

from tracker.alerts import outbox
from tracker.alerts.outbox import NOTICES, VERSIONS
from tracker.alerts.receipts import load_set_aside
from tracker.alerts.spans import VersionSpan, select_changes, wants
from tracker.change_set import ChangeSet, hide_renames
from tracker.config.tables import Channel
from tracker.errors import FwtrackerError
from tracker.model import Endpoint, Entry, flatten
from tracker.notifications import ChannelPast, VersionAt
from tracker.publish.index import load_change_set
from tracker.store.tree import Tree
from tracker.times import parse_utc

log = logging.getLogger(__name__)

REPEATED_FOR = timedelta(days=30)
MOST_RECEIPTS = 100


def load_past(
    tree: Tree, channel: Channel, span: VersionSpan, changes: ChangeSet
) -> ChannelPast:
    """Return what a channel was sent before the message of `changes`, its part of the span.

    If the history cannot be read, earlier work is left out and the message is still sent.
    """
    receipts = outbox.load_receipts(tree, channel, MOST_RECEIPTS)
    before = {n: detail for n, detail in receipts.items() if n < span.versions[0]}
    attempts = outbox.load_attempts(tree, channel, VERSIONS)
    rows = [entry for entry in span.snapshot.entries if wants(channel, entry)]
    open_now = {end for entry in rows for end in flatten(entry) if end.scope == "internet"}
    open_now -= set(hide_renames(changes).endpoints_added)
    work: dict[Endpoint, VersionAt] = {}
    try:
        for step in _load_steps(tree, before, changes):
            for end in _list_work(step, channel, dict(span.names)):
                if end in open_now:
                    work.setdefault(end, VersionAt(step.to, step.detected_at))
    except FwtrackerError as error:
        log.info("work of earlier versions is left out: %s", error)
    said = (*attempts.values(), *before.values(), *load_set_aside(tree, channel.name))
    return ChannelPast(work, _rows_of(work, rows), said)


def load_notice_receipts(tree: Tree, channel: Channel) -> tuple[str, ...]:
    """Return the details of a channel's receipts and attempts of notices, newest first."""
    receipts = outbox.load_receipts(tree, channel, MOST_RECEIPTS, NOTICES)
    attempts = outbox.load_attempts(tree, channel, NOTICES)
    every = [*attempts.items(), *receipts.items()]
    return tuple(detail for _, detail in sorted(every, key=lambda each: -each[0]))


def _load_steps(tree: Tree, versions: Iterable[int], changes: ChangeSet) -> Iterator[ChangeSet]:
    """Yield the change sets of these versions, newest first, of the last month only."""
    oldest = parse_utc(changes.detected_at) - REPEATED_FOR
    for number in versions:
        step = load_change_set(tree, number)
        if parse_utc(step.detected_at) < oldest:
            return
        if step.from_ is not None:
            yield step


def _list_work(
    step: ChangeSet, channel: Channel, names: Mapping[str | None, str | None]
) -> Iterator[Endpoint]:
    """Yield the endpoints that a version asked to allow, with the current names of regions."""
    for end in hide_renames(select_changes(step, channel)).endpoints_added:
        yield replace(end, region=names.get(end.region, end.region))


def _rows_of(work: Iterable[Endpoint], rows: Iterable[Entry]) -> tuple[Entry, ...]:
    wanted = set(work)
    return tuple(entry for entry in rows if not wanted.isdisjoint(flatten(entry)))
