"""The JSON of `/v1/`: the types in addition to those of the published files.

Addresses and parameters are in `openapi.py`, which makes schemas from these types.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from tracker.change_set import ChangedEndpoint, ChangeSet
from tracker.check.context import CheckReport
from tracker.model import Count, Endpoint, Finding, Hash, Number, NumberOrZero, Time

REQUIREMENTS = ("required", "recommended", "optional")
MOST_SETS = 200  # change sets in one answer
FolderKind = Literal["region", "all", "table", "earlier"]
HttpError = Annotated[int, msgspec.Meta(ge=400, le=599, examples=[404])]
LastOutcome = Literal["good", "held", "failed"]


class Problem(msgspec.Struct, frozen=True):
    """Why a request was not answered (RFC 9457). `detail` is a sentence for people."""

    title: str
    status: HttpError
    detail: str


class RuleFolder(msgspec.Struct, frozen=True):
    """A folder of rule files, by its path below the source's: `rules/europe`.

    `kind` is "region" for a region of the version in force, "all" for all regions that are
    tracked, "table" for a `[[rules]]` table and "earlier" for a region that left the page or
    was renamed, whose files stay for the grace period. `region` is its name on the page; null
    if the page names no regions, and for the other kinds. `files` are the names of its files.
    """

    path: str
    kind: FolderKind
    region: str | None
    files: tuple[str, ...]


class FormatInfo(msgspec.Struct, frozen=True):
    """A rule format: its name, its file's name, the file's Content-Type, what it is for."""

    name: str
    file: str
    content_type: str
    about: str


class SourceInfo(msgspec.Struct, frozen=True):
    """One source in `/v1/sources`; nulls before its first version.

    `checked_at` is the last good check, `expires` until when that counts as fresh. `held`
    counts the pages that wait for a decision, null if the records are damaged. `problem` is
    that of the last check ("failing", "layout", "held"), null for a good one, and
    `failing_since` when it began.
    """

    name: str
    title: str
    version: Number | None
    checked_at: Time | None
    expires: Time | None
    folders: tuple[RuleFolder, ...] = ()
    held: Count | None = 0
    problem: str | None = None
    failing_since: Time | None = None


class HeldInfo(msgspec.Struct, frozen=True):
    """A page that waits for `approve` or `reject`: its digest, and when it was first seen."""

    digest: Hash
    first_seen: Time


class SourceStatus(msgspec.Struct, frozen=True):
    """`/v1/{source}/status`: the state of the checks, and what is published where.

    From the store, the same in every process: `outcome` of the last check, which is null before
    the first one; `problem`, null after a good check, with `failing_since` and the number of
    `failed_checks` in a row; pages that are `held`; deliveries of versions and notices that are
    `owed`; `failing_channels`, which accept no messages, with the time when that began. `stale`
    is true once `expires` has passed: checks have failed for too long, or none are made.

    From this process, null or false if another one (or cron) does the checks: `checking`,
    `last_check`, as `fwtracker run --json` prints it, `last_check_at` and `next_check`.
    """

    source: str
    version: Number | None
    checked_at: Time | None
    expires: Time | None
    stale: bool
    outcome: LastOutcome | None
    problem: str | None
    failing_since: Time | None
    failed_checks: Count
    held: tuple[HeldInfo, ...]
    owed: Count
    failing_channels: dict[str, Time]
    folders: tuple[RuleFolder, ...]
    formats: tuple[FormatInfo, ...]
    checking: bool
    last_check: CheckReport | None
    last_check_at: Time | None
    next_check: Time | None


class Changes(msgspec.Struct, frozen=True):
    """`/v1/{source}/changes`: what a client with version `since` needs to get to `latest`.

    The three lists of endpoints lead from `since` to `latest`, whose digest is `digest`. They
    can be applied again without harm. `changes` are the change sets after `since`, up to
    `upto`; `more` is true if there are further ones, which `since=UPTO` returns.
    """

    source: str
    since: NumberOrZero
    upto: Number
    latest: Number
    more: bool
    changes: tuple[ChangeSet, ...]
    endpoints_added: tuple[Endpoint, ...]
    endpoints_removed: tuple[Endpoint, ...]
    endpoints_changed: tuple[ChangedEndpoint, ...]
    digest: Hash


class HeldPage(msgspec.Struct, frozen=True):
    """One item of `/v1/{source}/held`: a candidate that waits for `approve` or `reject`.

    `change` is what it would change today: from the newest version to the next number.
    """

    source: str
    digest: Hash
    first_seen: Time
    findings: tuple[Finding, ...]
    change: ChangeSet
