"""Reports filters that match nothing on the page, in each check and once by a notice.

`tracker.filters.entry_filters` defines when a filter matches.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from tracker.config import Config
from tracker.config.tables import Channel
from tracker.errors import FwtrackerError
from tracker.filters.entry_filters import (
    find_old_names,
    find_silent_channels,
    follow_names,
    has_filter,
    name_problem,
)
from tracker.filters.scope import add_names, narrow_entries
from tracker.model import Finding, Snapshot
from tracker.publish.freshness import compute_recipe
from tracker.publish.grace import FormerName, find_pending_removals
from tracker.store.records import Held, Manifest
from tracker.store.tree import Tree
from tracker.times import format_utc

if TYPE_CHECKING:
    from tracker.check.context import CheckContext, CheckOutcome

# Findings that each check repeats, even if nothing is new, and that notices are about.
FILTER_FINDINGS = frozenset(
    {"filter-without-match", "filter-by-old-name", "rule-set-stopped", "rule-file-not-made"}
)

ChannelProblem = tuple[Channel, Finding]


class FilterProblems(NamedTuple):
    """The problems with filters of rule sets and of channels."""

    rules: tuple[Finding, ...] = ()
    channels: Sequence[ChannelProblem] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, to be added to an outcome."""
        return (*self.rules, *(finding for _, finding in self.channels))


def report_filters(
    context: CheckContext,
    outcome: CheckOutcome,
    manifest: Manifest | None,
    *,
    had_problems: bool,
) -> CheckOutcome:
    """Add problems with filters to the outcome of a check, and commit notices about them.

    For a held page, add also those that it would have once approved. `manifest` is from before
    the check; `had_problems`: there was a problem then, which may be over. Raises
    FwtrackerError.
    """
    if outcome.error:
        return outcome
    problems = _find_problems(context, outcome, manifest)
    if outcome.outcome == "held":
        problems = _add_held_problems(context, outcome, problems)
    if context.config.channels and (had_problems or problems.findings):
        from tracker.alerts.rule_notices import record_filters  # noqa: PLC0415

        record_filters(context, problems.rules, problems.channels)
    return _add_findings(outcome, problems.findings)


def has_filter_problem(outcome: CheckOutcome) -> bool:
    """Return whether a notice about a filter may have to be sent."""
    return any(each.name in FILTER_FINDINGS for each in outcome.findings)


def add_dry_problems(
    context: CheckContext, outcome: CheckOutcome, version: Snapshot | None
) -> CheckOutcome:
    """Add the problems with filters in the version that a check would leave in force."""
    if version is None:
        return outcome
    return _add_findings(outcome, find_problems_in(context, version).findings)


def find_channel_problems(
    tree: Tree, config: Config, now: datetime, version: Snapshot | None
) -> list[ChannelProblem]:
    """Return the filters of channels that match nothing, here or in any other source.

    While another source has no version yet, or a damaged one, this is unknown and the list is
    empty. It includes filters with the former name of a region of this source, until that
    name no longer counts. `version` is the newest one of this source, stored or not.
    """
    if version is None or not any(map(has_filter, config.channels)):
        return []
    chosen = config.chosen_regions(tree.source)
    everywhere = [*narrow_entries(version.entries, chosen)]
    if not any(find_silent_channels(config.channels, everywhere)):
        return []
    former = _load_former_names(tree, config, now, version)
    chosen = add_names(chosen, ((each.old, each.new) for each in former))
    everywhere = [*narrow_entries(version.entries, chosen)]
    outdated = [
        (channel, finding)
        for channel in config.channels
        for finding in find_old_names("channels", channel, former)
    ]
    for name in config.sources:
        if name != tree.source:
            place = Tree(tree.blobs, name)
            other = _load_latest(place)
            if other is None:
                return outdated
            everywhere += narrow_entries(other.entries, config.chosen_regions(name))
            former += _load_former_names(place, config, now, other)
    channels = [follow_names(channel, former) for channel in config.channels]
    return outdated + list(find_silent_channels(channels, everywhere))


def _load_former_names(
    tree: Tree, config: Config, now: datetime, newest: Snapshot
) -> tuple[FormerName, ...]:
    """Return the former names of regions that still count; none if damage hides them."""
    try:
        older = [number for number in tree.versions() if number < newest.version]
        versions = chain([newest], map(tree.snapshot, reversed(older)))
        days = config.fwtracker.grace_days
        return find_pending_removals(versions, days, now).former_names
    except FwtrackerError:
        return ()


def _load_latest(other: Tree) -> Snapshot | None:
    """Return the newest version of another source; its damage is reported by its own checks."""
    try:
        return other.latest()
    except FwtrackerError:
        return None


def has_silent_channel(context: CheckContext) -> bool:
    """Return whether a channel's filter matches nothing: a notice of it may be due."""
    if not any(map(has_filter, context.config.channels)):
        return False
    latest = context.tree.latest()
    return bool(find_channel_problems(context.tree, context.config, context.now(), latest))


def _find_problems(
    context: CheckContext, outcome: CheckOutcome, manifest: Manifest | None
) -> FilterProblems:
    found = outcome.findings
    if outcome.outcome != "published":
        manifest = _load_current(context, manifest)
        found = manifest.findings if manifest else ()
    rules = tuple(each for each in found if each.name in FILTER_FINDINGS)
    if not any(map(has_filter, context.config.channels)):
        return FilterProblems(rules)
    latest = context.tree.latest()
    found_too = find_channel_problems(context.tree, context.config, context.now(), latest)
    return FilterProblems(rules, found_too)


def _load_current(context: CheckContext, manifest: Manifest | None) -> Manifest | None:
    """Return the manifest: the one from before the check, if nothing was published since."""
    if (
        manifest is None
        or manifest.recipe != compute_recipe(context.config, context.tree.source)
        or (manifest.due is not None and manifest.due <= format_utc(context.now()))
    ):
        return context.tree.manifest()
    return manifest


def _add_held_problems(
    context: CheckContext, outcome: CheckOutcome, present: FilterProblems
) -> FilterProblems:
    """Add filters that would match nothing on the held page, but match the version in force."""
    held = context.tree.state(f"held/{outcome.digest}", Held)
    if held is None:
        return present
    last = max(context.tree.versions(), default=0)
    version = replace(held.candidate, version=last + 1, previous=last or None)
    known, found = set(map(name_problem, present.findings)), find_problems_in(context, version)
    rules = [_mark_held(each) for each in found.rules if name_problem(each) not in known]
    channels = [
        (channel, _mark_held(each))
        for channel, each in found.channels
        if name_problem(each) not in known
    ]
    return FilterProblems((*present.rules, *rules), (*present.channels, *channels))


def find_problems_in(context: CheckContext, version: Snapshot) -> FilterProblems:
    """Return the problems with filters in a version, stored or not."""
    return FilterProblems(
        _find_rule_problems(context, version),
        find_channel_problems(context.tree, context.config, context.now(), version),
    )


def _mark_held(finding: Finding) -> Finding:
    return replace(
        finding, message=f"{finding.message}; this applies once the held page is approved"
    )


def _find_rule_problems(context: CheckContext, version: Snapshot) -> tuple[Finding, ...]:
    if not context.config.rules and context.source.definition.regions is None:
        return ()
    from tracker.publish.publish import find_filter_problems  # noqa: PLC0415

    try:
        return find_filter_problems(context.tree, context.config, context.now(), version)
    except FwtrackerError:  # about earlier versions: the check itself reports it
        return ()


def _add_findings(outcome: CheckOutcome, found: Iterable[Finding]) -> CheckOutcome:
    known = {(each.name, each.message) for each in outcome.findings}
    new = [each for each in found if (each.name, each.message) not in known]
    return replace(outcome, findings=(*outcome.findings, *new))
