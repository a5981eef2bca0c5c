"""Every endpoint as CSV (RFC 4180 quoting, UTF-8, lines end in LF), for spreadsheets.

One row is one line, so that line-based tools can read it too: white space and control
characters in a text become single spaces. endpoints.json has each text unchanged. An apostrophe
precedes what a spreadsheet would take for a formula, whether it splits cells at commas,
semicolons or tabs; `read_back` removes it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats.shared.flat_rows import FlatRow, list_rows, prove_row, row_line
from tracker.formats.shared.policy import cached_for_format
from tracker.text import escape_csv, to_one_line, unescape_csv

COLUMNS = FlatRow.__struct_fields__
_LINES = re.compile("[^\n]*\n|[^\n]+")
# A cache, as most cells are repeated in other rows.
_escape = lru_cache(maxsize=1024)(escape_csv)
_unescape = lru_cache(maxsize=1024)(unescape_csv)
_to_one_line = lru_cache(maxsize=1024)(to_one_line)


def render(rule_set: RuleSet) -> Rendered:
    """Return a header row and one row for each target and service. Null is an empty cell."""
    if not list_rows(rule_set):
        return Rendered(None)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(map(_escape, cells) for cells in _table(rule_set))
    return Rendered(out.getvalue())


def read_back(text: str) -> frozenset[str]:
    """Return the rows of a file. Raises RuleError for one of another shape."""
    rows = csv.reader((line[0] for line in _LINES.finditer(text)), strict=True)
    try:
        if next(rows, None) != list(COLUMNS):
            raise RuleError("endpoints.csv cannot be read back: its columns are others")
        return frozenset(map(_parse_row, rows))
    except csv.Error as error:
        raise RuleError(f"endpoints.csv cannot be read back: {error}") from None


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return all endpoints of the entries, including withheld ones, with all their data."""
    rows = zip(list_rows(rule_set), _table(rule_set), strict=True)
    return frozenset(prove_row(row_line(row), cells) for row, cells in rows)


@cached_for_format
def _table(rule_set: RuleSet) -> list[list[str]]:
    """Return the cells of each row, before they are escaped for spreadsheets."""
    rows = map(msgspec.structs.astuple, list_rows(rule_set))
    return [[_CELLS[type(value)](value) for value in row] for row in rows]


# Returns the text of a cell for a value, on one line; null is empty.
_CELLS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "",
    bool: lambda value: "true" if value else "false",
    int: str,
    str: _to_one_line,
    tuple: lambda values: _to_one_line("; ".join(values)),
}


def _parse_row(cells: list[str]) -> str:
    if len(cells) != len(COLUMNS):
        raise RuleError("endpoints.csv cannot be read back: a row has other columns")
    cells = list(map(_unescape, cells))
    _, direction, target, protocol, first, last, *_ = cells
    ports = "not stated" if not first else first if first == last else f"{first}-{last}"
    return prove_row(f"{direction} {target} {protocol}/{ports}", cells)


FORMAT = Format(
    name="endpoints-csv",
    file="endpoints.csv",
    about="every endpoint with all that the page says of it, for spreadsheets",
    loaded="in a spreadsheet or a script of yours",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
)
