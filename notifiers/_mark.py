"""The identity of a message: the same for each repeat, another for any other message."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from tracker.model import Announcement


def mark_of(announcement: Announcement) -> str:
    """32 hex digits for what is told, so that a receiver can show a repeat once.

    Made of the version and of the part of its changes that the channel is told: two
    channels that tell one receiver of different regions send two messages.
    """
    told = (
        announcement.source,
        announcement.version,
        announcement.digest,
        announcement.change_set,
    )
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:32]
