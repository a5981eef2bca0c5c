"""Words beside a table which say that not all of its rows are shown.

"Showing 1 to 10 of 25 entries", "Page 1 of 3", "Load more rows": what a script would put there
is not on the page that was fetched.
"""

from __future__ import annotations

import re

_NUMBER = r"\d{1,3}(?:[,. ]\d{3})+|\d{1,7}"
_SHOW = (
    r"(?:currently |now )?(?:showing|shown|displaying|viewing|listing|show|results?|rows?"
    r"|entries|records|items|lines)"
)
_ROWS = (
    r"(?:total |matching |available )?(?:entries|entry|rows?|records?|results?|items?|lines?"
    r"|elements?|hosts?|addresses|endpoints?|servers?|ranges?|ips|total|shown|in total|rules?)"
)
_TAIL = (
    rf"(?: {_ROWS}){{0,2}}(?: (?:shown|displayed|listed))?(?: \(?filtered from .{{1,40}})?"
    r"[\W\d]*"
)
_OF = r"(?:of|out of|from|/)(?: (?:about|over|a total of))?"
# As in "Showing 1 to 10 of 25 entries", also without any word.
_SPAN = re.compile(
    rf"(?:{_SHOW}[: ]*)?(?:{_ROWS}[: ]*)?(?P<first>{_NUMBER}) ?(?:to|-|–|—|through) ?"
    rf"(?P<last>{_NUMBER})(?: {_ROWS})? ?{_OF} ?(?P<all>{_NUMBER})\+?{_TAIL}",
    re.IGNORECASE,
)
# "Showing 10 of 25", "10 of 25 rows": a verb or a noun says what is counted.
_COUNT = re.compile(
    rf"(?:{_SHOW}[: ]*(?:the )?(?:first |only )?(?:{_ROWS} )?(?P<some>{_NUMBER})(?: {_ROWS})? "
    rf"{_OF} (?P<all>{_NUMBER})\+?{_TAIL}"
    rf"|(?P<some2>{_NUMBER}) {_OF} (?P<all2>{_NUMBER})\+? {_ROWS}{_TAIL})",
    re.IGNORECASE,
)
_PAGE = re.compile(
    rf"(?:(?:{_SHOW}|you are on|go to|this is)[: ]*)?page:? (?P<page>{_NUMBER}) ?{_OF} ?"
    rf"(?P<all>{_NUMBER})\W*",
    re.IGNORECASE,
)
_PAGES = re.compile(r"pages?:? 1(?: ?\|? ?\d{1,3})+(?: ?(?:next|last|\W+))*", re.IGNORECASE)
_MORE = re.compile(
    rf"(?:(?:load|show|view|see|display)(?: all)?(?: (?:{_NUMBER}))?(?: (?:more|other|remaining"
    rf"|further|hidden))?(?: (?:{_NUMBER}))? {_ROWS}"
    rf"|(?:\+ ?|(?:and|plus) )(?:{_NUMBER}) (?:more|others?)(?: {_ROWS})?)\W*",
    re.IGNORECASE,
)
_MORE_WORDS = re.compile(r"more|other|remaining|further|hidden|all", re.IGNORECASE)
_LONGEST = 120


class PageNumbers:
    """The page numbers that lines state: pages 1, 2 and 3 of 3 together are all of it."""

    def __init__(self) -> None:
        self._lines: dict[int, dict[int, str]] = {}

    def add(self, text: str) -> bool:
        """Take a line such as "Page 1 of 3"; return whether it is one."""
        match = _PAGE.fullmatch(text) if len(text) <= _LONGEST else None
        if match is None or (total := _int(match["all"])) < (number := _int(match["page"])):
            return False
        self._lines.setdefault(total, {}).setdefault(number, text)
        return True

    def missing(self) -> list[str]:
        """The lines whose other pages are not there."""
        return [
            text
            for total, lines in self._lines.items()
            if total > len(lines)
            for text in lines.values()
        ]


def counts_more_rows(text: str) -> bool:
    """Whether the line by itself says that there are more rows than are shown."""
    if len(text) > _LONGEST:
        return False
    if match := _SPAN.fullmatch(text):
        first, last, total = _int(match["first"]), _int(match["last"]), _int(match["all"])
        return last < total or first > 1
    if match := _COUNT.fullmatch(text):
        return _int(match["some"] or match["some2"]) < _int(match["all"] or match["all2"])
    if _MORE.fullmatch(text):
        return _MORE_WORDS.search(text) is not None
    return _PAGES.fullmatch(text) is not None


def _int(text: str) -> int:
    return int(re.sub(r"\D", "", text))
