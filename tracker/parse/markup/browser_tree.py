"""Builds the tree that a browser builds of markup, and classifies its elements.

Lexbor parses by the HTML standard, so a misplaced table, an unclosed element or a tag inside an
attribute comes out as a person sees it. The result is a Beautiful Soup tree, on which the
reader, the style sheets and the selectors work.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from bs4 import BeautifulSoup, Comment, Tag
from bs4.element import NavigableString, PageElement, PreformattedString, Script, Stylesheet
from selectolax.lexbor import LexborHTMLParser, LexborNode

from tracker.errors import NotAPage

Event = Literal["start", "end", "text", "comment"]

BLOCK_TAGS = frozenset(
    "address article aside blockquote body button caption center dd details dialog div dl"
    " dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li"
    " main menu nav ol p pre section summary table tbody td tfoot th thead tr ul".split()
)
_ASIDE_TAGS = frozenset({"nav", "aside"})
_PAGE_ENDS = frozenset({"header", "footer"})
_ASIDE_ROLES = frozenset(
    {"navigation", "banner", "contentinfo", "complementary", "search", "menu", "menubar"}
)
_NAMED_ENDS = frozenset({"header", "footer", "site-header", "site-footer", "main-header"})
_CONSENT = re.compile(
    r"cookie|consent|gdpr|onetrust|cmplz|cybot|usercentrics|iubenda|didomi|termly|borlabs",
    re.IGNORECASE,
)
HEADINGS = {f"h{level}": level for level in range(1, 7)} | {"summary": 6, "caption": 5}
# Emphasis of a part of a word, which leaves no gap in it.
EMPHASIS_TAGS = frozenset({"b", "strong", "u", "mark", "font", "big"})
# Emphasis by which pages mark text that a reader has to fill in.
PLACEHOLDER_TAGS = frozenset({"em", "i", "var", "cite"})
_TABLE_PARTS = {"table": "table", "tr": "row", "td": "cell", "th": "cell"}
_ROLE_PARTS = {
    **dict.fromkeys(("table", "grid", "treegrid"), "table"),
    "row": "row",
    **dict.fromkeys(("cell", "gridcell", "columnheader", "rowheader"), "cell"),
}
_ROLE_BLOCKS = frozenset(
    {*_ROLE_PARTS, "rowgroup", "tab", "tabpanel", "list", "listitem", "heading"}
)
# String types that `get_text` skips, because browsers do not show the text.
_STRINGS: dict[str, type[NavigableString]] = {"script": Script, "style": Stylesheet}
_SPAN_LIMIT = {"rowspan": 65534, "colspan": 1000}  # the limits of the HTML standard


def build_tree(markup: str) -> BeautifulSoup:
    """Parse markup that passed `scan_markup`. Raises NotAPage if it has no element."""
    soup = BeautifulSoup("", "html.parser", multi_valued_attributes=None)
    node = LexborHTMLParser(markup).root
    parent: Tag = soup
    while node is not None:
        added = _add_node(soup, parent, node)
        if added is not None and node.first_child is not None:
            parent, node = added, node.first_child
            continue
        while node is not None and node.next is None:
            node, parent = node.parent, parent.parent or soup
        node = node.next if node is not None else None
    if soup.find(name=True) is None:
        raise NotAPage("the page is empty: no element in it")
    return soup


def _add_node(soup: BeautifulSoup, parent: Tag, node: LexborNode) -> Tag | None:
    """Add a node of Lexbor's tree to an element; return it if it is an element itself."""
    if node.is_text_node:
        parent.append(_STRINGS.get(parent.name, NavigableString)(node.text_content or ""))
    elif node.is_comment_node:
        parent.append(Comment(node.comment_content or ""))
    elif node.is_element_node and node.tag is not None:
        attributes = {name: value or "" for name, value in node.attributes.items()}
        element = soup.new_tag(node.tag, attrs=attributes)
        parent.append(element)
        return element
    return None


class TreeWalker:
    """Walks a tree in document order, without recursion."""

    def __init__(self, root: Tag) -> None:
        self._open: list[tuple[Tag, Iterator[PageElement]]] = [(root, iter(root.contents))]

    def __iter__(self) -> Iterator[tuple[Event, PageElement]]:
        """Yield each node: elements at their start and at their end, texts, comments."""
        while self._open:
            element, children = self._open[-1]
            node = next(children, None)
            if node is None:
                self._open.pop()
                if self._open:
                    yield "end", element
            elif isinstance(node, Tag):
                self._open.append((node, iter(node.contents)))
                yield "start", node
            elif isinstance(node, Comment):
                yield "comment", node
            elif not isinstance(node, PreformattedString):  # such as the document type
                yield "text", node

    def skip_element(self) -> None:
        """Skip the rest of the element that started last: its content and its end."""
        self._open.pop()


def get_attribute(element: Tag, name: str) -> str:
    """Return the attribute's value; "" if it is missing."""
    value = element.attrs.get(name, "")
    return value if isinstance(value, str) else " ".join(value)


def iter_texts(element: Tag) -> Iterator[str]:
    """Yield all text inside an element, including scripts, templates and comments."""
    for event, node in TreeWalker(element):
        if event in {"text", "comment"}:
            yield str(node)


class Kind(NamedTuple):
    """The effect of an element on the text inside it, by its tag and its role.

    `part` is `table`, `row` or `cell`. `is_clicked` is true if the element may be a control.
    """

    tag: str
    is_block: bool
    part: str | None
    heading: int
    is_item: bool
    is_clicked: bool


@lru_cache(maxsize=256)  # a page has few kinds, but many elements
def get_kind(tag: str, role: str) -> Kind:
    """Return the kind of an element with this tag and this `role` attribute."""
    if tag == "br":  # ends a line, whatever its role is
        role = ""
    return Kind(
        tag=tag,
        is_block=tag in BLOCK_TAGS or role in _ROLE_BLOCKS,
        part=get_table_part(tag, role),
        heading=HEADINGS.get(tag, 2 if role == "heading" else 0),
        is_item=tag == "li",
        is_clicked=tag in {"a", "button", "label"} or role in {"tab", "button"},
    )


def get_table_part(tag: str, role: str) -> str | None:
    """Return `table`, `row` or `cell`, by the element's ARIA role or else by its tag."""
    return _ROLE_PARTS.get(role) or _TABLE_PARTS.get(tag)


def read_place(cell: Tag) -> tuple[int, int, int | None]:
    """Return the row span, the column span and, if stated, the column of a cell."""
    return _read_span(cell, "rowspan"), _read_span(cell, "colspan"), _read_column(cell)


def _read_span(element: Tag, name: str) -> int:
    """Return the number of rows or columns that a cell spans; 1 if it is not a number."""
    written = (
        get_attribute(element, name) or get_attribute(element, f"aria-{name}") or "1"
    ).strip()
    return min(max(_count(written), 1), _SPAN_LIMIT[name])


def _read_column(element: Tag) -> int | None:
    """Return the column that a cell states by `aria-colindex`, from 0, or None."""
    number = _count(get_attribute(element, "aria-colindex").strip())
    return number - 1 if number else None


def _count(written: str) -> int:
    """Return the number in a text, truncated if it is very long; 0 for other text."""
    return int(written[:12]) if written.isascii() and written.isdecimal() else 0


def is_aside(element: Tag) -> bool:
    """Return whether the element is not content: a menu, a footer, a consent dialog."""
    role = get_attribute(element, "role")
    if element.name in _ASIDE_TAGS or role in _ASIDE_ROLES:
        return True
    name = get_attribute(element, "id")
    if element.name in _PAGE_ENDS or (element.name == "div" and name in _NAMED_ENDS):
        return element.find_parent(["main", "article", "section"]) is None
    if element.name not in {"div", "section", "dialog", "form"}:
        return False
    named = f"{name} {get_attribute(element, 'class')} {get_attribute(element, 'aria-label')}"
    return bool(_CONSENT.search(named))
