"""Times as the contract writes them, and how long to wait before another attempt. Pure.

A time is in UTC: `2026-03-01T12:00:00Z` (RFC 3339). Nothing sleeps here.
"""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime

import msgspec

_MOST_STEPS = 64  # beyond that many every delay has reached its limit


def parse_utc(text: str) -> datetime:
    """Return a time of the contract as a datetime."""
    return datetime.fromisoformat(text)


def format_utc(when: datetime) -> str:
    """Return a datetime in UTC as the contract writes it: `2026-03-01T12:00:00Z`."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


class Backoff(msgspec.Struct, frozen=True):
    """Delays in seconds that grow by `factor` with each attempt, up to `longest`.

    `jitter` is the share of a delay by which it may be longer, so that programs that failed
    at the same time do not come back at the same time.
    """

    first: float
    factor: float = 2.0
    longest: float = math.inf
    jitter: float = 0.0

    def delay(self, attempt: int, retry_after: float | None = None) -> float:
        """Return the seconds to wait after a failed attempt, counted from 1.

        `retry_after` is what the other side asked for; the delay is not shorter than that,
        unless that is longer than `longest`.
        """
        delay = self.first * self.factor ** min(attempt - 1, _MOST_STEPS)
        delay *= 1 + self.jitter * random.random()  # noqa: S311  not a secret
        return min(max(delay, retry_after or 0.0), self.longest)


def parse_retry_after(header: str | None, now: datetime) -> float | None:
    """Return the seconds from `now` that a Retry-After header asks for; None without advice.

    The header is a number of seconds or an HTTP date (RFC 9110, 10.2.3).
    """
    text = (header or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    from email.utils import parsedate_to_datetime  # noqa: PLC0415  few servers send a date

    try:
        date = parsedate_to_datetime(text)
        return max((date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds(), 0.0)
    except (TypeError, ValueError, OverflowError):  # no date, or one beyond the calendar
        return None
