"""What one check is given, and what it comes to. The check itself is `tracker.pipeline`."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

import msgspec

from tracker import __version__
from tracker.config import Config
from tracker.config.tables import SourceOptions
from tracker.errors import FwtrackerError, UsageError
from tracker.fetch.fetcher import Fetcher
from tracker.fetch.urls import check_page_url
from tracker.model import Finding, Summary
from tracker.parse.pages import explain_refusal
from tracker.sources import Source
from tracker.store.tree import Tree

OutcomeKind = Literal["unchanged", "published", "held", "failed"]


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


class CheckContext(msgspec.Struct, frozen=True):
    """One source, where its versions go, and what the operator asked for.

    `url` is the page named on the command line. Clock and sleep are given, so that tests need
    neither. Without `notify` nothing is sent; what is new stays owed.
    """

    source: Source
    tree: Tree
    config: Config
    fetcher: Fetcher = msgspec.field(default_factory=lambda: Fetcher(explain=explain_refusal))
    url: str | None = None
    notify: bool = True
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = utc_now

    @property
    def options(self) -> SourceOptions:
        """The source's own table of the configuration."""
        return self.config.sources.get(self.source.name, SourceOptions())

    @property
    def unchecked_url(self) -> str:
        """The page's URL as it was written: good to show and to group by, not to fetch."""
        return self.url or self.options.url or self.source.url

    @property
    def named_url(self) -> str | None:
        """The page that the operator named, on the command line or in the configuration.

        Raises UsageError where it is not a valid page URL.
        """
        named = self.options.url if self.url is None else self.url
        return None if named is None else check_page_url(named)

    @property
    def page_url(self) -> str:
        """The page to read: what the operator named, or the source's own."""
        return self.named_url or self.source.url

    @property
    def reading_key(self) -> str:
        """A hash of what a reading depends on besides the page.

        Where it differs from that of the last check, the pages are fetched without conditions.
        """
        parts = (__version__, self.page_url, self.options.regions)
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:16]

    def fetcher_for_page(self) -> Fetcher:
        """Return the fetcher, allowed to reach the host that the operator named."""
        if self.named_url:
            self.fetcher.allow(self.named_url)
        return self.fetcher


class CheckError(msgspec.Struct, frozen=True):
    """Why a check failed: a stable name and one line for a person."""

    name: str
    message: str


class CheckOutcome(msgspec.Struct, frozen=True):
    """What one check came to, as `run --json` prints it.

    `version` is the one in force now. `digest` names a held candidate; `undelivered` counts the
    deliveries that failed in this run; `notes` are lines for the operator; `usage` says that
    the configuration is at fault.
    """

    source: str
    outcome: OutcomeKind
    version: int | None = None
    summary: Summary | None = None
    findings: tuple[Finding, ...] = ()
    error: CheckError | None = None
    owed: int = 0
    undelivered: int = 0
    notes: tuple[str, ...] = ()
    usage: bool = False
    digest: str | None = None

    @property
    def is_good(self) -> bool:
        """Whether the page was read and the version in force is what it says."""
        return self.outcome in {"unchanged", "published"}


def failed_outcome(source: str, error: FwtrackerError) -> CheckOutcome:
    """Return the outcome of a check that ended with an error; the last good version stays."""
    return CheckOutcome(
        source,
        "failed",
        error=CheckError(error.name, str(error)),
        usage=isinstance(error, UsageError),
    )
