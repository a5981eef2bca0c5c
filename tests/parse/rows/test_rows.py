"""What a row says beyond its values: struck out, joined, forbidden, or of another resource."""

from __future__ import annotations

import pytest

from tests.support.readings import HEADER, page, plain, read, row, table
from tracker.errors import Unreadable

ROW = ("a.example.com", "Outbound", "443 TCP", "(Required) x", "Agents")


def found(body: str) -> tuple[list[tuple[str, ...]], list[tuple[str, str]]]:
    reading = read(page(body))
    findings = [(finding.name, finding.verdict) for finding in reading.findings]
    return [entry.targets for entry in reading.entries], findings


@pytest.mark.parametrize(
    "struck",
    [
        "<s>{}</s>",
        "<del>{}</del>",
        "<strike>{}</strike>",
        '<span style="text-decoration: line-through">{}</span>',
        '<span style="color:red;text-decoration-line:line-through">{}</span>',
        '<p style="TEXT-DECORATION:underline line-through">{}</p>',
    ],
)
def test_what_is_struck_out_is_not_read_and_held(struck: str) -> None:
    cell = f"a.example.com {struck.format('old.example.com')}"
    assert found(table(row(cell, *ROW[1:]))) == (
        [("a.example.com",)],
        [("struck-out", "hold")],
    )


def test_a_struck_row_is_not_read_and_held() -> None:
    rows = row(*ROW) + row(*(f"<s>{cell}</s>" for cell in ("b.example.com", *ROW[1:])))
    assert found(table(rows)) == ([("a.example.com",)], [("struck-out", "hold")])


def test_what_is_struck_out_inside_a_value_does_not_join_its_ends() -> None:
    with pytest.raises(Unreadable, match="not a complete address"):
        found(table(row("10.0.<s>1</s>0.1", *ROW[1:])))


def test_what_is_struck_out_outside_the_tables_is_no_matter() -> None:
    body = f"<p><s>Sale: 10.0.0.1</s></p>{table(row(*ROW))}<p><s>b.example.com</s></p>"
    assert found(body) == ([("a.example.com",)], [])


@pytest.mark.parametrize(
    "cell",
    [
        "<b>54.210</b>.188.13",
        "<b>54.210.188.13</b>",
        "(<code>54.210.188.13</code>)",
        "<span>54.</span><span>210.</span><span>188.</span><span>13</span>",
        "<b>Servers</b>:<br><b>54.210.188.13</b>,",
        "<a href='x'>54.210.188.13</a>",
    ],
)
def test_type_inside_a_value_is_no_matter(cell: str) -> None:
    assert found(table(row(cell, *ROW[1:]))) == ([("54.210.188.13",)], [])


@pytest.mark.parametrize(
    "cells",
    [
        ("<span>a.example.com</span><span>b.example.com</span>", *ROW[1:]),
        ("<a>a.example.com</a><a>b.example.com</a>", *ROW[1:]),
        ("<b>a.example.com</b>b.example.com", *ROW[1:]),
        ("<i>cdn.</i><b>example.com</b>", *ROW[1:]),
        ("<b>10.0.0.1</b>23", *ROW[1:]),
        ("<span>10.0.0.1</span><span>0.0.0.0</span>", *ROW[1:]),
        (*ROW[:2], "<span>80</span><span>443</span> TCP", *ROW[3:]),
    ],
)
def test_values_that_elements_join_are_refused(cells: tuple[str, ...]) -> None:
    with pytest.raises(Unreadable):
        found(table(row(*cells)))


@pytest.mark.parametrize(
    "cell",
    [
        "login.<em>region</em>.example.com",
        "<i>tenant</i>.example.com",
        "cdn-<var>n</var>.example.com",
        "10.0.<cite>x</cite>.1",
        "Servers:<ul><li>a.example.com</li><li><em>name</em>-b.example.com</li></ul>",
    ],
)
def test_a_part_that_is_set_apart_is_no_part_of_a_name(cell: str) -> None:
    with pytest.raises(Unreadable):
        found(table(row(cell, *ROW[1:])))


def test_a_whole_value_may_be_set_apart() -> None:
    assert found(table(row("<em>54.210.188.13</em>", *ROW[1:]))) == ([("54.210.188.13",)], [])


@pytest.mark.parametrize("says", ["Allow", "allowed", "Permit", "Open", "Allow outbound"])
def test_a_row_that_is_allowed_is_read(says: str) -> None:
    assert found(table(row(*ROW, says), header=(*HEADER, "Action"))) == ([(ROW[0],)], [])


@pytest.mark.parametrize("says", ["Block", "", "Not allowed", "Deny", "Allow, but log", "7"])
@pytest.mark.parametrize("header", ["Action", "Access", "Policy", "Rule"])
def test_a_row_that_is_not_surely_allowed_is_refused(says: str, header: str) -> None:
    with pytest.raises(Unreadable, match="does not say that the row is allowed"):
        found(table(row(*ROW, says), header=(*HEADER, header)))


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("the first release", "publish"),
        ("2019", "hold"),
        ("Removed in May", "hold"),
        ("", "publish"),
    ],
)
def test_an_unknown_column_is_a_finding(text: str, verdict: str) -> None:
    body = table(row(*ROW, text), header=(*HEADER, "Notes"))
    (finding,) = read(page(body)).findings
    assert (finding.name, finding.verdict) == ("unknown-column", verdict)
    assert '"Notes"' in finding.message


def test_a_blank_resource_goes_on_where_the_row_is_for_the_same() -> None:
    body = table(row(*ROW), row("", "Outbound", "80 TCP", *ROW[3:]))
    assert found(body) == ([("a.example.com",)] * 2, [])


@pytest.mark.parametrize(
    "cells",
    [
        ("", "Outbound", "80 TCP", "(Required) y", "Agents"),
        ("", "Outbound", "80 TCP", "(Required - only for Asia) x", "Agents"),
        ("", "Inbound", "80 TCP", "(Required) x", "Agents"),
    ],
)
def test_a_blank_resource_beside_another_purpose_is_refused(cells: tuple[str, ...]) -> None:
    with pytest.raises(Unreadable, match="the row above is for another"):
        found(table(row(*ROW), row(*cells)))


def test_a_blank_resource_in_a_table_of_spans_has_lost_its_own() -> None:
    spanning = row(*ROW).replace("<td>", '<td rowspan="2">', 1)
    below = row("Outbound", "80 TCP", *ROW[3:])
    with pytest.raises(Unreadable, match="others span their rows"):
        found(table(spanning, below, row("", "Outbound", "81 TCP", *ROW[3:])))


def test_a_label_beside_another_audience_is_held() -> None:
    rows = [
        row(
            f"Relays in {place} (a.example.com)", *ROW[1:3], f"(Required - only for {for_})", ""
        )
        for place, for_ in (("Europe", "Asia"), ("Asia", "Europe"), ("Africa", "Africa"))
    ]
    _, findings = found(table(*rows))
    assert findings == [("audience-mismatch", "hold")] * 2


def test_names_on_lines_of_their_own_are_several_components() -> None:
    cells = ("Agents<br>Deployer", "<p>Agents</p><p>Deployer</p>", "Agents,<br>Deployer")
    for cell in cells:
        (entry,) = plain(read(page(table(row(*ROW[:4], cell)))).entries)
        assert entry["components"] == ["Agents", "Deployer"]


def test_brackets_on_a_line_of_their_own_go_on_with_the_name() -> None:
    (entry,) = read(page(table(row(*ROW[:4], "Console<br>(web)<br>Agents")))).entries
    assert entry.components == ("Console (web)", "Agents")


def columns(*columns: tuple[str, ...]) -> str:
    boxes = (f"<div>{''.join(f'<p>{cell}</p>' for cell in cells)}</div>" for cells in columns)
    return f"<div>{''.join(boxes)}</div>"


def test_a_resource_of_a_stack_that_covers_two_rows_is_held() -> None:
    body = columns(
        ("Host", "a.example.com"),
        ("Type", "Outbound", "Outbound"),
        ("Port", "443 TCP", "80 TCP"),
    )
    assert found(body)[1] == [("resource-spans-two-rows", "hold")]


def test_a_resource_of_a_stack_that_covers_more_rows_is_certain() -> None:
    body = columns(
        ("Host", "a.example.com"),
        ("Type", *["Outbound"] * 3),
        ("Port", "443 TCP", "80 TCP", "22 TCP"),
    )
    assert found(body) == ([("a.example.com",)] * 3, [])


def test_equal_rows_of_a_stack_have_not_one_resource() -> None:
    body = columns(
        ("Host", "a.example.com"),
        ("Type", *["Outbound"] * 3),
        ("Port", "443 TCP", "80 TCP", "443 TCP"),
    )
    with pytest.raises(Unreadable, match="the same row twice"):
        found(body)


def test_a_line_break_is_no_row_whatever_role_it_is_given() -> None:
    cells = ("Servers:{}10.0.0.1", "Outbound", "443 TCP", "x", "Agents")
    plain, odd = (
        read(page(table(row(*(cell.format(tag) for cell in cells)))))
        for tag in ("<br>", '<br role="row">')
    )
    assert odd == plain
