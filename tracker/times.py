"""The format of times in JSON, and the delay before another attempt. Pure.

A time is in UTC: `2026-03-01T12:00:00Z` (RFC 3339). This module does not sleep.
"""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime

import msgspec

_MOST_STEPS = 64  # by then every delay has reached its limit


def parse_utc(text: str) -> datetime:
    """Parse a time in that format."""
    return datetime.fromisoformat(text)


def format_utc(when: datetime) -> str:
    """Return a datetime in UTC as `2026-03-01T12:00:00Z`."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


class Backoff(msgspec.Struct, frozen=True):
    """Delays in seconds that grow by `factor` with each attempt, up to `longest`.

    `jitter` is the share of a delay by which it may be longer, so that programs that failed
    at the same time do not retry at the same time.
    """

    first: float
    factor: float = 2.0
    longest: float = math.inf
    jitter: float = 0.0

    def delay(self, attempt: int, retry_after: float | None = None) -> float:
        """Return the seconds to wait after a failed attempt, counted from 1.

        `retry_after` is the delay that the server asked for; the result is not shorter, unless
        it exceeds `longest`.
        """
        delay = self.first * self.factor ** min(attempt - 1, _MOST_STEPS)
        delay *= 1 + self.jitter * random.random()  # noqa: S311  not a secret
        return min(max(delay, retry_after or 0.0), self.longest)


def parse_retry_after(header: str | None, now: datetime) -> float | None:
    """Return the seconds from `now` that a Retry-After header asks for; None if there are none.

    The header is a number of seconds or an HTTP date (RFC 9110, 10.2.3).
    """
    text = (header or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    from email.utils import parsedate_to_datetime  # noqa: PLC0415  few servers send a date

    try:
        date = parsedate_to_datetime(text)
        return max((date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds(), 0.0)
    except (TypeError, ValueError, OverflowError):  # not a date, or out of range
        return None
