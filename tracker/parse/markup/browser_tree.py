"""The tree that a browser builds of markup, by Beautiful Soup with html5lib.

html5lib follows the HTML standard's tree construction, so a table in a wrong place, an element
that is never closed, and a tag inside an attribute come out as a person sees them.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Literal

from bs4 import BeautifulSoup, Comment, Tag, XMLParsedAsHTMLWarning
from bs4.element import PageElement, PreformattedString

from tracker.errors import NotAPage

Event = Literal["start", "end", "text", "comment"]


def build_tree(markup: str) -> BeautifulSoup:
    """Parse markup that `scan_markup` found to be bounded. Raises NotAPage for none."""
    with warnings.catch_warnings():
        # XHTML pages begin as XML does; they are read as browsers read text/html.
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        soup = BeautifulSoup(markup, "html5lib", multi_valued_attributes=None)
    if soup.find(name=True) is None:
        raise NotAPage("the page is empty: no element in it")
    return soup


class Walk:
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
        """Pass over the element that started last: neither its content nor its end comes."""
        self._open.pop()


def attribute(element: Tag, name: str) -> str:
    """Return the attribute's value, the empty string where there is none."""
    value = element.attrs.get(name, "")
    return value if isinstance(value, str) else " ".join(value)


def texts_of(element: Tag) -> Iterator[str]:
    """Yield all text inside an element, that of scripts, templates and comments included."""
    for event, node in Walk(element):
        if event in {"text", "comment"}:
            yield str(node)
