"""The body of a webhook: its types, which are its JSON Schema too."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from tracker.change_set import ChangeSet, Impact, Summary
from tracker.model import Cause, Count, Endpoint, Finding, Hash, Number, NumberOrZero, Time
from tracker.notifications import NoticeKind, NoticeNumber

SCHEMA: Literal[1] = 1  # of the body; the change set has its own
DeliveryId = Annotated[
    str,
    msgspec.Meta(pattern="^[0-9a-f]{32}$", examples=["d41d8cd98f00b204e9800998ecf8427e"]),
]


class AddedEndpoint(Endpoint, frozen=True):
    """An endpoint that came to the page, and since when it is there."""

    since: Time | None = None
    since_version: Number | None = None


class RemovedEndpoint(AddedEndpoint, frozen=True):
    """An endpoint that left the page: since when it was there, and when it went."""

    gone: Time | None = None
    gone_version: Number | None = None
    until: Time | None = None


class DatedChangeSet(ChangeSet, frozen=True):
    """A change set, narrowed to what the channel is sent, with the dates of its endpoints."""

    endpoints_added: tuple[AddedEndpoint, ...] = ()
    endpoints_removed: tuple[RemovedEndpoint, ...] = ()


class MessageBody(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """What all bodies have."""

    schema: Literal[1]
    type: str
    delivery: DeliveryId
    source: str
    title: str
    impact: Impact
    page_url: str
    subject: str
    from_: Number | None
    summary: Summary | None
    base_url: str | None
    web_page: str | None
    text: str


class VersionBody(MessageBody, frozen=True, kw_only=True, rename={"from_": "from"}):
    """What a webhook is sent for a new version."""

    type: Literal["version"]
    summary: Summary
    version: NumberOrZero
    digest: Hash
    captured_at: Time
    cause: Cause | UnsetType = UNSET
    rule_files_of: Number | UnsetType | None = UNSET
    baseline: bool
    entries: Count
    regions: tuple[str | None, ...]
    rule_files: tuple[str, ...]
    delta_files: tuple[str, ...]
    change_set: DatedChangeSet | None
    change_set_files: tuple[str, ...]


class NoticeBody(MessageBody, frozen=True, kw_only=True, rename={"from_": "from"}):
    """What a webhook is sent about the watch itself, beside the versions."""

    type: Literal["notice"]
    notice: NoticeNumber
    kind: NoticeKind
    at: Time
    version: Number | None
    since: Time
    checked_at: Time | None
    name: str
    reason: str
    ends: tuple[str, ...]
    count: Count
    times: Count
    again_at: Time | None
    findings: tuple[Finding, ...]
    digest: Hash | None
    channel: str | None
    change_set: ChangeSet | None
    version_digest: Hash | UnsetType = UNSET
