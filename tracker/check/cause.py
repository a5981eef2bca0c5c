"""What caused a difference: the page, an edited definition or a newer reader.

If the page and its definition have both changed since the last version, the stored pages of
that version are read again, as a check reads fetched pages: what differs there is due to the
definition, and the rest to the page. The scope comes first: a version of an older program, with
only the chosen regions, gets the other regions of its page added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from tracker.check.candidate import build_candidate
from tracker.check.context import CheckContext
from tracker.check.scope_change import is_by_other_definition, is_narrowed
from tracker.errors import FwtrackerError, StoreError
from tracker.fetch.fetcher import Fetched
from tracker.filters.scope import SCOPE_CHANGED, describe_choice
from tracker.model import Cause, Finding, Page, Snapshot, digest, name_cause, regions_of
from tracker.parse.page import Reading
from tracker.parse.pages.page_set import PageSet, fetch_pages, read_page_set
from tracker.sources import READER, Source
from tracker.store.records import Held
from tracker.store.tree import Tree

UNCLEAR = "cause-unclear"  # the finding of a version that may be the page's change as well


class VersionStep(NamedTuple):
    """A version that is to follow the last one, and the raw pages that it was read from."""

    candidate: Snapshot
    bodies: Mapping[str, bytes]


class CheckPlan(NamedTuple):
    """The versions that a reading makes, in order; the page's own change is the last.

    `findings` are those of the pages as they are now.
    """

    findings: tuple[Finding, ...]
    steps: tuple[VersionStep, ...] = ()


def plan_steps(
    context: CheckContext, last: Snapshot | None, reading: Reading, pages: PageSet
) -> CheckPlan:
    """Return the versions that follow the last one by these pages, each with its cause."""
    if last and is_narrowed(last, context.source):
        return _plan_from_narrowed(context, last, reading, pages)
    return _plan_changes(context, last, reading, pages, find_reading_change(context, last))


def _plan_from_narrowed(
    context: CheckContext, last: Snapshot, reading: Reading, pages: PageSet
) -> CheckPlan:
    """Return the step to all regions, and the versions that follow it by these pages.

    The regions are taken from the pages of the last version, or else from the current ones.
    """
    cause, why = find_reading_change(context, last), ""
    try:
        urls = _list_urls(context, pages)
        old_pages, old = read_again(context.tree, context.source, last, urls)
    except FwtrackerError as error:
        old_pages, old, why = pages, reading, str(error)
    step = _widen(context, last, old, old_pages)
    if step is None:
        return _plan_changes(context, last, reading, pages, cause)
    base = step.candidate
    if why and base.digest != digest(reading.entries):
        rest = _leave_together(context, base, reading, pages, cause, why)
    else:
        rest = _plan_changes(context, base, reading, pages, cause)
    return CheckPlan(rest.findings, (step, *rest.steps))


def _widen(
    context: CheckContext, last: Snapshot, reading: Reading, pages: PageSet
) -> VersionStep | None:
    """Return the last version with the other regions that a reading has, if it has any."""
    held = regions_of(last.entries)
    others = tuple(entry for entry in reading.entries if entry.region not in held)
    if not others:
        return None
    new = ", ".join(region or "a table without a region" for region in regions_of(others))
    message = (
        f"versions say all regions of the page from here on; new in them: {new}; the page"
        " itself has not changed by that; rule files, alerts and page show"
        f" {describe_choice(context.source.definition.regions)}"
    )
    findings = (*reading.findings, Finding(SCOPE_CHANGED, "publish", message))
    whole = replace(reading, entries=(*last.entries, *others), findings=findings)
    _, candidate = build_candidate(context, last, whole, pages.pages, "scope")
    return VersionStep(candidate, pages.bodies) if candidate else None


def _list_urls(context: CheckContext, pages: PageSet) -> list[str]:
    """Return the addresses of the pages that the definition names, which come first."""
    return [page.url for page in pages.pages[: len(context.page_urls)]]


def _plan_changes(
    context: CheckContext,
    last: Snapshot | None,
    reading: Reading,
    pages: PageSet,
    cause: Cause,
) -> CheckPlan:
    """Return the steps without that of the scope; `cause` is what changed besides the page."""
    if last and _hashes(last.pages) == _hashes(pages.pages):
        cause = "reader" if cause == "page" else cause
        findings, candidate = build_candidate(context, last, reading, pages.pages, cause)
        return _plan(findings, candidate, pages)
    findings, candidate = build_candidate(context, last, reading, pages.pages)
    if last and candidate and cause != "page" and candidate.digest != last.digest:
        return _separate(context, last, reading, pages, cause)
    return _plan(findings, candidate, pages)


def find_reading_change(context: CheckContext, last: Snapshot | None) -> Cause:
    """Return what changed besides the page since the last version; "page" if nothing did.

    A version of an older program names neither definition nor reader: its reader was older.
    """
    if last is None:
        return "page"
    if is_by_other_definition(last, context.source):
        return "definition"
    return "page" if last.reader == READER else "reader"


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

    If the two cannot be separated, it is one step, and a finding says why.
    """
    try:
        urls = _list_urls(context, pages)
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


class StoredPages:
    """The pages of one version, handed out by address as a fetcher would."""

    def __init__(self, tree: Tree, pages: Iterable[Page]) -> None:
        self.tree = tree
        self.pages = {page.url.rstrip("/"): page for page in pages}

    def get(self, url: str, known: Page | None = None) -> Fetched:  # noqa: ARG002  a fetcher's
        """Return the stored page. Raises StoreError if the version was read without it."""
        page = self.pages.get(url.rstrip("/"))
        body = self.tree.page(page.sha256) if page else None
        if page is None or body is None:
            raise StoreError(f"{url}: not among the stored pages of this version")
        return Fetched(page, body, None)


def read_again(
    tree: Tree, source: Source, snapshot: Snapshot, urls: Sequence[str]
) -> tuple[PageSet, Reading]:
    """Return the stored pages of a version, and their reading by the source's definition.

    `urls` are those of its first pages. Raises FwtrackerError: StoreError for a page that is
    not stored, PageError and others for one that cannot be read today.
    """
    known = tuple(filter(None, regions_of(snapshot.entries)))
    found = fetch_pages(StoredPages(tree, snapshot.pages), source, urls, known_regions=known)
    return found, read_page_set(found, source, urls[0])
