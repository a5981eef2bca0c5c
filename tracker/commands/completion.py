"""Shell completion of the names of sources, regions, formats and channels.

Completion prints no errors: if the configuration or the store cannot be read, it offers no
names, and the command itself reports the error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click

from tracker.config import Config, load
from tracker.errors import FwtrackerError
from tracker.model import regions_of
from tracker.plugins import list_formats
from tracker.store import open_store
from tracker.store.tree import Tree

Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def _complete(find: Callable[[click.Context], Iterable[str]]) -> Complete:
    """Return the function that click calls, from one that finds all values."""

    def complete(context: click.Context, _: click.Parameter, start: str) -> list[str]:
        """Return the values that start with the typed text, ignoring case."""
        try:
            found = sorted(set(find(context)))
        except (FwtrackerError, OSError):
            return []
        return [each for each in found if each.lower().startswith(start.lower())]

    return complete


def _find_sources(context: click.Context) -> Iterable[str]:
    return _load(context).sources


def _find_channels(context: click.Context) -> Iterable[str]:
    return [channel.name for channel in _load(context).channels]


def _find_formats(_: click.Context) -> Iterable[str]:
    return list_formats()


def _find_regions(context: click.Context) -> Iterable[str]:
    config, chosen = _load(context), context.params.get("name")
    store = open_store(context.params.get("snapshots") or config.fwtracker.snapshots)
    for name in [chosen] if chosen else config.sources:
        latest = Tree(store, name).latest()
        yield from filter(None, regions_of(latest.entries) if latest else ())


def _load(context: click.Context) -> Config:
    return load(context.params.get("config"))


complete_sources = _complete(_find_sources)
complete_channels = _complete(_find_channels)
complete_formats = _complete(_find_formats)
complete_regions = _complete(_find_regions)
