"""Where a store can be, by the scheme of its place: one module a scheme, found by its name.

A module here has `open_place(place: str) -> Blobs`, which may raise UsageError. A folder has
no scheme.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from tracker.errors import UsageError
from tracker.plugins import discover_modules

if TYPE_CHECKING:
    from tracker.store import Blobs


def opener(place: str) -> Callable[[str], Blobs]:
    """What opens a place with a scheme. Raises UsageError naming the schemes there are."""
    scheme, known = place.partition("://")[0], discover_modules(__path__[0])
    if scheme not in known:
        there = ", ".join(f"{name}://" for name in known)
        raise UsageError(f"{place}: not a folder, and no kind of place that is known: {there}")
    found: Callable[[str], Blobs] = importlib.import_module(f"{__name__}.{scheme}").open_place
    return found
