"""Markup that says the same in another way."""

from __future__ import annotations

import re
from random import Random
from typing import Final
from zlib import crc32

from tests.mutate.facts import ROWS, Facts
from tests.mutate.layout import (
    is_plain,
    sections,
    swapped_in,
)

_TAG: Final = re.compile(r"<(div|td|th|tr|table|ul|li|p|h[1-4]|section|figure)(?=[ >])")


def attributes(page: str, dice: Random, facts: Facts) -> str | None:
    """New attributes on many tags."""
    return _TAG.sub(
        lambda m: (
            f'{m[0]} data-x{dice.randrange(99)}="{dice.randrange(9**9)}" lang="en"'
            if dice.random() < 0.4
            else m[0]
        ),
        page,
    )


def classes(page: str, dice: Random, facts: Facts) -> str | None:
    """Other names of all classes."""
    salt = dice.randrange(9**9)
    return re.sub(
        r'class="([^"]*)"', lambda m: f'class="c{crc32(f"{m[1]}{salt}".encode())}"', page
    )


def ids(page: str, dice: Random, facts: Facts) -> str | None:
    """An id on each cell and heading."""
    number = iter(range(10**6))
    return re.sub(r"<(td|th|h[1-4]|p)(?=[ >])", lambda m: f"{m[0]} id=n{next(number)}", page)


def wrappers(page: str, dice: Random, facts: Facts) -> str | None:
    """Boxes around the tables, as themes and builders put them."""
    if is_plain(page):
        return None
    for part in reversed(sections(facts.markup, page)):
        before, after = dice.choice(
            (
                ("<div class=scroll><div>", "</div></div>"),
                ("<section><div class=inner>", "</div></section>"),
                ("<article><div><div>", "</div></div></article>"),
            )
        )
        page = swapped_in(page, part.span(), f"{before}{part[0]}{after}")
    return page


def boxed_cells(page: str, dice: Random, facts: Facts) -> str | None:
    """A box inside each cell of a table of rows."""
    if facts.markup not in ROWS:
        return None
    tag = dice.choice(("div", "p", "span"))
    return re.sub(
        r"(<t[dh][^>]*>)(.*?)(</t[dh]>)", rf"\1<{tag}>\2</{tag}>\3", page, flags=re.DOTALL
    )


def whitespace(page: str, dice: Random, facts: Facts) -> str | None:
    """White space where it means nothing."""
    return re.sub(
        r"(</?(?:div|tr|td|th|table|tbody|ul|li|p)[^>]*>)(?=<)",
        lambda m: m[0] + dice.choice(("\n", "\n\t\t", "  ", "\r\n", "")),
        page,
    )


def comments(page: str, dice: Random, facts: Facts) -> str | None:
    """Comments between the tags."""
    return re.sub(
        r"</(?:td|div|li|ul|p|tr)>",
        lambda m: (
            f"{m[0]}<!-- /wp:{dice.choice(('column', '1.2.3.4', 'Outbound'))} -->"
            if dice.random() < 0.3
            else m[0]
        ),
        page,
    )


def minified(page: str, dice: Random, facts: Facts) -> str | None:
    """All white space between tags is gone."""
    return re.sub(r">\s+<", "><", re.sub(r"<!--.*?-->", "", page, flags=re.DOTALL)).strip()


def capital_tags(page: str, dice: Random, facts: Facts) -> str | None:
    """Tags in capitals, attributes in single quotes."""
    page = re.sub(r"</?(?:td|tr|th|table|ul|li|div|p)\b", lambda m: m[0].upper(), page)
    return re.sub(r'class="([^"\']*)"', r"class='\1'", page)


def other_line_ends(page: str, dice: Random, facts: Facts) -> str | None:
    """Line ends of another system."""
    return page.replace("\n", "\r\n")


EDITS = (
    attributes,
    classes,
    ids,
    wrappers,
    boxed_cells,
    whitespace,
    comments,
    minified,
    capital_tags,
    other_line_ends,
)
