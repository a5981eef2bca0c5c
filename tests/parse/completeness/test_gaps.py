"""Pages that were once read wrongly: each has to be read right, refused or held."""

from __future__ import annotations

import pytest

from tests.support.readings import HEADER, page, read, row, table
from tracker.errors import PageError

ROW = ("a.example.com", "Outbound", "443 TCP", "(Required) x", "Agents")
OTHER = ("b.example.com", *ROW[1:])
SPAN = '<tr><td colspan="5">{}</td></tr>'
STACK = (
    "<div><div><p>Host</p><p>b.example.com</p></div><div><p>Type</p><p>Outbound</p>"
    "<p>Outbound</p></div><div><p>Port</p><p>443 TCP</p><p>80 TCP</p></div></div>"
)

GAPS = {
    "titles of tabs stand above the first panel, so the last one names every table": (
        "<div><button>Europe</button><button>Australia</button></div>"
        + table(row(*ROW))
        + table(row(*OTHER)),
        [("Europe", "a.example.com"), ("Australia", "b.example.com")],
    ),
    "a title row that is no known place leaves its rows to the region above": (
        table(SPAN.format("Europe"), row(*ROW), SPAN.format("Singapore"), row(*OTHER)),
        [("Europe", "a.example.com"), ("Singapore", "b.example.com")],
    ),
    "a title without heading that is no known place leaves its table to the region above": (
        f"<p>Europe</p>{table(row(*ROW))}<p>Singapore</p>{table(row(*OTHER))}",
        [("Europe", "a.example.com"), ("Singapore", "b.example.com")],
    ),
    "a column for the region is an unknown column": (
        table(row("Europe", *ROW), header=("Region", *HEADER)),
        [("Europe", "a.example.com")],
    ),
    "a column that says to block is an unknown column": (
        table(row(*ROW, "Block"), header=(*HEADER, "Action")),
        [],
    ),
    "what is struck out counts": (
        table(row("<s>old.example.com</s><br>a.example.com", *ROW[1:])),
        [(None, "a.example.com")],
    ),
    "elements that only style makes into lines are joined to one host": (
        table(row("<span>a.example.com</span><span>b.example.com</span>", *ROW[1:])),
        [(None, "a.example.com"), (None, "b.example.com")],
    ),
    "the name of a file is a host": (
        table(row("Agent (agent.exe) at a.example.com", *ROW[1:])),
        [(None, "a.example.com")],
    ),
    "a blank resource goes on with the one above, whatever the row is for": (
        table(
            row(
                "Relays in Europe (a.example.com)",
                *ROW[1:3],
                "(Required - only for Europe)",
                "",
            ),
            row("", *ROW[1:3], "(Required - only for Asia)", ""),
        ),
        [],
    ),
    "of two rows for one purpose, one may take the resource that lost its cell": (
        STACK,
        [],
    ),
    "a table of hosts without a direction column is passed over": (
        table(row(*ROW)) + table(row("b.example.com", "443 TCP"), header=("Host", "Port")),
        [],
    ),
    "columns of hosts under a misspelt direction header are passed over": (
        table(row(*ROW)) + "<h4>Host</h4><p>b.example.com</p><h4>Tipe</h4><p>Outbound</p>"
        "<h4>Port</h4><p>443 TCP</p>",
        [],
    ),
}


@pytest.mark.parametrize(
    ("body", "expected"),
    [pytest.param(*gap, id=reason) for reason, gap in GAPS.items()],
)
def test_a_page_is_read_right_or_refused_or_held(
    body: str, expected: list[tuple[str | None, str]]
) -> None:
    try:
        reading = read(page(body))
    except PageError:
        return
    if not any(finding.verdict == "hold" for finding in reading.findings):
        found = [(entry.region, host) for entry in reading.entries for host in entry.targets]
        assert found == expected
