"""Boxes that only style makes a table are read as one, or refused; never in part."""

from __future__ import annotations

import pytest

from tests.support.readings import page, read
from tracker.errors import PageError, Unreadable

HEADER = ("Host", "Type", "Port")
A = ("a.example.com", "Outbound", "443 TCP")
B = ("b.example.com", "Outbound", "80 TCP")


def boxes(*cells: str) -> str:
    return "".join(f"<div>{cell}</div>" for cell in cells)


def row(*cells: str) -> str:
    return f"<div>{boxes(*cells)}</div>"


def found(body: str) -> list[tuple[str, str, int | None]]:
    return [
        (*entry.targets, entry.direction, entry.services[0].from_port)
        for entry in read(page(body)).entries
    ]


BOTH = [("a.example.com", "outbound", 443), ("b.example.com", "outbound", 80)]
SHAPES = {
    "rows beside the header": f"<div>{row(*HEADER)}{row(*A)}{row(*B)}</div>",
    "rows in a box of their own": f"<div>{row(*HEADER)}<div>{row(*A)}{row(*B)}</div></div>",
    "header and rows each wrapped": (
        f"<div><div>{row(*HEADER)}</div><div>{row(*A)}{row(*B)}</div></div>"
    ),
    "words wrapped in their cells": (
        f"<div>{row(*(f'<p><b>{x}</b></p>' for x in HEADER))}{row(*A)}{row(*B)}</div>"
    ),
    "columns below the header": (
        f"<div>{row(*HEADER)}"
        + row(*("".join(f"<p>{x}</p>" for x in pair) for pair in zip(A, B, strict=True)))
        + "</div>"
    ),
    "all cells in one box": f"<div>{boxes(*HEADER, *A, *B)}</div>",
    "as many rows as columns": (
        f"<div>{row(*HEADER)}<div>{row(*A)}{row(*B)}{row(*A)}</div></div>"
    ),
    "prose behind": f"<div>{row(*HEADER)}{row(*A)}{row(*B)}<p>Call us, 24 hours.</p></div>",
    "an unknown column": (
        f"<div>{row('Since', *HEADER)}{row('2019', *A)}{row('2020', *B)}</div>"
    ),
    "an empty row between": f"<div>{row(*HEADER)}{row(*A)}<div></div>{row(*B)}</div>",
}


@pytest.mark.parametrize("body", SHAPES.values(), ids=SHAPES)
def test_every_way_to_make_a_table_of_boxes_is_read(body: str) -> None:
    assert list(dict.fromkeys(found(body))) == BOTH


def test_titles_and_further_headers_between_the_rows_are_seen() -> None:
    body = (
        f"<div>{row(*HEADER)}<div>Europe</div>{row(*A)}<h4>Australia</h4>{row(*HEADER)}{row(*B)}"
        "</div>"
    )
    regions = [(entry.region, *entry.targets) for entry in read(page(body)).entries]
    assert regions == [("Europe", "a.example.com"), ("Australia", "b.example.com")]


@pytest.mark.parametrize(
    "rows",
    [
        [A, B[:2]],
        [A, B[1:]],
        [A, (B[0], B[2])],
        [A, (*B, "x")],
        [(A[0], A[2]), B],
        [A, (B[0], "Sideways", B[2])],
        [("", *A[1:]), B],
    ],
)
def test_a_row_that_is_broken_is_refused(rows: list[tuple[str, ...]]) -> None:
    with pytest.raises(PageError):
        found(f"<div>{row(*HEADER)}{''.join(row(*cells) for cells in rows)}</div>")


@pytest.mark.parametrize("lost", range(6))
def test_a_lost_cell_of_a_box_of_cells_is_refused(lost: int) -> None:
    cells = [*A, *B]
    del cells[lost]
    with pytest.raises(PageError):
        found(f"<div>{boxes(*HEADER, *cells)}</div>")


def test_cells_of_a_column_too_few_are_refused() -> None:
    columns = ("<p>a.example.com</p><p>b.example.com</p>", "<p>Outbound</p>" * 2, "443 TCP")
    with pytest.raises(Unreadable, match="the ports column has 1 cells"):
        found(f"<div>{row(*HEADER)}{row(*columns)}</div>")


@pytest.mark.parametrize(
    ("header", "cells"),
    [("aria-colindex=2", '<div role="cell" aria-colindex="2">'), ("", '<div role="cell">')],
)
def test_a_cell_stands_in_the_column_that_it_names(header: str, cells: str) -> None:
    head = "".join(f'<div role="columnheader">{name}</div>' for name in HEADER)
    wrong = f'<div role="row">{cells}a.example.com</div>{cells}Outbound</div></div>'
    body = f'<div role="table"><div role="row">{head}</div>{wrong}</div>'
    with pytest.raises(Unreadable):
        found(body)
