"""A random page under a random definition: read exactly, or stopped.

The page is made from rows whose meaning is known; the definition says what the page leaves out,
in any of the ways there are. Traps are values and cells that no rule names.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.support.defined import Endpoint, endpoints, holds, html, table
from tests.support.examples import examples
from tracker.errors import PageError
from tracker.parse.read import parse_page, read_pages
from tracker.sources import Source
from tracker.sources.definition import (
    CellReading,
    Defaults,
    Definition,
    ListRule,
    TableRule,
    ValueRules,
    check_definition,
)

URL = "https://docs.example.org/network/"
_HEADERS = {
    "resource": ("Host", "Where to", "Name or IP", "Ziel"),
    "ports": ("Ports", "How", "Dienst"),
    "direction": ("Direction", "Way", "Richtung"),
    "region": ("Region", "Zone", "Ort"),
    "ignore": ("Note to self", "Alt"),
    "label": ("ID", "Kennung"),
}


class Row(NamedTuple):
    """What one row means."""

    targets: tuple[str, ...]
    protocol: str
    port: int | None
    direction: str
    region: str | None
    old: str


class Case(NamedTuple):
    """A page, its definition, what it means, and whether a trap is on it."""

    body: str
    definition: Definition
    meaning: frozenset[Endpoint]
    is_trapped: bool


_hosts = st.builds(
    "{}.vendor.com".format, st.from_regex(r"[a-z]{1,6}[0-9]{1,2}", fullmatch=True)
)
_addresses = st.builds("203.0.{}.{}".format, st.integers(114, 250), st.integers(1, 250))
_targets = st.lists(_hosts | _addresses, min_size=1, max_size=3, unique=True).map(tuple)
_rows = st.lists(
    st.builds(
        Row,
        targets=_targets,
        protocol=st.sampled_from(["tcp", "udp"]),
        port=st.integers(1, 65535),
        direction=st.sampled_from(["outbound", "inbound"]),
        region=st.sampled_from(["Oslo", "Rome", "Lima"]),
        old=_addresses,
    ),
    min_size=1,
    max_size=4,
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A table or list, with some of its columns left to the definition."""
    rows = draw(_rows)
    absent = draw(st.sets(st.sampled_from(["ports", "direction", "region"])))
    rows = [_share(row, rows[0], absent) for row in rows]
    if draw(st.booleans()):
        made = _as_table(draw, rows, absent)
    else:
        made = _as_list(
            draw, [_share(row, rows[0], {"ports", "direction", "region"}) for row in rows]
        )
    trap = draw(st.sampled_from(["", "", "list", "table", "line", "pre"]))
    return Case(
        f"<main><h2>Servers</h2>{made.body}</main>{_trap(trap)}"
        if not trap
        else f"<main><h2>Servers</h2>{made.body}<h2>More</h2>{_trap(trap)}</main>",
        made.definition,
        made.meaning,
        bool(trap),
    )


def _share(row: Row, first: Row, absent: set[str]) -> Row:
    """The row with what the page leaves out as the definition will have it."""
    shared = {name: getattr(first, name) for name in absent - {"ports"}}
    if "ports" in absent:
        shared |= {"protocol": first.protocol, "port": first.port}
    return row._replace(**shared)


def _defaults(row: Row, absent: set[str]) -> Defaults:
    return Defaults(
        ports=f"{row.port} {row.protocol.upper()}" if "ports" in absent else None,
        direction=row.direction if "direction" in absent else None,  # type: ignore[arg-type]  one of the two
        region=row.region if "region" in absent else None,
    )


def _meaning(rows: list[Row]) -> frozenset[Endpoint]:
    return frozenset(
        (row.region, row.direction, target, row.protocol, row.port, row.port)
        for row in rows
        for target in row.targets
    )


def _as_table(draw: st.DrawFn, rows: list[Row], absent: set[str]) -> Case:
    columns = [name for name in _HEADERS if name not in absent]
    columns = draw(st.permutations(columns))
    if draw(st.booleans()):
        columns = [name for name in columns if name not in {"ignore", "label"}]
    headers = {name: draw(st.sampled_from(_HEADERS[name])) for name in columns}
    split = draw(st.sampled_from([",", ";", "<br>"]))
    odd = draw(st.booleans())  # ports in a form that only a reading settles
    body = [
        " | ".join(_cell(row, name, split, number, odd=odd) for name in columns)
        for number, row in enumerate(rows)
    ]
    roles = {headers[name]: name for name in columns}
    rule = draw(st.booleans())
    definition = Definition(
        select="main",
        defaults=_defaults(rows[0], absent),
        columns={} if rule else roles,  # type: ignore[arg-type]  names of roles
        values=ValueRules(split=None if split == "<br>" else split),
        tables=(TableRule(heading="^Servers$", columns=roles),) if rule else (),  # type: ignore[arg-type]  names of roles
        reads=tuple(
            CellReading(
                cell=f"about {row.port} ({row.protocol})",
                text=f"{row.port} {row.protocol.upper()}",
            )
            for row in dict.fromkeys(
                row._replace(targets=(), direction="", region=None, old="") for row in rows
            )
        )
        if odd and "ports" not in absent
        else (),
    )
    return Case(
        table(" | ".join(headers[name] for name in columns), *body),
        definition,
        _meaning(rows),
        is_trapped=False,
    )


def _cell(row: Row, name: str, split: str, number: int, *, odd: bool) -> str:
    return {
        "resource": split.join(row.targets),
        "ports": f"about {row.port} ({row.protocol})"
        if odd
        else f"{row.port} {row.protocol.upper()}",
        "direction": row.direction,
        "region": row.region or "",
        "ignore": row.old,
        "label": f"{row.region} row {number}",
    }[name]


def _as_list(draw: st.DrawFn, rows: list[Row]) -> Case:
    values = dict.fromkeys(target for row in rows for target in row.targets)
    form = draw(st.sampled_from(["<ul><li>{}</li></ul>", "<pre>{}</pre>", "<p>{}</p>"]))
    between = {"<ul": "</li><li>", "<pr": "\n", "<p>": "<br>"}[form[:3]]
    definition = Definition(
        select="main",
        lists=(
            ListRule(
                heading="^Servers$",
                defaults=_defaults(rows[0], {"ports", "direction", "region"}),
            ),
        ),
    )
    row = rows[0]._replace(targets=tuple(values))
    return Case(
        form.format(between.join(values)), definition, _meaning([row]), is_trapped=False
    )


def _trap(kind: str) -> str:
    """A value that no rule names, below the selection."""
    return {
        "": "<footer><ul><li>198.51.99.7</li></ul></footer>",
        "list": "<ul><li>198.51.99.7</li></ul>",
        "table": table("Thing | Value", "Mirror | 198.51.99.7"),
        "line": "<p>198.51.99.7</p>",
        "pre": "<pre>198.51.99.7</pre>",
    }[kind]


@examples(150)
@given(cases())
def test_a_random_page_under_a_random_definition_is_read_exactly_or_stopped(case: Case) -> None:
    check_definition(case.definition, "[sources.vendor]")
    source = Source("vendor", case.definition, "[sources.vendor]", is_named=True)
    try:
        page = parse_page(URL, html(case.body), definition=case.definition)
        reading = read_pages([page], source)
    except PageError:
        assert case.is_trapped, case
        return
    if case.is_trapped:
        assert holds(reading), case
    else:
        assert endpoints(reading) == case.meaning
        assert not holds(reading), [f.message for f in reading.findings]


@examples(100)
@given(cases(), st.data())
def test_a_definition_that_does_not_fit_reads_nothing_else(
    case: Case, data: st.DataObject
) -> None:
    """One thing of the definition is left out: what is read is on the page, or nothing is."""
    key = data.draw(
        st.sampled_from(["defaults", "columns", "values", "tables", "lists", "reads"])
    )
    other = msgspec.structs.replace(case.definition, **{key: getattr(Definition(), key)})
    source = Source("vendor", other, "[sources.vendor]", is_named=True)
    try:
        reading = read_pages([parse_page(URL, html(case.body), definition=other)], source)
    except PageError:
        return
    if not holds(reading) and not case.is_trapped:
        read = {endpoint[1:] for endpoint in endpoints(reading)}
        assert read == {endpoint[1:] for endpoint in case.meaning}, key
