"""A check as it was asked for: which source, with what, and where its versions go.

What is done with it is in `tracker.pipeline`.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from tracker import __version__
from tracker.config import Config
from tracker.config.tables import SourceOptions
from tracker.fetch.fetcher import Fetcher
from tracker.fetch.response_checks import checked_url
from tracker.sources import Source
from tracker.store.tree import Tree
from tracker.turn import Turn


class Check(msgspec.Struct):
    """One source, where its versions go, and what the operator asked for."""

    source: Source
    tree: Tree
    config: Config
    fetcher: Fetcher
    url: str | None = None
    notify: bool = True
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    turn: Turn = msgspec.field(default_factory=Turn)  # among the checks of a run

    @property
    def options(self) -> SourceOptions:
        """The source's own table of the configuration."""
        return self.config.sources.get(self.source.name, SourceOptions())

    @property
    def named_url(self) -> str | None:
        """The page that the operator named, on the command line or in the configuration."""
        named = self.options.url if self.url is None else self.url
        return None if named is None else checked_url(named)

    @property
    def page_url(self) -> str:
        """The page to read: what the operator named, or the source's own."""
        return self.named_url or self.source.url

    def asking(self) -> Fetcher:
        """The fetcher, which may now reach the host that the operator named."""
        if self.named_url:
            self.fetcher.allow(self.named_url)
        return self.fetcher

    @property
    def context(self) -> str:
        """What a reading depends on besides the page; another one asks for the page anew."""
        parts = (__version__, self.page_url, self.options.regions)
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:16]
