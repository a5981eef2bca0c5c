"""What a check does if the choice of shown regions has changed: report it once.

The published files are written again by the new choice, because the manifest's recipe includes
it.

Versions of older programs held only the chosen regions. They name no reader, or one before
`READER_OF_ALL`, and the digest of their definition included the chosen regions.
"""

from __future__ import annotations

import hashlib
import logging

import msgspec
from msgspec import UNSET

from tracker.check.context import CheckContext, CheckOutcome
from tracker.filters.scope import SCOPE_CHANGED, Choice, describe_choice
from tracker.model import Finding, Snapshot, regions_of
from tracker.publish.freshness import compute_recipe
from tracker.sources import READER_OF_ALL, Source
from tracker.store.held import list_held
from tracker.store.records import Manifest

log = logging.getLogger(__name__)

_STATE = "scope"


class ShownScope(msgspec.Struct, frozen=True):
    """The regions that rule files, alerts and the page showed last; None for all."""

    regions: tuple[str, ...] | None


def compare_with_shown(context: CheckContext, manifest: Manifest | None) -> tuple[Finding, ...]:
    """Return the finding that the choice of regions has changed, and commit its notice.

    The caller records the choice by `remember_scope` when all else is done: after a kill it is
    done again.
    """
    chosen = context.source.definition.regions
    known = _find_shown(context, manifest)
    if known is None or _sort(known.regions) == _sort(chosen):
        return ()
    finding = Finding(SCOPE_CHANGED, "publish", _describe(context, known.regions))
    log.warning("%s: %s", context.source.name, finding.message)
    _record(context, finding, f"{_sort(known.regions)} {_sort(chosen)}")
    return (finding,)


def remember_scope(context: CheckContext) -> None:
    """Record which regions are shown; nothing if there was never a choice."""
    scope = ShownScope(context.source.definition.regions)
    known = context.tree.cached_state(_STATE, ShownScope)
    if known != scope and (known or scope.regions is not None):
        context.tree.remember(_STATE, scope)


def report_widened(context: CheckContext, version: Snapshot) -> None:
    """Commit the notice of a version that now lists all regions, before that version.

    Pages that are held with chosen regions only would remove the others again: they are
    forgotten here, and the next check holds them with all regions.
    """
    if version.cause != "scope":
        return
    for finding in filter(is_of_scope, version.findings):
        _record(context, finding, version.digest)
    for held in list_held(context.tree):
        if is_narrowed(held.candidate, context.source):
            context.tree.forget(f"held/{held.candidate.digest}")


def has_other_scope(outcome: CheckOutcome) -> bool:
    """Return whether a check has found another scope: a notice may have to be sent."""
    return any(map(is_of_scope, outcome.findings))


def is_of_scope(finding: Finding) -> bool:
    """Return whether a finding reports another scope of the versions or of what is shown."""
    return finding.name == SCOPE_CHANGED


def _record(context: CheckContext, finding: Finding, event: str) -> None:
    if context.config.channels:
        from tracker.alerts import notices  # noqa: PLC0415

        digest = hashlib.sha256(event.encode()).hexdigest()
        notices.record_once(context, "scope", finding, digest)


def _find_shown(context: CheckContext, manifest: Manifest | None) -> ShownScope | None:
    """Return what was shown; None if nothing was, or it is unknown.

    If it was not recorded, by an older program or in a fresh clone, the rule files show it.
    """
    chosen = context.source.definition.regions
    known = context.tree.cached_state(_STATE, ShownScope)
    if known or manifest is None or chosen is None:
        return known
    if manifest.recipe == compute_recipe(context.config, context.source.name):
        return None
    return _read_shown(context, manifest)


def _read_shown(context: CheckContext, manifest: Manifest) -> ShownScope:
    """Return the regions of the published version that have rule files."""
    from tracker.publish.rule_sets import name_folder  # noqa: PLC0415  asked once, if ever

    version = context.tree.snapshot(manifest.version)
    regions = tuple(region for region in regions_of(version.entries) if region)
    if is_narrowed(version, context.source):
        return ShownScope(regions)
    folders = {name.split("/")[1] for name in manifest.files if name.startswith("rules/")}
    shown = tuple(region for region in regions if name_folder(region, ()) in folders)
    return ShownScope(shown if 0 < len(shown) < len(regions) else None)


def _sort(chosen: Choice) -> list[str] | None:
    return None if chosen is None else sorted(set(chosen))


def _describe(context: CheckContext, before: Choice) -> str:
    chosen = context.source.definition.regions
    return (
        f"rule files, alerts and page now show {describe_choice(chosen)}; before:"
        f" {describe_choice(before)}; the page has not changed by that"
        f"{_name_unjudged(context, before)}"
    )


def _name_unjudged(context: CheckContext, before: Choice) -> str:
    """Return the version's findings in regions that are shown only now, as words."""
    latest, chosen = context.tree.latest(), context.source.definition.regions
    names = dict.fromkeys(
        f"{finding.name} in {finding.region}"
        for finding in (latest.findings if latest and before is not None else ())
        if finding.region
        and finding.region not in (before or ())
        and (chosen is None or finding.region in chosen)
    )
    return f"; it was not held, but look at it: {', '.join(names)}" if names else ""


def is_by_other_definition(version: Snapshot, source: Source) -> bool:
    """Return whether a version names another definition than the source's current one."""
    if version.definition is UNSET:
        return False
    return not source.definition.has_digest(version.definition, _list_choices(version))


def is_narrowed(version: Snapshot, source: Source) -> bool:
    """Return whether a version of an older program holds chosen regions only.

    Its definition says so, or it has no regions but those that are chosen now.
    """
    is_older = version.reader is UNSET or version.reader < READER_OF_ALL
    held = {*regions_of(version.entries)}
    if not is_older or None in held or version.definition == source.definition.digest:
        return False
    if version.definition is not UNSET and not is_by_other_definition(version, source):
        return True
    chosen = source.definition.regions
    return chosen is not None and held <= {*chosen}


def _list_choices(version: Snapshot) -> list[tuple[str, ...] | None]:
    """Return the choices that are possible: its regions in the page's order, or in another."""
    held = tuple(region for region in regions_of(version.entries) if region)
    return [held, tuple(sorted(held)), held[::-1]]
