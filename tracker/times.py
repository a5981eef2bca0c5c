"""A moment in UTC as the contract writes it, and back: `2026-03-01T12:00:00Z` (RFC 3339)."""

from __future__ import annotations

from datetime import datetime


def parse_utc(text: str) -> datetime:
    """Return a time of the contract as a datetime."""
    return datetime.fromisoformat(text)


def format_utc(when: datetime) -> str:
    """Return a datetime in UTC as the contract writes it: `2026-03-01T12:00:00Z`."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
