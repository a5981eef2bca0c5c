"""Whose change a difference is: the page's, an edited definition's or a newer reader's.

Where the page and its definition have both changed since the last version, the pages of that
version are read again: what is different there is the definition's, and the rest the page's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from tracker.candidate import WRITER, build_candidate
from tracker.context import CheckContext
from tracker.diff.entry_ids import carry_ids
from tracker.errors import FwtrackerError
from tracker.model import Cause, Finding, Page, Snapshot, name_cause
from tracker.parse.page import Reading
from tracker.parse.pages.page_set import PageSet
from tracker.sources import READER
from tracker.store.tree import Held
from tracker.stored_pages import read_again

UNCLEAR = "cause-unclear"  # the finding of a version that may be the page's change as well


class VersionStep(NamedTuple):
    """A version that is to follow the last one, and the raw pages that it was read from."""

    candidate: Snapshot
    bodies: Mapping[str, bytes]


class CheckPlan(NamedTuple):
    """The versions that a reading comes to, in order: none, one, or the page's as the second.

    `findings` are those of the pages as they are now.
    """

    findings: tuple[Finding, ...]
    steps: tuple[VersionStep, ...] = ()


def plan_steps(
    context: CheckContext, last: Snapshot | None, reading: Reading, pages: PageSet
) -> CheckPlan:
    """Return the versions that the pages come to after the last one, each with its cause.

    Raises UsageError for a region of the configuration that is not on the page.
    """
    cause = find_reading_change(context, last)
    if last and _hashes(last.pages) == _hashes(pages.pages):
        cause = "reader" if cause == "page" else cause
        findings, candidate = build_candidate(context, last, reading, pages.pages, cause)
        return _plan(findings, candidate, pages)
    findings, candidate = build_candidate(context, last, reading, pages.pages)
    if last and candidate and cause != "page" and candidate.digest != last.digest:
        return _separate(context, last, reading, pages, cause)
    return _plan(findings, candidate, pages)


def find_reading_change(context: CheckContext, last: Snapshot | None) -> Cause:
    """Return what besides the page is not as it was for the last version; "page" for nothing.

    A version of an older program names neither definition nor reader: its reader was older.
    """
    if last is None:
        return "page"
    if last.definition not in (UNSET, context.source.definition.digest):
        return "definition"
    return "page" if last.reader == READER else "reader"


def find_cause_after(candidate: Snapshot, last: Snapshot | None) -> Cause | UnsetType:
    """Return the cause of a held candidate as the version after `last`.

    Where another version has come since it was held, by another definition or reader, what it
    differs in is not only the page's.
    """
    if last is None or last.version == candidate.previous or candidate.cause is UNSET:
        return candidate.cause
    if candidate.definition != last.definition:
        return "definition"
    return candidate.cause if candidate.reader == last.reader else "reader"


def _hashes(pages: Iterable[Page]) -> set[str]:
    return {page.sha256 for page in pages}


def _plan(
    findings: tuple[Finding, ...], candidate: Snapshot | None, pages: PageSet
) -> CheckPlan:
    return CheckPlan(findings, (VersionStep(candidate, pages.bodies),) if candidate else ())


def _separate(
    context: CheckContext, last: Snapshot, reading: Reading, pages: PageSet, cause: Cause
) -> CheckPlan:
    """Return the steps where both the page and the way of reading it have changed.

    Where the two cannot be told apart, it is one step, and a finding says why.
    """
    count = len(context.page_urls)
    urls = [page.url for page in pages.pages[:count]]  # those of the definition come first
    try:
        stored, again = read_again(context.tree, context.source, last, urls)
        _, first = build_candidate(context, last, again, stored.pages, cause)
    except FwtrackerError as error:
        return _leave_together(context, last, reading, pages, cause, str(error))
    if first is None or first.digest == last.digest:
        return _plan(*build_candidate(context, last, reading, pages.pages), pages)
    held = context.tree.cached_state(f"held/{first.digest}", Held)
    if held and held.rejected:
        why = "what its pages say now was rejected"
        return _leave_together(context, last, reading, pages, cause, why)
    findings, second = build_candidate(context, first, reading, pages.pages)
    return CheckPlan(
        findings, (VersionStep(first, stored.bodies), *_plan(findings, second, pages).steps)
    )


def _leave_together(
    context: CheckContext,
    last: Snapshot,
    reading: Reading,
    pages: PageSet,
    cause: Cause,
    why: str,
) -> CheckPlan:
    message = (
        f"the page has changed as well since version {last.version}, and that cannot be told"
        f" from what is due to {name_cause(cause)}: {why}"
    )
    findings = (*reading.findings, Finding(UNCLEAR, "publish", message))
    noted = replace(reading, findings=findings)
    return _plan(*build_candidate(context, last, noted, pages.pages, cause), pages)


def number_next(candidate: Snapshot, last: Snapshot | None) -> Snapshot:
    """Return the candidate as the version after the last one."""
    return replace(
        candidate,
        version=last.version + 1 if last else 1,
        previous=last.version if last else None,
        entries=carry_ids(last.entries if last else (), candidate.entries),
        cause=find_cause_after(candidate, last),
        writer=WRITER,
    )
