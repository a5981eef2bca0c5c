"""A message as plain text, for channels without markup, and as simple HTML, for mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifiers.shared.message import fit_sections

if TYPE_CHECKING:
    from notifiers.shared.message import Line, MessageText

MAIL_ROOM = 500_000  # characters of a mail's sections
# Styles are in the tags, because some mail programs drop style sheets. Colours are left to the
# mail program, light or dark, so the contrast is right. Long URLs may break anywhere.
BODY_STYLE = "font:15px/1.45 sans-serif;max-width:680px;margin:12px;overflow-wrap:anywhere"
HEADING_STYLE = "font-size:17px;margin:18px 0 6px"
LIST_STYLE = "margin:0;padding-left:20px"
ITEM_STYLE = "margin-bottom:6px"
CODE_STYLE = "font:14px monospace"
NOTE_STYLE = "font-size:13px"
META_TAGS = (
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark">'
    '<meta name="supported-color-schemes" content="light dark">'
)


def render_text(text: MessageText, room: int = MAIL_ROOM) -> str:
    """Return the message as plain text, readable on a phone.

    `room` limits the characters of all sections; each section counts what is left out of it.
    """
    parts = [text.lead]
    sections = [section for section in text.all_sections if section.lines]
    for heading, lines in fit_sections(sections, _render_bullet, room):
        parts.append("\n".join((heading, "-" * len(heading), *lines)))
    return "\n\n".join(parts) + "\n"


def _render_bullet(line: Line) -> str:
    gap = "\n    " if line.note else " "
    parts = (line.label, ", ".join(line.values), line.text, line.note)
    return f"* {gap.join(filter(None, parts))}"


def render_html(text: MessageText) -> str:
    """Return the message as HTML: headings and lists, without pictures or scripts."""
    from html import escape  # noqa: PLC0415  only a mail needs it

    parts = [f"<p><b>{escape(text.lead)}</b></p>"]
    for heading, lines in fit_sections(text.all_sections, _render_item, MAIL_ROOM):
        items = "\n".join(f'<li style="{ITEM_STYLE}">{item}</li>' for item in lines)
        parts.append(f'<h3 style="{HEADING_STYLE}">{escape(heading)}</h3>')
        parts.append(f'<ul style="{LIST_STYLE}">\n{items}\n</ul>')
    body = "\n".join(parts)
    head = f"<!doctype html>\n<html><head>{META_TAGS}</head>"
    return f'{head}\n<body style="{BODY_STYLE}">\n{body}\n</body></html>\n'


def _render_item(line: Line) -> str:
    from html import escape  # noqa: PLC0415

    values = ", ".join(map(_render_value, line.values))
    note = f'<span style="{NOTE_STYLE}">{escape(line.note)}</span>' if line.note else ""
    gap = "<br>" if line.note else " "
    return gap.join(filter(None, (escape(line.label), values, escape(line.text), note)))


def _render_value(value: str) -> str:
    from html import escape  # noqa: PLC0415

    if value.startswith(("https://", "http://")):
        return f'<a href="{escape(value)}">{escape(value)}</a>'
    return f'<code style="{CODE_STYLE}">{escape(value)}</code>'
