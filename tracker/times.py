"""A moment in UTC as the contract writes it, and back: `2026-03-01T12:00:00Z` (RFC 3339)."""

from __future__ import annotations

from datetime import datetime


def parse_utc(text: str) -> datetime:
    """A time of the contract as a datetime."""
    return datetime.fromisoformat(text)


def format_utc(when: datetime) -> str:
    """A datetime in UTC as the contract writes it: `2026-03-01T12:00:00Z`."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
