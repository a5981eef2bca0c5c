"""DataTables: search box, length menu, sort arrows, and rows folded away below others.

The wide form shows all columns. The narrow one hides two of them and repeats their cells in
a row below, which the plugin makes on the visitor's side and some sites save as it is. The
paged form has only the first rows, and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.pages.markups.common import COLUMNS, beside, bullets, heading, html

from .common import Builder, Row, anchor, whole_rows
from .wordpress import frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.pages.facts import Generation, Region

    from .common import Content

STYLE: Final = """\
table.dataTable thead>tr>th.sorting{cursor:pointer;position:relative;padding-right:26px}
table.dataTable thead>tr>th .sort-arrows{position:absolute;right:10px;opacity:.125}
table.dataTable>tbody>tr.child ul.dtr-details{list-style-type:none;margin:0;padding:0}
table.dataTable>tbody>tr.child span.dtr-title{display:inline-block;min-width:75px}
.dataTables_wrapper .dataTables_paginate .paginate_button.disabled{color:#666}
"""
PAGE_LENGTH: Final = 10
SHOWN: Final = 3  # columns that the narrow form leaves in sight
LENGTHS: Final = "".join(f'<option value="{n}">{n}</option>' for n in (10, 25, 50, 100))


def _frame(generation: Generation, content: Content) -> str:
    return frame(generation, content, classes="wp-child-theme-docs", style=STYLE)


def _wide(regions: Sequence[Region]) -> str:
    return "".join(_section(region) for region in regions)


def _narrow(regions: Sequence[Region]) -> str:
    return "".join(_section(region, is_narrow=True) for region in regions)


def _paged(regions: Sequence[Region]) -> str:
    return "".join(_section(region, length=PAGE_LENGTH) for region in regions)


def _section(region: Region, *, is_narrow: bool = False, length: int | None = None) -> str:
    title = heading(region)
    above = f"<h3>{html(title)}</h3>\n" if title else ""
    name = f"table-{anchor(region)}"
    rows = list(whole_rows(region))
    shown = rows[:length]
    body = "".join(_row(row, at, is_narrow=is_narrow) for at, row in enumerate(shown))
    collapsed = " dtr-inline collapsed" if is_narrow else ""
    return (
        f'{above}<div id="{name}_wrapper" class="dataTables_wrapper no-footer">\n'
        f'<div class="dataTables_length" id="{name}_length"><label>Show <select name='
        f'"{name}_length" aria-controls="{name}">{LENGTHS}</select> entries</label></div>\n'
        f'<div id="{name}_filter" class="dataTables_filter"><label>Search:<input type="search" '
        f'placeholder="" aria-controls="{name}"></label></div>\n'
        f'<table id="{name}" class="display dataTable no-footer{collapsed}" '
        f'aria-describedby="{name}_info" style="width: 100%;">\n<thead><tr>'
        f"{_head(name, is_narrow=is_narrow)}</tr></thead>\n<tbody>\n{body}</tbody></table>\n"
        f'<div class="dataTables_info" id="{name}_info" role="status" aria-live="polite">'
        f"Showing 1 to {len(shown)} of {len(rows)} entries</div>\n"
        f"{_pages(name, -(-len(rows) // (length or len(rows))))}</div>\n"
    )


def _head(name: str, *, is_narrow: bool) -> str:
    return "".join(
        f'<th class="sorting" tabindex="0" aria-controls="{name}" rowspan="1" colspan="1" '
        f'aria-label="{html(column)}: activate to sort column ascending"'
        f"{_hiding(n, is_narrow=is_narrow)}>{html(column)} "
        '<span class="sort-arrows" aria-hidden="true">▲▼</span></th>'
        for n, column in enumerate(COLUMNS)
    )


def _hiding(column: int, *, is_narrow: bool) -> str:
    return ' style="display: none;"' if is_narrow and column >= SHOWN else ""


def _row(row: Row, at: int, *, is_narrow: bool) -> str:
    resource = row.resource
    first = f"{html(resource.printed)}{bullets(resource.listed)}" if resource else ""
    cells = [first, *map(html, beside(row.use))]
    inner = "".join(
        f'<td class="{"" if n else "dtr-control"}"{_hiding(n, is_narrow=is_narrow)}>{cell}</td>'
        for n, cell in enumerate(cells)
    )
    stripe = "even" if at % 2 else "odd"
    parent = " parent" if is_narrow else ""
    found = f'<tr class="{stripe}{parent}">{inner}</tr>\n'
    return found + (_child(cells, at) if is_narrow else "")


def _child(cells: Sequence[str], at: int) -> str:
    details = "".join(
        f'<li data-dtr-index="{n}" data-dt-row="{at}" data-dt-column="{n}">'
        f'<span class="dtr-title">{html(COLUMNS[n])}</span> '
        f'<span class="dtr-data">{cells[n]}</span></li>'
        for n in range(SHOWN, len(COLUMNS))
    )
    return (
        f'<tr class="child"><td class="child" colspan="{SHOWN}"><ul data-dtr-index="{at}" '
        f'class="dtr-details">{details}</ul></td></tr>\n'
    )


def _pages(name: str, pages: int) -> str:
    numbers = "".join(
        f'<a class="paginate_button{"" if n > 1 else " current"}" aria-controls="{name}" '
        f'data-dt-idx="{n - 1}" tabindex="0">{n}</a>'
        for n in range(1, pages + 1)
    )
    return (
        f'<div class="dataTables_paginate paging_simple_numbers" id="{name}_paginate">'
        f'<a class="paginate_button previous disabled" aria-disabled="true">Previous</a>'
        f'<span>{numbers}</span><a class="paginate_button next">Next</a></div>\n'
    )


WIDE: Final = Builder(_frame, _wide)
NARROW: Final = Builder(_frame, _narrow)
PAGED: Final = Builder(_frame, _paged)
