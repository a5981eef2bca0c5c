"""Signs and markup in cells and headers that say nothing more."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Final

from tests.mutate.facts import Facts
from tests.mutate.layout import ADDRESS, area, headers, inside, is_plain, swapped_in
from tests.mutate.spots import TABLED
from tests.pages.markups.common import COLUMNS

_New = str | Callable[[re.Match[str]], str]
_COPY: Final = (
    " <button>Copy</button>",
    '<button type="button" class="copy" aria-label="Copy"><svg></svg></button>',
    ' <button class="btn-clipboard" title="Copy to clipboard">Copy to clipboard</button>',
    ' <a role="button" class="copy" href="#" title="Copy">⧉</a>',
    ' <button data-clipboard-text="x">📋</button>',
    '<clipboard-copy aria-label="Copy"></clipboard-copy>',
)
_SORT: Final = (
    *(" ▲", " ▼", " ↕", "⇅", " ↑", "↓", ' <span class="sort-icon">▲▼</span>', " ⬍"),
    *('<i class="fas fa-sort"></i>', '<button aria-label="Sort"></button>', " △"),
    *('<span aria-hidden="true"> ↕</span>', '<a href="?sort=1" title="Sort"> ↓</a>'),
    '<span class="screen-reader-text">: activate to sort column ascending</span>',
)
_INFO: Final = (
    *(" ⓘ", " ℹ", " ℹ️", "<sup>ⓘ</sup>", ' <span title="What this means">?</span>'),
    *(' <abbr title="What this means">ⓘ</abbr>', '<i class="icon-info" title="More"></i>'),
    ' <span class="tooltip" role="img" aria-label="More information">ⓘ</span>',
    ' <button aria-label="Help">?</button>',
)
_INSIDE: Final = (
    ("<abbr title='Transmission Control Protocol'>", "</abbr>", "TCP"),
    ("<span class='badge'>", "</span>", "TCP|UDP|HTTPS"),
    ("<span data-port='1.2.3.4'>", "</span>", "Outbound|Inbound"),
    ("<code class='language-plaintext'>", "</code>", ADDRESS),
    ("<samp>", "</samp>", ADDRESS),
    ("<a href='https://example.org/lookup?q=1'>", "</a>", ADDRESS),
    ("<span style='white-space:nowrap;color:#333'>", "</span>", ADDRESS),
    ("<font face='Arial' size='2'>", "</font>", "Outbound|Inbound|TCP"),
    ("<bdi>", "</bdi>", ADDRESS),
    ("<span lang='en-US'>", "</span>", "Agents|Deployer"),
)
_PREFIXES: Final = ("IP: ", "IP address: ", "IPv4: ", "IP - ", "IP ")
_GLUES: Final = (" / ", " &amp; ", " | ", " + ", ", ", "; ", " and ", ",<br>", " /<br>")
_ITEMS: Final = re.compile(rf"<ul>((?:<li>{ADDRESS}</li>){{2,}})</ul>")


def copy_buttons(page: str, dice: Random, facts: Facts) -> str | None:
    """A button beside each address that copies it."""
    if is_plain(page):
        return None
    button = dice.choice(_COPY)
    return _in_tables(page, rf"{ADDRESS}(?=</li>|<br>)", rf"\g<0>{button}")


def sort_signs(page: str, dice: Random, facts: Facts) -> str | None:
    """Arrows in the headers, by which the table is sorted."""
    return _behind_headers(page, facts, dice.choice(_SORT), dice)


def information_signs(page: str, dice: Random, facts: Facts) -> str | None:
    """Signs in the headers that explain them."""
    return _behind_headers(page, facts, dice.choice(_INFO), dice)


def words_marked_up(page: str, dice: Random, facts: Facts) -> str | None:
    """Markup around values and words that is about how they look."""
    if is_plain(page):
        return None
    before, after, pattern = dice.choice(_INSIDE)
    return _in_tables(
        page, rf"(?<![/.\w:])(?:{pattern})(?=[^<>]*<)(?!\.\w)", rf"{before}\g<0>{after}"
    )


def said_to_be_addresses(page: str, dice: Random, facts: Facts) -> str | None:
    """The words "IP:" and the like in front of each address."""
    prefix = dice.choice(_PREFIXES)
    return _in_tables(page, rf"(?<=<li>){ADDRESS}(?=</li>)", rf"{prefix}\g<0>")


def values_in_one_line(page: str, dice: Random, facts: Facts) -> str | None:
    """The addresses of a list in one line, separated by signs."""
    glue, (before, after) = dice.choice(_GLUES), dice.choice((("<p>", "</p>"), ("<br>", "")))

    def line(match: re.Match[str]) -> str:
        return before + glue.join(re.findall(ADDRESS, match[1])) + after

    start, end = area(page)
    return page[:start] + _ITEMS.sub(line, page[start:end]) + page[end:]


def ports_as_lists(page: str, dice: Random, facts: Facts) -> str | None:
    """The lines of a port cell as items of a list."""
    if facts.markup not in TABLED:
        return None
    tag = dice.choice(("ul", "ol", 'ul class="ports"'))
    comma = dice.choice((",", ""))

    def items(match: re.Match[str]) -> str:
        parts = "".join(f"<li>{part}</li>" for part in match[1].split(",<br>"))
        parts = parts.replace("</li><li>", f"{comma}</li><li>")
        return f"<td><{tag}>{parts}</{tag.split()[0]}></td>"

    return _in_tables(page, r"<td>(\d+ TCP[^<]*(?:,<br>[^<]*)*)</td>", items)


def ports_as_lines(page: str, dice: Random, facts: Facts) -> str | None:
    """The lines of a port cell as paragraphs, or without their commas."""
    if facts.markup not in TABLED:
        return None
    glue = dice.choice(("</p><p>", ",</p><p>", "<br/>", ";<br>", "</div><div>", ", "))
    tag = "div" if "div" in glue else "p"

    def lines(match: re.Match[str]) -> str:
        return f"<td><{tag}>{match[1].replace(',<br>', glue)}</{tag}></td>"

    return _in_tables(page, r"<td>(\d+ TCP[^<]*(?:,<br>[^<]*)+)</td>", lines)


def footnote_in_a_header(page: str, dice: Random, facts: Facts) -> str | None:
    """A mark in a header, and its note below the table."""
    found = _behind_headers(
        page, facts, dice.choice(("<sup>1</sup>", " *", "<sup>a</sup>")), dice
    )
    note = '<p class="note"><sup>1</sup> As seen from the agent.</p><p class="note">'
    return found and found.replace('<p class="note">', note, 1)


def states_of_the_markup(page: str, dice: Random, facts: Facts) -> str | None:
    """Attributes that are for scripts and screen readers."""
    if is_plain(page):
        return None
    more = dice.choice(
        (
            'aria-label="cell"',
            'data-th="Resource" data-sort="1.2.3.4"',
            'role="cell"',
            'aria-describedby="n1" tabindex="0"',
            'class="align-middle text-start px-4 py-2 sm:px-6 md:w-1/2 [&>p]:mb-0"',
            'style="width: 20%; vertical-align: top; text-align: left;"',
            'valign="top" bgcolor="#ffffff" width="20%" nowrap',
            'data-v-7ba5bd90="" data-hidden="false"',
        )
    )
    return re.sub(r"<td(?=[ >])", f"<td {more}", page) if facts.markup in TABLED else None


def _behind_headers(page: str, facts: Facts, more: str, dice: Random) -> str | None:
    """The page with something behind the name of each column, or of one."""
    if is_plain(page):
        return None
    names = COLUMNS if dice.random() < 0.7 else [dice.choice(COLUMNS)]
    found = [match for name in names for match in headers(facts.markup, page, name)]
    for match in sorted(found, key=lambda match: -match.start()):
        page = swapped_in(page, match.span(1), match[1] + more)
    return page


def _in_tables(page: str, pattern: str, new: _New) -> str | None:
    if is_plain(page) or not inside(page, pattern):
        return None
    start, end = area(page)
    return page[:start] + re.sub(pattern, new, page[start:end]) + page[end:]


EDITS = (
    copy_buttons,
    sort_signs,
    information_signs,
    words_marked_up,
    said_to_be_addresses,
    values_in_one_line,
    ports_as_lists,
    ports_as_lines,
    footnote_in_a_header,
    states_of_the_markup,
)
