"""The parts that most notices have: how often, how long, why, what is in force. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifiers._lines import Line
from notifiers._message import Section, minute
from notifiers._text import clip, counted, plain

if TYPE_CHECKING:
    from tracker.model import Notice

REASON_LIMIT = 600  # characters
NAMES_LIMIT = 80
CHANNEL_LIMIT = 63
HOUR, DAY = 3600, 86_400

Told = tuple[str, str, tuple[Section, ...]]  # subject, lead, sections


def row(notice: Notice) -> str:
    """`1 check`, `3 checks in a row`."""
    row = " in a row" if notice.count > 1 else ""
    return f"{counted(notice.count, 'check')}{row}"


def command(command: str, label: str) -> Line:
    """A command to type, behind what it is for."""
    return Line((command,), label=label)


def why(notice: Notice) -> Section:
    """The reason, where there is one."""
    reason = clip(notice.reason, REASON_LIMIT)
    return Section("Why", (Line(text=reason),) if reason else ())


def named(notice: Notice) -> str:
    """`: unreachable`, the stable name of the reason."""
    return f": {clip(notice.name, NAMES_LIMIT)}" if notice.name else ""


def in_force(notice: Notice) -> str:
    """Which version stays in force, and when it was checked last."""
    if notice.version is None:
        return "There is no version yet."
    force = f"Version {notice.version} stays in force"
    if notice.checked_at is None:
        return f"{force}."
    return f"{force}; the last good check was at {minute(notice.checked_at)}."


def lasted(notice: Notice) -> str:
    """From `since` to `at`: `26 hours`, `3 days`."""
    from datetime import datetime  # noqa: PLC0415

    try:
        between = datetime.fromisoformat(notice.at) - datetime.fromisoformat(notice.since)
    except ValueError:
        return "some time"
    seconds = max(between.total_seconds(), 0)
    if seconds >= 2 * DAY:
        return counted(round(seconds / DAY), "day")
    if seconds >= HOUR:
        return counted(round(seconds / HOUR), "hour")
    return counted(round(seconds / 60), "minute")


def facts(notice: Notice) -> tuple[Line, ...]:
    """Where to read on: the page, the state, when it is told again."""
    again = (
        f", told again after {minute(notice.again_at)} if it lasts" if notice.again_at else ""
    )
    version = f"Version {notice.version} in force" if notice.version else "No version yet"
    return (
        command("fwtracker notify status", "See more:"),
        Line((plain(notice.page_url),), label="Page:"),
        Line(text=version),
        Line(text=f"Notice {notice.number}, {minute(notice.at)}{again}"),
    )
