"""The data for answers: the configuration in force, the store, the service's status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tracker.config import Config
from tracker.model import Snapshot
from tracker.scheduler.status import ServiceStatus
from tracker.site.web.files import PublishedFiles, open_files
from tracker.store.blobs import Blobs
from tracker.store.records import Manifest
from tracker.store.tree import Tree
from tracker.text import find_nearest


@dataclass
class AppState:
    """One store with its sources. `config` is replaced when it is read again.

    `alive` returns whether the scheduler can still start checks; `next_check` returns when the
    next check of a source is due, if this process knows.
    """

    config: Config
    place: str
    blobs: Blobs
    status: ServiceStatus
    alive: Callable[[], bool] = lambda: True
    next_check: Callable[[str], datetime | None] = lambda _: None
    _files: dict[str, PublishedFiles] = field(default_factory=dict)

    @property
    def remote(self) -> bool:
        """Return whether each access to the store is a request to another machine."""
        return "://" in self.place

    @property
    def sources(self) -> list[str]:
        """The names of the configured sources, sorted."""
        return sorted(self.config.sources)

    def explain_unknown(self, source: str) -> str:
        """Return a message that no source has this name, with a similar name if any."""
        near = find_nearest(source, self.sources)
        hint = f'did you mean "{near}"?' if near else "/v1/sources lists them"
        return f'no source is called "{source}"; {hint}'

    def files(self, source: str) -> PublishedFiles | None:
        """Return the published files of a source; None if it is not configured."""
        if source not in self.config.sources:
            return None
        if source not in self._files:
            self._files[source] = open_files(self.blobs, source, self.place)
        return self._files[source]

    def tree(self, source: str) -> Tree:
        """Return the versions of a source."""
        return Tree(self.blobs, source)

    def manifest(self, source: str) -> Manifest | None:
        """Return the manifest of a source; None before its first version."""
        files = self.files(source)
        return files.manifest() if files else None

    def load_in_force(self, source: str) -> Snapshot | None:
        """Return the version in the manifest, the last one that was fully published."""
        manifest = self.manifest(source)
        return self.tree(source).snapshot(manifest.version) if manifest else None

    @staticmethod
    def now() -> datetime:
        """Return the time, UTC."""
        return datetime.now(UTC)
