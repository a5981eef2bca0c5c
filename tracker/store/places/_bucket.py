"""A bucket, for those who have the extra that reads and writes one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.errors import UsageError

if TYPE_CHECKING:
    from tracker.store import Blobs


def open_place(place: str) -> Blobs:
    """The bucket and prefix of a URL. Raises UsageError, also where the extra is missing."""
    try:
        from tracker.store.objects import open_bucket  # noqa: PLC0415  may be missing
    except ImportError:
        raise UsageError(
            f"{place}: object storage needs an extra: pip install 'fwtracker[object-store]'"
        ) from None
    return open_bucket(place)
