"""The tree that a browser builds of markup, and what each element does to the text in it.

Lexbor parses as the HTML standard says, so a table in a wrong place, an element that is never
closed, and a tag inside an attribute come out as a person sees them. Beautiful Soup holds the
tree: its elements are what the reader, the style sheets and the selectors work on.
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
# Emphasis of a part of a word leaves no gap in it; these are drawn as they stand.
EMPHASIS_TAGS = frozenset({"b", "strong", "u", "mark", "font", "big"})
# Emphasis by which pages mark what a reader has to fill in.
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
# `get_text` passes over these, as browsers do.
_STRINGS: dict[str, type[NavigableString]] = {"script": Script, "style": Stylesheet}
_SPAN_LIMIT = {"rowspan": 65534, "colspan": 1000}  # the HTML standard's own caps


def build_tree(markup: str) -> BeautifulSoup:
    """Parse markup that `scan_markup` found to be bounded. Raises NotAPage if there is none."""
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
    """Add what Lexbor has as `node` to an element; return the new element, if it is one."""
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
    """Goes through a tree in document order, without recursion."""

    def __init__(self, root: Tag) -> None:
        self._open: list[tuple[Tag, Iterator[PageElement]]] = [(root, iter(root.contents))]

    def __iter__(self) -> Iterator[tuple[Event, PageElement]]:
        """Yield each node: an element when it starts and when it ends, text, comments."""
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
        """Skip the element that started last: neither its content nor its end is yielded."""
        self._open.pop()


def get_attribute(element: Tag, name: str) -> str:
    """Return the attribute's value; "" if it is missing."""
    value = element.attrs.get(name, "")
    return value if isinstance(value, str) else " ".join(value)


def iter_texts(element: Tag) -> Iterator[str]:
    """Yield all text inside an element, that of scripts, templates and comments included."""
    for event, node in TreeWalker(element):
        if event in {"text", "comment"}:
            yield str(node)


class Kind(NamedTuple):
    """What an element does to the text inside it, as far as its tag and its role show it.

    `part` is `table`, `row` or `cell`. `is_clicked` says that it may be there to be clicked.
    """

    tag: str
    is_block: bool
    part: str | None
    heading: int
    is_item: bool
    is_clicked: bool


@lru_cache(maxsize=256)  # a page has few of them, and asks at each element
def get_kind(tag: str, role: str) -> Kind:
    """Return the kind of an element with this tag and this value of the attribute `role`."""
    if tag == "br":  # ends a line, whatever role it is given
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
    """Return `table`, `row` or `cell`, by the role that ARIA gives an element or by its tag."""
    return _ROLE_PARTS.get(role) or _TABLE_PARTS.get(tag)


def read_place(cell: Tag) -> tuple[int, int, int | None]:
    """Return how many rows and columns a cell covers, and in which column it says it is."""
    return _read_span(cell, "rowspan"), _read_span(cell, "colspan"), _read_column(cell)


def _read_span(element: Tag, name: str) -> int:
    """Return how many rows or columns a cell covers; anything but a number counts as 1."""
    written = (
        get_attribute(element, name) or get_attribute(element, f"aria-{name}") or "1"
    ).strip()
    return min(max(_count(written), 1), _SPAN_LIMIT[name])


def _read_column(element: Tag) -> int | None:
    """Return the column that a cell says it is in, from 0; None if it says nothing."""
    number = _count(get_attribute(element, "aria-colindex").strip())
    return number - 1 if number else None


def _count(written: str) -> int:
    """Return the number, cut off where it is far above any limit; 0 for other text."""
    return int(written[:12]) if written.isascii() and written.isdecimal() else 0


def is_aside(element: Tag) -> bool:
    """Return whether the element is beside the content: a menu, a footer, a consent dialog."""
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
