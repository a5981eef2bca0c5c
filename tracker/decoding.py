"""Decodes JSON as one of our types, safely in several threads at the same time."""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_DECODERS: dict[object, msgspec.json.Decoder[Any]] = {}
_LOCK = threading.Lock()


def decode_json(data: bytes | str, kind: type[T]) -> T:
    """Return JSON as one of our types. Raises a MsgspecError or UnicodeDecodeError.

    Decoders are created one at a time: the process crashes if two threads have msgspec inspect
    a type for the first time at the same moment, also a type inside another one.
    """
    with _LOCK:
        decoder = _DECODERS.get(kind) or _DECODERS.setdefault(kind, msgspec.json.Decoder(kind))
    found: T = decoder.decode(data)
    return found


def convert_checked(raw: object, kind: type[T]) -> T:
    """Return plain data as one of our types. Raises msgspec.ValidationError."""
    with _LOCK:  # it inspects the type as well
        return msgspec.convert(raw, kind, strict=True)
