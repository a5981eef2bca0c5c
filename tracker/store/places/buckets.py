"""Object storage, for those who have the extra that reads and writes it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tracker.errors import UsageError
from tracker.store.s3_settings import find_s3_problem

if TYPE_CHECKING:
    from tracker.store.blobs import Blobs

SCHEMES = ("az", "gs", "s3")


def open_place(place: str) -> Blobs:
    """Return the bucket and prefix of a URL. Raises UsageError, also without the extra."""
    if place.startswith("s3:") and (problem := find_s3_problem(place, os.environ)):
        raise UsageError(f"{place}: {problem}")
    try:
        from tracker.store.bucket import open_bucket  # noqa: PLC0415  may be missing
    except ImportError:
        from tracker.extras import build_command  # noqa: PLC0415  only where one is missing

        how = build_command("object-store")
        raise UsageError(f"{place}: object storage needs an extra; install it: {how}") from None
    return open_bucket(place)
