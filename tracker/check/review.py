"""An operator's decision about a held candidate, and what approving it would mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import msgspec

from tracker.alerts import notices
from tracker.alerts.notify import deliver
from tracker.check.candidate import number_next
from tracker.check.context import CheckContext, CheckOutcome
from tracker.check.earlier_work import add_earlier_work, finish_earlier
from tracker.check.scope_change import report_widened
from tracker.config import Config
from tracker.errors import NotAPage, RuleError, StoreError, UsageError
from tracker.fetch.decode import decode
from tracker.filters.report import find_channel_problems, find_problems_in
from tracker.model import Finding, Hash, Snapshot, Time
from tracker.parse.pages.excerpts import PageLines, find_excerpt, show_page
from tracker.publish.publish import derive, find_rule_problems, publish
from tracker.store.held import find_held
from tracker.store.identity import identify_published, remember_seen
from tracker.store.records import Held, hold_findings
from tracker.store.tree import Tree

_MOST_EXCERPTS = 5  # of findings of one name


def rule_findings(
    tree: Tree, config: Config, now: datetime, candidate: Snapshot
) -> tuple[Finding, ...]:
    """Return what approving would mean: rule files near a limit, filters that match nothing.

    If it could not be published at all, one of the findings says why.
    """
    new = number_next(candidate, tree.latest())
    silent = find_channel_problems(tree, config, now, new)
    try:
        found = find_rule_problems(tree, config, now, new)
    except (RuleError, UsageError) as error:
        found = (Finding("not-publishable", "hold", str(error)),)
    return (*found, *(finding for _, finding in silent))


def find_held_warnings(context: CheckContext, digest: str) -> tuple[Finding, ...]:
    """Return findings about filters that match nothing on the held page."""
    candidate = find_held(context.tree, digest).candidate
    new = number_next(candidate, context.tree.latest())
    return find_problems_in(context, new).findings


class Excerpt(msgspec.Struct, frozen=True):
    """The lines of a held page that a finding is about."""

    name: str
    message: str
    lines: tuple[str, ...]


class HeldReport(msgspec.Struct, frozen=True, rename={"notified": "told"}):
    """A candidate that waits for a decision: an item of `held --json`."""

    source: str
    digest: Hash
    candidate: Snapshot
    first_seen: Time
    rejected: bool
    notified: bool
    previous_digest: Hash | None
    rule_findings: tuple[Finding, ...]
    excerpts: tuple[Excerpt, ...]


def find_excerpts(tree: Tree, held: Held) -> tuple[Excerpt, ...]:
    """Return the part of the held pages that each finding is about, a few for each name.

    No part is shown twice.
    """
    pages = list(_show_held_pages(tree, held.candidate))
    found: dict[tuple[str, ...], Excerpt] = {}
    counted: Counter[str] = Counter()
    for finding in hold_findings(held.candidate.findings):
        counted[finding.name] += 1
        if counted[finding.name] <= _MOST_EXCERPTS:
            lines = find_excerpt(finding, pages)
            found.setdefault(lines, Excerpt(finding.name, finding.message, lines))
    found.pop((), None)
    return tuple(found.values())


def _show_held_pages(tree: Tree, candidate: Snapshot) -> Iterator[PageLines]:
    for page in candidate.pages:
        body = tree.page(page.sha256, held=True)
        if body is not None:
            try:
                text = decode(body, None, page.url)
            except NotAPage:  # its charset was in a header that is not stored
                text = body.decode("utf-8", "replace")
            yield show_page(page.url, text)


def approve(context: CheckContext, digest: str) -> CheckOutcome:
    """Commit, publish and deliver exactly the held candidate, as the next version.

    A candidate with the entries of the version in force makes no new one: then its findings are
    accepted, and do not hold the page again. The outcome's notes name owed deliveries.
    """
    tree, config = context.tree, context.config
    with tree.lock():
        earlier = finish_earlier(context, tree.manifest())
        held, last = find_held(tree, digest), tree.latest()
        candidate = _without_other_previous(tree, held)
        if last and last.digest == candidate.digest:
            _record_decision(context, candidate.digest, "approved")
            return _accept_findings(tree, last, candidate)
        new, now = number_next(candidate, last), context.now()
        derived = derive(tree, config, now, new)
        report_widened(context, new)
        tree.commit(new, {page.sha256: _held_page(tree, page.sha256) for page in new.pages})
        remember_seen(tree, identify_published(publish(tree, config, now, derived)))
        tree.forget(f"held/{candidate.digest}")
        _record_decision(context, candidate.digest, "approved")
        outcome = CheckOutcome(tree.source, "published", new.version, findings=derived.findings)
        outcome = add_earlier_work(outcome, earlier)
        return deliver(context, outcome, earlier.new_channels) if config.channels else outcome


def reject(context: CheckContext, digest: str) -> Held:
    """Record that the candidate is rejected; the same page is not held again.

    The channels get a notice of it with the next check.
    """
    tree = context.tree
    with tree.lock():
        held = msgspec.structs.replace(find_held(tree, digest), rejected=True)
        tree.remember(f"held/{held.candidate.digest}", held)
        _record_decision(context, held.candidate.digest, "rejected")
        return held


def _without_other_previous(tree: Tree, held: Held) -> Snapshot:
    """Return the candidate; without a previous version if the store now has another there."""
    candidate, number = held.candidate, held.candidate.previous
    if not number or held.previous_digest in (None, tree.version_digest(number)):
        return candidate
    return msgspec.structs.replace(candidate, previous=None)


def _record_decision(context: CheckContext, digest: str, decision: str) -> None:
    if context.config.channels:
        notices.record_decision(context, digest, decision)


def _accept_findings(tree: Tree, last: Snapshot, candidate: Snapshot) -> CheckOutcome:
    """Accept the findings of a candidate that has the entries of the version in force."""
    accepted = tree.cached_state("accepted", list[Finding]) or []
    tree.remember("accepted", [*accepted, *candidate.findings])
    tree.forget(f"held/{candidate.digest}")
    return CheckOutcome(tree.source, "unchanged", last.version)


def _held_page(tree: Tree, sha256: str) -> bytes:
    body = tree.page(sha256, held=True)
    if body is None:
        raise StoreError(f"the raw page {sha256[:12]} of the held candidate is gone; run again")
    return body
