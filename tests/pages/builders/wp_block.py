"""WordPress blocks: tables in figures, striped, with captions; values separated by breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.pages.markups.common import COLUMNS, beside, broken_lines, heading, html

from .common import Builder, rowspan, spanning_rows, strong_bracket
from .surroundings import CONSENT_LISTS
from .wordpress import frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.pages.facts import Generation, Region

    from .common import Content


def _frame(generation: Generation, content: Content) -> str:
    return frame(generation, content, classes="wp-embed-responsive", consent=CONSENT_LISTS)


def _captions(regions: Sequence[Region]) -> str:
    """The region is the caption of the figure, below its table."""
    return "".join(_figure(region, caption=heading(region)) for region in regions)


def _headings(regions: Sequence[Region]) -> str:
    """The region is a heading block above the figure, which has no caption."""
    return "".join(
        f'<h3 class="wp-block-heading" id="h-{region.page}">{html(heading(region))}</h3>\n'
        f"{_figure(region)}"
        if region.name
        else _figure(region)
        for region in regions
    )


def _figure(region: Region, caption: str = "") -> str:
    below = f'<figcaption class="wp-element-caption">{html(caption)}</figcaption>'
    head = "".join(
        f'<th class="has-text-align-left" data-align="left">{html(name)}</th>'
        for name in COLUMNS
    )
    return (
        '<figure class="wp-block-table is-style-stripes"><table class="has-fixed-layout">'
        f"<thead><tr>{head}</tr></thead><tbody>\n{''.join(_rows(region))}</tbody></table>"
        f"{below if caption else ''}</figure>\n\n"
        '<hr class="wp-block-separator has-alpha-channel-opacity"/>\n'
    )


def _rows(region: Region) -> Iterator[str]:
    for row in spanning_rows(region):
        direction, ports, _, components = map(html, beside(row.use))
        others = (direction, ports, strong_bracket(row.use), components)
        cells = "".join(
            f'<td class="has-text-align-left" data-align="left">{cell}</td>' for cell in others
        )
        first = ""
        if row.resource:
            first = f"<td{rowspan(row)}>{broken_lines(row.resource, '')}</td>"
        yield f"<tr>{first}{cells}</tr>\n"


def _buttons(links: Mapping[str, str]) -> str:
    buttons = "".join(
        '<div class="wp-block-button is-style-outline"><a class="wp-block-button__link '
        f'wp-element-button" href="{href}">{name}</a></div>\n'
        for href, name in links.items()
    )
    return f'<div class="wp-block-buttons is-layout-flex">\n{buttons}</div>\n'


CAPTIONS: Final = Builder(_frame, _captions, _buttons)
HEADINGS: Final = Builder(_frame, _headings, _buttons)
