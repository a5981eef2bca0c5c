"""Opens a store, which is a folder or a bucket. Versions and their files: see `tree.py`."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

from tracker.errors import UsageError
from tracker.plugins import discover_modules
from tracker.store.blobs import Blobs


def open_store(place: str) -> Blobs:
    """Return the store at `place`: a folder, or a URL of a known scheme.

    Raises UsageError for any other scheme.
    """
    if "://" in place:
        return _find_opener(place)(place)
    from tracker.store.folder import Folder  # noqa: PLC0415  buckets do not need it

    return Folder(place)


def _find_opener(place: str) -> Callable[[str], Blobs]:
    """Return the `open_place` of the module in `places` that supports the scheme of a place."""
    package = f"{__name__}.places"
    openers: dict[str, Callable[[str], Blobs]] = {}
    for name in discover_modules(str(Path(__file__).with_name("places"))):
        module = importlib.import_module(f"{package}.{name}")
        openers |= dict.fromkeys(module.SCHEMES, module.open_place)
    scheme = place.partition("://")[0]
    if scheme not in openers:
        known = ", ".join(f"{name}://" for name in sorted(openers))
        raise UsageError(f"{place}: unknown scheme; use a folder, or one of {known}")
    return openers[scheme]
