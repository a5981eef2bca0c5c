"""`/v1/sources` and `/v1/SOURCE/status`: what is published where, and how the checks go.

Every process returns what is in the store, even if cron does the checks. Values that only the
checking process has are null in the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from tracker import formats
from tracker.alerts import outbox
from tracker.errors import Damaged
from tracker.model import Time, regions_of
from tracker.publish.rule_sets import ALL_REGIONS, name_folder
from tracker.site.web.app_state import AppState
from tracker.site.web.schemas import (
    FolderKind,
    FormatInfo,
    HeldInfo,
    LastOutcome,
    RuleFolder,
    SourceInfo,
    SourceStatus,
)
from tracker.store.blobs import media_type
from tracker.store.held import list_held
from tracker.store.records import Health, Manifest
from tracker.store.tree import Tree
from tracker.times import format_utc


def describe_source(state: AppState, name: str) -> SourceInfo:
    """Return one source for the list of `/v1/sources`."""
    manifest, tree = state.manifest(name), state.tree(name)
    health = tree.health() or Health()
    return SourceInfo(
        name=name,
        title=state.config.sources[name].title,
        version=manifest.version if manifest else None,
        checked_at=manifest.checked_at if manifest else None,
        expires=manifest.expires if manifest else None,
        folders=tuple(_list_folders(state, name, manifest)) if manifest else (),
        held=_count_held(tree),
        problem=health.current_problem,
        failing_since=health.since,
    )


def _count_held(tree: Tree) -> int | None:
    """Return how many pages are held; None if the records are damaged, so others are listed."""
    try:
        return len(list_held(tree))
    except Damaged:
        return None


def _list_folders(state: AppState, name: str, manifest: Manifest) -> Iterator[RuleFolder]:
    """Yield the folders below `rules/` in the manifest; none for a damaged version."""
    try:
        entries = state.tree(name).snapshot(manifest.version).entries
    except Damaged:
        return
    there = regions_of(entries)
    regions = {name_folder(region, there): region for region in there}
    tables = {rules.name for rules in state.config.rules}
    files: dict[str, list[str]] = {}
    for path in sorted(manifest.files):
        kind, _, rest = path.partition("/")
        if kind == "rules":
            folder, _, file = rest.partition("/")
            files.setdefault(folder, []).append(file)
    for folder, found in files.items():
        of: FolderKind = "table" if folder in tables else "earlier"
        if folder in regions and folder not in tables:
            of = "region"
        elif folder == ALL_REGIONS and folder not in tables:
            of = "all"
        yield RuleFolder(f"rules/{folder}", of, regions.get(folder), tuple(found))


def describe_status(state: AppState, name: str) -> SourceStatus:
    """Return the state of the checks of one source."""
    tree, manifest = state.tree(name), state.manifest(name)
    checks, health = state.status.checks_of(name), tree.health() or Health()
    next_check = state.next_check(name)
    return SourceStatus(
        source=name,
        version=manifest.version if manifest else None,
        checked_at=manifest.checked_at if manifest else None,
        expires=manifest.expires if manifest else None,
        stale=manifest is None or manifest.expires < format_utc(state.now()),
        outcome=_find_outcome(health, manifest),
        problem=health.current_problem,
        failing_since=health.since,
        failed_checks=health.count,
        held=tuple(
            HeldInfo(each.candidate.digest, each.first_seen) for each in list_held(tree)
        ),
        owed=outbox.count_owed(tree, state.config.channels),
        failing_channels=health.failing_channels,
        folders=tuple(_list_folders(state, name, manifest)) if manifest else (),
        formats=_list_formats(state),
        checking=checks.running,
        last_check=checks.last,
        last_check_at=_format_epoch(checks.ended),
        next_check=None if next_check is None else format_utc(next_check),
    )


def _find_outcome(health: Health, manifest: Manifest | None) -> LastOutcome | None:
    """Return the outcome of the last check, as far as the store shows it."""
    if health.current_problem is None:
        return "good" if manifest else None
    return "held" if health.current_problem == "held" else "failed"


def _format_epoch(seconds: float | None) -> Time | None:
    return None if seconds is None else format_utc(datetime.fromtimestamp(seconds, UTC))


def _list_formats(state: AppState) -> tuple[FormatInfo, ...]:
    """Return the formats of the rule files."""
    named = {rules.format for rules in state.config.rules if rules.format}
    found = (formats.load(each) for each in sorted({*state.config.format_names, *named}))
    return tuple(
        FormatInfo(each.name, each.file, media_type(f"rules/{each.file}"), each.about)
        for each in found
    )
