"""Bootstrap: tabs and accordions of `data-bs-target` buttons, signs and buttons in cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.pages.markups.common import COLUMNS, beside, html

from .common import Builder, Content, anchor, rowspan, spanning_rows
from .pasted import frame
from .surroundings import CONSENT_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.pages.facts import Generation, Region, Resource

STYLE: Final = """\
.tab-content>.tab-pane{display:none}
.tab-content>.active{display:block}
.fade{transition:opacity .15s linear}.fade:not(.show){opacity:0}
.collapse:not(.show){display:none}
.accordion-button::after{content:"";transform:rotate(-180deg)}
.modal{display:none}
"""
# A dialog of the site that a button opens, with a form in it.
MODAL: Final = """\
<button type="button" class="btn btn-link" data-bs-toggle="modal" data-bs-target="#feedback">
Was this page helpful?</button>
<div class="modal fade" id="feedback" tabindex="-1" aria-labelledby="feedback-title"
 aria-hidden="true"><div class="modal-dialog"><div class="modal-content">
<h5 class="modal-title" id="feedback-title">Tell us</h5>
<button type="button" class="btn-close" data-bs-dismiss="modal" aria-label="Close"></button>
<form><textarea name="words"></textarea></form></div></div></div>
"""
_SIGN: Final = (
    ' <a tabindex="0" role="button" data-bs-toggle="popover" data-bs-content="As seen from the '
    'agent" title="Type"><i class="bi bi-info-circle" aria-hidden="true">ⓘ</i></a>'
)


def _frame(generation: Generation, content: Content) -> str:
    after = content.after + MODAL
    return frame(generation, content._replace(after=after), style=STYLE, consent=CONSENT_TABLE)


def _tabs(regions: Sequence[Region]) -> str:
    named = [region for region in regions if region.name]
    if not named:
        return "".join(map(_table, regions))
    buttons = "".join(map(_tab, named, range(len(named))))
    panes = "".join(
        f'<div class="tab-pane fade{_ACTIVE[n > 0]}" id="{anchor(region)}-pane" '
        'role="tabpanel" '
        f'tabindex="0">\n{_table(region)}</div>\n'
        for n, region in enumerate(named)
    )
    return (
        f'<ul class="nav nav-tabs" id="regions" role="tablist">\n{buttons}</ul>\n'
        f'<div class="tab-content">\n{panes}</div>\n'
    )


_ACTIVE: Final = (" show active", "")


def _tab(region: Region, number: int) -> str:
    return (
        '<li class="nav-item" role="presentation"><button type="button" role="tab" '
        f'class="nav-link{_ACTIVE[number > 0]}" data-bs-toggle="tab" '
        f'data-bs-target="#{anchor(region)}-pane" aria-selected="{_TRUTH[number > 0]}">'
        f"{html(region.name or '')}</button></li>\n"
    )


_TRUTH: Final = ("true", "false")


def _accordion(regions: Sequence[Region]) -> str:
    items = "".join(
        _item(region, number) if region.name else _table(region)
        for number, region in enumerate(regions)
    )
    return f'<div class="accordion" id="accordion">\n{items}</div>\n'


def _item(region: Region, number: int) -> str:
    name = f"collapse-{anchor(region)}"
    return (
        '<div class="accordion-item">\n<h2 class="accordion-header"><button type="button" '
        f'class="accordion-button{" collapsed" if number else ""}" data-bs-toggle="collapse" '
        f'data-bs-target="#{name}" aria-expanded="{_TRUTH[number > 0]}">'
        '<i class="bi bi-globe" aria-hidden="true"></i> '
        f"{html(region.name or '')}</button></h2>\n"
        f'<div id="{name}" class="accordion-collapse collapse{"" if number else " show"}" '
        'data-bs-parent="#accordion"><div '
        f'class="accordion-body">\n{_table(region)}</div></div>\n'
        "</div>\n"
    )


def _table(region: Region) -> str:
    head = "".join(
        f'<th scope="col" class="sortable">{html(name)}{_SIGN if name == "Type" else ""} '
        '<span class="sort" title="Sort">⇅</span></th>'
        for name in COLUMNS
    )
    return (
        '<div class="table-responsive"><table class="table table-striped table-hover '
        'align-top">\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{''.join(_rows(region))}</tbody></table></div>\n"
    )


def _rows(region: Region) -> Iterator[str]:
    for row in spanning_rows(region):
        others = "".join(f"<td>{html(cell)}</td>" for cell in beside(row.use))
        first = f"<td{rowspan(row)}>{_resource(row.resource)}</td>" if row.resource else ""
        yield f"<tr>{first}{others}</tr>\n"


def _resource(resource: Resource) -> str:
    items = "".join(
        f'<li><code>{html(value)}</code> <button type="button" class="btn btn-sm copy" '
        f'data-clipboard-text="{html(value)}" aria-label="Copy '
        f'{html(value)}">Copy</button></li>'
        for value in resource.listed
    )
    return html(resource.printed) + (f'<ul class="list-unstyled">{items}</ul>' if items else "")


def _group(links: Mapping[str, str]) -> str:
    return (
        '<div class="list-group">\n'
        + "".join(
            f'<a class="list-group-item list-group-item-action" href="{href}">{name}</a>\n'
            for href, name in links.items()
        )
        + "</div>\n"
    )


TABS: Final = Builder(_frame, _tabs, _group)
ACCORDION: Final = Builder(_frame, _accordion, _group)
