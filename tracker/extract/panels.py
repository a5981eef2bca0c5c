"""Tabs, toggles and accordions: which element is a panel, and which names it.

Only what the markup itself ties together: ids, `details`, `figure`. Titles that belong to
their panels by nothing but their order are the business of `titles.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec
from lxml import etree

from tracker.text import clean

if TYPE_CHECKING:
    from lxml.etree import _Element

# One path and no union of several: libxml2 joins these by comparing all with all.
_TIED = etree.XPath(
    "//*[@aria-controls or @aria-labelledby or @data-target or @data-bs-target"
    " or self::details or self::figure or (self::a and starts-with(@href, '#'))]"
)
_IDS = etree.XPath("//*[@id]")
_NO_TARGET = re.compile(r"^\s*(#!?|javascript:.*)?\s*$", re.IGNORECASE)


class Ties(msgspec.Struct):
    """Panels with the elements that may name them, and the elements that surely do.

    `anchors` are panels that only a link within the page leads to: what holds other panels
    is a part of the page, such as its main part, and no panel. `openers` are the namers that
    open a panel; headings that label a section do not, they stay headings.
    """

    panels: dict[_Element, list[_Element]] = msgspec.field(default_factory=dict)
    anchors: dict[_Element, list[_Element]] = msgspec.field(default_factory=dict)
    namers: set[_Element] = msgspec.field(default_factory=set)
    openers: set[_Element] = msgspec.field(default_factory=set)


def ties_of(root: _Element) -> Ties:
    """All ties of the page; an id that is given twice ties nothing."""
    ties = Ties()
    found = _found(_TIED, root)
    ids = _ids(root) if found else {}
    for element in found:
        if element.tag in {"details", "figure"}:
            _tie_first(ties, element)
        for target in _named(element, "aria-controls", ids):
            _tie(ties.panels, target, element)
            ties.openers.add(element)
        for namer in _named(element, "aria-labelledby", ids):
            _tie(ties.panels, element, namer)
            if is_control(namer):
                ties.openers.add(namer)
        for target in _anchored(element, ids):
            _tie(ties.anchors, target, element)
            ties.openers.add(element)
    for panel in ties.panels:  # what is tied twice is a panel by the stronger tie
        ties.anchors.pop(panel, None)
    for namers in (*ties.panels.values(), *ties.anchors.values()):
        ties.namers.update(namers)
    return ties


def is_control(element: _Element) -> bool:
    """Whether this is there to be clicked, and leads to no other page."""
    if element.tag == "button" or element.get("role") in {"tab", "button"}:
        return element.tag != "a" or _NO_TARGET.match(element.get("href", "#")) is not None
    href = element.get("href")
    return element.tag == "a" and href is not None and bool(_NO_TARGET.match(href))


def one_title(texts: Iterator[str]) -> str | None:
    """The title that all of these agree on."""
    titles = {title for text in texts if (title := clean(text))}
    return titles.pop() if len(titles) == 1 else None


def _found(path: etree.XPath, root: _Element) -> list[_Element]:
    found: list[_Element] = path(root)  # type: ignore[assignment]  # only elements match
    return found


def _ids(root: _Element) -> dict[str, _Element]:
    ids: dict[str, _Element] = {}
    twice: set[str] = set()
    for element in _found(_IDS, root):
        name = element.get("id", "")
        if name in ids:
            twice.add(name)
        ids[name] = element
    for name in twice:
        del ids[name]
    return ids


def _named(element: _Element, attribute: str, ids: dict[str, _Element]) -> list[_Element]:
    return [ids[name] for name in element.get(attribute, "").split() if name in ids]


def _anchored(element: _Element, ids: dict[str, _Element]) -> Iterator[_Element]:
    for attribute in ("href", "data-target", "data-bs-target"):
        name = element.get(attribute, "").strip()
        if name.startswith("#") and name[1:] in ids:
            yield ids[name[1:]]


def _tie_first(ties: Ties, element: _Element) -> None:
    """`details` is named by its summary, `figure` by its caption, wherever that stands."""
    tag = "summary" if element.tag == "details" else "figcaption"
    if (namer := element.find(tag)) is not None:
        _tie(ties.panels, element, namer)
        ties.openers.add(namer)


def _tie(panels: dict[_Element, list[_Element]], panel: _Element, namer: _Element) -> None:
    panels.setdefault(panel, []).append(namer)
