"""Decode JSON as one of our types, also when several threads read at the same time."""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_DECODERS: dict[object, msgspec.json.Decoder[Any]] = {}
_LOCK = threading.Lock()


def decode_json(data: bytes | str, kind: type[T]) -> T:
    """Return JSON as one of our types. Raises a MsgspecError or UnicodeDecodeError.

    Decoders are made here, one at a time: the process crashes where two threads have msgspec
    look at a type for the first time at once, also at a type inside of another.
    """
    with _LOCK:
        decoder = _DECODERS.get(kind) or _DECODERS.setdefault(kind, msgspec.json.Decoder(kind))
    found: T = decoder.decode(data)
    return found


def convert_checked(raw: object, kind: type[T]) -> T:
    """Return plain data as one of our types. Raises msgspec.ValidationError."""
    with _LOCK:  # it looks at the type as well
        return msgspec.convert(raw, kind, strict=True)
