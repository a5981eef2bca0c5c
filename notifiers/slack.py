"""Slack by incoming webhook: one message of blocks for each alert.

Layout and Slack's limits are here; the text of a message is in `shared/message_text.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from notifiers.shared.http_post import UrlSettings, post_json, read_url
from notifiers.shared.message import fit_sections
from notifiers.shared.message_text import compose_text
from notifiers.shared.text import pack_rows, to_line
from tracker.errors import DeliveryError

if TYPE_CHECKING:
    from notifiers.shared.message import Line
    from tracker.notifications import Message

HEADER_LIMIT = 150  # characters; these limits are Slack's
SECTION_LIMIT = 3000
FALLBACK_LIMIT = 3000
BLOCKS_LIMIT = 50
WORDS_LIMIT = 900  # of each part of a line, escaped: three of them fit in a block
SECTIONS_LIMIT = 12_000  # measured: Slack refuses a message with more than about 13,000
MARKS = frozenset("*_~`")
LINK_LIMIT = 2000  # of a URL, which is on a separate line
ACCEPTED = "ok"  # Slack's answer; proxies and login pages answer 200 too
WHAT = "the Slack webhook URL"
SETTINGS = UrlSettings


def check(settings: UrlSettings) -> None:
    """Raise `UsageError` if the URL is missing or invalid."""
    read_url(settings, WHAT)


def doubt(settings: UrlSettings) -> str:
    """Return advice if the URL looks like one of Mattermost or Rocket.Chat, else "".

    Both answer "ok" as Slack does, but show little or nothing of the blocks.
    """
    path = urlsplit(read_url(settings, WHAT).reveal()).path
    if not path.startswith("/hooks/"):
        return ""
    has_token = "/" in path.removeprefix("/hooks/").rstrip("/")  # /hooks/ID/TOKEN
    product, scheme = ("Rocket.Chat", "rockets") if has_token else ("Mattermost", "mmosts")
    return (
        f"this is a URL of {product}, which does not show Slack's blocks; use a channel of type"
        f" apprise with a URL that begins with {scheme}://"
    )


def send(settings: UrlSettings, message: Message) -> str:
    """Post the message; return "HTTP 200" if Slack accepted it.

    Raises:
        UsageError: the URL is missing or invalid.
        DeliveryError: Slack did not accept it.
    """
    status, said = post_json(read_url(settings, WHAT), build_payload(message), wanted=ACCEPTED)
    if said != ACCEPTED:
        raise DeliveryError(
            f'HTTP {status} "{said}" is not Slack\'s "ok"; check the webhook URL',
            retriable=False,
        )
    return f"HTTP {status}"


def build_payload(message: Message) -> dict[str, Any]:
    """Return the message as Slack's JSON: a header, and sections of one or more blocks."""
    words = compose_text(message)
    blocks = [_build_header(words.subject), _build_section([escape(words.lead, SECTION_LIMIT)])]
    for heading, lines in fit_sections(words.all_sections, _render_line, SECTIONS_LIMIT):
        rows = [f"*{escape(heading, 200)}*", *lines]
        blocks += [_build_section(list(part)) for part in pack_rows(rows, SECTION_LIMIT - 50)]
    return {
        "text": escape(f"{words.subject}. {words.lead}", FALLBACK_LIMIT),  # on a lock screen
        "blocks": blocks[:BLOCKS_LIMIT],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def escape(text: str, limit: int) -> str:
    """Return plain text with & < > escaped as Slack requires: no mention or link survives."""
    shown = ""
    for char in to_line(text):
        safe = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get(char, char)
        if len(shown) + len(safe) > limit:
            break
        shown += safe
    return shown


def _render_line(line: Line) -> str:
    """Return a bullet; values as code, so that `*.example.com` is shown with its star."""
    gap = "\n    " if line.note else " "
    values = ", ".join(map(_render_value, line.values))
    parts = (
        _render_words(line.label),
        values,
        _render_words(line.text),
        _render_words(line.note),
    )
    return f"• {gap.join(filter(None, parts))}"


def _render_value(value: str) -> str:
    is_link = value.startswith(("https://", "http://")) and len(value) <= LINK_LIMIT
    if is_link and not set(value) & set("<>|`& "):
        return f"<{value}>"
    return _render_code(value)


def _render_words(text: str) -> str:
    """Return free text; as code if it contains characters that Slack takes for markup."""
    if MARKS & set(text):
        return _render_code(text)
    return escape(text, WORDS_LIMIT)


def _render_code(text: str) -> str:
    quiet = text.replace("`", "'")
    return f"`{escape(quiet, WORDS_LIMIT)}`"


def _build_header(text: str) -> dict[str, Any]:
    shown = escape(text, HEADER_LIMIT)
    return {
        "type": "header",
        "text": {"type": "plain_text", "text": shown, "emoji": False},
    }


def _build_section(lines: list[str]) -> dict[str, Any]:
    # verbatim: Slack does not turn similar text into links, mentions or channels.
    text = {"type": "mrkdwn", "text": "\n".join(lines), "verbatim": True}
    return {"type": "section", "text": text}
