"""What the answers are made from: the configuration in force, the store, and the board."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tracker.config import Config
from tracker.scheduler.board import Board
from tracker.site.web.files import Files, files_of
from tracker.store import Blobs
from tracker.store.tree import Manifest, Tree


@dataclass
class Site:
    """One store with its sources. `config` is replaced when it is read anew."""

    config: Config
    place: str
    blobs: Blobs
    board: Board
    alive: Callable[[], bool] = lambda: True
    next_check: Callable[[str], datetime | None] = lambda _: None
    _files: dict[str, Files] = field(default_factory=dict)

    @property
    def remote(self) -> bool:
        """Whether a look at the store is a request to another machine."""
        return "://" in self.place

    @property
    def sources(self) -> list[str]:
        """The sources that are configured."""
        return sorted(self.config.sources)

    def files(self, source: str) -> Files | None:
        """The published files of a source; None for one that is not configured."""
        if source not in self.config.sources:
            return None
        if source not in self._files:
            self._files[source] = files_of(self.blobs, source, self.place)
        return self._files[source]

    def tree(self, source: str) -> Tree:
        """The versions of a source."""
        return Tree(self.blobs, source)

    def manifest(self, source: str) -> Manifest | None:
        """What is in force of a source; None before its first version."""
        files = self.files(source)
        return files.manifest() if files else None

    @staticmethod
    def now() -> datetime:
        """The time, UTC."""
        return datetime.now(UTC)
