"""What checks say of the watch itself, and when somebody has to hear of it. Pure.

Trouble has an order, from the fetch on: a check that comes as far as one of them has all those
before it behind it. What is told is committed by `notices.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tracker.model import Finding, Notice, NoticeKind
from tracker.store.tree import Health, Told, holds
from tracker.times import format_utc, parse_utc

if TYPE_CHECKING:
    from tracker.config.tables import Watching
    from tracker.outcome import Outcome

ORDER: tuple[NoticeKind, ...] = ("failing", "layout", "held", "stale")
UNREAD = frozenset({"page-not-read", "nothing-read", "unreadable"})  # names of errors
# A trouble is told again after such a pause, which doubles. Kept after its end too, so that
# one that comes and goes with every check is not told with every check.
PAUSE, STALE_PAUSE = timedelta(hours=6), timedelta(hours=24)
LONGEST_PAUSE = timedelta(days=7)
MEMORY = timedelta(hours=24)  # after its last notice a trouble that is over is forgotten
_MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a check: `kind` is its trouble, None where it was good.

    `known`: the held page with this digest was told of before.
    """

    kind: NoticeKind | None
    name: str = ""
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    digest: str | None = None
    known: bool = False


def seen(outcome: Outcome) -> Seen:
    """What the outcome of a check says of the watch."""
    if outcome.error:
        kind: NoticeKind = "layout" if outcome.error.name in UNREAD else "failing"
        return Seen(kind, outcome.error.name, outcome.error.message)
    if outcome.outcome != "held":
        return Seen(None, "good")
    held = tuple(holds(outcome.findings))
    names = ", ".join(dict.fromkeys(finding.name for finding in held))
    if outcome.digest is None:
        return Seen("layout", names, "; ".join(finding.message for finding in held))
    return Seen("held", names, "", held, outcome.digest)


def counted(health: Health, check: Seen, now: datetime) -> Health:
    """The same, after one more check."""
    if check.kind is None:
        return replace(health, trouble=None, since=None, count=0, good_at=None)
    same = check.kind == health.trouble
    return replace(
        health,
        trouble=check.kind,
        since=health.since if same else format_utc(now),
        count=health.count + 1 if same else 1,
        good_at=health.good_at or format_utc(now),
    )


def due(health: Health, check: Seen, now: datetime, options: Watching) -> Iterator[NoticeKind]:
    """What has to be told of a check, which is counted in `health`."""
    kind, told = check.kind, health.told.get(check.kind or "")
    if kind == "held":
        # Once for each page; that it still waits is told as stale.
        if not check.known and (told is None or told.digest != check.digest):
            yield kind
    elif kind and (kind != "failing" or health.count >= options.failures):
        again_as_stale = lasts(health, kind) and lasts(health, "stale")
        if not again_as_stale and is_due(health, kind, now):
            yield kind
    if kind:
        yield from overdue(health, now, options)


def overdue(health: Health, now: datetime, options: Watching) -> Iterator[NoticeKind]:
    """Whether no check has been good for too long, and that has to be told now."""
    if lapsed(health.good_at, now, options.stale_hours) and is_due(health, "stale", now):
        yield "stale"


def over(health: Health, check: Seen, now: datetime, options: Watching) -> tuple[str, ...]:
    """What a check has behind it, of all that was told; `health` is as it was before."""
    reached = len(ORDER) if check.kind is None else ORDER.index(check.kind)
    ends = [kind for kind in ORDER[:reached] if lasts(health, kind)]
    gap = check.kind is None and lapsed(health.good_at, now, options.gap_hours)
    if gap and "stale" not in ends:
        ends.append("stale")
    return tuple(ends)


def lapsed(since: str | None, now: datetime, hours: float) -> bool:
    """Whether that is so many hours ago."""
    return since is not None and parse_utc(since) + timedelta(hours=hours) <= now


def lasts(health: Health, about: str) -> bool:
    """Whether a trouble was told and is not over."""
    told = health.told.get(about)
    return told is not None and told.lasts


def is_due(health: Health, about: str, now: datetime) -> bool:
    """Whether a trouble may be told now: for the first time, or again."""
    told = health.told.get(about)
    return told is None or parse_utc(told.at) + pause(about, told.times) <= now


def times(health: Health, about: str) -> int:
    """How often a trouble is told with the next notice of it."""
    told = health.told.get(about)
    return told.times + 1 if told else 1


def pause(about: str, told: int) -> timedelta:
    """How long after it was told so many times a trouble may be told again."""
    first = PAUSE if about in {"failing", "layout"} else STALE_PAUSE
    return min(first * (1 << min(told - 1, _MOST_DOUBLINGS)), LONGEST_PAUSE)


def learned(health: Health, notice: Notice) -> Health:
    """The same, after that notice was committed."""
    told = dict(health.told)
    for about in notice.ends:
        if about in told:
            told[about] = replace(told[about], lasts=False)
    if notice.about:
        told[notice.about] = Told(notice.at, notice.times, digest=notice.digest)
    good_at = None if "stale" in notice.ends else health.good_at
    return replace(health, told=told, good_at=good_at, newest=notice.number)


def pruned(health: Health, now: datetime) -> Health:
    """The same without what is over, once it may be told at once if it comes back."""
    told = {
        about: it
        for about, it in health.told.items()
        if it.lasts or (about != "held" and now < parse_utc(it.at) + MEMORY)
    }
    return replace(health, told=told)


def is_well(health: Health) -> bool:
    """Whether there is nothing to remember."""
    return not (health.trouble or health.good_at or health.mute or health.told)
