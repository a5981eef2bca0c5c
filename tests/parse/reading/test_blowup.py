"""Pages made to be slow: only results or our own errors come out, and memory is bounded.

What takes long is printed (`pytest -s`) and not asserted: machines differ.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.blowups import KIB, LARGE, LINES, SIZE, SMALL, filled, page
from tests.support.parsing import cost, outcome
from tests.support.readings import read, row, table
from tracker.errors import Unreadable
from tracker.parse.cells.ports import read_ports
from tracker.parse.cells.resource import read_resource
from tracker.parse.cells.text_cells import read_components, read_purpose
from tracker.parse.grid import Cell
from tracker.parse.markup.document import PageLine
from tracker.parse.values import find_values

MEBIBYTES = 64  # for a page of up to 100 KB
MILLISECONDS = 250
ROWS = 1_600
CELLS = ("a.com", "Outbound", "443 TCP", "x", "Agents")


@pytest.mark.parametrize("part", [20, pytest.param(4, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", SMALL)
def test_a_small_page_takes_little(name: str, part: int) -> None:
    assert taken(name, SMALL[name].encode()[: SIZE // part]) < MEBIBYTES * 2 / part


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_a_page_of_100_kilobytes_takes_little(name: str) -> None:
    assert taken(name, SMALL[name].encode()[: SIZE + KIB]) < MEBIBYTES


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_a_huge_page_takes_no_more_than_its_size_asks(name: str) -> None:
    body = LARGE[name].encode()
    assert taken(name, body) < MEBIBYTES * max(len(body) / SIZE, 1)


@pytest.mark.slow
@pytest.mark.parametrize("column", [0, 2, 3, 4])
@pytest.mark.parametrize("name", LINES)
def test_a_long_cell_of_a_table_is_read_or_refused(name: str, column: int) -> None:
    line = filled(LINES[name], 90 * KIB)
    cells = row(*CELLS[:column], line, *CELLS[column + 1 :])
    body = page(table(cells)).encode()
    assert taken(f"{name} in column {column + 1}", body) < MEBIBYTES


@pytest.mark.slow
@pytest.mark.parametrize("name", LINES)
def test_a_long_line_of_text_is_refused(name: str) -> None:
    assert isinstance(outcome(filled(LINES[name], 90 * KIB).encode()), str)


@pytest.mark.parametrize("name", LINES)
def test_a_long_cell_is_typed_or_refused_by_each_reader(name: str) -> None:
    line = re.sub(r"\s+", " ", filled(LINES[name], 90 * KIB)).strip()
    for typed in (read_ports, read_purpose, read_components):
        with suppress(Unreadable):
            typed(line, "here")
    with suppress(Unreadable):
        read_resource(Cell((PageLine(line),)), "here")
    find_values(line)


def taken(name: str, body: bytes) -> float:
    """MiB that the page took; said where it is slower than a page of its size may be."""
    found = cost(body)
    if found.milliseconds > MILLISECONDS * max(len(body) / SIZE, 1):
        print(
            f"\n{name}: {len(body) // KIB} KiB, {found.milliseconds:.0f} ms,"
            f" {found.mebibytes:.1f} MiB, {found.outcome}"
        )
    return found.mebibytes


def test_a_page_of_thousands_of_rows_can_be_read_again_in_the_same_memory() -> None:
    rows = "".join(
        row(
            f"Servers {n} (h{n}.a.com): 20.0.{n >> 8}.{n & 255}",
            "Outbound",
            "443 TCP",
            "x",
            "A",
        )
        for n in range(ROWS)
    )
    text = page(table(rows))
    assert len(read(text).entries) == ROWS  # what is kept for later pages is of no page
    before = resident()
    assert len(read(text).entries) == ROWS
    assert resident() - before < ROWS / 100  # MiB; half of a tree would be more


def resident() -> float:
    """MiB of this process in memory."""
    read(page(table(row(*CELLS))))
    status = Path("/proc/self/status").read_text("ascii")
    return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) / KIB
