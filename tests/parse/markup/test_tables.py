"""A table element becomes exactly the rows that a browser shows, or it is refused."""

from __future__ import annotations

import pytest

from tests.support.readings import HEADER, page, row, table
from tracker.errors import Unreadable
from tracker.parse.grid import ColumnTable, Grid
from tracker.parse.shapes.find import find_tables, read_document

EUROPE = ("a.example.com", "Outbound", "443 TCP", "(Required) x", "Agents")
ASIA = ("b.example.com", "Inbound", "80 TCP", "y", "Deployer")


def grids(body: str) -> list[tuple[Grid | ColumnTable, tuple[str, ...]]]:
    found = find_tables(read_document(page(body))).tables
    return [(grid, tuple(title.text for title in titles)) for grid, titles in found]


def rows_of(body: str) -> list[tuple[str, ...]]:
    """The texts of all rows of the only grid, in the order of its columns."""
    ((grid, _),) = grids(body)
    assert isinstance(grid, Grid)
    return [tuple(cell.text for cell in found.values()) for found in grid.rows]


def test_rows_are_cells_under_their_header() -> None:
    ((grid, _),) = grids(table(row(*EUROPE), row(*ASIA)))
    assert isinstance(grid, Grid)
    assert {field: cell.text for field, cell in grid.rows[1].items()} == {
        "resource": "b.example.com",
        "direction": "Inbound",
        "ports": "80 TCP",
        "purpose": "y",
        "components": "Deployer",
    }


def test_columns_are_found_by_their_names_in_any_order_and_wording() -> None:
    header = ("Used by", "PORTS:", "Direction", "  Purpose ", "Host name", "Transport protocol")
    ((grid, _),) = grids(table(row("Agents", "443", "Out", "x", "a.com", "TCP"), header=header))
    assert isinstance(grid, Grid)
    assert {field: cell.text for field, cell in grid.rows[0].items()} == {
        "components": "Agents",
        "ports": "443",
        "direction": "Out",
        "purpose": "x",
        "resource": "a.com",
        "protocol": "TCP",
    }


def test_a_row_span_gives_its_cell_to_each_of_its_rows() -> None:
    first = (
        "<tr><td rowspan=2>a.com</td><td>Outbound</td><td>1 TCP</td><td>x</td><td>A</td></tr>"
    )
    found = rows_of(table(first, row("Outbound", "2 TCP", "y", "B"), row(*ASIA)))
    assert found == [
        ("a.com", "Outbound", "1 TCP", "x", "A"),
        ("a.com", "Outbound", "2 TCP", "y", "B"),
        ASIA,
    ]


def test_spans_in_the_middle_and_at_the_end_are_filled_in() -> None:
    found = rows_of(
        table(
            "<tr><td>a.com</td><td>In</td><td rowspan=3>1 TCP</td><td>x</td>"
            "<td rowspan=2>A</td></tr>",
            row("b.com", "In", "y"),
            row("c.com", "In", "z", "C"),
        )
    )
    assert found == [
        ("a.com", "In", "1 TCP", "x", "A"),
        ("b.com", "In", "1 TCP", "y", "A"),
        ("c.com", "In", "1 TCP", "z", "C"),
    ]


def test_a_column_span_fills_its_columns() -> None:
    found = rows_of(
        table("<tr><td>a.com</td><td>In</td><td>1 TCP</td><td colspan=2>x</td></tr>")
    )
    assert found == [("a.com", "In", "1 TCP", "x", "x")]


@pytest.mark.parametrize("span", ["2147483647", "65535", "999999999999999999999"])
def test_a_huge_row_span_ends_with_its_table(span: str) -> None:
    first = (
        f"<tr><td rowspan={span}>a.com</td><td>In</td><td>1 TCP</td><td>x</td><td>A</td></tr>"
    )
    assert rows_of(table(first, row("In", "2 TCP", "y", "B")))[1][0] == "a.com"


@pytest.mark.parametrize("span", ["2147483647", "1000"])
def test_a_huge_column_span_is_refused_without_a_huge_row(span: str) -> None:
    with pytest.raises(Unreadable, match="64 cells where its header has 5"):
        grids(table(f"<tr><td>a.com</td><td colspan={span}>x</td></tr>"))


@pytest.mark.parametrize("span", ["0", "-1", "two", ""])
def test_a_span_that_is_no_span_counts_as_one(span: str) -> None:
    assert rows_of(
        table(f'<tr><td rowspan="{span}">{EUROPE[0]}</td>' + row(*EUROPE[1:])[4:])
    ) == [EUROPE]


def test_a_header_row_may_be_of_plain_cells_and_not_the_first() -> None:
    body = f"<table>{row('', '')}{row(*HEADER)}{row(*EUROPE)}</table>"
    assert rows_of(body) == [EUROPE]


def test_a_header_that_is_repeated_begins_a_new_part() -> None:
    found = grids(table(row(*EUROPE), row(*HEADER), row(*ASIA)))
    assert [len(grid.rows) for grid, _ in found if isinstance(grid, Grid)] == [1, 1]


def test_a_full_width_row_is_the_title_of_the_rows_below_it() -> None:
    title = "<tr><td colspan=5>Region: {}</td></tr>"
    body = table(
        title.format("Europe"), row(*EUROPE), title.format("Asia"), row(*ASIA), row(*EUROPE)
    )
    found = grids(body)
    assert [titles[0] for _, titles in found] == ["Region: Europe", "Region: Asia"]
    assert [len(grid.rows) for grid, _ in found if isinstance(grid, Grid)] == [1, 2]


def test_the_parts_of_a_table_cover_all_of_its_lines_and_none_twice() -> None:
    title = "<tr><td colspan=5>{}</td></tr>"
    body = table(
        title.format("t"), row(*EUROPE), title.format("u"), row(*ASIA), title.format("v")
    )
    document = read_document(page(body))
    parts = find_tables(document).grids
    assert [(part.first, part.end) for part in parts] == [(0, 11), (11, len(document.lines))]


def test_the_caption_is_a_title_nearer_than_the_heading() -> None:
    body = "<h2>Firewall</h2>" + table(row(*EUROPE)).replace(
        "<table>", "<table><caption>Region: Europe</caption>"
    )
    ((_, titles),) = grids(body)
    assert titles == ("Region: Europe", "Firewall")


def test_titles_are_nearest_first_without_lists_links_and_long_text() -> None:
    body = (
        "<h1>Page</h1><ul><li>Item</li></ul><p><a href=x>Link</a></p>"
        f"<p>{'long ' * 40}</p><h2>Near</h2>{table(row(*EUROPE))}"
    )
    ((_, titles),) = grids(body)
    assert titles == ("Near", "Page")


def test_a_heading_ends_the_section_of_the_one_before_it() -> None:
    body = (
        f"<h1>Page</h1><h3>Europe</h3>{table(row(*EUROPE))}<h4>More</h4>{table(row(*EUROPE))}"
        f"<h3>Singapore</h3>{table(row(*ASIA))}"
    )
    assert [titles for _, titles in grids(body)] == [
        ("Europe", "Page"),
        ("More", "Europe", "Page"),
        ("Singapore", "Page"),
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_row_that_is_short_is_refused(count: int) -> None:
    short = row(*EUROPE[:count]) if count > 1 else "<tr><td rowspan=2>x</td></tr>" + row("y")
    with pytest.raises(Unreadable, match=r"row \d of table 1 has"):
        grids(table(row(*EUROPE), short))


def test_a_row_that_is_long_is_refused() -> None:
    with pytest.raises(Unreadable, match="row 2 of table 1 has 6 cells where its header has 5"):
        grids(table(row(*EUROPE, "more")))


def test_a_span_that_swallows_the_next_row_is_refused() -> None:
    first = "<tr><td rowspan=2>a.com</td><td>In</td><td>1 TCP</td><td>x</td><td>A</td></tr>"
    with pytest.raises(Unreadable, match="6 cells"):
        grids(table(first, row(*EUROPE)))


def test_two_columns_that_mean_the_same_are_refused() -> None:
    header = ("Resource", "Host", "Type", "Port", "Purpose")
    with pytest.raises(Unreadable, match="two columns of its header mean the same"):
        grids(table(row(*EUROPE), header=header))


def test_an_unknown_column_is_kept_aside() -> None:
    ((grid, _),) = grids(table(row(*EUROPE, "2019"), header=(*HEADER, "Since")))
    assert isinstance(grid, Grid)
    assert [(name, cell.text) for name, cell in grid.others] == [("Since", "2019")]
    assert tuple(cell.text for cell in grid.rows[0].values()) == EUROPE


@pytest.mark.parametrize(
    "header", [("Resource", "Type", "Notes"), ("Host", "Port"), ("A", "B", "C", "D", "E")]
)
def test_a_table_without_the_required_headers_is_left_alone(header: tuple[str, ...]) -> None:
    assert grids(table(row(*EUROPE[: len(header)]), header=header)) == []


def test_a_table_inside_a_layout_table_is_read_once() -> None:
    body = f"<table><tr><td>Menu</td><td><h2>Europe</h2>{table(row(*EUROPE))}</td></tr></table>"
    ((grid, titles),) = grids(body)
    assert isinstance(grid, Grid)
    assert len(grid.rows) == 1
    assert titles[0] == "Europe"


@pytest.mark.parametrize(
    "unseen",
    [
        "<script>10.0.0.1</script>",
        "<style>.a{}</style>",
        "<!-- 10.0.0.1 -->",
        "<template>10.0.0.1</template>",
        "<noscript>10.0.0.1</noscript>",
        "<svg><text>10.0.0.1</text></svg>",
        "<span hidden>10.0.0.1</span>",
        '<span aria-hidden="true">5</span>',
        '<span style="color: red; display:none">10.0.0.1</span>',
        '<div style="visibility : hidden"><p>10.0.0.1</p></div>',
        '<img alt="10.0.0.1" title="10.0.0.2">',
    ],
)
def test_what_a_browser_does_not_show_is_no_content(unseen: str) -> None:
    found = rows_of(table(row(f"a.exam{unseen}ple.com", *(f"{c}{unseen}" for c in EUROPE[1:]))))
    if unseen.startswith("<div"):
        assert found[0][1:] == EUROPE[1:]
    else:
        assert found == [EUROPE]


def test_a_hidden_row_or_table_is_no_content() -> None:
    hidden_row = row(*ASIA).replace("<tr>", '<tr style="display: none">')
    hidden_table = table(row(*ASIA)).replace("<table>", "<table hidden>")
    assert rows_of(table(row(*EUROPE), hidden_row) + hidden_table) == [EUROPE]


def test_a_footnote_mark_is_no_digit_of_the_value_before_it() -> None:
    found = rows_of(table(row("10.0.0.1<sup>1</sup>", *EUROPE[1:])))
    assert found[0][0] == "10.0.0.1 [1]"


def test_words_broken_inside_are_whole_and_line_breaks_part_lines() -> None:
    body = table(row("a.<wbr>exa<b>mple</b>.com<br>b.example.com", *EUROPE[1:]))
    ((grid, _),) = grids(body)
    assert isinstance(grid, Grid)
    lines = grid.rows[0]["resource"].lines
    assert [line.text for line in lines] == ["a.example.com", "b.example.com"]


def test_one_row_of_whole_columns_is_a_stack() -> None:
    body = table(
        row("a.com<br>b.com", "Outbound<br>Inbound", "1 TCP<br>2 TCP", "x<br>y", "A<br>B")
    )
    ((stack, _),) = grids(body)
    assert isinstance(stack, ColumnTable)
    assert stack.count == 2
    assert [cell.text for cell in stack.columns["ports"][-1]] == ["1 TCP", "2 TCP"]


def test_unclosed_markup_is_read_as_a_browser_reads_it() -> None:
    body = "<table><tr><th>Host<th>Type<th>Port<tr><td>a.com<td>In<td>1 TCP</table>"
    assert rows_of(body) == [("a.com", "In", "1 TCP")]
