"""A source that is checked every hour on a virtual clock, with real channels on loopback."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.servers import HookServer
from tests.support.site import Site
from tracker import pipeline
from tracker.alerts import notices
from tracker.alerts.delivery import deliver_owed
from tracker.check.context import CheckContext, CheckOutcome
from tracker.config import Config, parse
from tracker.fetch.fetcher import Fetcher, Limits
from tracker.store import open_store
from tracker.store.blobs import Blobs
from tracker.store.tree import Tree

START = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)


# A few rule formats, for tests about something else: all of them take a second for each
# version.
FEW = ["endpoints-csv", "fortios", "ips", "nftables"]


def configured(*channels: dict, **tables) -> Config:
    """Return a configuration with Slack channels, each with its own variable, and tables."""
    tables = {**tables, "fwtracker": {"formats": FEW, **tables.get("fwtracker", {})}}
    defaults = [
        {"type": "slack", "url_env": f"URL_{each['name'].upper()}", **each} for each in channels
    ]
    return parse({"channels": defaults, **tables})


def identity(blobs: Blobs) -> Blobs:
    return blobs


def context_of(tree: Tree, config: Config, **options) -> CheckContext:
    """Return the context of a command that does not check."""
    return CheckContext(config.source(tree.source), tree, config, **options)


@dataclass
class Watched:
    """A watched source; its clock advances by an hour with each check."""

    site: Site
    config: Config
    place: str
    now: datetime = START
    slept: list[float] = field(default_factory=list)
    wrap: Callable[[Blobs], Blobs] = identity

    @property
    def tree(self) -> Tree:
        return Tree(self.wrap(open_store(self.place)), "action1")

    def check(self, times: int = 1, hours: float = 1, **options) -> CheckOutcome:
        for _ in range(times):
            self.now += timedelta(hours=hours)
            with Fetcher(limits=Limits(attempts=1), now=lambda: self.now) as fetcher:
                made = CheckContext(
                    self.config.source("action1"),
                    self.tree,
                    self.config,
                    fetcher,
                    self.site.url,
                    sleep=self.slept.append,
                    now=lambda: self.now,
                    **options,
                )
                outcome = pipeline.run_check(made)
        return outcome

    def tick(self, hours: float) -> list:
        """Advance the clock without a check, report if one is overdue, and deliver."""
        self.now += timedelta(hours=hours)
        with self.tree.lock():
            context = context_of(
                self.tree, self.config, now=lambda: self.now, sleep=self.slept.append
            )
            notices.record_overdue(context)
            return deliver_owed(context, self.config.channels)

    def remembered(self) -> list[str]:
        """Return the names of stored files that record a problem."""
        return [name for name in self.tree.blobs.names(".state/action1") if "health" in name]

    @staticmethod
    def hours_to(time: str) -> float:
        """Return the hours from the start to a published time."""
        return (datetime.fromisoformat(time) - START).total_seconds() / 3600


@dataclass
class FirstChecks:
    """The first checks of a source, made once for all tests that begin with the same ones."""

    folder: Path
    made: dict[str, Watched] = field(default_factory=dict)

    def make(self, watched: Watched, *pages: bytes) -> None:
        """Set up site, store and clock as after a check of each of these pages.

        The store is a copy: the next check finds new times of its files, and records them.
        """
        key = repr((watched.site.url, pages, watched.config, watched.now))
        if key not in self.made:
            place = str(self.folder / str(len(self.made)))
            self.made[key] = first = replace(watched, place=place, wrap=identity, slept=[])
            for page in pages:
                first.site.show(page)
                assert first.check().outcome in {"published", "unchanged"}
        shutil.copytree(self.made[key].place, watched.place)
        watched.now = self.made[key].now
        watched.site.show(pages[-1])
        watched.site.asked.clear()


def subjects(hook: HookServer) -> list[str]:
    """Return the subject of each message in a Slack channel, without `FAILING Action1:`."""
    headers = [body["blocks"][0]["text"]["text"] for body in hook.bodies()]
    return [header.partition(": ")[2].partition(" - run ")[0] for header in headers]
