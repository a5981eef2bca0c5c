"""Tables in plain text are read row by row, or refused; text that is none stays text."""

from __future__ import annotations

import pytest

from tests.support.readings import read
from tracker.errors import PageError
from tracker.parse.markup.plain_text import read_plain

BARS = """
| Host          | Type     | Port    | Purpose |
|:--------------|:--------:|---------|---------|
| a.example.com | Outbound | 443 TCP | One     |
|               | Outbound | 80 TCP  | One     |
| b.example.com | Inbound  | 80 TCP  | Two     |
"""
TABS = (
    "Host\tType\tPort\tPurpose\na.example.com\tOutbound\t443 TCP\tOne\n"
    "\tOutbound\t80 TCP\tOne\nb.example.com\tInbound\t80 TCP\tTwo\n"
)
GAPS = """
Host           Type      Port     Purpose
a.example.com  Outbound  443 TCP  One
               Outbound  80 TCP   One
b.example.com  Inbound   80 TCP   Two
"""
PLAIN_BARS = "\n".join(line.strip("|") for line in BARS.splitlines() if "--" not in line)
FOUND = [
    ("a.example.com", "outbound", 443, "One"),
    ("a.example.com", "outbound", 80, "One"),
    ("b.example.com", "inbound", 80, "Two"),
]


def found(text: str) -> list[tuple[str, str, int | None, str]]:
    return [
        (*e.targets, e.direction, e.services[0].from_port, e.purpose)
        for e in read(text).entries
    ]


@pytest.mark.parametrize("text", [BARS, TABS, GAPS, PLAIN_BARS])
def test_rows_are_read_whatever_parts_their_cells(text: str) -> None:
    assert found(f"Some prose.\n\n{text}\n\nMore of it | and a bar.\n") == FOUND


@pytest.mark.parametrize("text", [BARS, TABS, GAPS])
def test_a_title_between_tables_or_rows_names_the_region(text: str) -> None:
    second = text.replace("a.ex", "c.ex").replace("b.ex", "d.ex")
    entries = read(f"Region: Europe\n{text}\n\nRegion: Asia\n\n{second}").entries
    assert [entry.region for entry in entries] == ["Europe"] * 3 + ["Asia"] * 3


def test_markdown_is_taken_off_and_breaks_are_lines() -> None:
    text = (
        "## Region: Europe\n\n| **Host** | Type | `Port` |\n|---|---|---|\n"
        "| **Servers (`a.example.com`):**<br>• 10.0.0.1<br>• 10.0.0.2 | Outbound | 443 TCP |\n"
        "| \\*.example.com | Outbound | [443](https://example.com/x) TCP |\n"
    )
    first, second = read(text).entries
    assert (first.region, first.resource) == ("Europe", "Servers (a.example.com)")
    assert first.addresses == ("10.0.0.1", "10.0.0.2")
    assert (second.targets, second.services[0].from_port) == (("*.example.com",), 443)


@pytest.mark.parametrize(
    "text",
    [
        BARS.replace("| Inbound  ", ""),
        BARS.replace("| 443 TCP ", "| 443 TCP | x "),
        TABS.replace("\tInbound", ""),
        TABS.replace("One\n\t", "One\n\t\t"),
        GAPS.replace("Inbound   80 TCP", "Inbound 80 TCP"),
        GAPS.replace("Inbound   80", "80"),
        GAPS.replace("One\nb", "One\n                                  and more\nb"),
        TABS.replace("Type", "Tipe"),
        f"{BARS}\n\n| c.example.com | Outbound | 443 TCP |\n",
    ],
)
def test_a_broken_table_is_refused(text: str) -> None:
    with pytest.raises(PageError):
        found(f"Region: Asia\n\n{TABS}\n\nRegion: Europe\n\n{text}")


@pytest.mark.parametrize("text", [BARS.replace("Host", "Hots"), GAPS.replace("Port ", "Prot ")])
def test_a_table_with_a_broken_header_is_held(text: str) -> None:
    reading = read(f"Region: Asia\n\n{TABS}\n\nRegion: Europe\n\n{text}")
    assert ("table-not-read", "hold") in {(f.name, f.verdict) for f in reading.findings}


@pytest.mark.parametrize(
    "text",
    [
        "May 6 - 9 | San Francisco | Booth #5472\n",
        "One sentence.  Another one.  A third.\nAnd more.  Of it.  Here.\n",
        "a\tb\tc\nd\te\tf\n",
        "Host: x | Port\n",
    ],
)
def test_other_text_is_no_table(text: str) -> None:
    assert read_plain(text).tables == []


def test_a_markdown_table_about_something_else_is_another_table() -> None:
    other = "| Day | Hours |\n|---|---|\n| Monday | 8 - 18 |\n"
    assert found(f"{BARS}\n{other}") == FOUND
