"""Lines that settle a refusal: valid TOML for any text, and what a definition takes."""

from __future__ import annotations

import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.config import parse
from tracker.errors import NothingRead, Unreadable
from tracker.parse.pages.refusals import settle_refusal
from tracker.parse.settling import (
    comment_out,
    join_settling,
    name_source,
    settle_cell,
    settle_columns,
    settle_list,
    settle_rows,
    settle_table,
    write_pattern,
)
from tracker.sources import Source
from tracker.sources.definition import Definition

SOURCE = Source("action1", Definition(), "[sources.action1]")
FILE = Source("action1", Definition(), "config/sources/action1.toml")
texts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1)


def load(settle: str) -> Definition:
    """The definition with these lines, as the configuration reads them."""
    return parse(tomllib.loads(name_source(settle, SOURCE))).source("action1").definition


@given(texts, texts)
def test_a_cell_and_its_reading_come_back_as_they_were(cell, reading):
    (found,) = load(settle_cell([cell], reading)).reads
    assert (found.cell, found.text) == (cell, reading)


@given(st.lists(texts, min_size=1), texts)
def test_a_table_comes_back_with_its_header_and_its_heading(header, heading):
    names = [name for name in dict.fromkeys(header) if name.strip()]
    (rule,) = load(settle_table(header, heading)).tables
    assert (list(rule.header), rule.action) == (names, "ignore")
    assert re.search(rule.heading, heading[:200])


@given(texts)
def test_a_heading_is_matched_whole_and_as_it_is(heading):
    pattern = tomllib.loads(f"x = {write_pattern(heading)}")["x"]
    assert re.search(pattern, heading)
    assert not re.search(pattern, f"x{heading}")


def test_a_pattern_is_readable():
    assert write_pattern("Region: Europe") == '"^Region: Europe$"'
    assert write_pattern("Relays (v2.1)") == r"'^Relays \(v2\.1\)$'"
    assert write_pattern("It's (new)") == r'''"^It's \\(new\\)$"'''


def test_no_text_of_a_page_reaches_a_terminal_raw():
    lines = settle_table(["\x1b[31mHost\x07", "a\u202eb"], "x\r\ny")
    assert all(line.isprintable() for line in lines.split("\n"))
    assert load(lines).tables[0].header == ("\x1b[31mHost\x07", "a\u202eb")


def test_a_lone_surrogate_is_no_end():
    assert load(settle_table(["a\ud800"], None)).tables[0].header == ("a\ufffd",)


def test_in_a_file_of_its_own_a_definition_has_no_name_in_front():
    lines = settle_table(["Host"], "Cookies")
    assert name_source(lines, SOURCE).startswith("[[sources.action1.tables]]\n")
    assert name_source(lines, FILE).startswith("[[tables]]\n")
    assert name_source(comment_out(lines), SOURCE).startswith("# [[sources.action1.tables]]\n")
    assert tomllib.loads(name_source(lines, FILE))["tables"][0]["action"] == "ignore"


def test_text_of_a_page_is_not_taken_for_the_start_of_a_table():
    lines = settle_cell(["[[tables]]\n[[reads]]"], "x")
    assert load(lines).reads[0].cell == "[[tables]]\n[[reads]]"


def test_a_cell_with_a_reading_is_settled_by_that_alone():
    error = Unreadable("x", cell=("443 TCP WAS 22543",), field="ports").at_table(("Host",), "A")
    settle = settle_refusal(error)
    assert settle.startswith(
        "# Compare it with the page: 22543 would not be read.\n[[reads]]\n"
    )
    (found,) = load(settle).reads
    assert (found.cell, found.text) == ("443 TCP WAS 22543", "443 TCP")
    assert load(settle).tables == ()


def test_a_cell_without_a_reading_names_both_choices():
    error = Unreadable("x", cell=("Connector.IPX",), field="resource")
    settle = settle_refusal(error.at_table(("Host", "Ports"), "Europe"))
    assert '# cell = "Connector.IPX"' in settle
    (rule,) = load(settle).tables
    assert (rule.header, rule.heading) == (("Host", "Ports"), "^Europe$")
    assert rule.skip_rows == r"^Connector\.IPX$"
    uncommented = re.sub(r"(?m)^# (?=\[\[|cell|as)", "", settle.partition("# Or")[0])
    assert load(uncommented).reads[0].cell == "Connector.IPX"


def test_columns_that_do_not_line_up_are_settled_by_leaving_out_the_table():
    settle = settle_refusal(Unreadable("x").at_table(("Host", "Ports"), None))
    assert load(settle).tables[0].action == "ignore"
    lines = settle_refusal(Unreadable("x").at_table((), "Relays"))
    assert load(lines).lists[0].heading == "^Relays$"  # lines below a heading are no table
    assert "# exclude = [" in settle_refusal(Unreadable("x"))


def test_a_table_is_known_by_what_was_known_first():
    error = Unreadable("x").at_table(("Host",), "Inner").at_table(("Other",), "Outer")
    assert (error.header, error.heading) == (("Host",), "Inner")


def test_what_is_settled_already_stays_so():
    error = NothingRead("x")
    assert settle_refusal(error) == ""
    error.settle = "# done"
    assert settle_refusal(error) == "# done"


@pytest.mark.parametrize("header", [(), ("Host", 'Says "who"')])
def test_a_table_to_be_read_has_its_columns_and_what_it_lacks(header):
    columns, defaults = {'Says "who"': "resource"}, {"direction": "outbound", "ports": "TCP"}
    (rule,) = load(settle_columns(header, "Hosts", columns, defaults)).tables
    assert (rule.header, rule.action, rule.columns) == (header, "read", columns)
    assert (rule.defaults.direction, rule.defaults.ports) == ("outbound", "TCP")


def test_a_list_is_ignored_or_read():
    (rule,) = load(settle_list("Resolvers")).lists
    assert (rule.heading, rule.action) == ("^Resolvers$", "ignore")
    (rule,) = load(settle_list("Hosts", {"ports": "443 TCP"})).lists
    assert (rule.action, rule.defaults.ports) == ("read", "443 TCP")


def test_rules_for_one_table_are_one_rule():
    """The first that fits takes a table, and a second with the same header is an error."""
    header = ("Host", "State", "Kind")
    parts = [
        settle_columns(header, None, {"State": "ignore"}, skipped=["Off"]),
        settle_columns(header, None, {"Kind": "ignore"}),
        settle_rows(header, None, "Old (1)"),
        settle_rows(header, "Other", "Old"),
        settle_table(("Name",), None),
        settle_table(("Name",), None),
        settle_list("More"),
    ]
    definition = load(join_settling(parts))
    first, second, third = definition.tables
    assert first.columns == {"State": "ignore", "Kind": "ignore"}
    assert first.skip_rows == r"^(?:Off)$|^Old \(1\)"
    assert (second.heading, second.skip_rows) == ("^Other$", "^Old")
    assert (third.header, third.action) == (("Name",), "ignore")
    assert len(definition.lists) == 1
    assert join_settling([]) == ""
