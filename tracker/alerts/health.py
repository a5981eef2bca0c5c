"""The health of the checks, and when a notice about it is due. Pure.

Problems have an order, from the fetch on: a check that ends with one of them shows that those
before it are over. `notices.py` commits the notices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tracker.model import Finding
from tracker.notifications import Notice, NoticeKind
from tracker.store.records import Health, NotifiedProblem, hold_findings
from tracker.times import format_utc, parse_utc

if TYPE_CHECKING:
    from tracker.check.context import CheckOutcome
    from tracker.config.tables import HealthConfig

PROBLEM_ORDER: tuple[NoticeKind, ...] = ("failing", "layout", "held", "stale")
UNREAD_ERRORS = frozenset({"page-not-read", "nothing-read", "unreadable"})
# Events: they are over with the check that notices them.
ENDS_AT_ONCE = frozenset({"files", "rewound", "scope", "upgrade", "grace"})
# A problem is notified again after this pause, which doubles each time. It is also remembered
# after its end, so that a problem that comes and goes does not send a notice with each check.
PAUSE, STALE_PAUSE = timedelta(hours=6), timedelta(hours=24)
LONGEST_PAUSE = timedelta(days=7)
MEMORY = timedelta(hours=24)  # after its last notice a problem that is over is forgotten
_MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class CheckDiagnosis:
    """The outcome of a check: `problem` is its kind of problem, None if it was good.

    `is_known`: there was a notice of the held page with this digest.
    """

    problem: NoticeKind | None
    name: str = ""
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    digest: str | None = None
    is_known: bool = False


def diagnose_check(outcome: CheckOutcome) -> CheckDiagnosis:
    """Return what the outcome of a check means for the health of checks."""
    if outcome.error:
        problem: NoticeKind = "layout" if outcome.error.name in UNREAD_ERRORS else "failing"
        return CheckDiagnosis(problem, outcome.error.name, outcome.error.message)
    if outcome.outcome != "held":
        return CheckDiagnosis(None, "good")
    held = tuple(hold_findings(outcome.findings))
    names = ", ".join(dict.fromkeys(finding.name for finding in held))
    return CheckDiagnosis("held", names, "", held, outcome.digest)


def count_check(health: Health, check: CheckDiagnosis, now: datetime) -> Health:
    """Return the health after one more check."""
    if check.problem is None:
        return replace(health, current_problem=None, since=None, count=0, last_success_at=None)
    same = check.problem == health.current_problem
    return replace(
        health,
        current_problem=check.problem,
        since=health.since if same else format_utc(now),
        count=health.count + 1 if same else 1,
        last_success_at=health.last_success_at or format_utc(now),
    )


def due_notices(
    health: Health, check: CheckDiagnosis, now: datetime, options: HealthConfig
) -> Iterator[NoticeKind]:
    """Yield the notices that are due after a check, which is counted in `health`."""
    problem = check.problem
    if problem == "held":
        # Once for each page; if it waits for long, that is notified as "stale".
        last = health.notified.get(problem)
        if not check.is_known and (last is None or last.digest != check.digest):
            yield problem
    elif problem and (problem != "failing" or health.count >= options.failures):
        again_as_stale = lasts(health, problem) and lasts(health, "stale")
        if not again_as_stale and is_due(health, problem, now):
            yield problem
    if problem:
        yield from overdue_notices(health, now, options)


def overdue_notices(
    health: Health, now: datetime, options: HealthConfig
) -> Iterator[NoticeKind]:
    """Yield "stale" if no check has been good for too long, and the notice is due."""
    lapsed = has_lapsed(health.last_success_at, now, options.stale_hours)
    if lapsed and is_due(health, "stale", now):
        yield "stale"


def ended_problems(
    health: Health, check: CheckDiagnosis, now: datetime, options: HealthConfig
) -> tuple[str, ...]:
    """Return the notified problems that ended with a check; `health` is from before it."""
    reached = (
        len(PROBLEM_ORDER) if check.problem is None else PROBLEM_ORDER.index(check.problem)
    )
    ended = [kind for kind in PROBLEM_ORDER[:reached] if lasts(health, kind)]
    gap = has_lapsed(health.last_success_at, now, options.gap_hours)
    if check.problem is None and gap and "stale" not in ended:
        ended.append("stale")
    return tuple(ended)


def has_lapsed(since: str | None, now: datetime, hours: float) -> bool:
    """Return whether at least so many hours have passed since a time."""
    return since is not None and parse_utc(since) + timedelta(hours=hours) <= now


def lasts(health: Health, about: str) -> bool:
    """Return whether a problem was notified and has not ended."""
    problem = health.notified.get(about)
    return problem is not None and problem.lasts


def is_due(health: Health, about: str, now: datetime) -> bool:
    """Return whether a problem may be notified now: for the first time, or again."""
    problem = health.notified.get(about)
    return problem is None or parse_utc(problem.at) + repeat_pause(about, problem.times) <= now


def next_count(health: Health, about: str) -> int:
    """Return the number of the next notice of a problem, from 1."""
    problem = health.notified.get(about)
    return problem.times + 1 if problem else 1


def repeat_pause(about: str, times: int) -> timedelta:
    """Return how long after so many notices of a problem the next one may be sent."""
    first = PAUSE if about in {"failing", "layout"} else STALE_PAUSE
    return min(first * (1 << min(times - 1, _MOST_DOUBLINGS)), LONGEST_PAUSE)


def apply_notice(health: Health, notice: Notice) -> Health:
    """Return the health after that notice was committed."""
    notified = dict(health.notified)
    for about in notice.ends:
        if about in notified:
            notified[about] = replace(notified[about], lasts=False)
    if notice.about:
        notified[notice.about] = NotifiedProblem(
            notice.at, notice.times, lasts=notice.kind not in ENDS_AT_ONCE, digest=notice.digest
        )
    last_success_at = None if "stale" in notice.ends else health.last_success_at
    return replace(
        health, notified=notified, last_success_at=last_success_at, newest=notice.number
    )


def forget_ended(health: Health, now: datetime) -> Health:
    """Return the health without ended problems whose recurrence may be notified at once."""
    notified = {
        about: problem
        for about, problem in health.notified.items()
        if problem.lasts or (about != "held" and now < parse_utc(problem.at) + MEMORY)
    }
    return replace(health, notified=notified)


def is_well(health: Health) -> bool:
    """Return whether there is nothing to remember."""
    return not (
        health.current_problem
        or health.last_success_at
        or health.failing_channels
        or health.notified
    )
