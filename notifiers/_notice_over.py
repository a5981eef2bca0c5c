"""What a notice says of trouble that is over. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifiers._message import Section, minute
from notifiers._notice_parts import CHANNEL_LIMIT, Told, command, in_force, lasted
from notifiers._text import clip

if TYPE_CHECKING:
    from tracker.model import Notice

AGREED = {  # what is over and has nothing to do with checks
    "drift": "DNS and the page agree again",
    "config": "the configuration is right again, and in force",
}
NOT_GOOD = {  # how far a check came that is not good, but better than the last
    "layout": ("the page can be had again, but not be read", "What failed before works."),
    "held": ("the page can be read again, but is held", "See: fwtracker held."),
}


def over(notice: Notice) -> Told:
    """What is over, and what to do about what it left."""
    if notice.name in AGREED:
        return AGREED[notice.name], "Nothing to do.", ()
    if notice.channel:
        return _channel_again(notice)
    if notice.name in NOT_GOOD:
        subject, lead = NOT_GOOD[notice.name]
        return subject, f"{lead} {in_force(notice)}", ()
    if notice.name in {"approved", "rejected"}:
        return f"the held page was {notice.name}", "Nothing to do.", ()
    if set(notice.ends) <= {"held"}:
        return "no page is held any more", f"Nothing to do. {in_force(notice)}", ()
    lead = f"Nothing to do. The last good check before was at {minute(notice.since)}."
    return f"checks work again, after {lasted(notice)}", lead, ()


def _channel_again(notice: Notice) -> Told:
    name = clip(notice.channel or "", CHANNEL_LIMIT)
    again = command(f"fwtracker notify retry {name}", "Send what it refused before:")
    sections = (Section("What to do", (again,)),)
    return (
        f"channel {name} takes messages again",
        "What it took before is not repeated.",
        sections,
    )
