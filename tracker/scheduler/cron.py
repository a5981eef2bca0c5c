"""The text of `schedule` as an APScheduler trigger: a crontab's five fields, or an interval.

A crontab means what cron(8) makes of it, and APScheduler 3 differs from cron in three points:
its weekdays count from Monday (its issue 286); if a day of the month and a weekday are given,
it requires both, where cron requires either; and when daylight saving time begins or ends, it
loses or repeats times (529, 606). So its CronTrigger only reads the fields, as if every day had
24 hours, and `CrontabTrigger` finds the actual moments.
"""

from __future__ import annotations

import random
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
_MINUTE = timedelta(minutes=1)
_LONGEST_CHANGE = timedelta(hours=3)  # of clocks, as in cron: a longer one is a correction
_FIELDS = 5


class ForwardTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """A trigger that skips missed times: only the one that is due now runs, once.

    Otherwise, after a clock jumped ten years ahead, every hour of them would be counted.
    """

    __slots__ = ("inner",)

    def __init__(self, inner: BaseTrigger) -> None:
        self.inner = inner

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """Return the first time after both; APScheduler's signature."""
        after = now.astimezone(UTC)  # local times may repeat in one night
        if previous is not None:
            after = max(after, previous.astimezone(UTC) + timedelta(seconds=1))
        found: datetime | None = self.inner.get_next_fire_time(None, after)
        return found

    def __str__(self) -> str:
        return str(self.inner)


class CrontabTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """The moments at which the clocks of a zone show a time of a crontab, as in cron(8).

    When clocks are set forward, skipped times are due at once; when they are set back, repeated
    times are due only the first time. A schedule whose minute or hour begins with `*` follows
    the clocks: skipped times do not run, and repeated ones run twice.
    """

    __slots__ = ("follows_clock", "jitter", "times", "zone")

    def __init__(
        self, times: BaseTrigger, zone: tzinfo, *, follows_clock: bool, jitter: int
    ) -> None:
        self.times, self.zone = times, zone  # times are in UTC, for any day of 24 hours
        self.follows_clock, self.jitter = follows_clock, jitter

    def get_next_fire_time(self, _: datetime | None, now: datetime) -> datetime | None:
        """Return the first moment from `now` on, up to `jitter` seconds later."""
        found = [self._find(now, fold) for fold in range(1 + self.follows_clock)]
        moments = [moment for moment in found if moment is not None]
        if not moments:
            return None
        late = timedelta(seconds=random.uniform(0, self.jitter))  # noqa: S311  no secret
        return (min(moments) + late).astimezone(self.zone)

    def _find(self, now: datetime, fold: int) -> datetime | None:
        """Return the first moment from `now` on; `fold` selects one of two repeated times."""
        shown = _clock_time(now, self.zone).replace(tzinfo=UTC) - _LONGEST_CHANGE
        while (time := self.times.get_next_fire_time(None, shown)) is not None:
            moment = self._find_moment(time.replace(tzinfo=self.zone, fold=fold))
            if moment is not None and moment >= now:
                return moment
            shown = time + _MINUTE
        return None

    def _find_moment(self, time: datetime) -> datetime | None:
        """Return the moment in UTC of a time that the clocks show or skip; None if not due."""
        moment = time.astimezone(UTC)
        if _clock_time(moment, self.zone) == time.replace(tzinfo=None):
            return moment
        return None if self.follows_clock else self._find_change(moment)

    def _find_change(self, moment: datetime) -> datetime:
        """Return when the clocks were set forward, shortly before this moment."""
        offset = moment.astimezone(self.zone).utcoffset()
        while (moment - _MINUTE).astimezone(self.zone).utcoffset() == offset:
            moment -= _MINUTE
        return moment

    def __str__(self) -> str:
        return str(self.times)


def _clock_time(moment: datetime, zone: tzinfo) -> datetime:
    """Return the local time in a zone, without the zone."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def parse_schedule(schedule: str, jitter: int, zone: tzinfo | None = None) -> ForwardTrigger:
    """Return a trigger for `schedule`, up to `jitter` seconds later. Raises UsageError.

    `zone` is that of the hours in a crontab; the default is the machine's.
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
    if timedelta(**{unit: count}) < _MINUTE:
        raise UsageError("[fwtracker] schedule: the shortest time between checks is one minute")
    return IntervalTrigger(**{unit: count}, jitter=jitter or None)


def _build_crontab(fields: list[str], jitter: int, zone: tzinfo | None) -> CrontabTrigger:
    minute, hour, *_ = fields
    return CrontabTrigger(
        _read_fields(*fields),
        zone or CronTrigger().timezone,  # the machine's
        follows_clock=minute.startswith("*") or hour.startswith("*"),
        jitter=jitter,
    )


def _read_fields(minute: str, hour: str, day: str, month: str, weekday: str) -> BaseTrigger:
    """Return a trigger for the times of the five fields, in UTC."""
    shared = {"minute": minute, "hour": hour, "month": month, "timezone": UTC}
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
