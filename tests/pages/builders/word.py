"""A paste from Word: MsoNormal in every cell, lists that are paragraphs with a typed bullet.

Word marks what its spelling knows not, wraps its source in the middle of sentences, and
leaves bookmarks of a table of contents in the headings.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from tests.pages.markups.common import COLUMNS, beside, heading, html

from .common import Builder, Content, rowspan, spanning_rows
from .pasted import frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.pages.facts import Generation, Region, Resource

# What Word puts before everything; a comment to all browsers of today.
SETTINGS: Final = """\
<!--[if gte mso 9]><xml><w:WordDocument><w:View>Normal</w:View><w:Zoom>0</w:Zoom>
<w:TrackMoves/><w:PunctuationKerning/><w:DisplayHorizontalDrawingGridEvery>0
</w:DisplayHorizontalDrawingGridEvery></w:WordDocument></xml><![endif]-->
<!--[if gte mso 10]><style>/* Style Definitions */ table.MsoNormalTable
{mso-style-name:"Table Normal"; mso-tstyle-rowband-size:0; mso-para-margin:0in;}
</style><![endif]-->
"""
STYLE: Final = """\
p.MsoNormal,li.MsoNormal,div.MsoNormal{mso-style-unhide:no;margin:0in;font-size:11.0pt;
font-family:"Calibri",sans-serif;mso-fareast-font-family:Calibri}
@list l0:level1{mso-level-number-format:bullet;mso-level-text:"\\F0B7";font-family:Symbol}
span.SpellE{mso-style-name:"";mso-spl-e:yes}
@page WordSection1{size:8.5in 11.0in;margin:1.0in 1.0in 1.0in 1.0in}
div.WordSection1{page:WordSection1}
"""
_LINE: Final = 78
_CELL: Final = (
    "width:93.5pt;border:solid windowtext 1.0pt;mso-border-alt:solid windowtext .5pt;"
    "padding:0in 5.4pt 0in 5.4pt"
)
_BULLET: Final = (
    "<!--[if !supportLists]--><span style='font-family:Symbol;mso-fareast-font-family:Symbol;\n"
    "mso-bidi-font-family:Symbol'><span style='mso-list:Ignore'>·<span style='font:7.0pt "
    '"Times New '
    "Roman\"'>&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;\n</span></span></span>"
    "<!--[endif]-->"
)


def _frame(generation: Generation, content: Content) -> str:
    body = (
        f'{SETTINGS}<div class="WordSection1">\n{content.body}'
        '<p class="MsoNormal"><o:p>&nbsp;</o:p></p>\n</div>\n'
    )
    whole = content._replace(before="", tables=body, after="")
    return frame(generation, whole, style=STYLE)


def _regions(regions: Sequence[Region]) -> str:
    return "".join(
        (_heading(heading(region), 123400 + number) if region.name else "") + _table(region)
        for number, region in enumerate(regions)
    )


def _heading(text: str, number: int) -> str:
    return (
        f'<h2 style="margin-top:2.0pt"><a name="_Toc{number}"></a><span '
        f"style='mso-bookmark:_Toc{number}'><span style='font-size:13.0pt;line-height:107%'>"
        f"{html(text)}</span></span><o:p></o:p></h2>\n"
    )


def _table(region: Region) -> str:
    head = "".join(_cell(_paragraph(f"<b>{html(name)}</b>")) for name in COLUMNS)
    return (
        '<table class="MsoTableGrid" border="1" cellspacing="0" cellpadding="0"\n'
        " style='border-collapse:collapse;border:none;mso-border-alt:solid windowtext .5pt;\n"
        " mso-yfti-tbllook:1184;mso-padding-alt:0in 5.4pt 0in 5.4pt'>\n"
        f" <tbody><tr style='mso-yfti-irow:0;mso-yfti-firstrow:yes'>\n{head} </tr>\n"
        f"{''.join(_rows(region))}</tbody></table>\n"
        '<p class="MsoNormal"><span style="font-size:9.0pt"><o:p>&nbsp;</o:p></span></p>\n'
    )


def _rows(region: Region) -> Iterator[str]:
    for at, row in enumerate(spanning_rows(region), start=1):
        others = "".join(_cell(_paragraph(_wrapped(text))) for text in beside(row.use))
        first = _cell(_resource(row.resource), rowspan(row)) if row.resource else ""
        yield f" <tr style='mso-yfti-irow:{at}'>\n{first}{others} </tr>\n"


def _cell(inner: str, span: str = "") -> str:
    return f'  <td width="125"{span} valign="top" style=\'{_CELL}\'>\n{inner}  </td>\n'


def _paragraph(inner: str) -> str:
    return (
        "  <p class=\"MsoNormal\" style='margin-bottom:0in;line-height:normal'><span\n"
        "  "
        f"style='font-size:9.0pt;mso-bidi-font-family:Calibri'>{inner}<o:p></o:p></span></p>\n"
    )


def _wrapped(text: str) -> str:
    """Escaped text whose source breaks between words; a break of the author's stays one."""
    lines = (
        textwrap.fill(html(line), _LINE, break_on_hyphens=False) for line in text.split("\n")
    )
    return "<br>\n".join(lines)


def _resource(resource: Resource) -> str:
    label = _wrapped(resource.printed)
    if resource.named:
        label = label.replace(resource.named, f'<span class="SpellE">{resource.named}</span>')
    return _paragraph(label) + "".join(_items(resource))


def _items(resource: Resource) -> Iterator[str]:
    last = len(resource.listed) - 1
    for at, value in enumerate(resource.listed):
        place = "Last" if at == last and at else "Middle" if at else "First"
        yield (
            f'  <p class="MsoListParagraphCxSp{place}" style=\'margin-left:13.5pt;'
            "mso-add-space:auto;\n  text-indent:-13.5pt;line-height:normal;mso-list:l0 level1 "
            f"lfo1'>{_BULLET}<span\n  "
            f"style='font-size:9.0pt'>{html(value)}<o:p></o:p></span></p>\n"
        )


TABLES: Final = Builder(_frame, _regions)
