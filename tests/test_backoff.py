"""How long another attempt waits, and what a Retry-After header asks for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tracker.times import Backoff, parse_retry_after

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def test_delays_grow_up_to_the_longest():
    backoff = Backoff(first=1.0, factor=4.0, longest=30.0)
    assert [backoff.delay(attempt) for attempt in (1, 2, 3, 4, 10_000)] == [1, 4, 16, 30, 30]


def test_what_the_other_side_asks_for_counts_up_to_the_longest():
    backoff = Backoff(first=1.0, longest=30.0)
    assert backoff.delay(1, 7.0) == 7
    assert backoff.delay(2, 0.0) == 2
    assert backoff.delay(1, 3600.0) == 30


def test_jitter_only_adds():
    delays = {Backoff(first=1.0, jitter=0.25).delay(1) for _ in range(50)}
    assert len(delays) > 1
    assert all(1 <= delay <= 1.25 for delay in delays)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30),
        ("Sun, 01 Mar 2026 12:00:30 -0000", 30),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("٧", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(header, seconds):
    assert parse_retry_after(header, NOW) == seconds
