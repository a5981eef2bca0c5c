"""The rules of a definition for markup: which part is read, and how cells are replaced.

Selectors are CSS, matched by soupsieve. Excluded texts are recorded, so that their values can
be reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import msgspec
from bs4 import BeautifulSoup, Tag

from tracker.errors import Unreadable
from tracker.sources.definition import Definition, as_texts
from tracker.text import clean, quote


class PageRules(msgspec.Struct, frozen=True):
    """The rules for markup: CSS selectors, and replacements of cells by their text.

    `marks` are selectors of tables and lists, whose lines are recorded.
    """

    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    readings: Mapping[str, str] = MappingProxyType({})

    @property
    def has_selectors(self) -> bool:
        """Return whether the rules require that the page is markup."""
        return bool(self.select or self.exclude or self.marks)


NO_RULES = PageRules()
_UNSEEN = frozenset({"script", "style", "template"})


def build_page_rules(definition: Definition) -> PageRules:
    """Return the rules of a definition for the markup of its pages."""
    selectors = (
        *(rule.css for rule in definition.tables),
        *(rule.css for rule in definition.lists),
    )
    return PageRules(
        select=as_texts(definition.select),
        exclude=() if definition.is_feed else as_texts(definition.exclude),
        marks=tuple(dict.fromkeys(filter(None, selectors))),
        readings={normalize_cell(each.cell): each.text for each in definition.reads},
    )


def normalize_cell(text: str) -> str:
    """Return the text of a cell on one line, in the form in which cells are compared."""
    return " ".join(clean(line) for line in text.split("\n") if line.strip())


class Selection:
    """The elements of one page that match its rules.

    `unmatched` are selectors of `exclude` and `marks` without a match. Raises Unreadable if
    `select` matches nothing, or one element inside another.
    """

    def __init__(self, soup: BeautifulSoup, rules: PageRules) -> None:
        self.is_narrowed = bool(rules.select)
        self.scopes: set[int] = set()
        self.around: set[int] = set()  # elements that contain selected ones
        self._select([_select_some(soup, selector) for selector in rules.select])
        found = {selector: soup.select(selector) for selector in (*rules.exclude, *rules.marks)}
        self.unmatched = [selector for selector, elements in found.items() if not elements]
        self.excluded = {id(each) for selector in rules.exclude for each in found[selector]}
        self.marks: dict[int, list[str]] = {}
        for selector in rules.marks:
            for element in found[selector]:
                self.marks.setdefault(id(element), []).append(selector)

    def _select(self, selections: Sequence[Sequence[Tag]]) -> None:
        """Record the selected elements. Raises Unreadable for elements selected twice."""
        elements = [element for each in selections for element in each]
        for element in elements:
            if id(element) in self.scopes:
                raise Unreadable(
                    f"select: two selectors take the same <{element.name}> element"
                )
            self.scopes.add(id(element))
        for element in elements:
            for parent in element.parents:
                if id(parent) in self.scopes:
                    raise Unreadable(
                        f"select: it takes a part of the page twice, <{element.name}> inside"
                        f" <{parent.name}>; name only one of them"
                    )
                self.around.add(id(parent))

    def leads_to_content(self, element: Tag) -> bool:
        """Return whether the element is selected or contains a selected one."""
        return id(element) in self.scopes or id(element) in self.around


def _select_some(soup: BeautifulSoup, selector: str) -> Sequence[Tag]:
    """Return the elements that a selector matches. Raises Unreadable if there are none."""
    elements = soup.select(selector)
    if not elements:
        raise Unreadable(f"select: {quote(selector)} matches nothing on the page")
    return elements


def iter_visible_texts(element: Tag) -> Iterator[str]:
    """Yield the texts of an element, except those of scripts, styles and templates."""
    for node in element.find_all(string=True):
        is_code = node.parent is not None and node.parent.name in _UNSEEN
        if not is_code and (text := clean(str(node))):
            yield text
