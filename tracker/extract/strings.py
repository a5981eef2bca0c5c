"""The strings of a page by Beautiful Soup and Python's own parser. No tree is built here.

Imported by `witness.py` alone, and only for markup: Beautiful Soup takes its time to load.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any, cast

from bs4 import BeautifulSoup
from bs4.builder._htmlparser import BeautifulSoupHTMLParser, HTMLParserTreeBuilder
from bs4.element import NavigableString
from bs4.filter import SoupStrainer

# Text, and behind it a tag that is written plainly: nothing in it can be read in two ways. Not
# the tags behind which html.parser reads in another way, up to their end.
_SPECIAL = "script|style|textarea|title|xmp|iframe|noembed|noframes|noscript|plaintext|svg|math"
_PLAIN = re.compile(
    rf"([^<]*)<(?!/?(?:{_SPECIAL})\b)"
    r"(?:/[a-z][a-z0-9]*|[a-z][a-z0-9]*(?:[ \n]+[a-z][a-z-]*=\"[^\"<>]*\")*)>"
)


def strings_of(markup: str, worth: re.Pattern[str]) -> list[str]:
    """The strings between tags that `worth` is found in, in order; no comments.

    Raises ValueError for markup that the parser gives up at.
    """
    return _Soup(markup, worth).found


class _Parser(BeautifulSoupHTMLParser):
    """html.parser, which is left out where the markup is plain: that is most of a page."""

    def parse_starttag(self, i: int) -> int:
        """Go over plain tags and the text between them: up to what is none, or is the last."""
        match = _PLAIN.match(self.rawdata, i)
        if match is None:
            return super().parse_starttag(i)
        self.soup.endData()
        end = i
        while match:
            text, end = match[1], match.end()
            if "." in text or ":" in text or "&" in text:
                self.soup.handle_data(unescape(text))
                self.soup.endData()
            match = _PLAIN.match(self.rawdata, end)
        return end

    def updatepos(self, i: int, j: int) -> int:  # noqa: ARG002  html.parser's own signature
        """Nobody asks for the line of a position."""
        return j


class _Builder(HTMLParserTreeBuilder):
    """Entities by html.parser itself: for its own, Beautiful Soup builds a large table."""

    def feed(
        self,
        markup: str | bytes,
        _parser_class: type[BeautifulSoupHTMLParser] = _Parser,
    ) -> None:
        parser = _parser_class(cast("BeautifulSoup", self.soup), convert_charrefs=True)
        try:
            parser.feed(cast("str", markup))
            parser.close()
        except AssertionError as error:  # so it says that it gives up, as at "<![x["
            raise ValueError(str(error)) from None


class _Soup(BeautifulSoup):
    """Keeps strings instead of a tree that they would hang in."""

    def __init__(self, markup: str, worth: re.Pattern[str]) -> None:
        self.found: list[str] = []
        only: Any = SoupStrainer(string=worth)
        super().__init__(markup, builder=_Builder(), parse_only=only)

    def object_was_parsed(self, o: object, *_: object) -> None:
        """Beautiful Soup's call for whatever it would hang into its tree."""
        if type(o) is NavigableString:
            self.found.append(str(o))
