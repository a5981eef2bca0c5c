"""A paste from Google Docs: one bold element around all that is not bold, a style on each span.

Lists hold paragraphs, cells hold paragraphs, and every word says its font again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.pages.markups.common import COLUMNS, beside, heading, html

from .common import Builder, Content, rowspan, spanning_rows
from .pasted import frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.pages.facts import Generation, Region, Resource, Use

_FONT: Final = (
    "font-size:{size}pt;font-family:Arial,sans-serif;font-weight:{weight};font-style:normal;"
    "text-decoration:none;vertical-align:baseline;white-space:pre-wrap;"
)
_PARAGRAPH: Final = "line-height:1.2;margin-top:0pt;margin-bottom:0pt;"
_CELL: Final = (
    "border-left:solid #000000 1pt;border-right:solid #000000 1pt;border-bottom:solid #000000 "
    "1pt;"
    "border-top:solid #000000 1pt;vertical-align:top;padding:5pt 5pt 5pt 5pt;overflow:hidden;"
)


def _frame(generation: Generation, content: Content) -> str:
    body = (
        f'{content.before}<meta charset="utf-8"><b style="font-weight:normal;" '
        'id="docs-internal-guid-3f9a1b2c-7fff-abcd-1234-56789abcdef0">\n'
        f'{content.tables}<br /><p dir="ltr" style="{_PARAGRAPH}">'
        f"{_span('Rules are listed as of today.')}</p></b><br "
        'class="Apple-interchange-newline">\n'
        f"{content.after}"
    )
    return frame(generation, content._replace(before="", tables=body, after=""))


def _regions(regions: Sequence[Region]) -> str:
    return "<br />\n".join(
        (_heading(heading(region)) if region.name else "") + _table(region)
        for region in regions
    )


def _heading(text: str) -> str:
    style = "line-height:1.38;margin-top:18pt;margin-bottom:6pt;"
    return f'<h2 dir="ltr" style="{style}">{_span(text, size=16)}</h2>\n'


def _span(text: str, weight: int = 400, size: int = 10) -> str:
    """Text in a span; a line break has one of its own."""
    style = _FONT.format(size=size, weight=weight)
    broken = f'<span style="{style}"><br /></span>'
    return broken.join(
        f'<span style="{style}">{html(line)}</span>' for line in text.split("\n")
    )


def _paragraph(inner: str) -> str:
    return f'<p dir="ltr" style="{_PARAGRAPH}">{inner}</p>'


def _table(region: Region) -> str:
    columns = "".join(f'<col width="{width}" />' for width in (180, 72, 110, 200, 90))
    head = "".join(_cell(_paragraph(_span(name, weight=700))) for name in COLUMNS)
    return (
        '<div dir="ltr" style="margin-left:0pt;" align="left"><table '
        f'style="border:none;border-collapse:collapse;"><colgroup>{columns}</colgroup><tbody>'
        f'<tr style="height:0pt">{head}</tr>{"".join(_rows(region))}</tbody></table></div>\n'
    )


def _rows(region: Region) -> Iterator[str]:
    for row in spanning_rows(region):
        direction, ports, _, components = (
            _cell(_paragraph(_span(text))) for text in beside(row.use)
        )
        purpose = _cell(_paragraph(_purpose(row.use)))
        first = _cell(_resource(row.resource), rowspan(row)) if row.resource else ""
        yield f'<tr style="height:0pt">{first}{direction}{ports}{purpose}{components}</tr>'


def _purpose(use: Use) -> str:
    """The bracket in bold type: a span beside a span, the blank in the second."""
    if not use.purpose.bracket:
        return _span(use.purpose.text)
    return _span(use.purpose.bracket, weight=700) + _span(f" {use.purpose.text}")


def _cell(inner: str, span: str = "") -> str:
    return f'<td{span} style="{_CELL}">{inner}</td>'


def _resource(resource: Resource) -> str:
    label = _paragraph(_span(resource.printed))
    if not resource.listed:
        return label
    items = "".join(
        f'<li dir="ltr" style="list-style-type:disc;{_FONT.format(size=10, weight=400)}" '
        f'aria-level="1"><p dir="ltr" style="{_PARAGRAPH}" '
        f'role="presentation">{_span(value)}</p>'
        "</li>"
        for value in resource.listed
    )
    return f'{label}<ul style="margin-top:0;margin-bottom:0;">{items}</ul>'


TABLES: Final = Builder(_frame, _regions)
