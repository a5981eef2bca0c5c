"""The context of one check, and its outcome. The check itself is `tracker.pipeline`."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec

from tracker.change_set import Summary
from tracker.config import Config
from tracker.errors import FwtrackerError, PageError, UsageError
from tracker.fetch.fetcher import Fetcher
from tracker.fetch.urls import check_page_url
from tracker.filters.scope import SCOPE_CHANGED
from tracker.model import Cause, Count, Finding, Hash, Number, name_cause
from tracker.parse.pages import explain_refusal
from tracker.sources import READER, Source
from tracker.store.tree import Tree

OutcomeKind = Literal["unchanged", "published", "held", "failed"]


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


class CheckContext(msgspec.Struct, frozen=True):
    """One source, where its versions go, and what the operator asked for.

    `url` is the page named on the command line. The clock and `sleep` are parameters so that
    tests can replace them. Without `notify` nothing is sent; new messages stay owed.
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
    def unchecked_url(self) -> str:
        """The first page's URL as it was written: to show and to group by, not to fetch."""
        return self.url or self.source.url

    @property
    def is_named(self) -> bool:
        """Return whether an operator named the pages: they may be private, http or files."""
        return self.url is not None or self.source.is_named

    @property
    def page_urls(self) -> tuple[str, ...]:
        """The pages to read: the one named on the command line, or the source's own.

        Raises UsageError if one is not a valid page URL.
        """
        urls = self.source.definition.urls if self.url is None else (self.url,)
        return tuple(check_page_url(url, with_files=self.is_named) for url in urls)

    @property
    def reading_key(self) -> str:
        """A hash of what a reading depends on besides the page.

        If it differs from that of the last check, the pages are fetched without conditions.
        """
        parts = (READER, self.page_urls, self.source.definition.digest)
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:16]

    def fetcher_for_page(self) -> Fetcher:
        """Return the fetcher, allowed to reach pages that the operator named for this source.

        The fetcher of a run is shared, and other sources' pages must not lead to them.
        """
        return self.fetcher.with_trust(self.page_urls) if self.is_named else self.fetcher


class CheckError(msgspec.Struct, frozen=True):
    """Why a check failed: a stable name and one line for a person.

    `settle` are lines of configuration that settle the refusal of a page, where there are.
    """

    name: str
    message: str
    settle: str = ""


class CheckOutcome(msgspec.Struct, frozen=True):
    """What one check came to, as `run --json` prints it.

    `version` is the one in force now. `digest` names a held candidate; `undelivered` counts the
    deliveries that failed in this run; `notes` are lines for the operator; `usage` says that
    the configuration is at fault; `cause` is that of a version that was published or held.
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
    cause: Cause = "page"

    @property
    def is_good(self) -> bool:
        """Return whether the page was read and the version in force is what it says."""
        return self.outcome in {"unchanged", "published"}


class CheckReport(msgspec.Struct, frozen=True):
    """What one check came to: an item of `run --json`."""

    source: str
    outcome: OutcomeKind
    version: Number | None = None
    summary: Summary | None = None
    findings: tuple[Finding, ...] = ()
    error: CheckError | None = None
    owed: Count = 0
    digest: Hash | None = None
    notes: tuple[str, ...] = ()


def failed_outcome(source: str, error: FwtrackerError) -> CheckOutcome:
    """Return the outcome of a check that ended with an error; the last good version stays."""
    settle = error.settle if isinstance(error, PageError) else ""
    return CheckOutcome(
        source,
        "failed",
        error=CheckError(error.name, str(error), settle),
        usage=isinstance(error, UsageError),
    )


def join_outcomes(outcomes: Sequence[CheckOutcome], *, page_waits: bool) -> CheckOutcome:
    """Return the outcome of a check of several steps: the page's, with notes of earlier ones.

    `page_waits`: an earlier step is held, so the page's step was not made.
    """
    *before, last = outcomes
    if page_waits:
        last, notes = _note_waiting(last), _note_causes(before)
    elif before and last.outcome == "unchanged":  # the page's change was rejected before
        last = msgspec.structs.replace(before[-1], findings=last.findings)
        notes = _note_causes(before[:-1])
    else:
        notes = _note_causes(before)
    scope = (found for each in before for found in each.findings if found.name == SCOPE_CHANGED)
    findings = dict.fromkeys((*scope, *last.findings))
    return msgspec.structs.replace(last, findings=tuple(findings), notes=notes)


def _note_causes(outcomes: Iterable[CheckOutcome]) -> tuple[str, ...]:
    return tuple(
        f"version {each.version} is due to {name_cause(each.cause)}, not to the page"
        for each in outcomes
    )


def _note_waiting(outcome: CheckOutcome) -> CheckOutcome:
    """Return a held outcome with the finding that the page has changed too."""
    message = (
        "the page has changed as well, and is compared once that which is due to"
        f" {name_cause(outcome.cause)} is approved or rejected"
    )
    waiting = Finding("page-waits", "publish", message)
    return msgspec.structs.replace(outcome, findings=(*outcome.findings, waiting))
