"""The parts of a message, whatever it is about. How they look is the channel's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from notifiers._lines import Line
from notifiers._text import clip, plain

if TYPE_CHECKING:
    from tracker.model import Message

SUBJECT_LIMIT = 150


class Section(msgspec.Struct, frozen=True):
    """Lines under one heading, in order of importance."""

    heading: str
    lines: tuple[Line, ...]


class Words(msgspec.Struct, frozen=True):
    """All that a message says: `sections` by importance, `facts` always last, under `more`."""

    subject: str
    lead: str
    sections: tuple[Section, ...]
    facts: tuple[Line, ...]
    more: str = "Rule files and more"


def titled(message: Message, text: str) -> str:
    """The text as a subject line."""
    return clip(f"[fwtracker] {message.source}: {text}", SUBJECT_LIMIT)


def minute(time: str) -> str:
    """`2024-11-05 06:17 UTC`; what has another form stays as it is."""
    text = plain(time)
    if text.endswith("Z") and text[10:11] == "T":
        return f"{text[:10]} {text[11:16]} UTC"
    return text
