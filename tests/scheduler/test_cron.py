"""`schedule`: a crontab means what cron makes of it; other texts are refused by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from tracker.errors import UsageError
from tracker.scheduler.cron import parse_schedule

NOW = datetime(2026, 11, 23, 6, 50, tzinfo=UTC)  # a Monday


def times(text, count=3, now=NOW, zone=UTC, jitter=0):
    made, found = parse_schedule(text, jitter, zone), []
    before = None
    for _ in range(count):
        before = made.get_next_fire_time(before, now)
        found.append(before)
    return found


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("17 * * * *", ["Mon 07:17", "Mon 08:17", "Mon 09:17"]),
        ("*/20 * * * *", ["Mon 07:00", "Mon 07:20", "Mon 07:40"]),
        ("0 0 * * 0", ["Sun 00:00", "Sun 00:00", "Sun 00:00"]),
        ("0 0 * * 7", ["Sun 00:00", "Sun 00:00", "Sun 00:00"]),
        ("0 0 * * sun", ["Sun 00:00", "Sun 00:00", "Sun 00:00"]),
        ("0 0 * * 1-5/2", ["Wed 00:00", "Fri 00:00", "Mon 00:00"]),
        ("0 0 * * 5-7", ["Fri 00:00", "Sat 00:00", "Sun 00:00"]),
        ("0 0 * * 6,0", ["Sat 00:00", "Sun 00:00", "Sat 00:00"]),
        ("30 8-10 * * mon-fri", ["Mon 08:30", "Mon 09:30", "Mon 10:30"]),
        ("@hourly", ["Mon 07:00", "Mon 08:00", "Mon 09:00"]),
        ("@Weekly", ["Sun 00:00", "Sun 00:00", "Sun 00:00"]),
    ],
)
def test_a_crontab_is_read_as_cron_reads_it(text, wanted):
    assert [f"{time:%a %H:%M}" for time in times(text)] == wanted


def test_a_day_of_the_month_and_a_weekday_mean_either():
    found = times("0 0 1 * 1", 4)
    assert [f"{time:%a %d}" for time in found] == ["Mon 30", "Tue 01", "Mon 07", "Mon 14"]


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("30m", timedelta(minutes=30)),
        ("every 2 hours", timedelta(hours=2)),
        ("1d", timedelta(days=1)),
        ("90 minutes", timedelta(minutes=90)),
    ],
)
def test_a_time_between_checks(text, step):
    first, second, third = times(text, now=datetime.now(UTC))
    assert second - first == third - second == step


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "1 2 3", "* * * * * *", "61 * * * *", "* 25 * * *", "* * * * 8"),
        *("* * * * 5-1", "* * * * mon-", "* * * * */0", "0m", "-5m", "0 0 30 2 *"),
        *("@never", "1.5h"),
    ],
)
def test_what_is_no_schedule_is_refused_by_name(text):
    with pytest.raises(UsageError, match="schedule"):
        parse_schedule(text, 0)


def test_jitter_is_later_and_never_twice():
    plain = times("17 * * * *", 40)
    shaken = times("17 * * * *", 40, jitter=300)
    late = [after - before for before, after in zip(plain, shaken, strict=True)]
    assert all(timedelta(0) <= each <= timedelta(seconds=300) for each in late)
    assert len(set(late)) > 10


def test_of_ten_missed_years_one_check_is_left():
    made = parse_schedule("17 * * * *", 0, UTC)
    before = made.get_next_fire_time(None, NOW)
    later = NOW.replace(year=2036)
    assert made.get_next_fire_time(before, later) == later.replace(hour=7, minute=17)


@pytest.mark.parametrize(("month", "day"), [(3, 29), (10, 25)])
def test_the_change_to_summer_time_and_back_misses_no_hour(month, day):
    zone = ZoneInfo("Europe/Berlin")
    start = datetime(2026, month, day, 0, 0, tzinfo=zone)
    found = times("17 * * * *", 6, start, zone)
    steps = {
        after.astimezone(UTC) - before.astimezone(UTC) for before, after in pairwise(found)
    }
    assert steps == {timedelta(hours=1)}
