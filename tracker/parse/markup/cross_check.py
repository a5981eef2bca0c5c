"""Compares two parsers: all addresses and hosts that libxml2 finds must be known to Lexbor.

The two share no code, so they fail in different places. libxml2 gives up on deep nesting and
huge text without an error: it may find less, which is not a reason to refuse a page.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from lxml import etree

from tracker.errors import Unreadable
from tracker.text import quote

_LIKE = re.compile(
    r"(?<![\w.*-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-])"
    r"|(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])"
    r"|(?<![\w.*-])(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,24}(?![\w-])",
    re.IGNORECASE,
)
_WORTH = re.compile(r"\w\.\w|:[0-9a-f]*:", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def compare_parsers(text: str, known: Collection[str], url: str) -> None:
    """Raise Unreadable for a value that only libxml2 finds in this markup.

    `known` are the strings that Lexbor found, visible or not (`Document.strings`).
    """
    seen = set(known)
    others = [piece for piece in _iter_strings(text) if piece not in seen]
    if not others:
        return
    whole = "\n".join(known)
    joined = "".join(known)  # libxml2 joins texts around a comment
    values = set(_LIKE.findall(whole))
    for piece in others:
        for token in _LIKE.findall(piece):
            if token not in values and token not in whole and token not in joined:
                raise Unreadable(
                    f"{url}: two parsers read the page differently near {quote(token)}; its"
                    " markup is broken there"
                )


def _iter_strings(text: str) -> Iterator[str]:
    """Yield the strings that libxml2 finds in the page and that may have a value."""
    parser = etree.HTMLParser(
        huge_tree=True, encoding="utf-8", remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(_CONTROL.sub(" ", text).encode(), parser)
    except etree.XMLSyntaxError:
        return  # libxml2 finds no element
    if root is None:
        return
    for part in (root, *root.itersiblings()):
        for piece in part.itertext():
            if _WORTH.search(piece):
                yield piece
