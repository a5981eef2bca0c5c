"""The message as simple HTML, for mail: readable on a phone, in light and in dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifiers._plaintext import SECTION_BUDGET, sections_of
from notifiers._text import fit

if TYPE_CHECKING:
    from notifiers._lines import Line
    from notifiers._message import Words

# In the tags themselves: some mail programs drop a style sheet. No colour but a grey that can
# be read on white and on black (contrast 4.5 on both); a long URL breaks where it must.
BODY = "font:15px/1.45 sans-serif;max-width:680px;margin:12px;overflow-wrap:anywhere"
HEADING = "font-size:17px;margin:18px 0 6px"
LIST = "margin:0;padding-left:20px"
ITEM = "margin-bottom:6px"
CODE = "font:14px monospace"
NOTE = "color:#767676"
META = (
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
)


def html_of(words: Words) -> str:
    """The message as HTML: headings and lists, no picture, no script, no link but the page."""
    from html import escape  # noqa: PLC0415

    parts = [f"<p><b>{escape(words.lead)}</b></p>"]
    for heading, lines in sections_of(words):
        shown = fit(map(_item, lines), [line.weight for line in lines], SECTION_BUDGET)
        items = "\n".join(f'<li style="{ITEM}">{item}</li>' for item in shown)
        parts.append(f'<h3 style="{HEADING}">{escape(heading)}</h3>')
        parts.append(f'<ul style="{LIST}">\n{items}\n</ul>')
    body = "\n".join(parts)
    head = f"<!doctype html>\n<html><head>{META}</head>"
    return f'{head}\n<body style="{BODY}">\n{body}\n</body></html>\n'


def _item(line: Line) -> str:
    from html import escape  # noqa: PLC0415

    values = ", ".join(map(_value, line.values))
    note = f'<span style="{NOTE}">{escape(line.note)}</span>' if line.note else ""
    gap = "<br>" if line.note else " "
    return gap.join(filter(None, (escape(line.label), values, escape(line.text), note)))


def _value(value: str) -> str:
    from html import escape  # noqa: PLC0415

    if value.startswith(("https://", "http://")):
        return f'<a href="{escape(value)}">{escape(value)}</a>'
    return f'<code style="{CODE}">{escape(value)}</code>'
