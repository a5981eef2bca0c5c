"""A column with an unknown header holds the page unless it is plain words; headers are known
with all that pages put beside their names."""

from __future__ import annotations

import pytest

from tests.support.readings import HEADER, page, plain, read, row, table
from tracker.parse.vocabulary import field_of

FIRST = ("a.example.com", "Outbound", "443 TCP", "(Required) x", "Agents")
SECOND = ("b.example.com", *FIRST[1:])
TITLE = "<h2>Region: Europe</h2>"


def verdicts(header: str, *cells: str) -> list[tuple[str, str]]:
    rows = [row(*base, cell) for base, cell in zip((FIRST, SECOND), cells, strict=True)]
    body = page(TITLE + table(*rows, header=(*HEADER, header)))
    return [(finding.name, finding.verdict) for finding in read(body).findings]


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("UDP ports", ("3478, 5349", "")),
        ("More", ("TCP", "UDP")),
        ("More", ("STUN 3478", "–")),
        ("Required?", ("No", "Yes")),
        ("Still needed", ("yes", "no")),
        ("Mandatory", ("Y", "N")),
        ("Status", ("Active", "Inactive")),
        ("State", ("live", "live")),
        ("Lifecycle", ("Gold", "Silver")),
        ("Since", ("2019", "2024-05-01")),
        ("Valid", ("until June", "")),
        ("Remarks", ("Except in Europe", "")),
        ("EU", ("✓", "✗")),
        ("EU", ("x", "")),
        ("Also", ("a.example.com", "")),
        ("Notes", ("Retired", "")),
        ("Retired on", ("day one", "")),
        ("Need", ("Optional", "Required")),
    ],
)
def test_a_column_of_more_than_words_holds(header: str, cells: tuple[str, str]) -> None:
    assert verdicts(header, *cells) == [("unknown-column", "hold")]


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Team", ("Network operations", "Security")),
        ("Vendor", ("Microsoft", "Action1")),
        ("Group", ("Core", "Active Directory")),
        ("Encryption", ("TLS 1.2", "AES-256")),
        ("Status", ("", "")),
        ("Notes", ("–", "n/a")),
        ("#", ("1", "2")),
        ("Rack", ("Building 5", "Building 6")),
        ("OS", ("Windows Server 2019", "All")),
        ("App", ("Office 365", "Exchange 2016")),
        ("Source", ("Managed endpoints", "Any")),
    ],
)
def test_a_column_of_plain_words_is_reported(header: str, cells: tuple[str, str]) -> None:
    assert verdicts(header, *cells) == [("unknown-column", "publish")]


def test_an_approval_counts_for_the_cells_that_were_seen() -> None:
    def message(*cells: str) -> str:
        rows = [row(*base, cell) for base, cell in zip((FIRST, SECOND), cells, strict=True)]
        (finding,) = read(page(TITLE + table(*rows, header=(*HEADER, "Status")))).findings
        return finding.message

    assert message("Active", "Inactive") != message("Inactive", "Active")
    assert '"Active" 2 times' in message("Active", "Active")


@pytest.mark.parametrize("header", ["", "What it runs over", "Carrier"])
@pytest.mark.parametrize("first", ["TCP", "tcp/udp"])
def test_an_unknown_column_of_protocols_is_the_protocol_column(header: str, first: str) -> None:
    rows = (
        row("a.example.com", "Outbound", "443", first),
        row("b.example.com", "Outbound", "443", "UDP"),
    )
    found = read(page(TITLE + table(*rows, header=("Host", "Direction", "Port", header))))
    assert found.findings == ()
    protocols = [{s["protocol"] for s in e["services"]} for e in plain(found.entries)]
    assert protocols == [set(first.lower().split("/")), {"udp"}]


@pytest.mark.parametrize(
    ("ports", "column"), [("443 TCP", "UDP"), ("443 HTTPS", "UDP"), ("443", "TCP, maybe")]
)
def test_protocols_beside_protocols_hold(ports: str, column: str) -> None:
    rows = row("a.example.com", "Outbound", ports, column)
    body = page(TITLE + table(rows, header=("Host", "Direction", "Port", "Carrier")))
    assert [f.verdict for f in read(body).findings] == ["hold"]


def test_two_columns_of_protocols_hold() -> None:
    rows = row("a.example.com", "Outbound", "443 TCP", "TCP", "UDP")
    body = page(TITLE + table(rows, header=("Host", "Direction", "Port", "One", "Other")))
    assert [f.verdict for f in read(body).findings] == ["hold", "hold"]


STACK = (
    "<div><div><p>Resource</p><p>a.example.com</p><p>b.example.com</p></div>{}"
    "<div><p>Type</p><p>Outbound</p><p>Outbound</p></div>"
    "<div><p>Port</p><p>443 TCP</p><p>80 TCP</p></div>"
    "<div><p>Purpose</p><p>Updates</p><p>Consoles</p></div>{}</div>"
)


@pytest.mark.parametrize(
    "cells", [("Active", "Inactive"), ("Yes", "No"), ("53 UDP", "123 UDP")]
)
@pytest.mark.parametrize("behind", [False, True])
def test_a_column_that_a_stack_passes_over_holds(
    cells: tuple[str, str], *, behind: bool
) -> None:
    column = f"<div><p>Other</p><p>{cells[0]}</p><p>{cells[1]}</p></div>"
    body = STACK.format(*(("", column) if behind else (column, "")))
    found = [f.name for f in read(page(TITLE + body)).findings if f.verdict == "hold"]
    assert "unknown-column" in found


def test_a_column_of_words_in_a_stack_holds_nothing() -> None:
    column = "<div><p>Team</p><p>Operations</p><p>Security</p></div>"
    assert read(page(TITLE + STACK.format(column, ""))).findings == ()


@pytest.mark.parametrize("line", ["Status: Inactive", "Still needed: No", "UDP ports: 3478"])
@pytest.mark.parametrize("is_pair", [False, True])
def test_an_unknown_label_of_a_record_holds(line: str, *, is_pair: bool) -> None:
    record = "".join(
        f"<p>{text}</p>"
        for text in ("Resource: a.example.com", "Type: Outbound", "Port: 443 TCP", line)
    )
    if is_pair:
        record = record.replace(": ", "</p><p>")
    other = record.replace("a.example", "b.example")
    for body in (record, record + other):
        findings = read(page(f"{TITLE}{body}")).findings
        assert any(finding.verdict == "hold" for finding in findings)


@pytest.mark.parametrize(
    "more",
    [
        *(" ▲", " ▼", " ↕", " ⇅", " ↑↓", " ⓘ", " ℹ", " ?", "*", " [1]", " †", "¹", " (i)", ":"),
        *(": activate to sort column ascending", " sorted descending", " (click to sort)"),
        *(" unfold_more", " copy", " \ue5db", " Copy to clipboard"),
    ],
)
@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Resource", "resource"),
        ("Port & Protocol", "ports"),
        ("Protocol(s)", "protocol"),
        ("Transport layer", "protocol"),
        ("L4 protocol", "protocol"),
        ("Destination port(s)", "ports"),
    ],
)
def test_signs_and_hints_are_no_part_of_a_header(name: str, field: str, more: str) -> None:
    assert field_of(name + more) == field


@pytest.mark.parametrize("text", ["Copy", "?", "▲", "Type of server", "Ports open?", "Info"])
def test_other_words_are_no_headers(text: str) -> None:
    assert field_of(text) is None
