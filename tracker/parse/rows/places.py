"""Where on the page something stands, and how a finding lists what stands there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

from tracker.text import quote

_SHOWN = 5


def under(url: str, heading: str | None) -> str:
    """The page and the nearest heading above: what an operator looks for."""
    return f"{url}, under {quote(heading, 60)}" if heading else url


def listed(values: Iterable[str]) -> str:
    """Up to five values.

    A short hash stands for the others: what was approved is another finding as soon as one of
    them changes.
    """
    once = list(dict.fromkeys(values))
    shown = ", ".join(quote(value, 60)[1:-1] for value in once[:_SHOWN])
    if len(once) <= _SHOWN:
        return shown
    return f"{shown} and {len(once) - _SHOWN} more ({_hash(once)})"


def _hash(values: Sequence[str]) -> str:
    return sha256("\n".join(sorted(values)).encode()).hexdigest()[:8]
