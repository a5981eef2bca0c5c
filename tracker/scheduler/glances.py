"""The service's own look at a page: most checks find nothing new, and need no process for that.

What is not as it was, or cannot be asked for at the first try, is for a whole check, in a
process of its own (`jobs.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from tracker import sources
from tracker.alerts.heartbeat import beat
from tracker.config import Config
from tracker.context import Check
from tracker.fetch.fetcher import Fetcher
from tracker.fetch.limits import Limits
from tracker.pipeline import glance
from tracker.scheduler.jobs import Told
from tracker.store.tree import Tree

log = logging.getLogger(__name__)

# Seconds, bytes unpacked, tries: a service that is to end waits for a look, and holds the page.
LIMITS = Limits(total=20.0, decoded=4 * 2**20, attempts=1)


@dataclass
class Glances:
    """Looks by one configuration. Each source keeps its connections."""

    config: Config
    tree: Callable[[str], Tree]
    _fetchers: dict[str, Fetcher] = field(default_factory=dict)

    def at(self, name: str) -> Told | None:
        """What is known where the page is as it was; None where a whole check is due."""
        fetcher = self._fetchers.setdefault(name, Fetcher(LIMITS))
        seen = glance(Check(sources.load(name), self.tree(name), self.config, fetcher))
        if seen is None:
            return None
        if warning := beat(self.config.fwtracker):
            log.warning("%s", warning)
        return Told(seen.source, seen.outcome, seen.version)

    def close(self) -> None:
        """Hang up. A look that is under way finds nothing then, and a whole check follows."""
        for fetcher in tuple(self._fetchers.values()):
            fetcher.close()
