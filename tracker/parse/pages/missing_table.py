"""What a region's page holds in place of its table, in a few words for an operator.

Pure. Asked only about a page in which no table was read. What is found is named by its kind,
so that the words stay the same as long as the page is of that kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from tracker.parse.markup.document import Document, Line
from tracker.parse.pages.error_page_patterns import (
    GONE_WORDS,
    LOGIN_WORDS,
    PASSWORD,
    SOON_WORDS,
)
from tracker.parse.pages.error_pages import strip_between
from tracker.text import quote

_LOOKED_AT = 2**20  # characters
_MOST_NAMED = 4
_SHORT = 160  # no longer line says what a page is
_FRAMES = ("header", "nav", "footer", "aside", "noscript")
# Where frameworks leave the data that their scripts show.
_STATE = re.compile(
    r"__NEXT_DATA__|__NUXT(?:_DATA)?__|\b__next_f\b|__(?:INITIAL|PRELOADED|APOLLO)_STATE__"
    r"|window(?:\.|\[[\"'])(?P<name>__[A-Za-z]\w{2,40})"
)
_JSON = re.compile(
    r"<script\b[^<>]{0,500}?\btype\s{0,5}=\s{0,5}[\"']?application/json\b", re.IGNORECASE
)
_SHELL = re.compile(
    r"<(?:div|main)\b[^<>]{0,300}?\bid\s{0,5}=\s{0,5}[\"']?(?:root|app|__next|__nuxt|svelte)\b"
    r"[^<>]{0,300}>\s{0,200}</(?:div|main)",
    re.IGNORECASE,
)
_LAZY = re.compile(
    r"\bdata-(?:lazy|load|ajax|endpoint|source|fetch|remote|src)[\w-]{0,20}\s{0,5}="
    r"|\b(?:skeleton|shimmer|spinner|lazy-?load(?:ed|ing)?)\b",
    re.IGNORECASE,
)
_WAITING = re.compile(
    r"^loading\b|^please wait\b|\b(?:enable|requires?|needs?|turn on) javascript\b",
    re.IGNORECASE,
)
_ELEMENTS = (
    (re.compile(r"<(?:pre|code|samp|textarea)\b", re.IGNORECASE), "a block of code"),
    (re.compile(r"<(?:iframe|frame|object|embed)\b", re.IGNORECASE), "an iframe"),
    (re.compile(r"<(?:img|picture|canvas|svg)\b|background-image", re.IGNORECASE), "an image"),
)


def describe_missing_table(text: str, document: Document) -> str:
    """Name what the page holds instead of a table, as in `a list and an image`."""
    found = list(dict.fromkeys(_contents(text[:_LOOKED_AT], document)))[:_MOST_NAMED]
    if found:
        return " and ".join(found)
    return "nothing that a script could not still fill" if "<script" in text else "nothing"


def _contents(text: str, document: Document) -> Iterator[str]:
    lines = [line for line in document.lines if line.in_content and not line.linked]
    titles = [document.title, *(line.text for line in lines if line.heading)]
    markup = strip_between(text, "<!--", "-->")
    content = _without_frames(markup)
    yield from _of_words("no such page", GONE_WORDS, titles)
    yield from _of_words("a login", LOGIN_WORDS, titles)
    yield from _of_words("a promise of it", SOON_WORDS, (line.text for line in lines))
    if PASSWORD.search(markup):
        yield "a form that asks for a password"
    yield from _of_tables(document)
    if any(line.bullet for line in lines):
        yield "a list"
    for pattern, name in _ELEMENTS:
        if pattern.search(content):
            yield name
    yield from _of_scripts(markup, content, lines)


def _of_words(name: str, pattern: re.Pattern[str], texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        if len(text) <= _SHORT and pattern.search(text):
            yield f"{name} ({quote(text)})"
            return


def _of_tables(document: Document) -> Iterator[str]:
    for table in document.tables:
        cells = [cell for row in table.rows[1:] for cell in row]
        is_filled = any(cell.end_line > cell.first_line for cell in cells)
        yield "a table of other columns" if is_filled else "an empty table"


def _of_scripts(markup: str, content: str, lines: Sequence[Line]) -> Iterator[str]:
    """Whether a script fills the page, and where the data for it stand, if they are there."""
    if match := _STATE.search(markup):
        yield f"what a script fills, with data in {match[match.lastgroup or 0]}"
    elif _JSON.search(markup):
        yield "what a script fills, with data in a script of application/json"
    elif (
        _SHELL.search(content)
        or _LAZY.search(content)
        or any(len(line.text) <= _SHORT and _WAITING.search(line.text) for line in lines)
    ):
        yield "what a script fills"


def _without_frames(markup: str) -> str:
    """Markup without scripts and what stands around the content of most pages."""
    for tag in ("script", "style", *_FRAMES):
        markup = strip_between(markup, f"<{tag}", f"</{tag}")
    return markup
