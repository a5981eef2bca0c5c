"""From what was read to the version that it would become. Nothing is stored here.

The operator's choices are applied: the regions wanted, and the findings that were approved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from tracker import __version__
from tracker.diff.entry_ids import carry_ids
from tracker.errors import UsageError
from tracker.guard.guard import guard
from tracker.model import SCHEMA, Cause, Entry, Finding, Page, Snapshot, digest, regions_of
from tracker.parse.page import Reading
from tracker.sources import READER
from tracker.store.tree import hold_findings
from tracker.times import format_utc

if TYPE_CHECKING:
    from tracker.context import CheckContext

WRITER = f"fwtracker {__version__}"


def build_candidate(
    context: CheckContext,
    last: Snapshot | None,
    reading: Reading,
    pages: tuple[Page, ...],
    cause: Cause = "page",
) -> tuple[tuple[Finding, ...], Snapshot | None]:
    """Return the findings, and the version that the reading would become.

    That is None where the last version has the same entries and nothing is held. Raises
    UsageError for a region of the configuration that is not on the page.
    """
    entries = _choose_regions(context, reading)
    findings = _apply_approvals(context, last, reading.findings)
    if last and last.digest == digest(entries) and not hold_findings(findings):
        return findings, None
    findings += _ask_guard(context, last, entries, cause)
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


def _choose_regions(context: CheckContext, reading: Reading) -> tuple[Entry, ...]:
    """Return the entries of the regions that the configuration names."""
    wanted = context.source.definition.regions
    if wanted is None:
        return reading.entries
    there = [region for region in regions_of(reading.entries) if region]
    for region in wanted:
        if region not in there:
            raise UsageError(
                f'{context.source.place} regions: "{region}" is not on the page; there are:'
                f" {', '.join(there) or 'no named regions'}"
            )
    return tuple(entry for entry in reading.entries if entry.region in wanted)


def _apply_approvals(
    context: CheckContext, last: Snapshot | None, findings: Iterable[Finding]
) -> tuple[Finding, ...]:
    """Return the findings; those that an operator approved before hold the page no more.

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
    """Yield the findings that the first version may have, and hold a later one."""
    if last is None:
        yield "end-tag-missing"  # a page that loses it later may be cut off
    if last is None or last.definition != context.source.definition.digest:
        yield "table-read-by-defaults"


def _identity(finding: Finding) -> tuple[str | None, ...]:
    """Return what makes two findings the same, whatever their verdict."""
    return finding.name, finding.message, finding.region, finding.resource


def _ask_guard(
    context: CheckContext, last: Snapshot | None, entries: tuple[Entry, ...], cause: Cause
) -> tuple[Finding, ...]:
    """Return what the guard finds in entries, compared with those of the last version.

    A definition that is put back gives what an older version said; only a page that does is
    suspicious.
    """
    wanted = context.source.definition.regions
    old = [
        entry
        for entry in (last.entries if last else ())
        if wanted is None or entry.region in wanted  # the operator's choice is no loss
    ]
    older: Mapping[str, int] = context.tree.digests() if cause == "page" else {}
    return guard(old, entries, context.config.guard, older)
