"""Messages to a channel: about one version, about several after an outage, about a notice."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from tracker.alerts import outbox
from tracker.alerts.recall import load_past
from tracker.alerts.spans import VersionSpan, select_changes, wants, within_choice
from tracker.change_set import ChangeSet, Summary
from tracker.check.context import CheckContext
from tracker.config import load_notifier
from tracker.config.tables import Channel
from tracker.diff.diff import diff
from tracker.filters.entry_filters import add_other_names
from tracker.filters.scope import Choice, add_names, narrow_changes
from tracker.model import SCHEMA, Snapshot, regions_of
from tracker.notifications import Announcement, Attachment, ChannelPast, Notice
from tracker.publish.grace import LIST_NAME
from tracker.publish.rule_sets import name_folder
from tracker.sources import Source
from tracker.store.records import FileFact, Held, decode_derived
from tracker.store.tree import Tree
from tracker.times import format_utc

USUALLY_ATTACHED = ("domains", "ips")  # formats
MOST_ATTACHED = 1_000_000  # bytes of all attachments; if there are more, they are only listed


class _DeltaList(msgspec.Struct, frozen=True):
    """The fields of a delta folder's list that are read here."""

    files: dict[str, FileFact]


def build_message(
    context: CheckContext, channel: Channel, span: VersionSpan
) -> Announcement | None:
    """Return the message about some versions for a channel; None if nothing concerns it."""
    tree, snapshot = context.tree, span.snapshot
    if snapshot.cause == "scope":  # the vendor changed nothing; a notice reports the new scope
        return None
    channel = add_other_names(channel, span.names)
    chosen = add_names(context.source.definition.regions, span.names)
    channel = within_choice(channel, chosen)
    changes = select_changes(span.changes, channel)
    if not changes.changes:
        return None
    regions = tuple(dict.fromkeys(change.region for change in changes.changes))
    there = regions_of(snapshot.entries)
    folders = {name_folder(region, there) for region in regions}
    rules_of = _find_rules_version(tree, snapshot.version)
    deltas = list_deltas(tree, span.deltas, folders) if rules_of is UNSET else {}
    notifier = load_notifier(channel.type)
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
        rule_files=_rule_files(tree, snapshot, folders) if rules_of is UNSET else (),
        delta_files=tuple(f"{tree.source}/{path}" for path in deltas),
        attachments=(
            load_attachments(tree, choose_attached(context, channel, deltas))
            if notifier.attaches
            else ()
        ),
        web_page=find_web_page(context),
        stays=span.dates.endpoints,
        changed_before=span.dates.rows,
        cause=snapshot.cause,
        findings=tuple(
            each for each in snapshot.findings if each.region is None or each.region in regions
        ),
        rule_files_of=rules_of,
        title=context.source.title,
        past=load_past(tree, channel, span, changes)
        if notifier.describe_attempt
        else ChannelPast(),
    )


def test_message(source: Source, now: datetime) -> Announcement:
    """Return a test message; it is about version 0, which never exists."""
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
        title=source.title,
    )


def build_sign_of_life(context: CheckContext) -> Announcement:
    """Return a message that says that the checks still run: a test message with other words."""
    message = test_message(context.source, context.now())
    return msgspec.structs.replace(message, alive=True)


def _find_rules_version(tree: Tree, version: int) -> int | UnsetType | None:
    """Return the version of the rule files if older than this one; None if there are none."""
    manifest = tree.manifest()
    if manifest is None:
        return None
    return manifest.version if manifest.version < version else UNSET


def _rule_files(tree: Tree, snapshot: Snapshot, folders: Collection[str]) -> tuple[str, ...]:
    manifest = tree.manifest()
    return tuple(
        f"{snapshot.source}/{name}"
        for name in (manifest.files if manifest else ())
        if name.startswith("rules/") and name.split("/")[1] in folders
    )


def find_web_page(context: CheckContext) -> str:
    """Return the URL of a source's web page below `public_url`; "" if that is not set."""
    url = context.config.fwtracker.public_url
    return f"{url.rstrip('/')}/{context.tree.source}/index.html" if url else ""


def list_deltas(
    tree: Tree, folders: Sequence[str], regions: Collection[str]
) -> dict[str, FileFact]:
    """Return the deltas in these folders of the rule sets of these regions, by path."""
    files: dict[str, FileFact] = {}
    for place in folders:
        listed = decode_derived(tree.read(f"{place}/{LIST_NAME}") or b"", _DeltaList)
        files |= listed.files if listed else {}
    return {path: fact for path, fact in files.items() if path.split("/")[2] in regions}


def choose_attached(
    context: CheckContext, channel: Channel, deltas: Mapping[str, FileFact]
) -> dict[str, FileFact]:
    """Return the deltas that a channel attaches: those to apply, of the formats that it names.

    Without such a list those of `[fwtracker] formats`, or else a few plain lists.
    """
    from tracker import formats  # noqa: PLC0415  only if there is something to attach
    from tracker.publish.deltas import delta_file_name  # noqa: PLC0415

    wanted = channel.settings.attach
    if wanted is None:
        wanted = context.config.fwtracker.formats or USUALLY_ATTACHED
    names = {delta_file_name(formats.load(name), "apply") for name in wanted}
    return {path: fact for path, fact in deltas.items() if path.rpartition("/")[2] in names}


def load_attachments(tree: Tree, files: Mapping[str, FileFact]) -> tuple[Attachment, ...]:
    """Return all of these files, or none if they are too large for a mail.

    All, even for a digest: each delta starts where the previous one ended.
    """
    if sum(fact.size for fact in files.values()) > MOST_ATTACHED:
        return ()
    return tuple(Attachment(path, tree.read(path) or b"") for path in files)


def group_notices(tree: Tree, numbers: Sequence[int]) -> list[list[int]]:
    """Return notices in groups that are sent as one: each with those that it makes obsolete.

    After an outage, a channel is sent "checks work again" in place of "fail" and "work again".
    """
    groups: list[list[int]] = []
    later: dict[str, list[int]] = {}
    for number in reversed(numbers):
        notice = next(outbox.load_notices(tree, [number]), None)
        topics = _topics(notice) if notice else set()
        if notice and topics <= later.keys():
            group = later[min(topics)]
        else:
            groups.append(group := [])
        group.insert(0, number)
        later = dict.fromkeys(topics, group) | later
    return groups[::-1]


def build_notice(
    tree: Tree, channel: Channel, number: int, chosen: Choice = None
) -> Notice | None:
    """Return a notice in the form for this channel; None if it is meant for others.

    The notice of a held page lists what it would change in the `chosen` regions. A problem
    of a channel's filter is reported to that channel only, a failing channel to the others, and
    the end of a grace to the channels that were sent the removal.
    """
    notice = outbox.load_notice(tree, number)
    topics = _topics(notice)
    if notice.kind == "grace":  # about the vendor's change, not about the checks
        return notice if notice.channel == channel.name else None
    if not channel.health or topics == {f"channel/{channel.name}"}:
        return None
    if min(topics, default="").startswith("filter/") and f"filter/{channel.name}" not in topics:
        return None
    name = f"held/{notice.digest}"
    held = tree.cached_state(name, Held) if notice.kind == "held" else None
    if held is None:
        return notice
    changes = narrow_changes(diff(tree.latest(), held.candidate), chosen)
    changes = msgspec.structs.replace(changes, cause=held.candidate.cause)
    return msgspec.structs.replace(notice, change_set=changes)


def _topics(notice: Notice) -> set[str]:
    """Return the problems that a notice reports or ends."""
    return {*notice.ends, *filter(None, [notice.about])}
