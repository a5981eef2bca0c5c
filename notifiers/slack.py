"""Slack by incoming webhook: one message of blocks for each.

Layout and Slack's limits live here; the words are `_words`, the transport is `_post`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notifiers.shared.http_post import UrlSettings, post_json, read_url
from notifiers.shared.message_text import compose_text
from notifiers.shared.text import fit, to_line
from tracker.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notifiers.shared.message import Line, MessageText
    from tracker.model import Message

HEADER_LIMIT = 150  # characters, all of these are Slack's
SECTION_LIMIT = 3000
FALLBACK_LIMIT = 3000
SECTIONS_LIMIT = 9000  # ours: long blocks in all make Slack refuse the message
FEWEST = 60  # characters below which a section shows its count alone
MARKS = frozenset("*_~`")
TAKEN = "ok"  # what Slack answers; a proxy and a login page say 200 too
WHAT = "the Slack webhook URL"
SETTINGS = UrlSettings


def check(settings: UrlSettings) -> None:
    """Raise `UsageError` when the URL is not there or is none."""
    read_url(settings, WHAT)


def send(settings: UrlSettings, message: Message) -> str:
    """Post the message; "HTTP 200" when Slack took it.

    Raises:
        UsageError: the URL is not there or is none.
        DeliveryError: Slack did not take it.
    """
    status, said = post_json(read_url(settings, WHAT), payload(message), wanted=TAKEN)
    if said != TAKEN:
        raise DeliveryError(
            f'HTTP {status} "{said}" is not Slack\'s "ok"; check the webhook URL',
            retriable=False,
        )
    return f"HTTP {status}"


def payload(message: Message) -> dict[str, Any]:
    """The message as Slack's JSON: header, a section for each kind of news, facts."""
    words = compose_text(message)
    blocks = [_header(words.subject), _section([escape(words.lead, SECTION_LIMIT)])]
    room = SECTIONS_LIMIT
    for section in words.sections:
        lines = [f"*{escape(section.heading, 200)}*", *_fitted(section.lines, room)]
        blocks.append(_section(lines))
        room -= sum(map(len, lines))
    blocks.append(_section([f"*{words.more}*", *_fitted(words.facts, room=2800)]))
    return {
        # What a phone's lock screen shows: the first addresses, if there are any.
        "text": escape(f"{words.subject} {_first_values(words)}", FALLBACK_LIMIT),
        "blocks": blocks,
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _first_values(words: MessageText) -> str:
    first = next((section.lines[0] for section in words.sections), None)
    return ", ".join(first.values) if first else ""


def escape(text: str, limit: int) -> str:
    """Plain text with & < > as Slack wants them: no mention or link survives."""
    shown = ""
    for char in to_line(text):
        safe = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(char, char)
        if len(shown) + len(safe) > limit:
            break
        shown += safe
    return shown


def _fitted(lines: Sequence[Line], room: int) -> list[str]:
    budget = max(FEWEST, min(room, SECTION_LIMIT - 250))
    return fit(map(_line, lines), [line.weight for line in lines], budget)


def _line(line: Line) -> str:
    """A bullet; values as code, so that `*.example.com` is shown with its star."""
    gap = "\n    " if line.note else " "
    values = ", ".join(map(_value, line.values))
    parts = (_words(line.label), values, _words(line.text), _words(line.note))
    return f"• {gap.join(filter(None, parts))}"


def _value(value: str) -> str:
    if value.startswith(("https://", "http://")) and not set(value) & set("<>|`& "):
        return f"<{value}>"
    return _code(value)


def _words(text: str) -> str:
    """Free text; where it holds marks that Slack would eat, as code."""
    if MARKS & set(text):
        return _code(text)
    return escape(text, 1500)


def _code(text: str) -> str:
    quiet = text.replace("`", "'")
    return f"`{escape(quiet, 1500)}`"


def _header(text: str) -> dict[str, Any]:
    shown = escape(text, HEADER_LIMIT)
    return {
        "type": "header",
        "text": {"type": "plain_text", "text": shown, "emoji": False},
    }


def _section(lines: list[str]) -> dict[str, Any]:
    # verbatim: Slack makes no links, mentions or channels of what looks like one.
    text = {"type": "mrkdwn", "text": "\n".join(lines), "verbatim": True}
    return {"type": "section", "text": text}
