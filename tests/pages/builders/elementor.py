"""Elementor: widgets in containers; tabs, accordions and toggles, classic and nested.

Classic tabs hold each title twice, for phones a second time inside the panels' wrapper, and
say `hidden="false"` where they mean shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.pages.markups.common import html
from tests.pages.markups.table_spans import table

from .common import Builder, Content
from .surroundings import CONSENT_DIALOG
from .wordpress import frame

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.pages.facts import Generation, Region

    Item = Callable[[Region, int], str]

STYLE: Final = """\
.elementor-tab-content{display:none}
.elementor-tab-content.elementor-active{display:block}
.elementor-tab-mobile-title{display:none}
@media (max-width:767px){.elementor-tab-mobile-title{display:block}
.elementor-tab-desktop-title{display:none}}
.elementor-accordion-icon-opened{display:none}
.e-n-tabs-content>.e-con:not(.e-active){display:none}
.e-n-accordion-item:not([open])>:not(summary){display:none}
.elementor-screen-only{position:absolute;top:-10000em;width:1px;height:1px;overflow:hidden}
"""
# Of the first panel and of the others; a script takes both away.
_HIDDEN: Final = (' hidden="false"', ' hidden="hidden"')


def _frame(generation: Generation, content: Content) -> str:
    before, after = (
        _widget("text-editor", content.before),
        _widget("text-editor", content.after),
    )
    body = (
        '<div data-elementor-type="wp-page" data-elementor-id="4711" class="elementor '
        'elementor-4711">\n<div class="elementor-element elementor-element-1a2b3c e-flex '
        f'e-con-boxed e-con e-parent" data-id="1a2b3c" data-element_type="container">\n{before}'
        f"{content.tables}{after}</div></div>\n"
    )
    return frame(
        generation,
        content._replace(before="", tables=body, after=""),
        classes="elementor-default elementor-kit-9 elementor-page elementor-page-4711",
        style=STYLE,
        consent=CONSENT_DIALOG,
    )


def _widget(kind: str, inner: str) -> str:
    return (
        f'<div class="elementor-element elementor-widget elementor-widget-{kind}" '
        f'data-element_type="widget" data-widget_type="{kind}.default">\n'
        f'<div class="elementor-widget-container">\n{inner}</div></div>\n'
    )


def _buttons(links: Mapping[str, str]) -> str:
    return "".join(
        _widget(
            "button",
            f'<div class="elementor-button-wrapper"><a class="elementor-button '
            f'elementor-button-link" href="{href}"><span class="elementor-button-text">'
            f"{name}</span></a></div>",
        )
        for href, name in links.items()
    )


def _plain(regions: Sequence[Region]) -> str:
    return "".join(_widget("text-editor", table(region)) for region in regions)


def _tabs(regions: Sequence[Region]) -> str:
    if not regions[0].name:
        return _plain(regions)
    titles = "".join(_title(region, n, "desktop") for n, region in enumerate(regions, 1))
    panels = "".join(
        _title(region, n, "mobile") + _tab_panel(region, n, "tabpanel", _HIDDEN[n > 1])
        for n, region in enumerate(regions, 1)
    )
    return _widget(
        "tabs",
        f'<div class="elementor-tabs"><div class="elementor-tabs-wrapper" role="tablist">\n'
        f'{titles}</div>\n<div class="elementor-tabs-content-wrapper" role="tablist" '
        f'aria-orientation="vertical">\n{panels}</div></div>\n',
    )


def _title(region: Region, number: int, device: str) -> str:
    # The title for phones has no id, since the other one has it.
    name = f'id="elementor-tab-title-173{number}" ' if device == "desktop" else ""
    return (
        f'<div {name}class="elementor-tab-title elementor-tab-{device}-title" '
        f'aria-selected="{"false" if number > 1 else "true"}" data-tab="{number}" role="tab" '
        f'tabindex="{"-1" if number > 1 else "0"}" '
        f'aria-controls="elementor-tab-content-173{number}" aria-expanded="false">'
        f"{html(region.name or '')}</div>\n"
    )


def _tab_panel(region: Region, number: int, role: str, hidden: str = "") -> str:
    return (
        f'<div id="elementor-tab-content-173{number}" class="elementor-tab-content '
        f'elementor-clearfix" data-tab="{number}" role="{role}" '
        f'aria-labelledby="elementor-tab-title-173{number}"{hidden}>\n{table(region)}</div>\n'
    )


def _accordion(regions: Sequence[Region], kind: str = "accordion") -> str:
    if not regions[0].name:
        return _plain(regions)
    items = "".join(_item(region, n, kind) for n, region in enumerate(regions, 1))
    return _widget(kind, f'<div class="elementor-{kind}">\n{items}</div>\n')


def _item(region: Region, number: int, kind: str) -> str:
    side = f"elementor-{kind}-icon"
    icons = "".join(
        f'<span class="{side}-{state}"><i class="fas fa-{sign}"></i></span>'
        for state, sign in (("closed", "plus"), ("opened", "minus"))
    )
    return (
        f'<div class="elementor-{kind}-item">\n'
        f'<div id="elementor-tab-title-173{number}" class="elementor-tab-title" '
        f'data-tab="{number}" role="button" aria-controls="elementor-tab-content-173{number}" '
        f'aria-expanded="false"><span class="{side} {side}-left" aria-hidden="true">{icons}'
        f'</span><a class="elementor-{kind}-title" tabindex="0">{html(region.name or "")}</a>'
        f"</div>\n{_tab_panel(region, number, 'region')}</div>\n"
    )


def _toggle(regions: Sequence[Region]) -> str:
    return _accordion(regions, "toggle")


def _nested_tabs(regions: Sequence[Region]) -> str:
    if not regions[0].name:
        return _plain(regions)
    buttons = "".join(
        f'<button id="e-n-tab-title-88{n}" class="e-n-tab-title" data-tab-index="{n}" '
        f'role="tab" aria-selected="{"false" if n > 1 else "true"}" '
        f'aria-controls="e-n-tab-content-88{n}" style="--n-tabs-title-order: {n};">'
        f'<span class="e-n-tab-title-text">\n{html(region.name or "")} </span></button>\n'
        for n, region in enumerate(regions, 1)
    )
    panels = "".join(
        f'<div id="e-n-tab-content-88{n}" role="tabpanel" data-tab-index="{n}" '
        f'aria-labelledby="e-n-tab-title-88{n}" class="{"" if n > 1 else "e-active "}'
        f'elementor-element e-con-full e-flex e-con e-child">\n'
        f"{_plain([region])}</div>\n"
        for n, region in enumerate(regions, 1)
    )
    return _widget(
        "n-tabs",
        '<div class="e-n-tabs" data-widget-number="88" aria-label="Tabs. Open items with Enter '
        'or Space, close with Escape and navigate using the Arrow keys.">\n'
        f'<div class="e-n-tabs-heading" role="tablist">\n{buttons}</div>\n'
        f'<div class="e-n-tabs-content">\n{panels}</div></div>\n',
    )


def _nested_accordion(regions: Sequence[Region]) -> str:
    if not regions[0].name:
        return _plain(regions)
    items = "".join(
        f'<details id="e-n-accordion-item-55{n}" class="e-n-accordion-item"'
        f'{"" if n else " open"}>\n<summary class="e-n-accordion-item-title" '
        f'data-accordion-index="{n + 1}" tabindex="{-1 if n else 0}" '
        f'aria-expanded="{"false" if n else "true"}" '
        f'aria-controls="e-n-accordion-item-55{n}">\n'
        '<span class="e-n-accordion-item-title-header"><div '
        'class="e-n-accordion-item-title-text'
        f'"> {html(region.name or "")} </div></span>\n'
        '<span class="e-n-accordion-item-title-icon"><span class="e-opened"><i class="fas '
        'fa-minus"></i></span><span class="e-closed"><i class="fas '
        'fa-plus"></i></span></span>\n'
        f'</summary>\n<div role="region" aria-labelledby="e-n-accordion-item-55{n}" '
        'class="elementor-element e-con-full e-flex e-con '
        f'e-child">\n{_plain([region])}</div>\n'
        "</details>\n"
        for n, region in enumerate(regions)
    )
    label = "Accordion. Open links with Enter or Space, close with Escape"
    return _widget(
        "n-accordion", f'<div class="e-n-accordion" aria-label="{label}">\n{items}</div>\n'
    )


TABS: Final = Builder(_frame, _tabs, _buttons)
ACCORDION: Final = Builder(_frame, _accordion, _buttons)
TOGGLE: Final = Builder(_frame, _toggle, _buttons)
NESTED_TABS: Final = Builder(_frame, _nested_tabs, _buttons)
NESTED_ACCORDION: Final = Builder(_frame, _nested_accordion, _buttons)
