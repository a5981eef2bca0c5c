"""What a channel is told: of one version, of several at once after an outage, of a notice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from tracker.alerts import outbox
from tracker.alerts.stays import Stays, stays
from tracker.config import Config, notifier
from tracker.config.tables import Channel
from tracker.diff.diff import diff, summarize
from tracker.model import (
    IMPACTS,
    SCHEMA,
    Announcement,
    ChangeSet,
    Endpoint,
    Entry,
    Notice,
    Snapshot,
    Summary,
    flatten,
    needed,
)
from tracker.sources import Source
from tracker.store.tree import Held, Tree
from tracker.text import slug
from tracker.times import format_utc


@dataclass(frozen=True, slots=True)
class Difference:
    """From before the first of some versions to the last: the same for every channel."""

    versions: Sequence[int]
    snapshot: Snapshot
    changes: ChangeSet
    stays: Stays
    deltas: Sequence[str]  # their folders, in order


def difference(tree: Tree, versions: Sequence[int], grace_days: int) -> Difference:
    """Of several versions only this is told: what came and went meanwhile needs no work."""
    first, last = tree.snapshot(versions[0]), tree.snapshot(versions[-1])
    before = tree.snapshot(first.previous) if first.previous else None
    changes = diff(before, last)
    since = stays(tree, versions, changes, grace_days)
    from tracker.alerts import attach  # noqa: PLC0415  only where there is something to tell

    deltas = attach.folders_of(tree, versions, grace_days)
    return Difference(versions, last, changes, since, deltas)


def announcement(
    tree: Tree, config: Config, channel: Channel, told: Difference
) -> Announcement | None:
    """What this channel is told of a difference; None where nothing concerns it."""
    from tracker.alerts import attach  # noqa: PLC0415  only where there is something to tell

    snapshot = told.snapshot
    changes = concerning(told.changes, channel)
    if not changes.changes:
        return None
    regions = tuple(dict.fromkeys(change.region for change in changes.changes))
    folders = {slug(region) for region in regions}
    deltas = attach.delta_files(tree, told.deltas, folders)
    attached = notifier(channel.type).attaches
    return Announcement(
        source=tree.source,
        version=snapshot.version,
        digest=snapshot.digest,
        page_url=snapshot.pages[0].url if snapshot.pages else "",
        captured_at=snapshot.captured_at,
        baseline=changes.from_ is None,
        entries=sum(e.region in regions and wants(channel, e) for e in snapshot.entries),
        regions=regions,
        change_set=changes,
        rule_files=_rule_files(tree, snapshot, folders),
        delta_files=tuple(f"{tree.source}/{path}" for path in deltas),
        attachments=attach.attachments(tree, deltas) if attached else (),
        web_page=_web_page(config, tree.source),
        stays=told.stays.endpoints,
        changed_before=told.stays.rows,
    )


def _rule_files(tree: Tree, snapshot: Snapshot, folders: Collection[str]) -> tuple[str, ...]:
    manifest = tree.manifest()
    return tuple(
        f"{snapshot.source}/{name}"
        for name in (manifest.files if manifest else ())
        if name.startswith("rules/") and name.split("/")[1] in folders
    )


def _web_page(config: Config, source: str) -> str:
    url = config.fwtracker.public_url
    return f"{url.rstrip('/')}/{source}/index.html" if url else ""


def concerning(changes: ChangeSet, channel: Channel) -> ChangeSet:
    """The part of a change set that a channel's choice and least impact let through.

    An entry that came into the choice or left it is in it: both its sides are looked at.
    """
    least = IMPACTS.index(channel.min_impact)
    baseline = changes.from_ is None
    kept = tuple(
        change
        for change in changes.changes
        if (baseline or IMPACTS.index(change.impact) >= least)
        and (wants(channel, change.before) or wants(channel, change.after))
    )
    came = _endpoints(channel, (change.after for change in kept))
    went = _endpoints(channel, (change.before for change in kept))
    added = tuple(end for end in changes.endpoints_added if end in came)
    removed = tuple(end for end in changes.endpoints_removed if end in went)
    return msgspec.structs.replace(
        changes,
        summary=summarize(kept, len(added), len(removed)),
        changes=kept,
        endpoints_added=added,
        endpoints_removed=removed,
    )


def wants(channel: Channel, entry: Entry | None) -> bool:
    """Whether an entry is one of those that the channel is told of.

    One that states no requirement counts as required, as it does for its impact: to be told
    of it in vain is better than not to be told.
    """
    if entry is None:
        return False
    said = {*entry.components}
    return (
        (channel.regions is None or entry.region in channel.regions)
        and (channel.components is None or not said.isdisjoint(channel.components))
        and (channel.requirement is None or needed(entry) in channel.requirement)
    )


def _endpoints(channel: Channel, entries: Iterable[Entry | None]) -> set[Endpoint]:
    chosen = (entry for entry in entries if entry and wants(channel, entry))
    return {endpoint for entry in chosen for endpoint in flatten(entry)}


def grouped(tree: Tree, numbers: Sequence[int]) -> list[list[int]]:
    """Notices in groups that are told as one: each with those before it that it makes old.

    A channel that was away hears that checks fail and work again as that they work again.
    """
    groups: list[list[int]] = []
    later: dict[str, list[int]] = {}
    for number in reversed(numbers):
        about = _about(outbox.notice(tree, number))
        if about <= later.keys():
            group = later[min(about)]
        else:
            groups.append(group := [])
        group.insert(0, number)
        later = dict.fromkeys(about, group) | later
    return groups[::-1]


def noticed(tree: Tree, channel: Channel, number: int) -> Notice | None:
    """What this channel is told of a notice; None where it is not for it."""
    notice = outbox.notice(tree, number)
    if not channel.health or _about(notice) == {f"channel/{channel.name}"}:
        return None
    held = tree.state(f"held/{notice.digest}", Held) if notice.kind == "held" else None
    if held is None:
        return notice
    return msgspec.structs.replace(notice, change_set=diff(tree.latest(), held.candidate))


def _about(notice: Notice) -> set[str]:
    return {*notice.ends, *filter(None, [notice.about])}


def trial(source: Source, now: datetime) -> Announcement:
    """A message that says that it is a test: of version 0, which there never is."""
    nothing = ChangeSet(SCHEMA, source.name, None, 0, format_utc(now), Summary(), (), (), ())
    return Announcement(
        source=source.name,
        version=0,
        digest="0" * 64,
        page_url=source.url,
        captured_at=format_utc(now),
        baseline=True,
        entries=0,
        regions=(),
        change_set=nothing,
    )
