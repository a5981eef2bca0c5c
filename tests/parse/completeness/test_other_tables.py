"""Tables that were not read, and words that say that rows are missing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.support.readings import page, read, row, table
from tracker.model import Finding

READ = table(
    row("a.example.com", "Outbound", "443 TCP"),
    row("3.74.63.86", "Outbound", "3478 UDP"),
    header=("Resource", "Type", "Port & Protocol"),
)


def findings(body: str) -> tuple[Finding, ...]:
    return read(page(f"<h1>Firewall</h1>{READ}{body}")).findings


@pytest.mark.parametrize(
    ("header", "cells", "value"),
    [
        (("Region", "CDN domain"), ("us-east-1", "https://d1.cdn.example.net/"), "d1.cdn"),
        (("Cookie", "Provider", "Expiry"), ("_ga", "stats.example.net", "1 day"), "stats.ex"),
        (("Name", "Address"), ("Public DNS", "9.9.9.9"), "9.9.9.9"),
        (("Date", "Change"), ("May", "Added 15.222.1.1 for Canada."), "15.222.1.1"),
        (("File", "From"), ("agent.exe", "dl.example.net"), "dl.example.net"),
        (("Name", "Where"), ("Relay", "<a href='//b.io'>b.example.net</a>"), "b.example.net"),
        (("Wo", "Was"), ("b.example.net", "Agent"), "b.example.net"),
        (("Location", "Media"), ("Canada", "UDP 10000-20000"), "UDP 10000-20000"),
    ],
)
def test_a_table_that_holds_a_value_is_held_by_its_header(
    header: Sequence[str], cells: Sequence[str], value: str
) -> None:
    (finding,) = findings("<h2>Other</h2>" + table(row(*cells), header=header))
    assert (finding.name, finding.verdict) == ("table-not-read", "hold")
    assert value in finding.message
    assert ", ".join(f'"{name}"' for name in header) in finding.message
    assert 'under "Other"' in finding.message


def test_a_table_without_a_header_is_held_too() -> None:
    (finding,) = findings("<table><tr><td>b.example.net</td><td>15.222.1.1</td></tr></table>")
    assert finding.name == "table-not-read"
    assert "a table without a header is not read" in finding.message


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        (("Port", "Protocol", "Direction"), [("22543", "UDP", "Outbound")]),
        (("Port", "Purpose"), [("22543 TCP", "Relays"), ("443 TCP", "Console")]),
        (("TCP ports", "UDP ports", "Use"), [("8443", "-", "Agent"), ("", "3478", "Media")]),
        (("Direction", "Ports", "Used for"), [("Inbound", "5000-5010", "Media")]),
        (("Description", "Port number"), [("Web", "443")]),
        (("Usage", "Protocol and port"), [("Web", "TCP/443"), ("Media", "UDP/10000-20000")]),
    ],
)
def test_a_table_of_ports_without_targets_is_held(
    header: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    (finding,) = findings(table(*(row(*cells) for cells in rows), header=header))
    assert (finding.name, finding.verdict) == ("table-without-targets", "hold")


@pytest.mark.parametrize(
    ("cells", "is_held"),
    [
        (("a.example.com", "443"), False),
        (("a.example.com", "8443"), True),
        (("3.74.63.86", "3478"), False),
        (("3.74.63.86", "443"), True),
    ],
)
def test_known_targets_with_other_ports_are_held(
    cells: tuple[str, str], *, is_held: bool
) -> None:
    found = findings(table(row(*cells), header=("Where", "Port")))
    assert [finding.verdict for finding in found] == ["hold"] * is_held


@pytest.mark.parametrize(
    "words",
    [
        "Showing 1 to 10 of 25 entries",
        "Showing 1-10 of 1,025",
        "1–10 of 25",
        "Rows 11 - 20 of 20",
        "Displaying 1 to 10 of 25 rows (filtered from 80 total entries)",
        "Showing 10 of 25 results",
        "10 of 25 rows shown",
        "Showing the first 10 of 25 records",
        "Page 1 of 3",
        "Page: 2 / 3",
        "Showing page 1 of 3",
        "Load more rows",
        "Show all 25 entries",
        "and 15 more",
        "+ 15 more",
        "Pages: 1 2 3",
    ],
)
@pytest.mark.parametrize("is_above", [True, False])
def test_rows_that_are_not_shown_hold_the_page(words: str, *, is_above: bool) -> None:
    parts = (f"<div>{words}</div>", READ)
    body = "".join(parts if is_above else reversed(parts))
    (finding,) = read(page(f"<h1>Firewall</h1>{body}")).findings
    assert (finding.name, finding.verdict) == ("rows-not-shown", "hold")


@pytest.mark.parametrize(
    "words",
    [
        "Showing 1 to 25 of 25 entries",
        "1-25 of 25",
        "Showing 25 of 25 rows",
        "Showing 0 to 0 of 0 entries",
        "Page 1 of 1",
        "Page 1 of 2</div><div>Page 2 of 2",
        "Show 10 entries",
        "Step 1 of 3",
        "3 of 5 found this helpful",
        "Showing 1 to 10 of 25 comments",
        "Show more",
        "Published 1 of May",
        "10 of 25 customers",
    ],
)
def test_a_count_of_all_rows_or_of_other_things_is_harmless(words: str) -> None:
    assert findings(f"<div>{words}</div>") == ()


def test_a_count_far_from_the_table_is_of_something_else() -> None:
    assert findings("<h2>Comments</h2><div>Page 1 of 3</div>") == ()
