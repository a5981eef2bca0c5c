"""What a check does where another choice of regions is shown than before: say so once.

What is published is made again by the new choice, because the recipe of the manifest has it.

Versions of older programs held only the regions that were chosen. They name no reader, or one
before `READER_OF_ALL`, and the digest of their definition was made of the chosen regions too.
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
    """Return the finding that another choice is shown than before, and commit its notice.

    The caller notes the choice by `remember_scope` once all else is done: a kill before has it
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
    """Note which regions are shown. Where all of them always were, there is nothing to note."""
    scope = ShownScope(context.source.definition.regions)
    known = context.tree.cached_state(_STATE, ShownScope)
    if known != scope and (known or scope.regions is not None):
        context.tree.remember(_STATE, scope)


def report_widened(context: CheckContext, version: Snapshot) -> None:
    """Commit the notice of a version that comes to say all regions, before the version.

    Pages that are held with chosen regions only would take the others away again: they are held
    again, with all regions, by the check that reads them next.
    """
    if version.cause != "scope":
        return
    for finding in filter(is_of_scope, version.findings):
        _record(context, finding, version.digest)
    for held in list_held(context.tree):
        if is_narrowed(held.candidate, context.source):
            context.tree.forget(f"held/{held.candidate.digest}")


def has_other_scope(outcome: CheckOutcome) -> bool:
    """Return whether a check has found another scope, of which a notice may be waiting."""
    return any(map(is_of_scope, outcome.findings))


def is_of_scope(finding: Finding) -> bool:
    """Return whether a finding says that versions or what is shown have another scope."""
    return finding.name == SCOPE_CHANGED


def _record(context: CheckContext, finding: Finding, event: str) -> None:
    if context.config.channels:
        from tracker.alerts import notices  # noqa: PLC0415

        digest = hashlib.sha256(event.encode()).hexdigest()
        notices.record_once(context, "scope", finding, digest)


def _find_shown(context: CheckContext, manifest: Manifest | None) -> ShownScope | None:
    """Return what was shown; None where nothing was, or that cannot be known.

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
    """Return the regions that have rule files, of those of the version that they are of."""
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
    """Return what the version has found in regions that are shown only now."""
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
    """Say whether a version names a definition that is not the source's, as it is now."""
    if version.definition is UNSET:
        return False
    return not source.definition.has_digest(version.definition, _list_choices(version))


def is_narrowed(version: Snapshot, source: Source) -> bool:
    """Say whether a version of an older program holds chosen regions only.

    Its definition says so, or that is what is chosen now and the version has nothing else.
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
    """Return what may have been chosen: the regions in the page's order, or in another."""
    held = tuple(region for region in regions_of(version.entries) if region)
    return [held, tuple(sorted(held)), held[::-1]]
