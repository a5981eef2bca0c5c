"""Elementor with two copies of the regions: tabs for wide screens, an accordion for phones.

Both are on the page. The style sheet hides the one that the screen has no use for, and its
values are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from . import elementor
from .common import Builder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.pages.facts import Generation, Region

    from .common import Content

STYLE: Final = """\
@media (max-width:767px){.elementor .elementor-hidden-mobile{display:none}}
@media (min-width:768px) and (max-width:1024px){
.elementor .elementor-hidden-tablet{display:none}}
@media (min-width:1025px){.elementor .elementor-hidden-desktop{display:none}}
"""


def _frame(generation: Generation, content: Content) -> str:
    # Elementor loads the style of its breakpoints in the content, beside what it is for.
    style = f'<style id="elementor-responsive">\n{STYLE}</style>\n'
    return elementor.TABS.frame(generation, content._replace(tables=style + content.tables))


def _twice(regions: Sequence[Region]) -> str:
    wide = _for("elementor-hidden-mobile", elementor.NESTED_TABS.regions(regions))
    narrow = elementor.NESTED_ACCORDION.regions(regions)
    return wide + _for("elementor-hidden-desktop elementor-hidden-tablet", narrow)


def _for(screens: str, inner: str) -> str:
    return (
        f'<div class="elementor-element {screens} e-con e-parent" '
        f'data-element_type="container">\n{inner}</div>\n'
    )


TWICE: Final = Builder(_frame, _twice)
