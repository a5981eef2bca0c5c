"""Stored files of a later release: their schema is newer, so they are left as they are."""

from __future__ import annotations

import msgspec

from tracker.decoding import decode_json
from tracker.errors import NewerSchema
from tracker.model import SCHEMA


class _Candidate(msgspec.Struct, frozen=True):
    schema: int = SCHEMA


class _Head(msgspec.Struct, frozen=True):
    """What each form of a stored file has had so far; that of a held page inside of it."""

    schema: int = SCHEMA
    candidate: _Candidate = _Candidate()


def refuse_newer(name: str, data: bytes) -> None:
    """Raise NewerSchema where a file says that its schema is newer than ours."""
    try:
        head = decode_json(data, _Head)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return
    newest = max(head.schema, head.candidate.schema)
    if newest > SCHEMA:
        raise NewerSchema(
            f"{name}: written by a newer fwtracker (schema {newest}); upgrade this one"
        )
