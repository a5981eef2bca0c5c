"""What `/v1/` answers with, beside the files of the tree: the shapes of the JSON."""

from __future__ import annotations

import msgspec

from tracker.model import ChangeSet, Endpoint, Number, Time

REQUIREMENTS = ("required", "recommended", "optional")


class SourceInfo(msgspec.Struct, frozen=True):
    """One source in `/v1/sources`; nulls before its first version."""

    name: str
    title: str
    version: Number | None
    checked_at: Time | None
    expires: Time | None


class Probe(msgspec.Struct, frozen=True):
    """`/v1/{source}/version`: enough to see whether there is something new."""

    version: Number
    digest: str


class Changes(msgspec.Struct, frozen=True):
    """`/v1/{source}/changes`: every change set after `since`, and what they come to.

    `more` says that there are further ones, after `upto`.
    """

    source: str
    since: int
    upto: Number
    latest: Number
    more: bool
    changes: tuple[ChangeSet, ...]
    endpoints_added: tuple[Endpoint, ...]
    endpoints_removed: tuple[Endpoint, ...]
