"""A table that was passed over though it looks like one is held; hidden values hold."""

from __future__ import annotations

import pytest

from tests.support.readings import ACTION1, URL, page, read, row, table
from tracker.errors import NotAPage, Unreadable
from tracker.parse.markup.cross_check import compare_parsers
from tracker.parse.read import parse_page, read_pages
from tracker.parse.shapes.find import read_document

ROW = ("a.example.com", "Outbound", "443 TCP", "(Required) x", "Agents")
READ = table(row(*ROW))


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        (("Host", "Port"), ("b.example.com", "443")),
        (("Host", "Tipe", "Port"), ("10.0.0.1", "Outbound", "443 TCP")),
        (("Resorce", "Type", "Port"), ("b.example.com", "Outbound", "443 TCP")),
        (("Domain", "Description"), ("b.example.com", "x")),
    ],
)
def test_a_table_with_known_headers_and_values_is_not_passed_over(
    header: tuple[str, ...], cells: tuple[str, ...]
) -> None:
    reading = read(page(READ + table(row(*cells), header=header)))
    (finding,) = reading.findings
    assert (finding.name, finding.verdict) == ("table-not-read", "hold")
    assert f'"{header[0]}", "{header[1]}"' in finding.message
    assert cells[0] in finding.message


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        (("Product", "Description"), ("Agent", "Runs on endpoints")),
        (("Support", "Days"), ("help@example.com", "Monday")),
        (("Name", "Location"), ("Frankfurt 2", "Europe")),
        (("File", "Description"), ("agent.exe", "The agent")),
    ],
)
def test_other_tables_are_other_tables(header: tuple[str, ...], cells: tuple[str, ...]) -> None:
    assert read(page(READ + table(row(*cells), header=header))).findings == ()


@pytest.mark.parametrize("direction", ["Type", "Tipe"])
def test_a_table_like_ours_is_held_also_where_another_one_has_its_values(
    direction: str,
) -> None:
    other = table(row(*ROW), header=("Resorce", direction, "Ports", "Use", "Parts"))
    reading = read(page(f"<h3>Europe</h3>{READ}<h3>Asia</h3>{other}"))
    assert [f.verdict for f in reading.findings if f.name == "table-not-read"] == ["hold"]


@pytest.mark.parametrize("host", ["a.example.com", "b.example.com"])
@pytest.mark.parametrize(
    "pairs",
    [
        (("Host", "{}"), ("Tipe", "Outbound"), ("Port", "443 TCP")),
        (("Resource", "Relays ({})"), ("Type", "Outbound"), ("Prt", "443 TCP")),
    ],
)
def test_columns_with_a_broken_header_are_not_passed_over(
    pairs: tuple[tuple[str, str], ...], host: str
) -> None:
    body = "".join(f"<h4>{name}</h4><p>{value.format(host)}</p>" for name, value in pairs)
    (finding,) = read(page(READ + body)).findings
    assert finding.verdict == "hold"
    assert host in finding.message


def test_header_words_of_a_footer_are_no_columns() -> None:
    footer = "<h6>Resources</h6><p>www.example.com</p><h6>Services</h6><p>24 hours</p>"
    assert read(page(f"{READ}<footer>{footer}</footer>")).findings == ()


@pytest.mark.parametrize(
    ("hidden", "is_held"),
    [
        (READ, False),
        ("<p>See b.example.com</p>", False),
        (table(row("b.example.com", *ROW[1:])), True),
        ("<p>10.0.0.1</p>", True),
        ("<p>The proxy at 10.0.0.1 is ignored.</p>", False),
        ("<p>Your IP address is 203.0.113.9</p>", False),
    ],
)
def test_hidden_values_that_no_entry_has_are_held(hidden: str, *, is_held: bool) -> None:
    reading = read(page(f'{READ}<div style="display:none">{hidden}</div>'))
    names = [(finding.name, finding.verdict) for finding in reading.findings]
    assert names == [("hidden-values", "hold")] * is_held


@pytest.mark.parametrize("depth", [100, 200, 245])
def test_a_table_below_deep_nesting_is_read(depth: int) -> None:
    body = f"{'<div>' * depth}{READ}{'</div>' * depth}"
    assert len(read(page(body)).entries) == 1


@pytest.mark.parametrize("depth", [257, 520, 3000, 200_000])
def test_deeper_nesting_than_browsers_have_is_refused(depth: int) -> None:
    with pytest.raises(NotAPage, match=r"inside each other|gave up"):
        read(page(f"{'<div>' * depth}{READ}"))


@pytest.mark.parametrize(
    "sibling",
    [
        "<p>x</p>",
        "<br>",
        "<b>x</b>",
        "<!-- x -->",
        "<p>Host</p>",
        "<button>x</button>",
        "x <p>",
    ],
)
@pytest.mark.parametrize("count", [4_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_thousands_of_siblings_are_read(sibling: str, count: int) -> None:
    assert len(read(page(sibling * count + READ)).entries) == 1


def test_a_huge_text_before_a_table_does_not_swallow_it() -> None:
    assert len(read(page(f"<p>{'word ' * 2_200_000}</p>{READ}")).entries) == 1


@pytest.mark.parametrize("end", ["</body></html>", "</html>", "</body>"])
def test_what_follows_the_end_of_the_page_is_read_as_browsers_show_it(end: str) -> None:
    assert len(read(page(f"<p>x</p>{end}{READ}")).entries) == 1


def test_what_only_the_second_parser_sees_is_refused() -> None:
    text = parse_page(URL, page(READ))
    text.document.strings = ["b.example.com"]
    with pytest.raises(Unreadable, match=r'two parsers .* near "a\.example\.com"'):
        read_pages([text], ACTION1)


@pytest.mark.parametrize(
    "value", ["10.0.0.1", "b.example.com", "*.b.example.com", "2001:db8::1"]
)
def test_the_second_parser_looks_at_every_kind_of_value(value: str) -> None:
    with pytest.raises(Unreadable, match="two parsers"):
        compare_parsers(page(f"<td>{value}</td>"), [], "u")


@pytest.mark.parametrize(
    "body",
    [
        "<p>b.exa<b>mple</b>.com and 10.0.0<!-- -->.1</p>",
        "<script>var x = '10.0.0.1';</script><!-- b.example.com -->",
        "<p>a&shy;.b.com &#49;0.0.0.1 &amp;c.com &copy;d.com</p>",
        "<table><tr><td>b.example.com<td>10.0.0.1</table>",
        "<textarea>b.example.com</textarea><title>c.example.com</title>",
        "plain b.example.com",
    ],
)
def test_two_parsers_agree_on_usual_markup(body: str) -> None:
    compare_parsers(page(body), read_document(page(body)).strings, "u")
