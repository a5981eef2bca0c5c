"""Finds the panels of tabs, toggles and accordions, and the elements that name them.

This covers links in the markup: ids, `details`, `figure`, labels of radio buttons. Tabs that
are linked to their panels only by their order are handled in `shapes/tab_rows.py`.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from urllib.parse import unquote

import msgspec
from bs4 import BeautifulSoup, Tag

from tracker.parse.markup.browser_tree import get_attribute
from tracker.parse.markup.document import Panel
from tracker.text import clean

_NO_TARGET = re.compile(r"^\s*(#!?|javascript:.*)?\s*$", re.IGNORECASE)
_TARGETS = frozenset(
    "data-target data-bs-target data-tab-target data-tabs-target data-tab data-tab-id"
    " data-panel data-accordion-target data-collapse-toggle".split()
)
_NAMED_TARGETS = frozenset({"popovertarget", "commandfor"})
_SPIES = frozenset({"data-spy", "data-bs-spy"})
_QUOTED = re.compile(r"""(["'])#?([^"']{1,60})\1""")
_SCRIPT_LENGTH = 300  # characters of an `onclick` attribute that are searched
# An anchor to one of these leads to a place on the page and does not open a panel.
_PLACES = frozenset(
    "a h1 h2 h3 h4 h5 h6 body html main article span p tr td th input button label img hr"
    " br select textarea".split()
)
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_CLICKED = frozenset("a button li div span tr label summary dt h1 h2 h3 h4 h5 h6".split())


class AriaLinks(msgspec.Struct):
    """Panels and the elements that may name them, by the `id()` of the element.

    The labels of `panels` are certain. `anchors` are targets of links within the page: those
    that contain panels are just parts of the page. `openers` are the labels that open a panel;
    headings that name a section do not open it, and remain headings. `switches` are the ids of
    radio buttons and checkboxes. `fragments` are all places on the page to which a link can
    lead. `layout_items` are list items around tables.
    """

    panels: dict[int, list[Tag]] = msgspec.field(default_factory=dict)
    anchors: dict[int, list[Tag]] = msgspec.field(default_factory=dict)
    label_elements: set[int] = msgspec.field(default_factory=set)
    openers: set[int] = msgspec.field(default_factory=set)
    switches: set[str] = msgspec.field(default_factory=set)
    fragments: set[str] = msgspec.field(default_factory=set)
    layout_items: set[int] = msgspec.field(default_factory=set)

    def is_panel(self, element: Tag) -> bool:
        """Return whether another element opens or names this one."""
        return id(element) in self.panels or id(element) in self.anchors

    def is_label_or_opener(self, element: Tag) -> bool:
        """Return whether the element names or opens a panel."""
        return id(element) in self.label_elements or id(element) in self.openers

    def find_labels(self, panel: Tag, *, holds_panels: bool) -> Sequence[Tag]:
        """Return the elements that may name a panel; none for a part of the page."""
        sure = self.panels.get(id(panel), ())
        return sure if sure or holds_panels else self.anchors.get(id(panel), ())

    def is_control(self, element: Tag) -> bool:
        """Return whether the element is a control that does not lead to another page."""
        if element.name == "label":
            return get_attribute(element, "for") in self.switches
        return is_control(element) or self._leads_nowhere(element)

    def _leads_nowhere(self, element: Tag) -> bool:
        """Return whether the target of a link within the page is missing: a script acts."""
        href = get_attribute(element, "href").strip() if element.name == "a" else ""
        fragment = unquote(href[1:])
        is_known = fragment in {"", "top"} or fragment in self.fragments
        return href.startswith("#") and not is_known


def find_aria_links(soup: BeautifulSoup) -> AriaLinks:
    """Return all links between panels and labels; duplicate ids are ignored."""
    links = AriaLinks()
    elements = soup.find_all(name=True)
    ids = _elements_by_id(elements)
    for element in elements:
        _note_places(links, element)
    links.switches.discard("")
    for element in elements:
        if element.name in {"details", "figure"}:
            _link_to_label(links, element)
        elif element.attrs:
            _link_by_attributes(links, element, ids)
    for panel in links.panels:  # no panel is in both
        links.anchors.pop(panel, None)
    for labels in (*links.panels.values(), *links.anchors.values()):
        links.label_elements.update(map(id, labels))
    return links


_SWITCHES = frozenset({"radio", "checkbox"})


def _note_places(links: AriaLinks, element: Tag) -> None:
    """Record an element that is a switch, a target of links, or a table in a list item."""
    if element.attrs:
        links.fragments.add(get_attribute(element, "id"))
        if element.name == "a":
            links.fragments.add(get_attribute(element, "name"))
    if element.name == "input" and get_attribute(element, "type").lower() in _SWITCHES:
        links.switches.add(get_attribute(element, "id"))
    elif element.name == "table":
        for parent in element.parents:
            if parent.name == "table" or id(parent) in links.layout_items:
                break  # a list around an outer table is recorded by that table
            if parent.name == "li":
                links.layout_items.add(id(parent))


def _link_by_attributes(links: AriaLinks, element: Tag, ids: dict[str, Tag]) -> None:
    attributes = element.attrs
    if "aria-controls" in attributes:
        for target in _elements_named(element, "aria-controls", ids):
            _link(links.panels, target, element)
            links.openers.add(id(element))
    if "aria-labelledby" in attributes:
        for label in _elements_named(element, "aria-labelledby", ids):
            _link(links.panels, element, label)
            if is_control(label):
                links.openers.add(id(label))
    for target in _anchor_targets(element, ids):
        _link(links.anchors, target, element)
        links.openers.add(id(element))


def is_control(element: Tag) -> bool:
    """Return whether the element is a button, a tab or a link without a target."""
    if element.name == "button" or get_attribute(element, "role") in {"tab", "button"}:
        return element.name != "a" or _has_no_target(element)
    return element.name == "a" and "href" in element.attrs and _has_no_target(element)


def _has_no_target(element: Tag) -> bool:
    return _NO_TARGET.match(get_attribute(element, "href")) is not None


def _common_title(texts: Iterable[str]) -> str | None:
    """Return the only distinct title among the texts, or None."""
    titles = {title for text in texts if (title := clean(text))}
    return titles.pop() if len(titles) == 1 else None


def _elements_by_id(elements: Iterable[Tag]) -> dict[str, Tag]:
    ids: dict[str, Tag] = {}
    twice: set[str] = set()
    for element in elements:
        name = get_attribute(element, "id")
        if not name:
            continue
        if name in ids:
            twice.add(name)
        ids[name] = element
    for name in twice:
        del ids[name]
    return ids


def _elements_named(element: Tag, name: str, ids: dict[str, Tag]) -> list[Tag]:
    found = [ids[name] for name in get_attribute(element, name).split() if name in ids]
    return [target for target in found if target is not element]


def _anchor_targets(element: Tag, ids: dict[str, Tag]) -> Iterator[Tag]:
    """Yield the elements that a click on this one shows or scrolls to.

    A link inside its target, such as a heading's link to itself, does not open it; the
    `data-target` of a scroll spy does not count, because it is not a control.
    """
    names: list[str] = []
    href = get_attribute(element, "href").strip() if element.name == "a" else ""
    if href.startswith("#"):
        names.append(href[1:])
    if element.name in _CLICKED and _SPIES.isdisjoint(element.attrs):
        for name in element.attrs:
            if name in _TARGETS:
                names.append(get_attribute(element, name).strip().removeprefix("#"))
            elif name in _NAMED_TARGETS:
                names.append(get_attribute(element, name).strip())
        script = get_attribute(element, "onclick")[:_SCRIPT_LENGTH]
        names += (match[2] for match in _QUOTED.finditer(script))
    for name in names:
        target = ids.get(name) if name else None
        if target is None or target.name in _PLACES or _contains(target, element):
            continue
        yield target


def _contains(outer: Tag, inner: Tag) -> bool:
    return outer is inner or any(parent is outer for parent in inner.parents)


def _link_to_label(links: AriaLinks, element: Tag) -> None:
    """Link `details` to its summary, or `figure` to its caption."""
    name = "summary" if element.name == "details" else "figcaption"
    label = element.find(name, recursive=False)
    if isinstance(label, Tag):
        _link(links.panels, element, label)
        links.openers.add(id(label))


def _link(panels: dict[int, list[Tag]], panel: Tag, label: Tag) -> None:
    labels = panels.setdefault(id(panel), [])
    if not any(one is label for one in labels):
        labels.append(label)


def name_panels(
    links: AriaLinks,
    panels: Iterable[tuple[Tag, int, int]],
    outer: Container[int],
    texts: Mapping[int, Sequence[str]],
) -> Iterator[Panel]:
    """Yield the panels that have a title; `panels` are elements with first and end line.

    `outer` are those that contain panels, `texts` the texts of labels; both by `id()`.
    """
    for element, first_line, end_line in panels:
        labels = links.find_labels(element, holds_panels=id(element) in outer)
        title = _common_title("".join(texts.get(id(label), ())) for label in labels)
        if title:
            yield Panel(title, first_line, end_line)
