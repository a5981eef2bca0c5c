"""What HTML elements do to text: which are blocks, headings, controls, and which nobody sees.

Knows the standard's elements and ARIA's roles; no tree is walked here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lxml.etree import _Element

UNSEEN_TAGS = frozenset(
    [
        "script",
        "style",
        "template",
        "noscript",
        "svg",
        "math",
        "canvas",
        "object",
        "iframe",
        "audio",
        "video",
        "select",
        "textarea",
        "input",
        "title",
    ]
)
BLOCK_TAGS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "button",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
NOTE_TAGS = frozenset({"sup", "sub"})  # a footnote's number is no digit of the value before
HEADINGS = {f"h{level}": level for level in range(1, 7)} | {"summary": 6, "caption": 5}
STRUCK_TAGS = frozenset({"s", "del", "strike"})
_STRUCK_STYLE = re.compile(r"text-decoration[\w-]*\s*:[^;]*line-through", re.IGNORECASE)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_TABLE_PARTS = {"table": "table", "tr": "row", "td": "cell", "th": "cell"}
_ROLE_PARTS = {
    **dict.fromkeys(("table", "grid", "treegrid"), "table"),
    "row": "row",
    **dict.fromkeys(("cell", "gridcell", "columnheader", "rowheader"), "cell"),
}
_ROLE_BLOCKS = frozenset({*_ROLE_PARTS, "rowgroup", "tab", "tabpanel", "list", "listitem"})
_SPAN_LIMIT = {"rowspan": 65534, "colspan": 1000}  # the HTML standard's own caps


class Kind(NamedTuple):
    """What an element does to the text inside it, as far as its tag and its role tell.

    `part` is `table`, `row` or `cell`. `is_clicked` says that it may be there to be clicked.
    """

    tag: str
    is_block: bool
    part: str | None
    heading: int
    is_item: bool
    is_clicked: bool


@lru_cache(maxsize=256)  # a page has few of them, and asks at each element
def kind_of(tag: str, role: str | None) -> Kind:
    """The kind of an element with this tag and this value of the attribute `role`."""
    if tag == "br":  # ends a line, whatever role it is given
        role = None
    return Kind(
        tag=tag,
        is_block=tag in BLOCK_TAGS or role in _ROLE_BLOCKS,
        part=part_of(tag, role),
        heading=HEADINGS.get(tag, 0),
        is_item=tag == "li",
        is_clicked=tag in {"a", "button"} or role in {"tab", "button"},
    )


def part_of(tag: str, role: str | None) -> str | None:
    """`table`, `row` or `cell`, by the role that ARIA gives an element or by its tag."""
    return _ROLE_PARTS.get(role or "") or _TABLE_PARTS.get(tag)


def span(element: _Element, name: str) -> int:
    """How many rows or columns a cell covers; what is no number counts as one."""
    written = (element.get(name) or element.get(f"aria-{name}") or "1").strip()
    return min(max(_count(written), 1), _SPAN_LIMIT[name])


def column_of(element: _Element) -> int | None:
    """The column that a cell says it stands in, from 0; None where it says nothing."""
    number = _count(element.get("aria-colindex", "").strip())
    return number - 1 if number else None


def _count(written: str) -> int:
    """The number, cut off where it is far above any limit; 0 for what is none."""
    return int(written[:12]) if written.isascii() and written.isdecimal() else 0


def is_hidden(element: _Element, names: Sequence[str]) -> bool:
    """Whether the element's own attributes, whose `names` these are, hide it."""
    return (
        "hidden" in names
        or ("aria-hidden" in names and element.get("aria-hidden") == "true")
        or ("style" in names and bool(_HIDDEN_STYLE.search(element.get("style", ""))))
    )


def is_struck(element: _Element) -> bool:
    """Whether the element's own style strikes its text out: it says what no longer holds."""
    style = element.get("style")
    return style is not None and bool(_STRUCK_STYLE.search(style))
