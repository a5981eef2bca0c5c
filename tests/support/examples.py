"""The number of Hypothesis examples: a quarter for each change, all of them in `make long`."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import settings

# `make long` sets it; its examples are random, while CI always tries the same ones.
ASKS_ALL = os.environ.get("FWTRACKER_EXAMPLES") == "all"
_SHARE, _LEAST = 4, 8


def share_of(number: int) -> int:
    """Return how many of `number` examples are tried now; of few, all of them."""
    return number if ASKS_ALL else max(number // _SHARE, min(number, _LEAST))


def examples(number: int, **other: Any) -> settings:
    """Return settings for a test with this number of examples in `make long`."""
    return settings(max_examples=share_of(number), deadline=None, **other)
