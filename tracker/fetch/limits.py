"""How much a fetch may bring, how long it may take, how often it is tried. Pure."""

from __future__ import annotations

import random

import msgspec

from tracker.errors import FetchError


class Limits(msgspec.Struct, frozen=True):
    """Bounds of one fetch: seconds and bytes. `total` is for one attempt with its redirects."""

    total: float = 60.0
    silence: float = 15.0
    raw: int = 4 * 2**20
    decoded: int = 16 * 2**20
    redirects: int = 3
    attempts: int = 3
    longest_wait: float = 30.0

    def pause(self, error: FetchError, attempt: int) -> float | None:
        """Seconds to wait after a failed attempt (from 1); None where there is no next one."""
        if not error.retriable or attempt >= self.attempts:
            return None
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= self.longest_wait else None
        return 0.5 * 2.0 ** (attempt - 1) * (1 + random.random() / 4)  # noqa: S311  no secret
