"""The CSV and the JSON file, opened with what people open them with."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.formats.samples import HOSTILE, SAMPLES, entry, rule_set
from tracker.errors import RuleError
from tracker.formats import load
from tracker.model import Service

COLUMNS = (
    "region,direction,target,protocol,from_port,to_port,service,inferred,resource,"
    "requirement,only_for,components,purpose,withheld,leaves,assumed"
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
    assert len(row) == 16
    assert not any(cell[:1] in {*"=+-@＝＋－＠\t\r\n\0"} for cell in row.values() if cell)
    assert row["target"] == "*.example.com"


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
