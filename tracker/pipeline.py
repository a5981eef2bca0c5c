"""One check: fetch, read, guard, diff, commit, publish, deliver.

Read it downwards. What each step does is in its own module; what happens in which order, and
what a failure leaves, is decided here.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from tracker.context import Check
from tracker.errors import Conflict, FwtrackerError, NothingRead, UsageError
from tracker.fetch.fetcher import Fetched
from tracker.fetch.revalidate import revisit
from tracker.model import Finding, Snapshot
from tracker.outcome import Outcome, Result, failed
from tracker.publish.freshness import is_published, touch
from tracker.store.tree import Held, Manifest, Validators, holds

if TYPE_CHECKING:
    from tracker.candidate import Weighed
    from tracker.parse.pages.page_set import Collected

log = logging.getLogger(__name__)

_REJECTED = Finding(
    "rejected",
    "publish",
    "the page says what was rejected before; the last version stays",
)


def run(check: Check) -> Outcome:
    """Check one source under its lock. A failure is an outcome, not an exception."""
    try:
        with check.tree.lock():
            return _in_turn(check)
    except FwtrackerError as error:
        return failed(check.source.name, error)


def glance(check: Check) -> Outcome | None:
    """A check that may only find that nothing is new; None where there is more to do.

    Loads no parser and sends nothing. Whoever gets None makes a whole check: an error, too, is
    found again there, and told.
    """
    try:
        with check.tree.lock():
            return _still(check) if _is_calm(check) and _answers(check) is None else None
    except FwtrackerError:
        return None


def _is_calm(check: Check) -> bool:
    """Whether nothing is left to publish or to tell, and DNS need not be asked."""
    manifest, tree, config = check.tree.manifest(), check.tree, check.config
    if manifest is None or not is_published(tree, manifest, config, check.now()):
        return False
    if not config.channels:
        return not config.drift.enabled
    from tracker.alerts import tell  # noqa: PLC0415  only for those who have channels

    return not config.drift.enabled and tell.is_calm(check, manifest)


def _in_turn(check: Check) -> Outcome:
    """Finish what is left of earlier runs, check, and tell the channels, if there are any."""
    manifest = check.tree.manifest()
    if not check.config.channels:
        return _drifted(check, _attempted(check, manifest)[0])
    from tracker.alerts import tell  # noqa: PLC0415  only for those who have channels

    health = tell.known(check, manifest)
    outcome, late = _attempted(check, manifest)
    if check.config.drift.enabled:
        outcome = _drifted(check, outcome)
        health = check.tree.health()
    return tell.told(check, outcome, late, tell.Before(health, manifest))


def _drifted(check: Check, outcome: Outcome) -> Outcome:
    """After a good check, DNS held against the version in force, for those who want that."""
    if not check.config.drift.enabled or outcome.outcome not in {"unchanged", "published"}:
        return outcome
    from tracker.drift.step import in_check  # noqa: PLC0415  only where it is wanted

    try:
        return in_check(check, outcome)
    except UsageError as error:  # the check itself is done, and good
        log.error("%s: %s", check.source.name, error)
        return msgspec.structs.replace(outcome, usage=True)


def _attempted(check: Check, manifest: Manifest | None) -> tuple[Outcome, list[str]]:
    """What the check came to, and the channels that are new here."""
    late: list[str] = []
    try:
        late = finish_earlier(check, manifest)
        return _checked(check), late
    except FwtrackerError as error:  # of what is stored, not of the page
        return failed(check.source.name, error), late


def dry_run(check: Check) -> Outcome:
    """What a run would come to. Writes nothing and sends nothing."""
    name = check.source.name
    try:
        seen = _weighed(check, [])
    except FwtrackerError as error:
        return failed(name, error)
    if seen.candidate is None:
        return Outcome(name, "unchanged", _version(check), findings=seen.findings)
    from tracker.diff.diff import diff  # noqa: PLC0415  only where there is a difference

    result: Result = "held" if holds(seen.findings) else "published"
    summary = diff(check.tree.latest(), seen.candidate).summary
    return Outcome(name, result, seen.candidate.version, summary, seen.findings)


def finish_earlier(check: Check, manifest: Manifest | None) -> list[str]:
    """Register new channels; publish what an earlier run committed and could not publish."""
    late: list[str] = []
    if check.config.channels:
        from tracker.alerts import outbox  # noqa: PLC0415

        late = outbox.register(check.tree, check.config.channels)
    if not is_published(check.tree, manifest, check.config, check.now()):
        log.info("%s: publishing what an earlier run left undone", check.source.name)
        from tracker.publish.publish import (  # noqa: PLC0415  only where there is something new
            publish,
        )

        publish(check.tree, check.config, check.now())
    return late


def _checked(check: Check, *, again: bool = True) -> Outcome:
    """Fetch to publish. A failure or a hold leaves the last good version in force.

    Where another machine commits the same number first, its version is the one to compare
    with: once more from the top.
    """
    try:
        answers = _answers(check)
        return _still(check) if answers is None else _compared(check, answers)
    except Conflict as error:
        return _checked(check, again=False) if again else failed(check.source.name, error)
    except NothingRead as error:
        finding = Finding("nothing-read", "hold", str(error))
        return Outcome(check.source.name, "held", _version(check), findings=(finding,))
    except FwtrackerError as error:
        return failed(check.source.name, error)


def _answers(check: Check) -> Sequence[Fetched] | None:
    """None where the pages that are known say what they said; else what they said instead."""
    known = check.tree.state("validators", Validators)
    if known is None or known.context != check.context:
        return []
    return revisit(check.asking(), check.page_url, known.pages, known.passed_over)


def _compared(check: Check, answers: Sequence[Fetched]) -> Outcome:
    """Read the pages, hold them against the last good version, and publish what is new."""
    seen = _weighed(check, answers)
    if seen.candidate is None:
        _remember(check, seen.found)
        return _still(check, seen.findings)
    if holds(seen.findings):
        return _hold(check, seen.candidate, seen.found)
    candidate, found = seen.candidate, seen.found
    del seen  # the last version with it: both, of many entries, are much
    return _commit(check, candidate, found)


def _weighed(check: Check, answers: Sequence[Fetched]) -> Weighed:
    from tracker.candidate import weighed  # noqa: PLC0415  the parser, only for a changed page

    return weighed(check, answers)


def _commit(check: Check, candidate: Snapshot, found: Collected) -> Outcome:
    """Commit, publish, and only then keep the validators of the pages."""
    from tracker.publish.publish import derive, publish  # noqa: PLC0415

    now = check.now()
    known = derive(check.tree, check.config, now, candidate)
    check.tree.commit(candidate, found.bodies)
    publish(check.tree, check.config, now, known)
    _remember(check, found)
    check.tree.forget(f"held/{candidate.digest}")
    return Outcome(
        check.source.name,
        "published",
        candidate.version,
        known.changes.summary,
        candidate.findings + known.findings,
    )


def _hold(check: Check, candidate: Snapshot, found: Collected) -> Outcome:
    """Keep the candidate and its pages for review; the last good version stays."""
    name = f"held/{candidate.digest}"
    held = check.tree.state(name, Held)
    if held is None:
        check.tree.keep_pages(found.bodies, held=True)
        check.tree.remember(name, Held(candidate, first_seen=candidate.captured_at))
    elif held.rejected:
        return _still(check, (_REJECTED,))
    return Outcome(
        check.source.name,
        "held",
        candidate.previous,
        findings=candidate.findings,
        digest=candidate.digest,
    )


def _still(check: Check, findings: tuple[Finding, ...] = ()) -> Outcome:
    """The page says what the last version says."""
    touch(check.tree, check.now())
    return Outcome(check.source.name, "unchanged", _version(check), findings=findings)


def _remember(check: Check, found: Collected) -> None:
    known = Validators(check.context, found.pages, found.passed_over)
    check.tree.remember("validators", known)


def _version(check: Check) -> int | None:
    return max(check.tree.versions(), default=None)
