"""A second parser as a witness: what it sees of addresses and hosts, the first must have seen.

libxml2 and Python's own parser have no line in common, and fail in different places. No tree
is built here: only the strings that hold a dot or two colons are looked at.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any

from tracker.errors import Unreadable
from tracker.text import quote

_LIKE = re.compile(
    r"(?<![\w.*-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-])"
    r"|(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])"
    r"|(?<![\w.*-])(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,24}(?![\w-])",
    re.IGNORECASE,
)
_WORTH = re.compile(r"\w\.\w|:[0-9a-f]*:", re.IGNORECASE)


def compare(text: str, url: str) -> None:
    """Raise Unreadable for a value that only the second parser finds in this markup."""
    from tracker.extract.find import is_markup  # noqa: PLC0415  only there for markup

    if not is_markup(text):
        return
    first = _first_parser(text)
    seen = {token for piece in first for token in _LIKE.findall(piece)}
    whole = ""
    for piece in _second_parser(text):
        for token in _LIKE.findall(piece):
            if token in seen:
                continue
            whole = whole or "\n".join(first)
            if token not in whole:
                raise Unreadable(
                    f"{url}: two parsers read the page differently near {quote(token)}; its"
                    " markup is broken there"
                )
            seen.add(token)


def _first_parser(text: str) -> list[str]:
    """All strings that libxml2 finds: text, comments, scripts."""
    from lxml import etree  # noqa: PLC0415  only for markup

    from tracker.extract.html import parse  # noqa: PLC0415

    found: list[str] = []
    for node in parse(text).iter(etree.Element, etree.Comment):
        found += filter(None, (node.text, node.tail))
    return found


def _second_parser(text: str) -> Iterator[str]:
    """The strings that html.parser finds in the text of the page."""
    _load_bs4()
    from bs4 import BeautifulSoup  # noqa: PLC0415  only for markup
    from bs4.builder._htmlparser import HTMLParserTreeBuilder  # noqa: PLC0415
    from bs4.element import NavigableString  # noqa: PLC0415
    from bs4.filter import SoupStrainer  # noqa: PLC0415

    builder = HTMLParserTreeBuilder()
    # Entities by html.parser itself: for its own, Beautiful Soup first builds a large table.
    builder.parser_args[1]["convert_charrefs"] = True
    only: Any = SoupStrainer(string=_WORTH)
    soup = BeautifulSoup(text, builder=builder, parse_only=only)
    for string in soup.descendants:
        if type(string) is NavigableString:
            yield string


def _load_bs4() -> None:
    """Import Beautiful Soup without its CSS selectors, which are not used here.

    They are an optional package of their own, and three quarters of the import's time.
    """
    if "bs4" in sys.modules or "soupsieve" in sys.modules:
        return
    sys.modules["soupsieve"] = None  # type: ignore[assignment]  # None: not to be had
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that selectors cannot be used
            import bs4  # noqa: F401, PLC0415
    finally:
        del sys.modules["soupsieve"]
