"""What channels are sent: announcements of versions, and notices about the watch itself.

Pure data, as `tracker.model` is.
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

    `came` is the first version that had it, null if that is too long ago to look for. Of a
    removed endpoint, `went` is the first version without it, and `until` is when its grace
    ends.
    """

    came: VersionAt | None
    went: VersionAt | None = None
    until: Time | None = None


class ChannelPast(msgspec.Struct, frozen=True):
    """What a channel was sent before a message, for types that recall it.

    `work` are endpoints that earlier versions asked to allow, still on the page and not in the
    message, each with the version that added it; `rows` are entries that have them now.
    `receipts` are what the receipts of earlier versions say, newest first, then those of
    versions that were replaced, as in a store that was restored.
    """

    work: Mapping[Endpoint, VersionAt] = {}
    rows: tuple[Entry, ...] = ()
    receipts: tuple[str, ...] = ()


class Attachment(msgspec.Struct, frozen=True):
    """A file of the published tree that goes with a message: its path and its bytes."""

    path: str
    data: bytes


class Announcement(msgspec.Struct, frozen=True):
    """What a channel is sent for one version.

    `baseline` marks the first version, which is announced as such and not as additions.
    `rule_files` and `delta_files` are paths inside the published tree; `attachments` are deltas
    too, for a channel that can attach them. `web_page` shows all of it, if it is published
    somewhere. `stays` says how long endpoints have been on the page, or were, and
    `changed_before` when a changed row had last changed; both hold what is known. `cause` is
    whose change it is, and `findings` are those of the version in these regions.
    `rule_files_of` is the version that the rule files are still of, where those of this one
    could not be written; null where there are none. `title` is what people call the source.
    `past` is what the channel was sent before, for types that recall it. `alive` marks a sign
    of life: of version 0, like a test message, with nothing to report.
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
    """What a channel is sent about the watch itself, beside the versions.

    `kind` is what is wrong now, or "over" if nothing new is; "files" is of what was wrong with
    published files, "rewound" of a store that went back, "scope" of another choice of regions,
    "upgrade" of rule files in another form: they are over when they are sent.
    `ends` names what is over with it: kinds, or `channel/NAME`. `name` and `reason` say why, in
    a stable word and in a sentence. `version` is the one in force, `version_digest` the sha256
    of its file, `checked_at` its last good check, `since` when the trouble began, `count` the
    checks in a row that had it, `times` how often it has been sent with this notice, `again_at`
    when it is sent again if it lasts. `change_set` is what a held page (`digest`) would change;
    it is null as stored, and filled in when the notice is sent. Of a configuration, `digest`
    distinguishes one broken content from another, and of a store one time that it went back.
    `title` is what people call the source, `web_page` shows all of it, if it is published
    somewhere, and `receipts` are what those of the channel's earlier notices say, newest first,
    for types that recall it: like the change set, none of them is stored.
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
        """Return the notice without what is filled in for a channel."""
        return msgspec.structs.replace(
            self, change_set=None, title=UNSET, web_page=UNSET, receipts=UNSET
        )

    @property
    def about(self) -> str | None:
        """The trouble that it opens or repeats: its kind, or `channel/NAME`, `filter/NAME`."""
        if self.kind == "over":
            return None
        return f"{self.kind}/{self.channel}" if self.channel else self.kind


Message = Announcement | Notice
