"""Feeds of text: CSV, lines, and bodies that are no feed."""

from __future__ import annotations

import pytest

from tests.support.feeds import URL, holds, read, refusal, said
from tracker.errors import NothingRead

# Bodies that are no feed


@pytest.mark.parametrize("items", ["$.a[*]", "csv", "lines"])
@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "the feed is empty"),
        (" \n\t\n", "the feed is empty"),
        ("\n<!DOCTYPE html><html><p>1.1.1.1", "a page of HTML came in place of the feed"),
        ("<HTML>", "a page of HTML came in place of the feed"),
        ("<?xml version='1.0'?><html>", "a page of HTML came in place of the feed"),
        ("<?xml version='1.0'?><Error>", "an XML document came in place of the feed"),
    ],
)
def test_what_is_no_feed_is_named(body, says, items):
    fields = {} if items == "lines" else {"resource": "$.a" if items != "csv" else "ip"}
    assert refusal(body, NothingRead, items=items, fields=fields) == says


@pytest.mark.parametrize("items", ["csv", "lines"])
@pytest.mark.parametrize("body", ['{"error": "gone"}', '["1.1.1.1"]', '\n[\n"1.1.1.1"\n]\n'])
def test_json_in_place_of_text_is_named(body, items):
    fields = {} if items == "lines" else {"resource": "1"}
    line = refusal(body, NothingRead, items=items, fields=fields)
    assert line == "JSON came in place of the feed"


# CSV


BY_NAME = {"resource": "IP range", "region": "City"}


def test_csv_is_read_by_the_names_of_its_columns():
    feed = (
        'City,Note,IP range\r\n"Paris, FR",x,"1.1.1.0/24\n9.9.9.0/24"\r\n\r\nRome,,8.8.8.8\r\n'
    )
    reading = read(feed, items="csv", fields=BY_NAME)
    assert said(reading) == [
        {"resource": ["1.1.1.0/24", "9.9.9.0/24"], "region": ["Paris, FR"]},
        {"resource": ["8.8.8.8"], "region": ["Rome"]},
    ]
    assert (reading.findings, reading.places) == ((), ("line 3", "line 5"))


def test_csv_without_a_header_is_read_by_numbers_and_comments_are_skipped():
    feed = (
        "# made 2024-04-13 10:00:04.672665, see https://example.com/x\n1.1.1.0/24,US,Paris,\n"
    )
    reading = read(feed, items="csv", fields={"resource": "1", "region": "3"})
    assert said(reading) == [{"resource": ["1.1.1.0/24"], "region": ["Paris"]}]
    assert (reading.findings, reading.places) == ((), ("line 2",))


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_csv_is_parted_by_what_its_first_line_has(sign):
    feed = f"# a, b\nCity{sign}IP range\nParis{sign}1.1.1.1\n"
    assert said(read(feed, items="csv", fields=BY_NAME))[0]["region"] == ["Paris"]


def test_several_columns_are_of_one_entry():
    fields = {"resource": ("v4", "v6"), "tcp_ports": "tcp", "requirement": "must"}
    feed = "v4,v6,tcp,must\n1.1.1.1,,443,true\n9.9.9.9,2a00::1,,\n"
    assert said(read(feed, items="csv", fields=fields)) == [
        {"resource": ["1.1.1.1"], "requirement": ["true"], "ports": ["TCP 443"]},
        {"resource": ["9.9.9.9", "2a00::1"], "requirement": [], "ports": []},
    ]


def test_a_column_that_no_field_names_and_that_has_values_holds_the_feed():
    feed = "IP range,City,Gateway\n1.1.1.1,Rome,9.9.9.9\n1.1.1.2,Rome,b.example.com\n"
    assert holds(read(feed, items="csv", fields=BY_NAME)) == [
        f"{URL}: 2 values in no entry, at Gateway: 9.9.9.9, b.example.com; take them by"
        " `items`, or exclude = ['Gateway']"
    ]
    reading = read(feed, items="csv", fields=BY_NAME, exclude="Gateway")
    assert (reading.findings, reading.removed) == ((), ("9.9.9.9", "b.example.com"))
    reading = read(feed, items="csv", fields={**BY_NAME, "ignore": "Gateway"})
    assert (reading.findings, reading.removed) == ((), ("9.9.9.9", "b.example.com"))
    assert all("ignore" not in row for row in reading.rows)


def test_a_value_in_a_comment_or_a_text_about_an_entry_holds_the_feed():
    feed = "#9.9.9.9 is gone\nIP range,City\n1.1.1.1,b.example.com\n"
    (line,) = holds(read(feed, items="csv", fields=BY_NAME))
    assert "2 values in no entry, at a comment, City: 9.9.9.9, b.example.com" in line


@pytest.mark.parametrize(
    ("feed", "says"),
    [
        (
            "IP,City\n1.1.1.1,Rome\n",
            'column "IP range" is not there; the feed has "IP", "City"',
        ),
        ("IP range,City,City\n1.1.1.1,a,b\n", 'the column "City" stands twice; the feed has'),
        ("IP range,City\n1.1.1.1\n", "line 2: 1 cell, but the first row has 2"),
        ("IP range,City\n#\n1.1.1.1,a,b\n", "line 3: 3 cells, but the first row has 2"),
        ("IP range,City\n,Rome\n", "line 2, it has no value"),
        ('IP range,City\n"1.1.1.1,Rome\n', "line 2: not valid CSV: unexpected end of data"),
        ('IP range,City\n"1.1.1.1"x,Rome\n', "line 2: not valid CSV"),
        (",\nIP range,City\n1.1.1.1,Rome\n", 'the column "IP range" is not there'),
    ],
)
def test_csv_of_another_form_is_refused_in_one_line(feed, says):
    assert says.replace(", it", ": it") in refusal(feed, items="csv", fields=BY_NAME)


@pytest.mark.parametrize("feed", ["IP range,City\n", "# nothing\n"])
def test_csv_without_a_row_is_refused(feed):
    assert "no " in refusal(feed, NothingRead, items="csv", fields=BY_NAME)


# Lines


def test_a_line_is_a_row_without_its_comment():
    feed = "# list\n1.1.1.0/24\n\n 2a00::/16 \t# Rome\n; old\n// x\n9.9.9.9 ; SBL1\n*.b.com\n"
    reading = read(feed, items="lines")
    assert [row["resource"] for row in said(reading)] == [
        ["1.1.1.0/24"],
        ["2a00::/16"],
        ["9.9.9.9"],
        ["*.b.com"],
    ]
    assert reading.places == ("line 2", "line 4", "line 7", "line 8")
    assert reading.findings == ()


def test_a_link_in_a_line_is_no_comment():
    assert said(read("https://a.example.com\n", items="lines")) == [
        {"resource": ["https://a.example.com"]}
    ]


def test_a_value_in_the_comment_of_a_line_holds_the_feed():
    assert holds(read("1.1.1.1 # was 9.9.9.9\n", items="lines")) == [
        f"{URL}: 1 value in no entry, at a comment: 9.9.9.9; approve it"
    ]


def test_lines_of_nothing_but_comments_are_refused():
    assert "no item" in refusal("# none\n\n", NothingRead, items="lines")
