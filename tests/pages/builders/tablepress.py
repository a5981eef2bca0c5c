"""TablePress: numbered rows and columns by class, odd and even, captions, values on lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.pages.chrome import SITE
from tests.pages.markups.common import COLUMNS, beside, heading, html

from .common import Builder, Row, rowspan, spanning_rows
from .surroundings import CONSENT_LISTS
from .wordpress import frame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.pages.facts import Generation, Region

    from .common import Content

STYLE: Final = """\
.tablepress{--text-color:#111;--head-bg-color:#d9edf7;border-collapse:collapse;width:100%}
.tablepress .odd>*{background-color:#fff}
.tablepress .even>*{background-color:#f9f9f9}
.tablepress thead th{background-color:var(--head-bg-color);font-weight:700}
.tablepress-table-description{display:block;font-size:.9em}
"""


def _frame(generation: Generation, content: Content) -> str:
    return frame(
        generation,
        content,
        classes="wp-theme-twentytwentyfour",
        style=STYLE,
        consent=CONSENT_LISTS,
    )


def _regions(regions: Sequence[Region]) -> str:
    return "".join(_table(region, number) for number, region in enumerate(regions, start=7))


def _table(region: Region, number: int) -> str:
    title = heading(region)
    caption = f"<caption>{html(title)}</caption>\n" if title else ""
    head = "".join(
        f'<th class="column-{n}">{html(name)}</th>' for n, name in enumerate(COLUMNS, start=1)
    )
    body = "".join(_row(row, at) for at, row in enumerate(spanning_rows(region), start=2))
    return (
        f'<table id="tablepress-{number}" class="tablepress tablepress-id-{number} '
        f'tbody-has-connected-cells">\n{caption}<thead>\n<tr class="row-1 odd">{head}</tr>\n'
        f'</thead>\n<tbody class="row-striping">\n{body}</tbody>\n</table>\n'
        '<span class="tablepress-table-description">Ask for changes in the forum.</span>\n'
        f"<!-- #tablepress-{number} from cache -->\n"
    )


def _row(row: Row, at: int) -> str:
    texts = list(enumerate(map(html, beside(row.use)), start=2))
    others = "".join(f'<td class="column-{n}">{text}</td>' for n, text in texts)
    first = ""
    if row.resource:
        values = [html(row.resource.printed), *map(html, row.resource.listed)]
        lines = "<br />\n".join(values)
        first = f'<td{rowspan(row)} class="column-1">{lines}</td>'
    # The class of a row counts from the head, which is the first.
    return f'<tr class="row-{at} {"odd" if at % 2 else "even"}">\n\t{first}{others}\n</tr>\n'


def _cards(links: Mapping[str, str]) -> str:
    rows = "".join(
        f'<tr class="row-{at}"><td class="column-1"><a href="{href}">{name}</a></td>'
        f'<td class="column-2"><a href="{SITE}/support/">Ask</a></td></tr>\n'
        for at, (href, name) in enumerate(links.items(), start=2)
    )
    return (
        '<table id="tablepress-3" class="tablepress tablepress-id-3"><thead><tr class="row-1">'
        '<th class="column-1">Your region</th><th class="column-2">Help</th></tr></thead>\n'
        f"<tbody>\n{rows}</tbody></table>\n"
    )


TABLES: Final = Builder(_frame, _regions, _cards)
