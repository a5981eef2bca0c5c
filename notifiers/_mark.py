"""The identity of a message: the same for each repeat, another for any other message."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from tracker.model import Notice

if TYPE_CHECKING:
    from tracker.model import Message


def mark_of(message: Message) -> str:
    """32 hex digits for what is told, so that a receiver can show a repeat once.

    Made of the version and of the part of its changes that the channel is told: two
    channels that tell one receiver of different regions send two messages. A notice is the
    same for all, whatever a held page would change by now.
    """
    if isinstance(message, Notice):
        told: tuple[object, ...] = (replace(message, change_set=None),)
    else:
        told = (message.source, message.version, message.digest, message.change_set)
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:32]
