"""How often Hypothesis tries: a quarter of it for every change, all of it in `make long`."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import settings

# `make long` sets it; there chance may find something, while CI tries the same every time.
ASKS_ALL = os.environ.get("FWTRACKER_EXAMPLES") == "all"
_SHARE, _LEAST = 4, 8


def share_of(number: int) -> int:
    """How many of so many examples are tried now; few are all tried."""
    return number if ASKS_ALL else max(number // _SHARE, min(number, _LEAST))


def examples(number: int, **other: Any) -> settings:
    """Settings of a test that tries so many examples in its long form."""
    return settings(max_examples=share_of(number), deadline=None, **other)
