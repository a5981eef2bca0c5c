"""Tabs without a script: a radio button, its label and its panel, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.pages.markups.common import html
from tests.pages.markups.table_spans import table

from .common import Builder, Content, anchor
from .pasted import frame
from .surroundings import CONSENT_DIALOG

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.pages.facts import Generation, Region

STYLE: Final = """\
.tabs{display:flex;flex-wrap:wrap}
.tabs>input[type="radio"]{position:absolute;opacity:0}
.tabs>label{order:1;padding:.6rem 1rem;cursor:pointer}
.tabs>.panel{display:none;order:2;flex-basis:100%}
.tabs>input[type="radio"]:checked+label+.panel{display:block}
"""
# Radio buttons with labels that choose something else and open nothing.
RATING: Final = """\
<form class="rating"><fieldset><legend>Was this page of use?</legend>
<input type="radio" name="rating" id="rating-5" value="5"><label for="rating-5">Yes</label>
<input type="radio" name="rating" id="rating-1" value="1"><label for="rating-1">No</label>
</fieldset></form>
"""


def _frame(generation: Generation, content: Content) -> str:
    after = content.after + RATING
    return frame(generation, content._replace(after=after), style=STYLE, consent=CONSENT_DIALOG)


def _tabs(regions: Sequence[Region]) -> str:
    named = [region for region in regions if region.name]
    if not named:
        return "".join(map(table, regions))
    panels = "".join(_tab(region, number) for number, region in enumerate(named))
    return f'<div class="tabs">\n{panels}</div>\n'


def _tab(region: Region, number: int) -> str:
    name = f"tab-{anchor(region)}"
    checked = "" if number else " checked"
    return (
        f'<input type="radio" name="regions" id="{name}"{checked}>'
        f'<label for="{name}">{html(region.name or "")}</label>\n'
        f'<div class="panel">\n{table(region)}</div>\n'
    )


def _list(links: Mapping[str, str]) -> str:
    items = "".join(f'<li><a href="{href}">{name}</a></li>\n' for href, name in links.items())
    return f'<ul class="regions">\n{items}</ul>\n'


TABS: Final = Builder(_frame, _tabs, _list)
