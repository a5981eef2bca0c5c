"""The forms of the live pages: filter, search of the past, two versions to compare."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from tracker.publish.index import IndexEntry
from tracker.site.markup import Template, join

_FORM = Template(
    """<form class="{kind}" role="search" action="{action}">
<div class="field"><label for="filter">{label}</label>
<input id="filter" name="q" type="search" value="{value}" autocomplete="off"
 spellcheck="false"></div>
<button>{button}</button>
<output for="filter" class="note">{told}</output>
</form>
"""
)
_OPTION = Template('<option value="{0}"{1}>version {0}, {2}</option>')
_SELECT = Template(
    '<div class="field"><label for="{name}">{label}</label>'
    '<select id="{name}" name="{name}">{options}</select></div>\n'
)
_COMPARE = Template('<form action="compare">\n{}{}<button>Compare</button>\n</form>\n')


def filtering(text: str, told: str) -> Markup:
    """What is in force, narrowed to `text`; `told` is how much that is."""
    return _FORM.format(
        kind="filter",
        action="./",
        label="Filter by address, host, port or component",
        value=text,
        button="Filter",
        told=told,
    )


def searching(text: str) -> Markup:
    """One value in all versions."""
    return _FORM.format(
        kind="",
        action="value",
        label="An address, a host or a port, such as 443 or tcp/22543",
        value=text,
        button="Search",
        told="",
    )


def comparing(index: Sequence[IndexEntry], left: int, right: int) -> Markup:
    """Two of the versions; these are chosen now."""
    return _COMPARE.format(_choice("a", "From", index, left), _choice("b", "To", index, right))


def _choice(name: str, label: str, index: Sequence[IndexEntry], chosen: int) -> Markup:
    options = join(
        _OPTION.format(
            entry.version,
            Markup(" selected") if entry.version == chosen else "",
            entry.captured_at[:10],
        )
        for entry in reversed(index)
    )
    return _SELECT.format(name=name, label=label, options=options)
