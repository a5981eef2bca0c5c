"""A folder by a URL: `example:///srv/fwtracker`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.store.folder import Folder

if TYPE_CHECKING:
    from tracker.store.blobs import Blobs


SCHEMES = ("example",)


def open_place(place: str) -> Blobs:
    """The folder that the URL's path names."""
    return Folder(place.partition("://")[2])
