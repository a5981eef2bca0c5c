"""Versions of older programs, which held only the regions that the configuration chose. Pure.

They name no reader, or one before `READER_OF_ALL`, and the digest of their definition was made
of the chosen regions too.
"""

from __future__ import annotations

from msgspec import UNSET

from tracker.model import Snapshot, regions_of
from tracker.sources import READER_OF_ALL, Source


def is_by_other_definition(version: Snapshot, source: Source) -> bool:
    """Say whether a version names a definition that is not the source's, as it is now."""
    if version.definition is UNSET:
        return False
    return not source.definition.has_digest(version.definition, _list_choices(version))


def is_narrowed(version: Snapshot, source: Source) -> bool:
    """Say whether a version of an older program holds chosen regions only.

    Its definition says so, or that is what is chosen now and the version has nothing else.
    """
    is_older = version.reader is UNSET or version.reader < READER_OF_ALL
    held = {*regions_of(version.entries)}
    if not is_older or None in held or version.definition == source.definition.digest:
        return False
    if version.definition is not UNSET and not is_by_other_definition(version, source):
        return True
    chosen = source.definition.regions
    return chosen is not None and held <= {*chosen}


def _list_choices(version: Snapshot) -> list[tuple[str, ...] | None]:
    """Return what may have been chosen: the regions in the page's order, or in another."""
    held = tuple(region for region in regions_of(version.entries) if region)
    return [held, tuple(sorted(held)), held[::-1]]
