"""The text of `schedule` as an APScheduler trigger: a crontab's five fields, or a time between.

A crontab means what cron(8) makes of it, and APScheduler 3 differs from that in two points:
its weekdays count from Monday (its issue 286), and of a day of the month and a weekday it wants
both where cron wants either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from tracker.errors import UsageError

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
}
_EVERY = re.compile(r"^(?:every )?(\d{1,4}) ?(m|h|d|minutes?|hours?|days?)$")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_PART = re.compile(r"^(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\d+))?$")
_LEAST = timedelta(minutes=1)
_FIELDS = 5


class ForwardTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """A trigger that never looks back: of all that was missed, the one due now runs, once.

    Without it a clock that jumps ten years ahead would have every hour of them counted.
    """

    __slots__ = ("inner",)

    def __init__(self, inner: BaseTrigger) -> None:
        self.inner = inner

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """Return the first time after both; APScheduler's signature."""
        after = now.astimezone(UTC)  # two local times of one night may look the same
        if previous is not None:
            after = max(after, previous.astimezone(UTC) + timedelta(seconds=1))
        found: datetime | None = self.inner.get_next_fire_time(None, after)
        return found

    def __str__(self) -> str:
        return str(self.inner)


def parse_schedule(schedule: str, jitter: int, zone: tzinfo | None = None) -> ForwardTrigger:
    """Return a trigger for `schedule`, up to `jitter` seconds later. Raises UsageError.

    `zone` is the one of a crontab's hours; without it the machine's.
    """
    text = " ".join(schedule.lower().split())
    if every := _EVERY.match(text):
        return ForwardTrigger(_build_interval(int(every[1]), _UNITS[every[2][0]], jitter))
    fields = _NICKNAMES.get(text, text).split()
    if len(fields) != _FIELDS:
        raise _reject(schedule, f"it has {len(fields)} fields, not {_FIELDS}")
    try:
        made = ForwardTrigger(_build_crontab(fields, jitter, zone))
    except ValueError as error:
        raise _reject(schedule, str(error)) from None
    if made.get_next_fire_time(None, datetime.now(UTC)) is None:
        raise _reject(schedule, "such a day never comes")
    return made


def _reject(schedule: str, why: str) -> UsageError:
    return UsageError(
        f'[fwtracker] schedule: "{schedule}" is not a schedule: {why}; write it as in a'
        ' crontab, "17 * * * *", or as a time between checks, "30m", "2h", "1d"'
    )


def _build_interval(count: int, unit: str, jitter: int) -> IntervalTrigger:
    if timedelta(**{unit: count}) < _LEAST:
        raise UsageError("[fwtracker] schedule: the shortest time between checks is one minute")
    return IntervalTrigger(**{unit: count}, jitter=jitter or None)


def _build_crontab(fields: list[str], jitter: int, zone: tzinfo | None) -> BaseTrigger:
    minute, hour, day, month, weekday = fields
    shared = {
        "minute": minute,
        "hour": hour,
        "month": month,
        "timezone": zone,
        "jitter": jitter or None,
    }
    names = ",".join(dict.fromkeys(_list_weekdays(weekday)))
    if day.startswith("*") or weekday.startswith("*"):
        return CronTrigger(day=day, day_of_week=names, **shared)
    return OrTrigger([CronTrigger(day=day, **shared), CronTrigger(day_of_week=names, **shared)])


def _list_weekdays(field: str) -> Iterator[str]:
    """Yield the names of the days that a crontab's weekday field means."""
    for part in field.split(","):
        match = _PART.match(part)
        if not match:
            raise ValueError(f'"{part}" is not a weekday')
        first, last = (
            (0, 6)
            if match[1]
            else (_parse_weekday(match[2]), _parse_weekday(match[3] or match[2]))
        )
        if match[4] and not match[3] and not match[1]:
            last = 6  # `1/2`: from Monday on
        if last < first:
            raise ValueError(f'"{part}" ends before it begins')
        step = int(match[4] or 1)
        if step < 1:
            raise ValueError(f'"{part}" has a step of 0')
        yield from _DAYS[first : last + 1 : step]


def _parse_weekday(text: str) -> int:
    if text.isdecimal() and int(text) < len(_DAYS):
        return int(text)
    if text[:3] in _DAYS:
        return _DAYS.index(text[:3])
    raise ValueError(f'"{text}" is not a weekday')
