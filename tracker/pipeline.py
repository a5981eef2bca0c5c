"""One check of one source, from top to bottom.

fetch, read, guard, diff, commit, publish, deliver: this module decides their order, and what a
failure leaves behind. The details of each step are in its own module.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec
from msgspec import UNSET

from tracker.check.context import (
    CheckContext,
    CheckOutcome,
    OutcomeKind,
    failed_outcome,
    join_outcomes,
)
from tracker.check.earlier_work import (
    EarlierWork,
    add_earlier_work,
    finish_earlier,
    finish_winner,
    has_end_of_grace,
    has_new_form,
    is_repaired,
    preload,
    preload_for_change,
)
from tracker.check.rewind import went_back
from tracker.check.scope_change import has_other_scope, report_widened
from tracker.errors import Conflict, FetchError, FwtrackerError, UsageError
from tracker.fetch.fetcher import Fetched
from tracker.filters.report import add_dry_problems, has_filter_problem, report_filters
from tracker.model import Finding, regions_of
from tracker.publish.freshness import mark_checked
from tracker.store.identity import find_newest, identify_published, remember_seen
from tracker.store.records import Held, Manifest, Validators, hold_findings
from tracker.times import parse_utc

if TYPE_CHECKING:
    from tracker.check.cause import CheckPlan, VersionStep
    from tracker.parse.pages.page_set import PageSet

# Parser, publisher and alerts are imported where they are used: most checks find nothing new,
# and need none of them.

log = logging.getLogger(__name__)

_REJECTED = Finding(
    "rejected",
    "publish",
    "the page says what was rejected before; the last version stays",
)


class Revalidation(NamedTuple):
    """What the servers report about the pages that were read last.

    `state` is "unknown" if none were, or if they were read in another way. `answers` are those
    up to the first page that differs; those with a body need no second request.
    """

    state: Literal["unchanged", "changed", "unknown"]
    answers: Sequence[Fetched] = ()


class Evaluation(NamedTuple):
    """The pages as they are now, and the versions that follow the last good one by them."""

    pages: PageSet
    plan: CheckPlan


def run_check(context: CheckContext) -> CheckOutcome:
    """Check one source under its lock. A failure is an outcome, not an exception.

    After the page comes DNS, if that is enabled, and then the channels, if there are any: they
    also get what earlier runs committed, even if this check failed.
    """
    try:
        with context.tree.lock():
            preload(context)
            manifest = context.tree.manifest()
            if not context.config.channels:
                outcome, _ = run_steps(context, manifest)
                outcome = report_filters(context, outcome, manifest, had_problems=False)
                return _count_check(context, compare_dns(context, outcome), manifest)
            from tracker.alerts import notify  # noqa: PLC0415

            prior = notify.PriorState(notify.load_health(context, manifest), manifest)
            outcome, new_channels = run_steps(context, manifest)
            troubled = bool(prior.health)
            outcome = report_filters(context, outcome, manifest, had_problems=troubled)
            outcome = compare_dns(context, outcome)
            if went_back(outcome):  # the times of the manifest are those of another store
                prior = notify.PriorState(context.tree.health(), None)
            elif _may_have_notices(context, outcome):
                prior = notify.PriorState(context.tree.health(), manifest)
            return notify.finish_check(context, outcome, new_channels, prior)
    except FwtrackerError as error:
        return failed_outcome(context.source.name, error)


def _count_check(
    context: CheckContext, outcome: CheckOutcome, manifest: Manifest | None
) -> CheckOutcome:
    """Record the health of the checks, if there are no channels and a check was not good."""
    if not outcome.is_good or context.tree.health():
        from tracker.alerts import notify  # noqa: PLC0415

        notify.count_check(context, outcome, manifest)
    return outcome


def _may_have_notices(context: CheckContext, outcome: CheckOutcome) -> bool:
    """Return whether a notice may have been committed that the earlier health lacks."""
    found = is_repaired(outcome) or has_filter_problem(outcome) or has_other_scope(outcome)
    found = found or has_end_of_grace(outcome) or has_new_form(outcome)
    return context.config.drift.enabled or found


def run_steps(
    context: CheckContext, manifest: Manifest | None
) -> tuple[CheckOutcome, Sequence[str]]:
    """Finish the work of earlier runs, then fetch and process the page.

    Returns the outcome and the names of channels that are new in this store.
    """
    earlier = EarlierWork()
    try:
        earlier = finish_earlier(context, manifest)
        outcome = fetch_and_process(context)
    except FwtrackerError as error:  # about the store, not about the page
        outcome = failed_outcome(context.source.name, error)
    return add_earlier_work(outcome, earlier), earlier.new_channels


def fetch_and_process(context: CheckContext) -> CheckOutcome:
    """Do the steps from fetch to publish. Failures and holds leave the last version in force.

    If another machine commits the same number first, its version is the one to compare with:
    it is published, and then all steps are repeated.
    """
    try:
        return _fetch_and_process_once(context)
    except Conflict:
        return _follow_winner(context)
    except FwtrackerError as error:
        return failed_outcome(context.source.name, error)


def _follow_winner(context: CheckContext) -> CheckOutcome:
    """Publish the version of another machine, if it has not done so; then check again."""
    winner = EarlierWork()
    try:
        winner = finish_winner(context)
        outcome = _fetch_and_process_once(context)
    except FwtrackerError as error:
        outcome = failed_outcome(context.source.name, error)
    return add_earlier_work(outcome, winner)


def _fetch_and_process_once(context: CheckContext) -> CheckOutcome:
    revalidation = revalidate(context)
    if revalidation.state == "unchanged":
        return report_unchanged(context)
    return process_changed(context, revalidation.answers)


def revalidate(context: CheckContext) -> Revalidation:
    """Request the known pages conditionally. Raises FetchError.

    They are unchanged if each has a 304 or the same hash, and the version in force is the one
    that was read from them. The first known page is the main one. Linked pages that are not a
    region's were passed over and are not read, so failing to fetch one is not a change. Once
    a day the pages are fetched unconditionally: a server can be wrong about what has changed.
    """
    known = context.tree.cached_state("validators", Validators)
    if (
        known is None
        or known.context != context.reading_key
        or len(known.pages) < len(context.page_urls)
        or not _is_in_force(context, known)
    ):
        return Revalidation("unknown")
    fetcher, is_full = context.fetcher_for_page(), _is_full_fetch_due(context, known)
    answers: list[Fetched] = []
    urls = context.page_urls  # of the first pages; their redirects can have changed
    for url, page in zip_longest(urls, known.pages):
        answers.append(fetcher.get(url or page.url, None if is_full else page))
        if answers[-1].page.sha256 != page.sha256:
            return Revalidation("changed", answers)
    for page in known.passed_over:
        try:
            answer = fetcher.get(page.url, None if is_full else page)
        except FetchError:
            continue
        if answer.page.sha256 != page.sha256:
            return Revalidation("changed", [*answers, answer])
    if is_full:
        pages = tuple(answer.page for answer in answers)
        context.tree.remember("validators", msgspec.structs.replace(known, pages=pages))
    return Revalidation("unchanged", answers)


def _is_in_force(context: CheckContext, known: Validators) -> bool:
    """Return whether the published version is the one that was read from these pages."""
    published = identify_published(context.tree.manifest())
    return published is not None and (published.version, published.digest) == (
        known.version,
        known.version_digest,
    )


def _is_full_fetch_due(context: CheckContext, known: Validators) -> bool:
    """Return whether the last unconditional fetch is too old, or in the future."""
    age = context.now() - parse_utc(known.pages[0].fetched_at)
    return not timedelta(0) <= age < timedelta(hours=context.config.fwtracker.full_fetch_hours)


def process_changed(context: CheckContext, answers: Sequence[Fetched]) -> CheckOutcome:
    """Read the pages, compare them with the last good version, and publish the changes.

    Changes by an edited definition come first, as a separate version. While that is held, the
    changes of the page wait.
    """
    pages, plan = evaluate(context, answers)
    if not plan.steps:
        _remember_validators(context, pages)
        return report_unchanged(context, plan.findings)
    outcomes: list[CheckOutcome] = []
    for step in plan.steps:
        outcomes.append(publish_or_hold(context, step))
        if outcomes[-1].outcome != "published":
            break
    else:
        _remember_validators(context, pages)
    return join_outcomes(outcomes, page_waits=len(outcomes) < len(plan.steps))


def publish_or_hold(context: CheckContext, step: VersionStep) -> CheckOutcome:
    """Publish a candidate, or keep it for review if one of its findings holds it."""
    if hold_findings(step.candidate.findings):
        return hold(context, step)
    return commit(context, step)


def report_unchanged(context: CheckContext, findings: tuple[Finding, ...] = ()) -> CheckOutcome:
    """Record in the manifest that the page still has the content of the last version."""
    mark_checked(context.tree, context.config, context.now())
    return CheckOutcome(
        context.source.name, "unchanged", _newest_version(context), findings=findings
    )


def evaluate(context: CheckContext, answers: Sequence[Fetched]) -> Evaluation:
    """Fetch the remaining pages, read all, and run the guard. Raises FwtrackerError.

    `answers` are pages that were fetched already; they are not requested again.
    """
    from tracker.check.candidate import hold_new_removed  # noqa: PLC0415
    from tracker.check.cause import plan_steps  # noqa: PLC0415
    from tracker.parse.pages.page_set import fetch_pages, read_page_set  # noqa: PLC0415

    preload_for_change(context)
    last, source, urls = context.tree.latest(), context.source, context.page_urls
    known_regions = tuple(filter(None, regions_of(last.entries))) if last else ()
    pages = fetch_pages(context.fetcher_for_page(), source, urls, answers, known_regions)
    reading = read_page_set(pages, source, urls[0])
    reading = hold_new_removed(context, reading)
    log.info("%s: %d entries are on the page", source.name, len(reading.entries))
    # The parsed pages are large, and no longer needed.
    pages = msgspec.structs.replace(
        pages, parsed=(), removed=reading.removed, is_whole=not reading.unread
    )
    return Evaluation(pages, plan_steps(context, last, reading, pages))


def hold(context: CheckContext, step: VersionStep) -> CheckOutcome:
    """Keep the candidate and its pages for review; the last good version stays."""
    candidate, bodies = step
    name = f"held/{candidate.digest}"
    context.tree.keep_pages(bodies, held=True)
    held, newest = context.tree.cached_state(name, Held), find_newest(context.tree)
    previous = newest.digest if newest else None
    if held is None or held.candidate.cause not in (UNSET, candidate.cause):
        first_seen = candidate.captured_at
        context.tree.remember(name, Held(candidate, first_seen, previous_digest=previous))
    elif held.rejected:
        return report_unchanged(context, (_REJECTED,))
    elif held.previous_digest not in (None, previous):  # with a version that is gone
        again = msgspec.structs.replace(held, candidate=candidate, previous_digest=previous)
        context.tree.remember(name, again)
    return CheckOutcome(
        context.source.name,
        "held",
        candidate.previous,
        findings=candidate.findings,
        digest=candidate.digest,
        cause=candidate.cause or "page",
    )


def commit(context: CheckContext, step: VersionStep) -> CheckOutcome:
    """Commit and publish. The validators of the pages are stored only after that.

    All published files are derived before the commit, so that a candidate is never committed
    if its rule files cannot be made.
    """
    from tracker.publish.publish import derive, publish  # noqa: PLC0415

    tree, now, candidate = context.tree, context.now(), step.candidate
    derived = derive(tree, context.config, now, candidate)
    report_widened(context, candidate)
    tree.commit(candidate, step.bodies)
    remember_seen(tree, identify_published(publish(tree, context.config, now, derived)))
    tree.forget(f"held/{candidate.digest}")
    return CheckOutcome(
        context.source.name,
        "published",
        candidate.version,
        derived.changes.summary,
        candidate.findings + derived.findings,
        cause=candidate.cause or "page",
    )


def compare_dns(context: CheckContext, outcome: CheckOutcome) -> CheckOutcome:
    """After a good check, compare DNS with the version in force, if that is enabled."""
    if not context.config.drift.enabled or not outcome.is_good:
        return outcome
    from tracker.drift.check import run_drift  # noqa: PLC0415

    try:
        return run_drift(context, outcome)
    except UsageError as error:  # the check itself is done, and good
        log.error("%s: %s", context.source.name, error)
        return msgspec.structs.replace(outcome, usage=True)


def dry_run(context: CheckContext) -> CheckOutcome:
    """Return what a run would do. Writes nothing and sends nothing."""
    name = context.source.name
    try:
        plan = evaluate(context, ()).plan
    except FwtrackerError as error:
        return failed_outcome(name, error)
    if not plan.steps:
        outcome = CheckOutcome(
            name, "unchanged", _newest_version(context), findings=plan.findings
        )
        return add_dry_problems(context, outcome, context.tree.latest())
    from tracker.diff.diff import diff  # noqa: PLC0415

    outcomes: list[CheckOutcome] = []
    last = context.tree.latest()
    for candidate, _ in plan.steps:
        kind: OutcomeKind = "held" if hold_findings(candidate.findings) else "published"
        summary, found = diff(last, candidate).summary, candidate.findings
        cause, last = candidate.cause or "page", candidate
        outcomes.append(CheckOutcome(name, kind, last.version, summary, found, cause=cause))
        if kind == "held":
            break
    joined = join_outcomes(outcomes, page_waits=len(outcomes) < len(plan.steps))
    return add_dry_problems(context, joined, last)


def _remember_validators(context: CheckContext, pages: PageSet) -> None:
    """Store the validators. If a region could not be read, the next check reads the pages."""
    published = identify_published(context.tree.manifest()) if pages.is_whole else None
    known = Validators(
        context.reading_key,
        pages.pages,
        pages.passed_over,
        pages.removed,
        published.version if published else None,
        published.digest if published else None,
    )
    context.tree.remember("validators", known)


def _newest_version(context: CheckContext) -> int | None:
    return max(context.tree.versions(), default=None)
