"""`schedule`: a crontab means what cron makes of it; other texts are refused by name."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
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


DAILY = ("@daily", "30 0 * * *", "0 0 * * 1-5", "30 2 * * *")
# Changes at 2 or 3 o'clock, at midnight, and by half an hour.
ZONES = ("Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe")


@pytest.mark.parametrize("zone", [ZoneInfo(each) for each in ZONES], ids=ZONES)
@pytest.mark.parametrize("text", DAILY)
def test_in_two_years_every_day_comes_once(text, zone):
    first = date(2026, 1, 1)
    days = [first + timedelta(days=number) for number in range(730)]
    wanted = [day for day in days if day.weekday() < 5 or "1-5" not in text]
    start = datetime(2025, 12, 31, 23, 59, 59, tzinfo=zone)
    found = times(text, len(wanted), start, zone)
    assert [time.date() for time in found] == wanted
    usual = {"30 0 * * *": "00:30", "30 2 * * *": "02:30"}.get(text, "00:00")
    others = {f"{time:%H:%M}" for time in found} - {usual}
    assert others <= {"01:00", "03:00"}, "but where the clocks leave the time out"


@pytest.mark.parametrize(
    ("zone", "text", "start", "wanted"),
    [
        # Forward: what is left out comes at once, together.
        ("Europe/Berlin", "30 2 * * *", "2026-03-28 12", ["29 03:00", "30 02:30"]),
        ("Europe/Berlin", "0,10,50 2 * * *", "2026-03-28 12", ["29 03:00", "30 02:00"]),
        ("Europe/Berlin", "30 2 * * 0", "2026-03-28 12", ["29 03:00", "05 02:30"]),
        ("America/Santiago", "@daily", "2026-09-05 12", ["06 01:00", "07 00:00"]),
        ("Australia/Lord_Howe", "15 2 * * *", "2026-10-03 12", ["04 02:30", "05 02:15"]),
        # Back: the first of the two times.
        ("Europe/Berlin", "30 2 * * *", "2026-10-24 12", ["25 02:30 0", "26 02:30"]),
        ("America/New_York", "30 1 * * *", "2026-10-31 12", ["01 01:30 0", "02 01:30"]),
        ("America/Santiago", "30 23 * * *", "2026-04-04 12", ["04 23:30 0", "05 23:30"]),
        ("Australia/Lord_Howe", "45 1 * * *", "2026-04-04 12", ["05 01:45 0", "06 01:45"]),
        # What begins with a star follows the clocks.
        ("Europe/Berlin", "*/30 2 * * *", "2026-03-28 12", ["30 02:00", "30 02:30"]),
        (
            *("Europe/Berlin", "*/30 2 * * *", "2026-10-24 12"),
            ["25 02:00 0", "25 02:30 0", "25 02:00 1", "25 02:30 1", "26 02:00"],
        ),
        (
            *("Australia/Lord_Howe", "50 * * * *", "2026-04-05 01"),
            ["05 01:50 0", "05 01:50 1", "05 02:50"],
        ),
    ],
)
def test_where_the_clocks_change_it_is_as_in_cron(zone, text, start, wanted):
    zone = ZoneInfo(zone)
    found = times(text, len(wanted), datetime.fromisoformat(start).replace(tzinfo=zone), zone)
    shown = [f"{time:%d %H:%M} {time.fold}" for time in found]
    assert [each[: len(want)] for each, want in zip(shown, wanted, strict=True)] == wanted


def test_a_daily_check_is_not_repeated_by_a_service_that_starts_in_the_second_hour():
    zone = ZoneInfo("Europe/Berlin")
    second = datetime(2026, 10, 25, 2, 10, fold=1, tzinfo=zone)
    assert [f"{time:%d}" for time in times("30 2 * * *", 2, second, zone)] == ["26", "27"]


def test_the_times_with_jitter_are_as_many():
    zone = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 1, 1, tzinfo=zone)
    found = times("30 2 * * *", 365, start, zone, jitter=3600)
    assert (
        len({time.date() for time in found})
        == 365
        == (found[-1].date() - date(2026, 1, 1)).days + 1
    )
    assert {time.tzinfo for time in found} == {zone}
