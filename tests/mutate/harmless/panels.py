"""Tables in tabs, folds and copies for telephones: the same rows, each of the same region."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

from tests.mutate.facts import INDEX, ROWS, Facts
from tests.mutate.layout import area, is_plain
from tests.mutate.spots import in_head
from tests.pages.facts import Region
from tests.pages.markups.common import html
from tests.pages.markups.table_spans import table

# Tabs as builders make them: style, what is around titles and panels, a title, a panel.
_DIVI: Final = (
    ".et_pb_tab{display:none}.et_pb_tab.et_pb_active_content{display:block}",
    '<div class="et_pb_module et_pb_tabs"><ul class="et_pb_tabs_controls">{titles}</ul>'
    '<div class="et_pb_all_tabs">{panels}</div></div>',
    '<li class="et_pb_tab_{n}"><a href="#">{name}</a></li>',
    '<div class="et_pb_tab et_pb_tab_{n} clearfix {active}"><div class="et_pb_tab_content">'
    "{table}</div></div>",
    "et_pb_active_content",
)
_BOOTSTRAP: Final = (
    ".tab-pane{display:none}.tab-pane.active{display:block}",
    '<ul class="nav nav-tabs" role="tablist">{titles}</ul>'
    '<div class="tab-content">{panels}</div>',
    '<li class="nav-item"><a class="nav-link" data-toggle="tab" href="#t{n}">{name}</a></li>',
    '<div class="tab-pane {active}" id="t{n}">{table}</div>',
    "active",
)
_BUTTONS: Final = (
    "",
    '<div role="tablist">{titles}</div>{panels}',
    '<button role="tab" id="b{n}" aria-controls="t{n}">{name}</button>',
    '<div role="tabpanel" id="t{n}" aria-labelledby="b{n}" {active}>{table}</div>',
    "tabindex=0",
)
_KINDS: Final = (_DIVI, _BOOTSTRAP, _BUTTONS)
_PHONE: Final = (
    ".phone{display:none}@media (max-width:800px){.phone{display:block}.wide{display:none}}",
    "@media (min-width:801px){.phone{display:none}}"
    "@media (max-width:800px){.wide{display:none}}",
)


def in_tabs(page: str, dice: Random, facts: Facts) -> str | None:
    """The regions in the tabs of a page builder."""
    return _tabbed(page, facts, dice, [table(region) for region in _regions(facts)])


def two_tables_in_a_tab(page: str, dice: Random, facts: Facts) -> str | None:
    """Two tables in each tab, with or without headings of their own."""
    titles = dice.choice((("<h4>Cloud</h4>", "<h4>Other</h4>"), ("", ""), ("", "<p>And:</p>")))
    return _tabbed(page, facts, dice, [_halves(region, titles) for region in _regions(facts)])


def button_before_tabs(page: str, dice: Random, facts: Facts) -> str | None:
    """A button of the page's head stands before the tabs."""
    button = dice.choice(
        (
            '<header><button type="button">Menu</button></header>',
            '<button aria-expanded="false">Menu</button>',
            '<p><button type="button" class="btn">Open all</button></p>',
        )
    )
    found = _tabbed(page, facts, dice, [table(region) for region in _regions(facts)])
    return found and found.replace('<h2 id="rules"', f'{button}<h2 id="rules"', 1)


def copy_for_phones(page: str, dice: Random, facts: Facts) -> str | None:
    """The tabs once more as an accordion, which a telephone shows in their place."""
    regions = _regions(facts)
    folds = "".join(
        f"<details><summary>{html(region.name or '')}</summary>{table(region)}</details>"
        for region in regions
    )
    found = _tabbed(page, facts, dice, [table(region) for region in regions])
    if found is None:
        return None
    copy = f'<div class="phone">{folds}</div>\n<p class="note">'
    found = found.replace('<p class="note">', copy, 1)
    return in_head(found, f"<style>{dice.choice(_PHONE)}</style>")


def two_tables_a_region(page: str, dice: Random, facts: Facts) -> str | None:
    """The rows of each region in two tables, one right below the other."""
    if facts.markup not in {*ROWS} - {"table-blanks"} or len(facts.generation.regions) > 1:
        return None
    region = facts.generation.regions[0]
    return page.replace(table(region), _halves(region, ("", "")), 1)


def _regions(facts: Facts) -> tuple[Region, ...]:
    return facts.generation.regions


def _halves(region: Region, titles: tuple[str, str]) -> str:
    """The table of a region in two."""
    at = len(region.resources) // 2
    parts = (region.resources[:at], region.resources[at:])
    tables = (table(replace(region, resources=part)) for part in parts)
    return "".join(title + found for title, found in zip(titles, tables, strict=True))


def _tabbed(page: str, facts: Facts, dice: Random, tables: list[str]) -> str | None:
    """The tables in tabs, where the regions have names."""
    regions = _regions(facts)
    if facts.markup == INDEX or is_plain(page) or not all(r.name for r in regions):
        return None
    style, frame, title, panel, active = dice.choice(_KINDS)
    titles = "".join(title.format(n=n, name=html(r.name or "")) for n, r in enumerate(regions))
    panels = "".join(
        panel.format(n=n, table=found, active="" if n else active)
        for n, found in enumerate(tables)
    )
    start, end = area(page)
    tabs = f'<div class="wide">{frame.format(titles=titles, panels=panels)}</div>\n'
    return in_head(page[:start] + tabs + page[end:], f"<style>{style}</style>")


EDITS = (
    in_tabs,
    two_tables_in_a_tab,
    button_before_tabs,
    copy_for_phones,
    two_tables_a_region,
)
