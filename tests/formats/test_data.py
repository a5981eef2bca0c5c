"""The CSV and the JSON file, opened with what people open them with."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.formats.samples import HOSTILE, SAMPLES, entry, rule_set
from tracker.audit.parsed_config import ReadOptions
from tracker.audit.readers import load_reader
from tracker.errors import RuleError
from tracker.formats import load
from tracker.model import Service
from tracker.text import escape_csv, unescape_csv

COLUMNS = (
    "region,direction,target,protocol,from_port,to_port,service,inferred,resource,"
    "requirement,only_for,components,purpose,withheld,leaves,assumed,"
    "required,scope,id"
)
JSON, CSV = load("endpoints-json"), load("endpoints-csv")


def rows(*entries):
    text = CSV.render(rule_set(*entries)).text
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_the_columns_of_the_csv_file_are_as_published() -> None:
    text = CSV.render(SAMPLES["2024-04-europe"]).text
    assert text is not None
    assert text.splitlines()[0] == COLUMNS


def test_a_csv_row_says_all_of_one_endpoint() -> None:
    service = Service("tcp", 49152, 65535, "RPC", inferred=True)
    one = entry("192.0.2.1", services=(service,), components=("B", "A"), only_for="Europe")
    [row] = rows(one)
    reason = row.pop("withheld")
    assert row.pop("leaves") == ""
    assert row.pop("assumed") == "false"
    assert row.pop("scope") == "lan"
    assert row.pop("required") == "true"
    assert row.pop("id") == "outbound tcp/49152-65535 192.0.2.1 Europe"
    assert "never for a public address" in reason
    assert list(row.values()) == [
        *("Europe", "outbound", "192.0.2.1", "tcp", "49152", "65535", "RPC", "true"),
        *("Servers", "required", "Europe", "A; B", "Connection."),
    ]


def test_port_1_is_no_truth_and_truth_no_port() -> None:
    service = Service("tcp", 1, 1, "1", inferred=True)
    [row] = rows(entry("192.0.2.1", services=(service,)))
    assert (row["from_port"], row["service"], row["inferred"]) == ("1", "1", "true")


def test_null_is_an_empty_cell_and_null_in_json() -> None:
    one = entry("*.example.com", ports=(None,), region=None, requirement=None)
    [row] = rows(one)
    nulls = "region", "from_port", "to_port", "service", "requirement", "only_for"
    assert [row[name] for name in nulls] == [""] * len(nulls)
    [found] = json.loads(JSON.render(rule_set(one)).text or "")["endpoints"]
    assert [found[name] for name in nulls] == [None] * len(nulls)


@pytest.mark.parametrize(
    "text", [*HOSTILE, "=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n@x", "\0=1", "＝1"]
)
def test_no_cell_starts_a_formula_and_no_row_breaks(text: str) -> None:
    one = entry("*.example.com", resource=text, purpose=text, region=text)
    raw = CSV.render(rule_set(one)).text or ""
    assert len(raw.splitlines()) == 2 or "\u2028" in raw
    assert raw.count("\n") == 2
    [row] = rows(one)
    assert len(row) == 19
    assert not any(cell[:1] in {*"=+-@＝＋－＠\t\r\n\0"} for cell in row.values() if cell)
    assert row["target"] == "*.example.com"


def opened(raw, separator):
    """The cells that a spreadsheet shows: it takes quotes only where a cell begins with one."""
    return [cell for row in csv.reader(io.StringIO(raw), delimiter=separator) for cell in row]


SPLIT = [
    *("a;=1", "a; =1", "a;\t=1", 'a;"=1"', 'a; "" =1', "a;;=1", ";=1", "a;'=1", "a; ''=1;@x"),
    *(
        "a\t=1",
        "a\t-1;+1",
        'x"y;"z;=1',
        "1;＝1",
        "; ;@x",
        "'=1",
        "''=1",
        '"=1',
        "a;\"';=1",
        "a;",
    ),
]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@given(
    text=st.one_of(
        st.sampled_from([*SPLIT, *HOSTILE]), st.text("a ;,\t\"'=+-@＝\n", max_size=12)
    ),
    more=st.lists(st.text("a; \"'=@", min_size=1, max_size=4), max_size=3),
)
def test_with_any_separator_no_cell_starts_a_formula(separator, text, more) -> None:
    one = entry(
        "*.example.com", resource=text, purpose=text, region=text, components=tuple(more)
    )
    raw = CSV.render(rule_set(one)).text or ""
    for cell in opened(raw, separator):
        assert cell.lstrip(' "')[:1] not in {*"=+-@＝＋－＠"} or not cell


@given(text=st.text("a;\"'=-@＝ ", max_size=12))
@example("''=1;'-2")
def test_what_is_written_for_spreadsheets_is_read_back_exactly(text) -> None:
    assert unescape_csv(escape_csv(text)) == text
    one = entry("192.0.2.1", resource=text, purpose=text, components=(text, "=b"))
    assert CSV.read_back(CSV.render(rule_set(one)).text) == CSV.expected_lines(rule_set(one))
    other = entry("192.0.2.1", resource=f"'{text}", purpose=text, components=(text, "=b"))
    assert CSV.expected_lines(rule_set(other)) != CSV.expected_lines(rule_set(one))


def test_what_it_wrote_for_spreadsheets_is_read_back_by_audit() -> None:
    one = entry("192.0.2.1", resource="=1; -2", purpose="a;@b", components=("=a", "-b"))
    text = CSV.render(rule_set(one)).text or ""
    [permit] = load_reader("csv").read(text, ReadOptions()).permits
    assert str(permit.target) == "192.0.2.1"


@pytest.mark.parametrize("text", HOSTILE)
def test_json_keeps_every_text_as_it_is(text: str) -> None:
    [row] = json.loads(JSON.render(rule_set(entry("a.example", purpose=text))).text or "")[
        "endpoints"
    ]
    assert row["purpose"] == text


def test_the_json_file_says_what_it_is_made_of() -> None:
    of = SAMPLES["2024-04-europe"]
    document = json.loads(JSON.render(of).text or "")
    assert document.pop("endpoints")
    assert document == {
        "schema": 1,
        "source": "action1",
        "rule_set": "europe",
        "version": 2,
        "digest": of.digest,
        "captured_at": of.captured_at,
        "page_url": of.page_url,
    }


@pytest.mark.parametrize("fmt", [JSON, CSV], ids=lambda fmt: fmt.name)
@pytest.mark.parametrize("text", ["", "{}", "a,b\n", '"', "[]", COLUMNS + "\n1,2\n"])
def test_a_broken_data_file_is_refused(fmt, text: str) -> None:
    with pytest.raises(RuleError, match="cannot be read back"):
        fmt.read_back(text)
