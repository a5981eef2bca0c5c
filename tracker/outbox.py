"""Deliveries: every version to every channel that owes it, each channel on its own.

The committed versions are the outbox; a receipt per version and channel says what is done.
Knows no kind of channel: those are modules of `notifiers`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from tracker.config import Channel, notifier
from tracker.diff import summarize
from tracker.errors import FwtrackerError
from tracker.model import IMPACTS, SCHEMA, Announcement, ChangeSet, Summary, flatten
from tracker.publish import change_set, stamp
from tracker.sources import Source
from tracker.store.tree import ChannelState, Receipt, Tree
from tracker.text import slug

log = logging.getLogger(__name__)

NOT_CONCERNED = "nothing in it for this channel"


class Failure(msgspec.Struct, frozen=True):
    """A delivery that did not work; it stays owed."""

    channel: str
    version: int
    message: str


def register(tree: Tree, channels: Sequence[Channel]) -> list[str]:
    """Note since when each channel owes; returns the names that were new to a filled store.

    Done before a commit, so that a channel never misses the version that a run makes.
    """
    newest = max(tree.versions(), default=0)
    late: list[str] = []
    for channel in channels:
        if tree.state(f"channels/{channel.name}", ChannelState) is None:
            tree.remember(f"channels/{channel.name}", ChannelState(since=newest))
            if newest:
                late.append(channel.name)
    return late


def owed(tree: Tree, channel: Channel) -> list[int]:
    """The versions that this channel has no receipt for, oldest first."""
    state = tree.state(f"channels/{channel.name}", ChannelState)
    if state is None:
        return []
    done = {int(name) for name in tree.states(f"receipts/{channel.name}")}
    return [number for number in tree.versions() if number > state.since and number not in done]


def deliver(
    tree: Tree, channels: Sequence[Channel], now: Callable[[], datetime]
) -> list[Failure]:
    """Send what is owed, in order per channel; a failure stops its own channel only."""
    failures: list[Failure] = []
    for channel in channels:
        for version in owed(tree, channel):
            try:
                detail = send(tree, channel, version)
            except FwtrackerError as error:  # not taken, or a secret that is not set
                failures.append(Failure(channel.name, version, str(error)))
                break
            receipt = Receipt(version, stamp(now()), detail)
            tree.remember(f"receipts/{channel.name}/{version:06d}", receipt)
            log.info("channel %s: version %d: %s", channel.name, version, detail)
    return failures


def send(tree: Tree, channel: Channel, version: int) -> str:
    """Send one version to one channel; returns the receipt's detail.

    A version with nothing for the channel's regions or impact is not sent, and counts.
    """
    told = announcement(tree, channel, version)
    if told is None:
        return NOT_CONCERNED
    detail = notifier(channel.type).send(channel.settings, told)
    return str(detail)


def announcement(tree: Tree, channel: Channel, version: int) -> Announcement | None:
    """What this channel is told of a version; None where nothing concerns it."""
    snapshot = tree.snapshot(version)
    whole = change_set(tree, version)
    changes = concerning(whole, channel)
    baseline = snapshot.previous is None
    if not changes.changes and not (baseline and channel.regions is None):
        return None
    manifest = tree.manifest()
    regions = tuple(dict.fromkeys(change.region for change in changes.changes))
    folders = {slug(region) for region in regions}
    return Announcement(
        source=tree.source,
        version=version,
        digest=snapshot.digest,
        page_url=snapshot.pages[0].url if snapshot.pages else "",
        captured_at=snapshot.captured_at,
        baseline=baseline,
        entries=sum(entry.region in regions for entry in snapshot.entries),
        regions=regions,
        change_set=changes,
        rule_files=tuple(
            f"{tree.source}/{name}"
            for name in (manifest.files if manifest else ())
            if name.startswith("rules/") and name.split("/")[1] in folders
        ),
    )


def concerning(changes: ChangeSet, channel: Channel) -> ChangeSet:
    """The part of a change set that a channel's regions and least impact let through."""
    least = IMPACTS.index(channel.min_impact)
    baseline = changes.from_ is None

    def concerns(region: str | None) -> bool:
        return channel.regions is None or region in channel.regions

    kept = tuple(
        change
        for change in changes.changes
        if concerns(change.region) and (baseline or IMPACTS.index(change.impact) >= least)
    )
    came = {end for change in kept if change.after for end in flatten(change.after)}
    went = {end for change in kept if change.before for end in flatten(change.before)}
    added = tuple(end for end in changes.endpoints_added if end in came)
    removed = tuple(end for end in changes.endpoints_removed if end in went)
    return msgspec.structs.replace(
        changes,
        summary=summarize(kept, len(added), len(removed)),
        changes=kept,
        endpoints_added=added,
        endpoints_removed=removed,
    )


def try_out(source: Source, channel: Channel, now: datetime) -> str:
    """Send a message that says it is a test; returns the receipt's detail.

    Raises DeliveryError or UsageError as a real delivery would.
    """
    nothing = ChangeSet(SCHEMA, source.name, None, 0, stamp(now), Summary(), (), (), ())
    told = Announcement(
        source=f"{source.name} (test message, nothing has changed)",
        version=0,
        digest="0" * 64,
        page_url=source.url,
        captured_at=stamp(now),
        baseline=True,
        entries=0,
        regions=(),
        change_set=nothing,
    )
    return str(notifier(channel.type).send(channel.settings, told))
