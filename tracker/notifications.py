"""The messages to channels: announcements of versions, and notices about the checks.

Pure data, like `tracker.model`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from tracker.change_set import Change, ChangeSet
from tracker.model import Cause, Endpoint, Entry, Finding, Hash, Number, Time

NoticeKind = Literal[
    "failing",
    "layout",
    "held",
    "stale",
    "channel",
    "drift",
    "config",
    "files",
    "rewound",
    "scope",
    "upgrade",
    "filter",
    "grace",
    "over",
]
NoticeNumber = Annotated[
    int, msgspec.Meta(ge=1, description="number of a notice", examples=[7])
]


class VersionAt(msgspec.Struct, frozen=True):
    """A version, and when it was captured."""

    version: Number
    at: Time


class Presence(msgspec.Struct, frozen=True):
    """How long an endpoint has been on the page, or was.

    `came` is the first version that had it, null if that is too long ago to look for. For a
    removed endpoint, `went` is the first version without it, and `until` is when its grace
    ends.
    """

    came: VersionAt | None
    went: VersionAt | None = None
    until: Time | None = None


class ChannelPast(msgspec.Struct, frozen=True):
    """What a channel was sent before a message, for channel types that use it.

    `work` are endpoints that earlier versions asked to allow, that are still on the page and
    that are not in the message, each with the version that added it; `rows` are the entries
    that have them now. `receipts` are the details of the receipts of earlier versions, newest
    first, then those of versions that were replaced, as in a store that was restored.
    """

    work: Mapping[Endpoint, VersionAt] = {}
    rows: tuple[Entry, ...] = ()
    receipts: tuple[str, ...] = ()


class Attachment(msgspec.Struct, frozen=True):
    """A file of the published tree that is attached to a message: its path and its bytes."""

    path: str
    data: bytes


class Announcement(msgspec.Struct, frozen=True):
    """What a channel is sent for one version.

    `baseline` marks the first version, which is announced as such and not as additions.
    `rule_files` and `delta_files` are paths inside the published tree; `attachments` are deltas
    too, for a channel that can attach them. `web_page` is the URL of the published page, if
    there is one. `stays` is how long endpoints have been on the page, or were, and
    `changed_before` when a changed row had last changed; both contain what is known. `cause` is
    the cause of the version, and `findings` are those in these regions. `rule_files_of` is the
    version of the rule files in force, if those of this version could not be written; null if
    there are none. `title` is the name of the source for people. `past` is what the channel
    was sent before, for types that use it. `alive` marks a sign of life, with version 0, like a
    test message, and nothing to report.
    """

    source: str
    version: int
    digest: str
    page_url: str
    captured_at: str
    baseline: bool
    entries: int
    regions: tuple[str | None, ...]
    change_set: ChangeSet
    rule_files: tuple[str, ...] = ()
    delta_files: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    web_page: str = ""
    stays: Mapping[Endpoint, Presence] = {}
    changed_before: Mapping[Change, VersionAt] = {}
    cause: Cause | UnsetType = UNSET
    findings: tuple[Finding, ...] = ()
    rule_files_of: int | UnsetType | None = UNSET
    title: str = ""
    past: ChannelPast = ChannelPast()
    alive: bool = False


class Notice(msgspec.Struct, frozen=True):
    """A message to channels about the checks themselves, in addition to the versions.

    `kind` is what is wrong now, or "over" if nothing new is; "files" is about published files
    that were damaged, "rewound" about a store that went back, "scope" about another choice of
    regions, "upgrade" about rule files in another form: these are over when they are sent.
    `ends` lists what ends with it: kinds, or `channel/NAME`. `name` and `reason` give the
    cause, as a stable word and a sentence. `version` is the one in force, `version_digest` the
    sha256 of its file, `checked_at` its last good check, `since` when the problem began,
    `count` the checks in a row that had it, `times` how often it has been sent, including this
    notice, `again_at` when it is sent again if it lasts. `change_set` is what a held page
    (`digest`) would change; it is null as stored, and filled in when the notice is sent. For a
    configuration, `digest` distinguishes one broken content from another, and for a store each
    time that it went back.
    `title` is the name of the source for people, `web_page` the URL of the published page, if
    there is one, and `receipts` are the details of those of the channel's earlier notices,
    newest first, for types that use them: like the change set, none of these is stored.
    """

    source: str
    number: NoticeNumber
    kind: NoticeKind
    at: Time
    page_url: str
    version: Number | None
    since: Time
    checked_at: Time | None = None
    name: str = ""
    reason: str = ""
    ends: tuple[str, ...] = ()
    count: int = 0
    times: int = 1
    again_at: Time | None = None
    findings: tuple[Finding, ...] = ()
    digest: Hash | None = None
    channel: str | None = None
    change_set: ChangeSet | None = None
    version_digest: Hash | UnsetType = UNSET
    title: str | UnsetType = UNSET
    web_page: str | UnsetType = UNSET
    receipts: tuple[str, ...] | UnsetType = UNSET

    def as_stored(self) -> Notice:
        """Return the notice without the fields that are filled in for a channel."""
        return msgspec.structs.replace(
            self, change_set=None, title=UNSET, web_page=UNSET, receipts=UNSET
        )

    @property
    def about(self) -> str | None:
        """The problem that it opens or repeats: its kind, or `channel/NAME`, `filter/NAME`."""
        if self.kind == "over":
            return None
        return f"{self.kind}/{self.channel}" if self.channel else self.kind


Message = Announcement | Notice
