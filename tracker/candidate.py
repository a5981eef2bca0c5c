"""From what was fetched to the version it would become. Nothing is stored here, or decided.

An operator's choices count: the regions wanted, and the findings that somebody approved.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from tracker.errors import UsageError
from tracker.fetch.fetcher import Fetched
from tracker.guard.guard import guard
from tracker.memory import give_back
from tracker.model import SCHEMA, Entry, Finding, Snapshot, digest, regions_of
from tracker.parse.pages.page_set import Collected, collect, read_collected
from tracker.store.tree import Tree, holds
from tracker.times import format_utc

if TYPE_CHECKING:
    from tracker.context import Check


class Weighed(msgspec.Struct, frozen=True):
    """What the pages say, held against the last good version.

    It holds nothing that publishing does not need: neither what was parsed nor that version.
    `candidate` is the version that it would become; None where the last one says the same.
    """

    found: Collected
    findings: tuple[Finding, ...]
    candidate: Snapshot | None


def weighed(check: Check, answers: Sequence[Fetched]) -> Weighed:
    """Fetch what is left to fetch, read it, and ask the guard. Raises FwtrackerError."""
    known = _known_regions(check.tree)
    found = collect(check.asking(), check.source, check.page_url, answers, known)
    entries, findings = _read(check, found)
    # What was parsed is of no more use, and large.
    found = msgspec.structs.replace(found, texts=())
    give_back(sum(map(len, found.bodies.values())))
    last = check.tree.latest()
    findings = _accepted(check, last, findings)
    if last and last.digest == digest(entries) and not holds(findings):
        return Weighed(found, findings, None)
    candidate = _candidate(check, found, entries, findings, last)
    return Weighed(found, candidate.findings, candidate)


def _known_regions(tree: Tree) -> tuple[str, ...]:
    """The regions of the last version; that itself is not kept while the pages are parsed."""
    last = tree.latest()
    return tuple(filter(None, regions_of(last.entries))) if last else ()


def _read(check: Check, found: Collected) -> tuple[tuple[Entry, ...], tuple[Finding, ...]]:
    """The entries of the regions that the configuration wants, and all findings."""
    reading = read_collected(found, check.source, check.page_url)
    wanted = check.options.regions
    if wanted is None:
        return reading.entries, reading.findings
    there = [region for region in regions_of(reading.entries) if region]
    for region in wanted:
        if region not in there:
            raise UsageError(
                f'[sources.{check.source.name}] regions: "{region}" is not on the page; there'
                f" are: {', '.join(there) or 'no named regions'}"
            )
    return tuple(e for e in reading.entries if e.region in wanted), reading.findings


def _accepted(
    check: Check, last: Snapshot | None, findings: Iterable[Finding]
) -> tuple[Finding, ...]:
    """The findings, where those that somebody has approved before hold no more.

    Nor do those that the configuration names in `[guard] publish`.

    A first version may lack its end tag: pages do. One that loses it later may be cut off.
    """
    known = {_said(finding) for finding in last.findings} if last else set()
    known |= {_said(one) for one in check.tree.state("accepted", list[Finding]) or ()}
    names = {*check.config.guard.publish, *(() if last else ("end-tag-missing",))}
    return tuple(
        msgspec.structs.replace(finding, verdict="publish")
        if _said(finding) in known or finding.name in names
        else finding
        for finding in findings
    )


def _said(finding: Finding) -> tuple[str | None, ...]:
    return finding.name, finding.message, finding.region, finding.resource


def _candidate(
    check: Check,
    found: Collected,
    entries: tuple[Entry, ...],
    findings: tuple[Finding, ...],
    last: Snapshot | None,
) -> Snapshot:
    """The next version as it would be, with what the guard has to say about it."""
    wanted = check.options.regions
    old = [
        entry
        for entry in (last.entries if last else ())
        if wanted is None or entry.region in wanted  # the operator's choice is no loss
    ]
    judged = guard(old, entries, check.config.guard, check.tree.digests())
    return Snapshot(
        schema=SCHEMA,
        source=check.source.name,
        version=last.version + 1 if last else 1,
        captured_at=format_utc(check.now()),
        previous=last.version if last else None,
        digest=digest(entries),
        pages=found.pages,
        entries=entries,
        findings=findings + judged,
    )
