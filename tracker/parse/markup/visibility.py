"""Decides whether elements are visible, hidden or struck out.

Content that a tab, a toggle or a button can show counts as visible.
"""

from __future__ import annotations

import re
from typing import Literal

from bs4 import BeautifulSoup, Tag

from tracker.parse.markup.browser_tree import get_attribute
from tracker.parse.markup.style_sheets import Styles
from tracker.parse.markup.tabs import AriaLinks

State = Literal["shown", "hidden", "struck", "invisible", "visible"]

# Elements that are not shown, or that do not show the text in them.
UNSEEN_TAGS = frozenset(
    "script style template noscript math canvas object iframe audio video input title datalist"
    " noembed noframes applet rp".split()
)
# Elements whose text is shown in a picture, or in a field to type in or choose from.
DRAWN_TAGS = frozenset("svg select textarea".split())
_STRUCK_TAGS = frozenset({"s", "del", "strike"})
# Class names by which common frameworks show text to screen readers only.
_FOR_SCREEN_READERS = frozenset(
    "sr-only visually-hidden visuallyhidden screen-reader-text screenreader-text"
    " screen-reader-only show-for-sr u-visually-hidden assistive-text"
    " elementor-screen-only".split()
)
# Parts of class names; "tab" is a part of "et_pb_tab", but not of "wp-block-table".
_PANEL_PARTS = frozenset(
    "tab tabs tabbed tabpane tabpanel tabcontent pane panel accordion collapse collapsible"
    " toggle answer drawer".split()
)
_OPENER_PARTS = frozenset(
    "toggle toggler accordion collapse collapsed collapsible expand expander tab tabs tabbed"
    " trigger opener question".split()
)
_OPENER_LENGTH = 120  # characters; a longer element is not an opener
_PART = re.compile(r"[a-z0-9]+")
_OPENING_TAGS = frozenset("button summary label".split())
# Blocks that an element above them may open; rows and items are not opened like that.
_OPENED_TAGS = frozenset("div section article dd ul ol table aside figure".split())


class Visibility:
    """Judges elements one by one; elements inside a hidden one are hidden, too."""

    def __init__(self, soup: BeautifulSoup, links: AriaLinks) -> None:
        self._links = links
        self._styles = Styles(soup)

    def judge(self, element: Tag) -> State:
        """Return the state of an element inside one that is not hidden.

        Text in an `invisible` element is not shown, unless it is in a `visible` one inside it.
        """
        effects = self._styles.find_effects(element)
        if element.name in _STRUCK_TAGS or "struck" in effects:
            return "struck"
        if "clipped" in effects or _is_for_screen_readers(element):
            return "hidden"
        hiding = effects & {"none", "clear", "invisible"}
        is_displayed = "displayed" in effects
        if hiding or _is_hidden_by_attributes(element, is_displayed=is_displayed):
            if self._is_reachable(element):
                return "visible"
            return "invisible" if hiding == {"invisible"} else "hidden"
        return "visible" if "visible" in effects else "shown"

    def _is_reachable(self, element: Tag) -> bool:
        """Return whether a control of the page can show this element."""
        if get_attribute(element, "role") == "tabpanel" or self._links.is_panel(element):
            return True
        if element.name not in _OPENED_TAGS:
            return False
        before = element.find_previous_sibling()
        if before is not None and self._opens(before):
            return True
        return _is_one_of_panels(element)

    def _opens(self, element: Tag) -> bool:
        """Return whether an element directly above a hidden one looks like its opener."""
        if len(element.get_text()) > _OPENER_LENGTH:
            return False
        if element.name in _OPENING_TAGS or self._links.is_control(element):
            return True
        if "onclick" in element.attrs or "aria-expanded" in element.attrs:
            return True
        if not _OPENER_PARTS.isdisjoint(_split_class_names(get_attribute(element, "class"))):
            return True
        return any(
            inner.name in _OPENING_TAGS or self._links.is_control(inner)
            for inner in element.find_all(name=True, limit=20)
        )


def _is_hidden_by_attributes(element: Tag, *, is_displayed: bool) -> bool:
    """Return whether the browser's style sheet hides the element, or it is decoration."""
    attributes = element.attrs
    is_closed = element.name == "dialog" and "open" not in attributes
    if not is_displayed and ("hidden" in attributes or "popover" in attributes or is_closed):
        return True
    return get_attribute(element, "aria-hidden") == "true" and not _has_digits(element)


def _has_digits(element: Tag) -> bool:
    """Return whether the text has a digit: `aria-hidden` text is visible on the screen.

    A single character does not count, because it is the sign of an icon font.
    """
    text = element.get_text().strip()
    return len(text) > 1 and any(sign.isdecimal() for sign in text)


def _is_for_screen_readers(element: Tag) -> bool:
    return not _FOR_SCREEN_READERS.isdisjoint(get_attribute(element, "class").split())


def _split_class_names(names: str) -> list[str]:
    """Return the words in class names such as `et_pb_tab`, `tab-pane`, `accordionItem`."""
    return _PART.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", "-", names).lower())


def _is_one_of_panels(element: Tag) -> bool:
    """Return whether the element is one of several sibling panels."""
    classes = {
        name
        for name in get_attribute(element, "class").lower().split()
        if not _PANEL_PARTS.isdisjoint(_split_class_names(name))
    }
    if not classes:
        return False
    siblings = element.parent.find_all(element.name, recursive=False) if element.parent else []
    return any(
        other is not element and classes & set(get_attribute(other, "class").lower().split())
        for other in siblings
    )
