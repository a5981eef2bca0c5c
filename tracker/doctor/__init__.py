"""What is wrong with a set-up, and what to do about it: a line for each thing looked at.

Looks, and writes nothing that stays. Each part is a generator of Lines; a part that breaks is a
line too, so that the others are still heard.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from tracker.config import Config
from tracker.errors import FwtrackerError

Verdict = Literal["good", "warning", "bad"]


class Line(msgspec.Struct, frozen=True):
    """One thing looked at: `about` what, how it is, and what to do where it is not good."""

    about: str
    verdict: Verdict
    text: str
    advice: str = ""


def good(about: str, text: str) -> Line:
    """Nothing to do."""
    return Line(about, "good", text)


def warning(about: str, text: str, advice: str) -> Line:
    """It works, but somebody should know."""
    return Line(about, "warning", text, advice)


def bad(about: str, text: str, advice: str = "") -> Line:
    """It does not work. The text of our own errors says what to do already."""
    return Line(about, "bad", text, advice)


def examine(config: Config, place: str, *, online: bool) -> Iterator[Line]:
    """All lines, in the order in which things are needed."""
    from tracker.doctor import network, setting, storing  # noqa: PLC0415

    yield from setting.lines(config)
    yield from storing.lines(config, place)
    if online:
        for source in sorted(config.sources):
            yield from _tried(source, network.lines(config, place, source))


def _tried(about: str, found: Iterator[Line]) -> Iterator[Line]:
    try:
        yield from found
    except FwtrackerError as error:
        yield bad(about, str(error))
