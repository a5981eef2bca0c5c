"""What the newest versions name, which settings refer to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tracker.config import Config
from tracker.errors import FwtrackerError
from tracker.filters.scope import narrow_snapshot
from tracker.model import Entry
from tracker.store import open_store
from tracker.store.tree import Tree


@dataclass(frozen=True)
class Newest:
    """The rows of the newest version of each source, of those regions that are shown."""

    entries: tuple[Entry, ...] = ()
    is_complete: bool = True  # there is a version of each source

    def find_unknown(self, targets: Iterable[str]) -> Iterator[str]:
        """Yield the targets that no row has; none while a source has no version."""
        known = {each.lower() for row in self.entries for each in (*row.hosts, *row.addresses)}
        if self.is_complete:
            yield from (each for each in targets if each.lower() not in known)


def load_newest(config: Config, place: str) -> Newest:
    """Return the rows of the newest versions; a damaged one counts as missing."""
    entries: list[Entry] = []
    missing = False
    for name, source in config.sources.items():
        try:
            latest = Tree(open_store(place), name).latest()
        except FwtrackerError:
            latest = None
        if latest is None:
            missing = True
        else:
            entries += narrow_snapshot(latest, source.definition.regions).entries
    return Newest(tuple(entries), not missing)
