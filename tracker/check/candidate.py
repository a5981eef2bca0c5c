"""The version that a reading would become, and what holds it. Nothing is stored here.

Everything that was read goes into it. The operator's choices decide what holds it: findings
that were approved do not, nor do those of regions that the configuration does not choose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from tracker import __version__
from tracker.check.scope_change import is_by_other_definition
from tracker.diff.pairing import carry_ids
from tracker.filters.scope import Choice, add_names, is_outside, narrow_entries
from tracker.guard import guard, guard_values
from tracker.model import SCHEMA, Cause, Entry, Finding, Page, Snapshot, digest, regions_of
from tracker.parse.completeness.definition_checks import report_new
from tracker.parse.page import Reading
from tracker.publish.grace import add_former_names, find_pending_removals
from tracker.sources import READER
from tracker.store.records import Validators, hold_findings
from tracker.times import format_utc

if TYPE_CHECKING:
    from tracker.check.context import CheckContext

WRITER = f"fwtracker {__version__}"


def hold_new_removed(context: CheckContext, reading: Reading) -> Reading:
    """Add a hold for values that the definition removes now, and did not the last time.

    The first reading by a definition is the one that later ones are compared with.
    """
    known = context.tree.cached_state("validators", Validators)
    if known is None or known.context != context.reading_key:
        return reading
    new = set(reading.removed).difference(known.removed)
    findings = (
        *reading.findings,
        *report_new(value for value in reading.removed if value in new),
    )
    return msgspec.structs.replace(reading, findings=findings)


def build_candidate(
    context: CheckContext,
    last: Snapshot | None,
    reading: Reading,
    pages: tuple[Page, ...],
    cause: Cause = "page",
) -> tuple[tuple[Finding, ...], Snapshot | None]:
    """Return the findings, and the version that the reading would become.

    The version is None if the last one has the same entries and nothing is held.
    """
    entries = _keep_unread(last, reading)
    chosen = _find_chosen(context, last, entries)
    findings = _apply_approvals(context, last, reading.findings)
    findings = _release_outside(findings, chosen)
    if last and last.digest == digest(entries) and not hold_findings(findings):
        return findings, None
    findings += _ask_guard(context, last, entries, cause, chosen)
    return findings, Snapshot(
        schema=SCHEMA,
        source=context.source.name,
        version=last.version + 1 if last else 1,
        captured_at=format_utc(context.now()),
        previous=last.version if last else None,
        digest=digest(entries),
        pages=pages,
        entries=carry_ids(last.entries if last else (), entries),
        findings=findings,
        cause=cause,
        definition=context.source.definition.digest,
        reader=READER,
        writer=WRITER,
    )


def number_next(candidate: Snapshot, last: Snapshot | None) -> Snapshot:
    """Return the candidate as the version after the last one."""
    return msgspec.structs.replace(
        candidate,
        version=last.version + 1 if last else 1,
        previous=last.version if last else None,
        entries=carry_ids(last.entries if last else (), candidate.entries),
        cause=_find_cause_after(candidate, last),
        writer=WRITER,
    )


def _find_cause_after(candidate: Snapshot, last: Snapshot | None) -> Cause | msgspec.UnsetType:
    """Return the cause of a held candidate as the version after `last`.

    If another version was committed since it was held, by another definition or reader, the
    difference is not only the page's change.
    """
    if last is None or last.version == candidate.previous or candidate.cause is msgspec.UNSET:
        return candidate.cause
    if candidate.definition != last.definition and last.cause != "scope":
        return "definition"
    is_same = candidate.reader == last.reader or last.cause == "scope"
    return candidate.cause if is_same else "reader"


def _apply_approvals(
    context: CheckContext, last: Snapshot | None, findings: Iterable[Finding]
) -> tuple[Finding, ...]:
    """Return the findings; those that an operator approved before no longer hold the page.

    Nor do those that the configuration names in `[guard] publish`.
    """
    known = {_identity(finding) for finding in last.findings} if last else set()
    accepted = context.tree.cached_state("accepted", list[Finding]) or ()
    known |= {_identity(one) for one in accepted}
    names = {*context.config.guard.publish, *_list_usual_at_first(context, last)}
    return tuple(
        msgspec.structs.replace(finding, verdict="publish")
        if _identity(finding) in known or finding.name in names
        else finding
        for finding in findings
    )


def _list_usual_at_first(context: CheckContext, last: Snapshot | None) -> Iterator[str]:
    """Yield the names of findings that do not hold the first version, but hold later ones."""
    if last is None:
        yield "end-tag-missing"  # a page that loses it later may be cut off
    if last is None or is_by_other_definition(last, context.source):
        yield "table-read-by-defaults"


def _identity(finding: Finding) -> tuple[str | None, ...]:
    """Return what makes two findings the same, whatever their verdict."""
    return finding.name, finding.message, finding.region, finding.resource


def _keep_unread(last: Snapshot | None, reading: Reading) -> tuple[Entry, ...]:
    """Return the entries; for regions that could not be read, those of the last version."""
    kept = last.entries if last and reading.unread else ()
    return (
        *(entry for entry in reading.entries if entry.region not in reading.unread),
        *(entry for entry in kept if entry.region in reading.unread),
    )


def _find_chosen(
    context: CheckContext, last: Snapshot | None, entries: tuple[Entry, ...]
) -> Choice:
    """Return the regions that are shown, with their new names if they were renamed lately."""
    chosen = context.source.definition.regions
    if last is None or chosen is None or {*chosen} <= {*regions_of(entries)}:
        return chosen
    from tracker.diff.renames import find_renames  # noqa: PLC0415  few pages rename a region

    versions = map(context.tree.snapshot, reversed(context.tree.versions()))
    days = context.config.fwtracker.grace_days
    chosen = add_former_names(chosen, find_pending_removals(versions, days, context.now()))
    return add_names(
        chosen, ((each.old, each.new) for each in find_renames(last.entries, entries))
    )


def _release_outside(findings: Iterable[Finding], chosen: Choice) -> tuple[Finding, ...]:
    """Return the findings; those of regions that are not chosen do not hold the page.

    A table whose region is uncertain may belong to a chosen one: that finding still holds.
    """
    return tuple(
        msgspec.structs.replace(finding, verdict="publish")
        if is_outside(finding.region, chosen) and finding.name != "region-uncertain"
        else finding
        for finding in findings
    )


def _ask_guard(
    context: CheckContext,
    last: Snapshot | None,
    entries: tuple[Entry, ...],
    cause: Cause,
    chosen: Choice,
) -> tuple[Finding, ...]:
    """Return the guard's findings about entries, compared with those of the last version.

    Entries of an older version are suspicious only if the page brought them back: an edited
    definition may have been reverted.
    """
    old, limits = last.entries if last else (), context.config.guard
    older: Mapping[str, int] = context.tree.digests() if cause == "page" else {}
    findings = guard(old, entries, limits, older)
    if chosen is None:
        return findings
    before, after = narrow_entries(old, chosen), narrow_entries(entries, chosen)
    if digest(before) == digest(after):  # what is chosen stays as it is
        return tuple(msgspec.structs.replace(each, verdict="publish") for each in findings)
    # Values that so far were only in regions that hold nothing are judged as new here.
    findings += guard_values(before, after, limits)
    return tuple(dict.fromkeys(_release_outside(findings, chosen)))
