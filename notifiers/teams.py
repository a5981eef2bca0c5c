"""Microsoft Teams by a workflow's webhook: one Adaptive Card for each message.

For the trigger "When a Teams webhook request is received" of Power Automate, which posts the
cards in `attachments`. All text is in RichTextBlocks: unlike TextBlocks they do not support
Markdown or date functions, so no text needs escaping
(https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from notifiers.shared.http_post import UrlSettings, post_json, read_url
from notifiers.shared.message import describe_rest
from notifiers.shared.message_text import compose_text
from notifiers.shared.text import count_fitting, to_line
from tracker.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifiers.shared.message import Line, MessageText
    from tracker.notifications import Message

# Bytes of JSON. Teams accepts 28 KB in all; the rest is for title, headings and markup.
SECTIONS_LIMIT = 22_000
LEAST_ROOM = 900  # for a section, even if hardly any room is left
ACCEPTED = 202  # the workflow has started; whether it posts the card is unknown
# The answer of the service for a flow that is off. It turns off flows that have not run for 90
# days: https://learn.microsoft.com/power-automate/limits-and-config#expiration-limits
TURNED_OFF = "WorkflowTriggerIsNotEnabled"
ADVICE_OFF = (
    "the workflow is turned off, which happens after 90 days without a run; turn the flow on"
    " again in Power Automate; keepalive_days = 30 in this channel's table keeps it on"
)
SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
CARD = "application/vnd.microsoft.card.adaptive"
WHAT = "the Teams workflow URL"
SETTINGS = UrlSettings

Block = dict[str, Any]


def check(settings: UrlSettings) -> None:
    """Raise `UsageError` if the URL is missing or invalid."""
    read_url(settings, WHAT)


def send(settings: UrlSettings, message: Message) -> str:
    """Post the card; return "HTTP 202" if the workflow was started with it.

    Raises:
        UsageError: the URL is missing or invalid.
        DeliveryError: the workflow did not accept it.
    """
    url = read_url(settings, WHAT)
    try:
        status, said = post_json(url, build_payload(message))
    except DeliveryError as error:
        if TURNED_OFF not in str(error):
            raise
        raise DeliveryError(ADVICE_OFF, retriable=False) from None
    if status != ACCEPTED:  # a login page and a proxy answer 200
        raise DeliveryError(
            f'HTTP {status} "{said}" is not the 202 of a workflow; check its URL',
            retriable=False,
        )
    return f"HTTP {status}"


def build_payload(message: Message) -> dict[str, Any]:
    """Return the message for a workflow: one card, within the size that Teams accepts."""
    words = compose_text(message)
    card = {
        "$schema": SCHEMA,
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": f"{words.subject} {words.lead}",
        "msteams": {"width": "Full"},
        "body": _build_body(words),
        "actions": _build_actions(to_line(message.page_url)),
    }
    attachment = {"contentType": CARD, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _build_body(words: MessageText) -> list[Block]:
    title = _build_run(words.subject, size="Large", weight="Bolder")
    blocks = [_build_block([title]), _build_block([_build_run(words.lead)])]
    sections, room = words.all_sections, SECTIONS_LIMIT
    for number, section in enumerate(sections, start=1):
        kept = LEAST_ROOM * (len(sections) - number)
        parts = _build_section(section.heading, section.lines, max(room - kept, LEAST_ROOM))
        blocks += parts
        room -= len(msgspec.json.encode(parts))
    return blocks


def _build_section(heading: str, lines: tuple[Line, ...], room: int) -> list[Block]:
    """Return a heading, the lines that fit in `room` bytes, and how many do not."""
    title = _build_block(
        [_build_run(heading, weight="Bolder")], spacing="Large", separator=True
    )
    parts: list[list[Block]] = []

    def sizes() -> Iterator[int]:
        """Render one line after the other, and yield its size in bytes."""
        for line in lines:
            parts.append(_render_line(line))
            yield len(msgspec.json.encode(parts[-1]))

    kept = count_fitting(sizes(), len(lines), room)
    shown = [block for blocks in parts[:kept] for block in blocks]
    if kept < len(lines):
        shown.append(_build_block([_build_run(describe_rest(lines[kept:]))]))
    return [title, *shown]


def _render_line(line: Line) -> list[Block]:
    """Return one or two blocks: the values with their text, and below, smaller, the note."""
    values = _build_run(", ".join(line.values), fontType="Monospace", weight="Bolder")
    runs = [
        run for run in (_build_run(line.label), values, _build_run(line.text)) if run["text"]
    ]
    spaced = [run for each in runs for run in (_build_run(" "), each)][1:]
    blocks = [_build_block(spaced)]
    if line.note:
        blocks.append(
            _build_block([_build_run(line.note, size="Small", isSubtle=True)], spacing="None")
        )
    return blocks


def _build_block(inlines: list[Block], **style: object) -> Block:
    return {"type": "RichTextBlock", "inlines": inlines, **style}


def _build_run(text: str, **style: object) -> Block:
    return {"type": "TextRun", "text": text, **style}


def _build_actions(page_url: str) -> list[Block]:
    if not page_url.startswith(("https://", "http://")):
        return []
    return [{"type": "Action.OpenUrl", "title": "Open the page", "url": page_url}]
