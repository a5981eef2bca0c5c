"""Tabs, toggles and accordions: which element is a panel, and which names it.

Only what the markup itself ties together: ids, `details`, `figure`, labels of radio buttons.
Titles that belong to their panels by nothing but their order are the business of `titles.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

import msgspec
from bs4 import BeautifulSoup, Tag

from tracker.parse.markup.browser_tree import attribute
from tracker.text import clean

_NO_TARGET = re.compile(r"^\s*(#!?|javascript:.*)?\s*$", re.IGNORECASE)
_TARGETS = (
    *("data-target", "data-bs-target", "data-tab-target", "data-tabs-target", "data-tab"),
    *("data-tab-id", "data-panel", "data-accordion-target", "data-collapse-toggle"),
)
_SPIES = ("data-spy", "data-bs-spy")
_QUOTED = re.compile(r"""(["'])#?([^"']{1,60})\1""")
_SCRIPT_LENGTH = 300  # of an attribute that opens a panel; longer ones do more
_NAMED_TARGETS = ("popovertarget", "commandfor")
# An anchor to one of these leads to a place on the page and opens nothing.
_PLACES = frozenset(
    "a h1 h2 h3 h4 h5 h6 body html main article span p tr td th input button label img hr"
    " br select textarea".split()
)
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_CLICKED = frozenset("a button li div span tr label summary dt h1 h2 h3 h4 h5 h6".split())


class Ties(msgspec.Struct):
    """Panels with the elements that may name them, by the identity of the element.

    `panels` are surely named by theirs; `anchors` are panels that only a link within the page
    leads to: what holds other panels is a part of the page, such as its main part.
    `openers` are the namers that open a panel; headings that label a section do not, they stay
    headings. `switches` are the ids of radio buttons and checkboxes. `fragments` are all
    places on the page to which a link can lead. `layout_items` are list items around tables.
    """

    panels: dict[int, list[Tag]] = msgspec.field(default_factory=dict)
    anchors: dict[int, list[Tag]] = msgspec.field(default_factory=dict)
    namers: set[int] = msgspec.field(default_factory=set)
    openers: set[int] = msgspec.field(default_factory=set)
    switches: set[str] = msgspec.field(default_factory=set)
    fragments: set[str] = msgspec.field(default_factory=set)
    layout_items: set[int] = msgspec.field(default_factory=set)

    def is_panel(self, element: Tag) -> bool:
        """Whether something on the page opens or names this element."""
        return id(element) in self.panels or id(element) in self.anchors

    def is_control(self, element: Tag) -> bool:
        """Whether this is there to be clicked, and leads to no other page."""
        if element.name == "label":
            return attribute(element, "for") in self.switches
        return is_control(element) or self._leads_nowhere(element)

    def _leads_nowhere(self, element: Tag) -> bool:
        """Whether a link within the page has no target there: a script does its work."""
        href = attribute(element, "href").strip() if element.name == "a" else ""
        fragment = unquote(href[1:])
        is_known = fragment in {"", "top"} or fragment in self.fragments
        return href.startswith("#") and not is_known


def ties_of(soup: BeautifulSoup) -> Ties:
    """Find all ties of the page; an id that is given twice ties nothing."""
    ties = Ties()
    elements = soup.find_all(name=True)
    ids = _ids(elements)
    for element in elements:
        _note_places(ties, element)
    ties.switches.discard("")
    for element in elements:
        if element.name in {"details", "figure"}:
            _tie_first(ties, element)
        elif element.attrs:
            _tie_attributes(ties, element, ids)
    for panel in ties.panels:  # what is tied twice is a panel by the stronger tie
        ties.anchors.pop(panel, None)
    for namers in (*ties.panels.values(), *ties.anchors.values()):
        ties.namers.update(map(id, namers))
    return ties


_SWITCHES = frozenset({"radio", "checkbox"})


def _note_places(ties: Ties, element: Tag) -> None:
    """Keep what an element is for others: a switch, a target of links, a table in a list."""
    if element.attrs:
        ties.fragments.add(attribute(element, "id"))
        if element.name == "a":
            ties.fragments.add(attribute(element, "name"))
    if element.name == "input" and attribute(element, "type").lower() in _SWITCHES:
        ties.switches.add(attribute(element, "id"))
    elif element.name == "table":
        for parent in element.parents:
            if parent.name == "table" or id(parent) in ties.layout_items:
                break  # a list in a cell is the cell's
            if parent.name == "li":
                ties.layout_items.add(id(parent))


def _tie_attributes(ties: Ties, element: Tag, ids: dict[str, Tag]) -> None:
    attributes = element.attrs
    if "aria-controls" in attributes:
        for target in _named(element, "aria-controls", ids):
            _tie(ties.panels, target, element)
            ties.openers.add(id(element))
    if "aria-labelledby" in attributes:
        for namer in _named(element, "aria-labelledby", ids):
            _tie(ties.panels, element, namer)
            if is_control(namer):
                ties.openers.add(id(namer))
    for target in _anchored(element, ids):
        _tie(ties.anchors, target, element)
        ties.openers.add(id(element))


def is_control(element: Tag) -> bool:
    """Whether this is a button, a tab or a link without a target."""
    if element.name == "button" or attribute(element, "role") in {"tab", "button"}:
        return element.name != "a" or _has_no_target(element)
    return element.name == "a" and "href" in element.attrs and _has_no_target(element)


def _has_no_target(element: Tag) -> bool:
    return _NO_TARGET.match(attribute(element, "href")) is not None


def one_title(texts: Iterable[str]) -> str | None:
    """Return the title that all of these agree on."""
    titles = {title for text in texts if (title := clean(text))}
    return titles.pop() if len(titles) == 1 else None


def _ids(elements: Iterable[Tag]) -> dict[str, Tag]:
    ids: dict[str, Tag] = {}
    twice: set[str] = set()
    for element in elements:
        name = attribute(element, "id")
        if not name:
            continue
        if name in ids:
            twice.add(name)
        ids[name] = element
    for name in twice:
        del ids[name]
    return ids


def _named(element: Tag, name: str, ids: dict[str, Tag]) -> list[Tag]:
    found = [ids[name] for name in attribute(element, name).split() if name in ids]
    return [target for target in found if target is not element]


def _anchored(element: Tag, ids: dict[str, Tag]) -> Iterator[Tag]:
    """The elements that a click on this one shows or scrolls to.

    A link from inside its target, as a heading's link to itself, opens nothing; nor does the
    `data-target` of a scroll spy, which is no control.
    """
    names: list[str] = []
    href = attribute(element, "href").strip() if element.name == "a" else ""
    if href.startswith("#"):
        names.append(href[1:])
    if element.name in _CLICKED and not any(spy in element.attrs for spy in _SPIES):
        names += (attribute(element, name).strip().removeprefix("#") for name in _TARGETS)
        names += (attribute(element, name).strip() for name in _NAMED_TARGETS)
        script = attribute(element, "onclick")[:_SCRIPT_LENGTH]
        names += (match[2] for match in _QUOTED.finditer(script))
    for name in names:
        target = ids.get(name) if name else None
        if target is None or target.name in _PLACES or _holds(target, element):
            continue
        yield target


def _holds(outer: Tag, inner: Tag) -> bool:
    return outer is inner or any(parent is outer for parent in inner.parents)


def _tie_first(ties: Ties, element: Tag) -> None:
    """`details` is named by its summary, `figure` by its caption, wherever that stands."""
    name = "summary" if element.name == "details" else "figcaption"
    namer = element.find(name, recursive=False)
    if isinstance(namer, Tag):
        _tie(ties.panels, element, namer)
        ties.openers.add(id(namer))


def _tie(panels: dict[int, list[Tag]], panel: Tag, namer: Tag) -> None:
    namers = panels.setdefault(id(panel), [])
    if not any(one is namer for one in namers):
        namers.append(namer)
