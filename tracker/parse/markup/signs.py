"""Recognizes short elements that are not text: footnote marks, permalinks, icons, buttons."""

from __future__ import annotations

import re
from typing import NamedTuple

from bs4 import Tag

from tracker.parse.markup.browser_tree import get_attribute
from tracker.parse.markup.tabs import AriaLinks
from tracker.parse.vocabulary import is_button_label

NOTE_TAGS = frozenset({"sup", "sub"})  # a footnote number is not part of the value before it
_MARK = re.compile(
    r"^[\[(]?\s*((?:note\s*)?[0-9]{1,2}|[a-z]|[ivx]{1,4}|[*†‡§¶#]{1,3})\s*[\])]?$",
    re.IGNORECASE,
)
_PERMALINK = re.compile(r"^[\s¶#§🔗⚓\u200b\u2060\ufeff]*$")
_PERMALINK_CLASS = re.compile(
    r"headerlink|permalink|hash-link|heading-anchor|header-anchor|anchor-link|anchorjs"
)
_ICON_CLASS = re.compile(
    r"(?:^|[\s_-])(?:icon|icons|ico|fa|fas|far|fab|fal|glyphicon|dashicons|bi|material-icons"
    r"|material-symbols\w*)(?:$|[\s_-])"
)
_LIGATURE = re.compile(r"^[a-z]+(?:_[a-z0-9]+)*$")
# Signs of icon fonts, and information signs, which NFKC would turn into letters.
_SIGNS = re.compile("[\ue000-\uf8ff\u2139\u24d8\U0001f6c8]\ufe0f?")


class Surroundings(NamedTuple):
    """The context of an element: after words in its line, in a heading, cell or list item."""

    links: AriaLinks
    in_line: bool
    in_heading: bool
    in_cell: bool
    in_item: bool


def choose_sign(element: Tag, around: Surroundings) -> str | None:
    """Return the text that replaces an element: a footnote mark, or "" for an icon.

    Returns None for an element whose text is to be read.
    """
    if _is_decoration(element, around):
        return ""
    if element.name in NOTE_TAGS:
        return _read_footnote_mark(element.get_text())
    if element.name != "a" or not get_attribute(element, "href").startswith("#"):
        return None
    text = element.get_text()
    if _is_permalink(element, text) and (around.in_line or around.in_heading):
        return ""
    return _read_footnote_mark(text) if around.in_line or around.in_cell else None


def _is_decoration(element: Tag, around: Surroundings) -> bool:
    """Return whether this is an icon, or a button for the text next to it."""
    tag = element.name
    if tag in {"i", "span", "em", "b"} and "class" in element.attrs:
        return _is_icon(element, element.get_text())
    is_button = (
        tag in {"button", "clipboard-copy"} or get_attribute(element, "role") == "button"
    )
    if not is_button and not (tag == "a" and around.links.is_control(element)):
        return False
    return (around.in_cell or around.in_item) and is_button_label(element.get_text())


def _read_footnote_mark(text: str) -> str | None:
    """Return the text as a footnote mark, such as `[1]`; None if it is not one."""
    match = _MARK.match(text.strip())
    return f"[{match[1]}]" if match else None


def _is_permalink(element: Tag, text: str) -> bool:
    """Return whether a link is the sign of a heading's link to itself."""
    if "#" not in get_attribute(element, "href"):
        return False
    if _PERMALINK.match(text):
        return True
    return bool(_PERMALINK_CLASS.search(get_attribute(element, "class")))


def _is_icon(element: Tag, text: str) -> bool:
    """Return whether the text is shown as a picture by an icon font."""
    if not _ICON_CLASS.search(get_attribute(element, "class")):
        return False
    sign = text.strip()
    return len(sign) == 1 or "\ue000" <= sign[:1] <= "\uf8ff" or bool(_LIGATURE.match(sign))


def remove_drawn_signs(text: str) -> str:
    """Return text without the characters that icon fonts show as pictures."""
    return text if text.isascii() else _SIGNS.sub("", text)
