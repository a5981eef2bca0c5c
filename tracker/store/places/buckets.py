"""Object storage, for those who have the extra that reads and writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.errors import UsageError

if TYPE_CHECKING:
    from tracker.store.blobs import Blobs

SCHEMES = ("az", "gs", "s3")


def open_place(place: str) -> Blobs:
    """Return the bucket and prefix of a URL. Raises UsageError, also without the extra."""
    try:
        from tracker.store.bucket import open_bucket  # noqa: PLC0415  may be missing
    except ImportError:
        raise UsageError(
            f"{place}: object storage needs an extra: pip install 'fwtracker[object-store]'"
        ) from None
    return open_bucket(place)
