"""Columns that come one after the other are parted only where their markup says so."""

from __future__ import annotations

from tests.support.readings import page
from tracker.parse.grid import Cell, ColumnTable
from tracker.parse.shapes.find import find_tables, read_document

TEXT = """Title

Host

a.example.com
b.example.com

Type

Outbound
Inbound

Port

443 TCP
80 TCP

Components

Agents
Deployer

Prose.

More of it.
"""
BOXES = {
    "Host": ["<p>Servers (a.com):</p><ul><li>10.0.0.1</li><li>10.0.0.2</li></ul>", "b.com"],
    "Type": ["Outbound", "Inbound"],
    "Port": ["22543 TCP,<br>TLS 1.2", "80 TCP"],
    "Components": ["Agents", "Deployer"],
}


def stacks(text: str) -> list[ColumnTable]:
    found = find_tables(read_document(text)).grids
    assert all(isinstance(grid, ColumnTable) for grid in found)
    return [grid for grid in found if isinstance(grid, ColumnTable)]


def ways(stack: ColumnTable, field: str) -> list[list[str]]:
    return [
        [cell.text for cell in way]
        for name, w in stack.columns.items()
        for way in w
        if name == field
    ]


def boxes(columns: dict[str, list[str]]) -> str:
    return "<section>" + "".join(
        f"<div><div>{name}</div>{''.join(f'<div>{box}</div>' for box in cells)}</div>"
        for name, cells in columns.items()
    )


def test_the_direction_column_counts_the_rows() -> None:
    (stack,) = stacks(TEXT)
    assert stack.count == 2
    assert ways(stack, "ports")[-1] == ["443 TCP", "80 TCP"]


def test_the_last_column_ends_with_its_block() -> None:
    (stack,) = stacks(TEXT)
    assert ways(stack, "components") == [["Agents", "Deployer"]]
    lines = read_document(TEXT).lines
    assert [line.text for line in lines[stack.end :]] == [
        "Prose.",
        "More of it.",
    ]


def test_prose_does_not_stand_in_for_a_lost_cell_of_the_last_column() -> None:
    text = TEXT.replace("a.example.com\n", "a.example.com\n" * 3).replace(
        "Outbound\n", "Outbound\n" * 3
    )
    (stack,) = stacks(text.replace("Agents\n", "Agents\nAgents\n").replace("Prose.", "Europe"))
    assert stack.count == 4
    assert ways(stack, "components") == []


def test_the_next_table_begins_at_its_first_header() -> None:
    first, second = stacks(TEXT + TEXT.replace("a.example", "c.example"))
    assert first.end <= second.first
    assert ways(second, "resource")[-1] == ["c.example.com", "b.example.com"]


def test_boxes_are_cells_and_a_list_belongs_to_its_label() -> None:
    (stack,) = stacks(page(boxes(BOXES)))
    assert stack.count == 2
    assert ["Servers (a.com): 10.0.0.1 10.0.0.2", "b.com"] in ways(stack, "resource")
    assert ["22543 TCP, TLS 1.2", "80 TCP"] in ways(stack, "ports")
    assert ["Agents", "Deployer"] in ways(stack, "components")


def test_all_ways_to_part_a_column_are_kept_for_the_others_to_decide() -> None:
    text = TEXT.replace(
        "a.example.com\nb.example.com", "Servers:\n10.0.0.1\n10.0.0.2\nb.example.com"
    )
    (stack,) = stacks(text)
    assert ways(stack, "resource") == [
        ["Servers: 10.0.0.1 10.0.0.2 b.example.com"],
        ["Servers: 10.0.0.1 10.0.0.2", "b.example.com"],
        ["Servers: 10.0.0.1", "10.0.0.2", "b.example.com"],
    ]


def test_a_line_in_brackets_goes_on_with_the_line_above_unless_it_is_a_requirement() -> None:
    text = TEXT.replace("b.example.com", "Endpoints\n(LAN only)").replace(
        "Components\n\nAgents\nDeployer", "Purpose\n\n(Required) x\n(Recommended) y"
    )
    (stack,) = stacks(text)
    assert ways(stack, "resource")[-1] == ["a.example.com", "Endpoints (LAN only)"]
    assert ways(stack, "purpose")[-1] == ["(Required) x", "(Recommended) y"]


def test_cells_of_the_last_column_may_be_blocks_of_their_own() -> None:
    (stack,) = stacks(TEXT.replace("Agents\nDeployer", "Agents,\nDeployer\n\nDeployer"))
    assert ways(stack, "components") == [["Agents, Deployer", "Deployer"]]


def test_a_cell_too_many_is_not_cut_off_as_prose() -> None:
    (boxed,) = stacks(page(boxes(BOXES | {"Components": ["Agents", "Agents", "Deployer"]})))
    assert all(len(way) != 2 for way in ways(boxed, "components"))
    (spaced,) = stacks(TEXT.replace("Agents\nDeployer", "Agents\n\nDeployer\n\nDeployer"))
    assert ways(spaced, "components") == []


def test_a_value_that_is_a_header_word_is_no_header() -> None:
    text = TEXT.replace("b.example.com", "Servers:\n• 10.0.0.1").replace("Agents\n", "Server\n")
    first, second = stacks(text + text)
    for stack in (first, second):
        assert ways(stack, "resource")[-1] == ["a.example.com", "Servers: 10.0.0.1"]
        assert ways(stack, "components") == [["Server", "Deployer"]]


def test_a_word_of_a_menu_above_is_no_header() -> None:
    (stack,) = stacks(page("<h2>Services</h2>" + boxes(BOXES)))
    assert ["22543 TCP, TLS 1.2", "80 TCP"] in ways(stack, "ports")


def test_header_words_without_directions_below_them_are_no_table() -> None:
    assert stacks("Host\n\nType\n\nPort\n\nSee below.\n") == []
    assert stacks(page("<p>Host</p><p>Type</p><p>Port</p><p>of the three</p>")) == []


def test_header_words_in_links_and_lists_are_no_headers() -> None:
    menu = "<ul><li>Host</li><li>Type</li></ul><p><a href=x>Port</a></p>"
    (stack,) = stacks(page(menu + boxes(BOXES)))
    assert isinstance(stack.columns["resource"][0][0], Cell)
