"""Feeds: each item is a row, each value is in a row, taken away by a rule, or a hold."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.errors import FwtrackerError, NothingRead, Unreadable, UsageError
from tracker.parse.feeds import FeedReading, check_feed, read_feed
from tracker.sources import Source
from tracker.sources.definition import Definition

URL = "https://feeds.example.com/ranges"
PREFIXES = [
    {"net": "3.4.12.0/24", "region": "eu-west-1", "service": "AMAZON"},
    {"net": "3.5.0.0/16", "region": "eu-west-2", "service": "CHIME"},
    {"net": "2600:1f70::/32", "region": "eu-west-2", "service": "CHIME"},
]
OF_OBJECTS = {"resource": "$.net", "region": "$.region", "label": "$.service"}


def read(feed: object, **keys: Any) -> FeedReading:
    """A feed, text or data, by a definition of these keys."""
    text = feed if isinstance(feed, str) else json.dumps(feed)
    definition = Definition(**keys)
    check_feed(definition, "[sources.x]")
    return read_feed(text, Source("x", definition), URL)


def said(reading: FeedReading) -> list[dict[str, list[str]]]:
    """The rows as plain texts."""
    return [
        {role: [line.text for line in cell.lines] for role, cell in row.items()}
        for row in reading.rows
    ]


def holds(reading: FeedReading) -> list[str]:
    return [one.message for one in reading.findings if one.verdict == "hold"]


def told(reading: FeedReading) -> dict[str, str]:
    return {one.name: one.message for one in reading.findings if one.verdict == "publish"}


def refusal(feed: object, kind: type[FwtrackerError] = Unreadable, **keys: Any) -> str:
    """The one line with which a feed is refused, without its address."""
    with pytest.raises(kind) as caught:
        read(feed, **keys)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(URL)
    return line.removeprefix(URL).lstrip(":, ")


# JSON: items and fields


def test_an_object_is_a_row_of_its_fields():
    reading = read({"prefixes": PREFIXES}, items="$.prefixes[*]", fields=OF_OBJECTS)
    assert said(reading)[1:] == [
        {"resource": ["3.5.0.0/16"], "region": ["eu-west-2"], "label": ["CHIME"]},
        {"resource": ["2600:1f70::/32"], "region": ["eu-west-2"], "label": ["CHIME"]},
    ]
    assert reading.places == ("$.prefixes[0]", "$.prefixes[1]", "$.prefixes[2]")
    assert reading.lines[0].startswith('$.prefixes[0]: {"net": "3.4.12.0/24", "region"')
    assert (reading.findings, reading.removed) == ((), ())


def test_a_text_is_a_row_with_the_key_above_as_its_label():
    assert said(read({"hooks": ["1.1.1.1", "9.9.9.9"]}, items="$.hooks[*]")) == [
        {"resource": ["1.1.1.1"], "label": ["hooks"]},
        {"resource": ["9.9.9.9"], "label": ["hooks"]},
    ]
    assert said(read(["1.1.1.1"], items="$[*]")) == [{"resource": ["1.1.1.1"]}]
    deep = {"domains": {"web": [["a.example.com"]]}}
    assert said(read(deep, items="$.domains.web[*][*]"))[0]["label"] == ["web"]


def test_a_list_of_texts_is_one_row():
    feed = {"hooks": ["1.1.1.1", "9.9.9.9"], "web": ["a.github.com"]}
    assert said(read(feed, items=("$.hooks", "$.web"))) == [
        {"resource": ["1.1.1.1", "9.9.9.9"], "label": ["hooks"]},
        {"resource": ["a.github.com"], "label": ["web"]},
    ]


def test_each_value_of_a_row_is_a_line_that_can_be_nothing_but_a_value():
    (row,) = read({"a": ["1.1.1.1", "9.9.9.9"]}, items="$.a").rows
    assert [line.bullet for line in row["resource"].lines] == [True, True]
    assert [line.bullet for line in row["label"].lines] == [False]


def test_fields_may_find_lists_numbers_and_several_values():
    feed = [{"urls": ["a.example.com", "b.example.com"], "ips": None, "id": 7, "note": ""}]
    fields = {"resource": ("$.urls", "$.ips"), "label": "$.id", "purpose": "$.note"}
    assert said(read(feed, items="$[*]", fields=fields)) == [
        {"resource": ["a.example.com", "b.example.com"], "label": ["7"], "purpose": []}
    ]


def test_a_field_that_an_item_lacks_is_a_blank_cell_and_no_column_that_is_missing():
    feed = [{"ip": "1.1.1.1", "region": "EU"}, {"ip": "9.9.9.9"}]
    rows = said(read(feed, items="$[*]", fields={"resource": "$.ip", "region": "$.region"}))
    assert [row["region"] for row in rows] == [["EU"], []]


@pytest.mark.parametrize(
    ("item", "lines"),
    [
        ({"tcp": "80,443"}, ["TCP 80,443"]),
        ({"tcp": "80, 443", "udp": "3478-3481"}, ["TCP 80, 443", "UDP 3478-3481"]),
        ({"tcp": [80, 443]}, ["TCP 80,443"]),
        ({"udp": 53}, ["UDP 53"]),
        ({"tcp": "", "udp": "53"}, ["UDP 53"]),
        ({"tcp": " "}, []),
        ({}, []),
    ],
)
def test_ports_of_a_protocol_become_lines_of_the_column_of_ports(item, lines):
    fields = {"resource": "$.ip", "tcp_ports": "$.tcp", "udp_ports": "$.udp"}
    (row,) = said(read([{"ip": "1.1.1.1", **item}], items="$[*]", fields=fields))
    assert row == {"resource": ["1.1.1.1"], "ports": lines}


@pytest.mark.parametrize("ports", ["443 UDP", "any", "*", "443 (TLS)"])
def test_ports_of_a_protocol_have_no_words(ports):
    fields = {"resource": "$.ip", "tcp_ports": "$.tcp"}
    line = refusal([{"ip": "1.1.1.1", "tcp": ports}], items="$[*]", fields=fields)
    assert line == f'$[0]: `tcp_ports` is "{ports}", not ports'


def test_ports_of_a_protocol_stand_behind_other_ports():
    fields = {"udp_ports": "$.udp", "ports": "$.any", "resource": "$.ip"}
    feed = [{"ip": "1.1.1.1", "udp": "53", "any": "443 TCP"}]
    assert said(read(feed, items="$[*]", fields=fields))[0]["ports"] == ["443 TCP", "UDP 53"]


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (False, "false"), ("no", "no")])
def test_a_requirement_may_be_true_or_false(value, text):
    fields = {"resource": "$.ip", "requirement": "$.required"}
    feed = [{"ip": "1.1.1.1", "required": value}]
    assert said(read(feed, items="$[*]", fields=fields))[0]["requirement"] == [text]


def test_text_is_cleaned_as_that_of_a_page_is():
    feed = ["\ufeff 1.1.1.1\u200b\n9.9.9.9 "]
    assert said(read(feed, items="$[*]"))[0]["resource"] == ["1.1.1.1", "9.9.9.9"]


def test_a_byte_order_mark_in_front_is_no_part_of_the_feed():
    assert said(read('\ufeff["1.1.1.1"]', items="$[*]")) == [{"resource": ["1.1.1.1"]}]


# JSON: what no row has


@pytest.mark.parametrize(
    ("extra", "place", "value"),
    [
        ({"more": ["9.9.9.9"]}, "$.more", "9.9.9.9"),
        ({"more": {"deep": [{"net": "9.9.0.0/16"}]}}, "$.more.deep[*].net", "9.9.0.0/16"),
        ({"more": "also b.example.com today"}, "$.more", "b.example.com"),
        ({"more": "9.9.9.1-9.9.9.2"}, "$.more", "9.9.9.1, 9.9.9.2"),
        ({"odd key": "2a00::/16"}, '$["odd key"]', "2a00::/16"),
        ({"more": "9.9.9.9/99"}, "$.more", "9.9.9.9/99"),
        ({"more": "2a00::1/200"}, "$.more", "2a00::1/200"),
        ({"more": "*-files.example.com"}, "$.more", "*-files.example.com"),
        ({"more": ["autodiscover.*.example.com"]}, "$.more", "autodiscover.*.example.com"),
    ],
)
def test_a_value_that_no_row_has_holds_the_feed(extra, place, value):
    reading = read({"a": ["1.1.1.1"], **extra}, items="$.a")
    count = "2 values" if "," in value else "1 value"
    assert holds(reading) == [
        f"{URL}: {count} in no entry, at {place}: {value}; take them by `items`, or"
        f" exclude = ['{place}']"
    ]
    assert [one.name for one in reading.findings] == ["feed-values-not-taken"]


def test_what_the_message_of_a_hold_says_settles_it():
    feed = {"a": ["1.1.1.1"], "more": {"odd key": ["9.9.9.9"], "x": [{"y": "8.8.8.8"}]}}
    (line,) = holds(read(feed, items="$.a"))
    rules = line.partition("exclude = [")[2].rstrip("]").split(", ")
    reading = read(feed, items="$.a", exclude=tuple(rule.strip("'") for rule in rules))
    assert reading.findings == ()
    assert reading.removed == ("9.9.9.9", "8.8.8.8")


def test_many_values_are_counted_and_named_in_short():
    feed = {
        "a": ["1.1.1.1"],
        **{f"k{n}": [f"9.9.{n}.{i}" for i in range(20)] for n in range(9)},
    }
    (line,) = holds(read(feed, items="$.a"))
    assert "180 values in no entry, at $.k0, $.k1, $.k2 and 6 more: 9.9.0.0, 9.9.0.1," in line
    assert "and 175 more (" in line
    assert len(line) < 300


def test_a_value_in_a_key_holds_the_feed():
    feed = {"a": {"b.example.com": ["1.1.1.1"]}}
    (line,) = holds(read(feed, items="$.a[*]"))
    assert "1 value in no entry, at a key of an object: b.example.com; approve it" in line


def test_a_value_in_a_text_about_an_entry_holds_the_feed():
    feed = [{"ip": "1.1.1.1", "note": "and 9.9.9.9", "of": "b.example.com"}]
    fields = {"resource": "$.ip", "purpose": "$.note", "components": "$.of"}
    (line,) = holds(read(feed, items="$[*]", fields=fields))
    assert "2 values in no entry" in line
    assert "9.9.9.9" in line
    assert "b.example.com" in line


def test_a_value_that_a_row_has_may_stand_elsewhere():
    feed = {"a": ["1.1.1.1", "2A00:0::/16"], "old": ["1.1.1.1/32", "2a00::/16"]}
    assert read(feed, items="$.a").findings == ()


def test_a_selected_item_has_no_value_that_no_field_takes():
    feed = {"p": [{"net": "1.1.1.0/24", "next": "9.9.9.0/24", "kind": "x"}, {"net": "8.8.8.8"}]}
    reading = read(feed, items="$.p[?@.kind=='x']", fields={"resource": "$.net"})
    (line,) = holds(reading)
    assert "1 value in no entry, at $.p[*].next: 9.9.9.0/24" in line


def test_what_a_filter_passes_over_is_counted_and_holds_nothing():
    reading = read(
        {"prefixes": PREFIXES}, items="$.prefixes[?@.service=='AMAZON']", fields=OF_OBJECTS
    )
    assert [row["resource"] for row in said(reading)] == [["3.4.12.0/24"]]
    assert told(reading) == {
        "items-not-selected": f"{URL}: the filter of `items` passes over 2 items"
    }
    assert holds(reading) == []


def test_filters_that_share_all_items_pass_over_nothing():
    items = tuple(f"$.prefixes[?@.service=='{name}']" for name in ("AMAZON", "CHIME"))
    reading = read({"prefixes": PREFIXES}, items=items, fields=OF_OBJECTS)
    assert (len(reading.rows), reading.findings) == (3, ())


def test_an_item_that_a_filter_chooses_and_its_path_does_not_reach_is_not_passed_over():
    feed = {"p": [{"ok": 1, "v4": "1.1.1.1"}, {"ok": 1, "v6": "2a00::/16"}, {"v4": "9.9.9.9"}]}
    reading = read(feed, items="$.p[?@.ok].v4")
    assert [row["resource"] for row in said(reading)] == [["1.1.1.1"]]
    assert "passes over 1 item" in told(reading)["items-not-selected"]
    assert "at $.p[*].v6: 2a00::/16" in holds(reading)[0]


@pytest.mark.parametrize(
    "items", ["$..[?@.service=='AMAZON']", "$.prefixes[0]", "$.prefixes[:1]"]
)
def test_a_choice_without_a_container_or_a_condition_leaves_over_the_rest(items):
    reading = read({"prefixes": PREFIXES}, items=items, fields=OF_OBJECTS)
    assert len(reading.rows) == 1
    assert "2 values in no entry, at $.prefixes[*].net" in holds(reading)[0]


def test_what_stands_outside_of_select_is_counted_and_holds_nothing():
    feed = {"web": ["1.1.1.1"], "api": ["9.9.9.9"], "runners": ["8.8.8.8", "8.8.4.4"]}
    reading = read(feed, items="$.web", select=("$.web", "$.api"))
    assert told(reading) == {"items-not-selected": f"{URL}: 2 values outside of `select`"}
    assert "1 value in no entry, at $.api: 9.9.9.9" in holds(reading)[0]
    assert said(read(feed, items="$[*]", select="$.api")) == [
        {"resource": ["9.9.9.9"], "label": ["api"]}
    ]
    line = refusal(feed, items="$.web", select="$.hooks")
    assert line.startswith("select: nothing is at $.hooks;")


def test_what_exclude_takes_away_is_in_no_row_and_named():
    feed = {"a": ["1.1.1.1/32", "2A00::/16", "x"], "b": {"c": ["B.example.com"]}}
    reading = read(feed, items="$.a[0]", exclude=("$.a[1:]", "$.b"))
    assert [row["resource"] for row in said(reading)] == [["1.1.1.1/32"]]
    assert (reading.findings, reading.removed) == ((), ("2a00::/16", "b.example.com"))


def test_an_excluded_item_is_no_row_and_those_behind_it_keep_their_places():
    reading = read(
        {"prefixes": PREFIXES},
        items="$.prefixes[*]",
        fields=OF_OBJECTS,
        exclude="$.prefixes[?@.region=='eu-west-1']",
    )
    assert reading.places == ("$.prefixes[1]", "$.prefixes[2]")
    assert (reading.findings, reading.removed) == ((), ("3.4.12.0/24",))


def test_excluded_values_of_an_item_are_left_out_and_the_item_too_where_none_is_left():
    feed = [{"urls": ["a.example.com", "*-x.example.com"]}, {"urls": ["*-y.example.com"]}]
    keys = {"items": "$[*]", "exclude": "$[*].urls[?match(@, '[*]-.*')]"}
    reading = read(feed, fields={"resource": "$.urls"}, **keys)
    assert said(reading) == [{"resource": ["a.example.com"]}]
    assert reading.removed == ("*-x.example.com", "*-y.example.com")
    lists = {"a": feed[0]["urls"], "b": feed[1]["urls"]}
    reading = read(lists, items="$[*]", exclude="$[*][?match(@, '[*]-.*')]")
    assert said(reading) == [{"resource": ["a.example.com"], "label": ["a"]}]


def test_a_path_of_exclude_that_finds_nothing_is_said():
    reading = read({"a": ["1.1.1.1"]}, items="$.a", exclude="$.old")
    assert told(reading) == {"rule-without-match": f"{URL}: exclude: nothing is at $.old"}


def test_an_ignored_field_is_taken_away_by_name():
    feed = [{"ip": "1.1.1.1", "via": "9.9.9.9", "more": {"x": ["8.8.8.8"]}}]
    fields = {"resource": "$.ip", "ignore": ("$.via", "$.more")}
    reading = read(feed, items="$[*]", fields=fields)
    assert said(reading) == [{"resource": ["1.1.1.1"]}]
    assert (reading.findings, reading.removed) == ((), ("9.9.9.9", "8.8.8.8"))


@pytest.mark.parametrize(
    "text",
    [
        "ssh-rsa AAAAB3NzaC1yc2E+/wAAAADAQ== host",
        "uNiVztksCsDhcc0u9e8BujQXVUpKZIDTMczCvj3tD2s",
        "SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM",
        "16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48",
        "00:1b:44:11:3a:b7",
        "2021-09-11T10:03:28.48825",
        "2023-06-16-20-03-10",
        "version 1.2.3",
        "eu-west-1",
        "noc@example.com",
    ],
)
def test_what_only_looks_like_a_value_is_neither_read_nor_holds(text):
    assert read({"a": ["1.1.1.1"], "x": text, "y": [text]}, items="$.a").findings == ()


def test_links_are_neither_read_nor_hold_but_counted():
    feed = {"a": ["1.1.1.1"], "docs": "see https://docs.example.com/x?y=9.9.9.9 there"}
    reading = read(feed, items="$.a")
    assert holds(reading) == []
    assert told(reading) == {
        "feed-links-not-read": (
            f"{URL}: 1 web address not read: https://docs.example.com/x?y=9.9.9.9"
        )
    }


def test_a_resource_that_is_a_link_is_a_resource():
    assert said(read(["https://a.example.com/"], items="$[*]")) == [
        {"resource": ["https://a.example.com/"]}
    ]


# JSON that is refused


@pytest.mark.parametrize(
    ("feed", "says"),
    [
        ("{", "the feed is not valid JSON: Expecting property name"),
        ('{"a": ["1.1.1.1"]', "the feed is not valid JSON: Expecting ',' delimiter: line 1"),
        ("Not Found", "the feed is not valid JSON: Expecting value"),
        ('["1.1.1.1"] []', "the feed is not valid JSON: Extra data"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', 'not valid JSON: the key "c" stands twice in one'),
        ('{"a": [NaN]}', "the feed is not valid JSON: NaN is not a number of JSON"),
        ('{"a": -Infinity}', "the feed is not valid JSON: -Infinity is not a number of JSON"),
        ('"1.1.1.1"', "the feed is a text, not an object or a list"),
        ("null", "the feed is null, not an object or a list"),
        ("17", "the feed is a number, not an object or a list"),
        ('{"a": ["\\ud800"]}', "the feed has half a character, an escape such as \\ud800"),
        ('{"\\udfff": ["1.1.1.1"]}', "the feed has half a character"),
        ("[" * 100_000, "the feed is nested more than 50 levels deep"),
        ("[" * 60 + "]" * 60, "the feed is nested more than 50 levels deep"),
        ('{"a": ' * 60 + "1" + "}" * 60, "the feed is nested more than 50 levels deep"),
        ("{}", "items: nothing is at $.a[*]; the feed is empty or has another form, with 0 items"),
        ('{"a": []}', 'items: nothing is at $.a[*]; the feed is empty or has another form, with the'),
        (
            '{"message": "rate limit", "docs": "x"}',
            "items: nothing is at $.a[*]; the feed is empty or has another form, with the keys"
            ' "message", "docs"',
        ),
        ('{"a": [{"ip": "1.1.1.1"}]}', "$.a[0]: an object; say by `fields` what its resource is"),
        ('{"a": ["1.1.1.1", 5]}', "$.a[1]: `resource` is a number, not a text, at $.a[1]"),
        ('{"a": ["1.1.1.1", true]}', "$.a[1]: `resource` is true or false, not a text"),
        ('{"a": ["1.1.1.1", null]}', "$.a[1]: it has no value for `resource`"),
        ('{"a": ["1.1.1.1", " "]}', "$.a[1]: it has no value for `resource`"),
        ('{"a": ["1.1.1.1", []]}', "$.a[1]: it has no value for `resource`"),
        ('{"a": [["1.1.1.1", ["9.9.9.9"]]]}', "$.a[0]: `resource` is a list, not a text, at $.a[0][1]"),
        ('{"a": [["1.1.1.1", {}]]}', "$.a[0]: `resource` is an object, not a text, at $.a[0][1]"),
    ],
)  # fmt: skip
def test_json_of_another_form_is_refused_in_one_line(feed, says):
    assert says in refusal(feed, items="$.a[*]")


def test_nesting_up_to_the_limit_is_read():
    feed = '{"a": ' * 48 + '["1.1.1.1"]' + "}" * 48
    assert said(read(feed, items="$..a[0]")) == [{"resource": ["1.1.1.1"], "label": ["a"]}]


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ("1.1.1.1", "$[0]: a text, but `fields` are those of an object"),
        (None, "$[0]: null, but `fields` are those of an object"),
        ({}, "$[0]: it has no value for `resource`"),
        ({"net": None}, "$[0]: it has no value for `resource`"),
        ({"net": ""}, "$[0]: it has no value for `resource`"),
        ({"net": {"ip": "1.1.1.1"}}, "$[0]: `resource` is an object, not a text, at $[0].net"),
        ({"net": [["1.1.1.1"]]}, "$[0]: `resource` is a list, not a text, at $[0].net[0]"),
        ({"net": 17}, "$[0]: `resource` is a number, not a text, at $[0].net"),
        ({"net": "1.1.1.1", "service": 1.5}, "$[0]: `label` is a number, not a text"),
        ({"net": "1.1.1.1", "service": True}, "$[0]: `label` is true or false, not a text"),
        ({"net": "1.1.1.1", "region": 3}, "$[0]: `region` is a number, not a text"),
    ],
)
def test_an_item_of_another_form_is_refused_in_one_line(item, says):
    assert refusal([item], items="$[*]", fields=OF_OBJECTS).startswith(says)


def test_one_of_several_paths_that_finds_nothing_stops_the_feed():
    line = refusal({"a": ["1.1.1.1"], "b": []}, items=("$.a[*]", "$.b[*]"))
    assert line.startswith("items: nothing is at $.b[*]")


@pytest.mark.parametrize("items", [("$.a", "$.a[*]"), ("$.a[*]", "$.a"), ("$.a[*]", "$.a[0]")])
def test_a_value_is_never_of_two_items(items):
    assert refusal({"a": ["1.1.1.1"]}, items=items) == "`items` takes $.a[0] twice"


def test_a_feed_of_which_nothing_is_left_is_refused():
    line = refusal({"a": ["1.1.1.1"]}, NothingRead, items="$.a[*]", exclude="$.a")
    assert line == "the feed has no item; it may have another form"


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
        ("IP,City\n1.1.1.1,Rome\n", 'the column "IP range" is not there; the feed has "IP", "City"'),
        ("IP range,City,City\n1.1.1.1,a,b\n", 'the column "City" stands twice; the feed has'),
        ("IP range,City\n1.1.1.1\n", "line 2: 1 cell, but the first row has 2"),
        ("IP range,City\n#\n1.1.1.1,a,b\n", "line 3: 3 cells, but the first row has 2"),
        ("IP range,City\n,Rome\n", "line 2, it has no value"),
        ('IP range,City\n"1.1.1.1,Rome\n', "line 2: not valid CSV: unexpected end of data"),
        ('IP range,City\n"1.1.1.1"x,Rome\n', "line 2: not valid CSV"),
        (",\nIP range,City\n1.1.1.1,Rome\n", 'the column "IP range" is not there'),
    ],
)  # fmt: skip
def test_csv_of_another_form_is_refused_in_one_line(feed, says):
    assert says.replace(", it", ": it") in refusal(feed, items="csv", fields=BY_NAME)


@pytest.mark.parametrize("feed", ["IP range,City\n", "# nothing\n"])
def test_csv_without_a_row_is_refused(feed):
    assert "no " in refusal(feed, NothingRead, items="csv", fields=BY_NAME)


# Lines


def test_a_line_is_a_row_without_its_comment():
    feed = "# list\n1.1.1.0/24\n\n 2a00::/16 \t# Rome\n; old\n// x\n9.9.9.9 ; SBL1\n*.example.com\n"
    reading = read(feed, items="lines")
    assert [row["resource"] for row in said(reading)] == [
        ["1.1.1.0/24"],
        ["2a00::/16"],
        ["9.9.9.9"],
        ["*.example.com"],
    ]
    assert reading.places == ("line 2", "line 4", "line 7", "line 8")
    assert reading.lines[1] == "2a00::/16 # Rome"
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


# Definitions


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"items": "prefixes"}, 'items: "prefixes" is not a JSONPath of RFC 9535: it does not'),
        ({"items": ("$.a", "$.b[")}, 'items: "$.b[" is not a JSONPath of RFC 9535: unexpected end'),
        ({"items": ""}, ""),
        ({"items": ("$.a", "")}, 'items: "" is not a JSONPath of RFC 9535: it does not start with $'),
        ({"items": "$.a", "exclude": "$.b.~"}, 'exclude: "$.b.~" is not a JSONPath of RFC 9535'),
        ({"items": "$.a", "select": "main"}, 'select: "main" is not a JSONPath of RFC 9535'),
        ({"items": "$.a[?@.x==1e999]"}, 'items: "$.a[?@.x==1e999]" is not a JSONPath of RFC 9535'),
        ({"items": "$.a | $.b"}, 'items: "$.a | $.b" is not a JSONPath of RFC 9535'),
        ({"items": "$[?" + "(" * 3000 + "@.a" + ")" * 3000 + "]"}, "is not a JSONPath"),
        (
            {"items": "$.a", "fields": {"resource": "$.x", "region": "region"}},
            'fields.region: "region" is not a JSONPath',
        ),
        ({"items": "$.a", "fields": {"region": "$.r"}}, "fields: say by a path which value is the"),
        ({"items": ("csv", "lines")}, 'items: "csv" is not a JSONPath'),
        ({"items": "lines", "exclude": "$.x"}, 'exclude: there is nothing to say by it if items = "lines"'),
        ({"items": "lines", "select": "$.x"}, 'select: there is nothing to say by it if items = "lines"'),
        ({"items": "csv", "select": "x"}, 'select: there is nothing to say by it if items = "csv"'),
        (
            {"items": "csv", "fields": {"resource": "1", "region": "City"}},
            'fields: "City" is the name of a column, "1" the number of one; give numbers for a feed',
        ),
        ({"items": "csv", "fields": {"resource": "0"}}, "fields: columns are numbered from 1"),
    ],
)  # fmt: skip
def test_a_definition_that_can_be_right_in_no_feed_is_named_with_its_key(keys, says):
    if not says:
        check_feed(Definition(**keys), "[sources.x]")  # no feed
        return
    with pytest.raises(UsageError) as caught:
        check_feed(Definition(**keys), "[sources.x]")
    line = str(caught.value)
    assert line.startswith("[sources.x] ")
    assert says in line
    assert "\n" not in line
    assert len(line) < 300


# Size


def test_ten_thousand_items_are_read():
    feed = {"p": [{"net": f"10.{n >> 8}.{n & 255}.0/24", "of": "x"} for n in range(10_000)]}
    reading = read(feed, items="$.p[*]", fields={"resource": "$.net", "label": "$.of"})
    assert (len(reading.rows), reading.findings) == (10_000, ())


@pytest.mark.parametrize("piece", ["a.", "1:", "*.", "x+", "a.b "])
def test_a_long_text_takes_no_longer_for_what_it_is_made_of(piece):
    read({"a": ["1.1.1.1"], "x": piece * 200_000}, items="$.a")


# Any feed under any such definition


VALUES = st.one_of(
    st.integers(0, 255 * 256 - 1).map(lambda n: f"11.{n >> 8}.{n & 255}.0/24"),
    st.integers(1, 2**16 - 1).map(lambda n: f"2a{n >> 8:02x}:{n & 255:x}::/32"),
    st.from_regex(r"(\*\.)?[a-z]{3,8}\.example\.(com|net)", fullmatch=True),
)
WORDS = st.sampled_from(["eu-west-1", "Global", "Service A", "x y", "7"])
NOISE = st.sampled_from(
    [None, True, 17, 1.5, "2023-06-16-20-03-10", "ssh-rsa AAA+/=", [], {}, "10:03:28.1", ["x"]]
)
KEYS = st.lists(
    st.text("abcdef_ -'\"é.", min_size=1, max_size=6), min_size=8, max_size=8, unique=True
)
ITEM = st.fixed_dictionaries({"values": st.lists(VALUES, min_size=1, max_size=3, unique=True)})
ITEMS = st.lists(
    st.tuples(st.lists(VALUES, min_size=1, max_size=3), WORDS, WORDS), min_size=1, max_size=6
)


def step(key: str) -> str:
    return f"[{json.dumps(key)}]"


@st.composite
def json_feeds(draw):
    """A feed, its definition, and the rows that it says."""
    names, items = draw(KEYS), draw(ITEMS)
    resource, region, label, above, around, other, *_ = names
    as_objects = draw(st.booleans())
    listed: list[Any] = []
    rows: list[dict[str, list[str]]] = []
    for values, area, name in items:
        whole = values if len(values) > 1 or draw(st.booleans()) else values[0]
        if as_objects:
            listed.append({region: area, resource: whole, other: draw(NOISE), label: name})
            rows.append({"resource": values, "region": [area], "label": [name]})
        else:
            listed.append(whole)
            rows.append({"resource": values, "label": [" ".join(above.split())]})
    feed = {around: draw(NOISE), above: listed}
    keys: dict[str, Any] = {"items": f"${step(above)}[*]"}
    if as_objects:
        keys["fields"] = {
            "resource": f"${step(resource)}",
            "region": f"${step(region)}",
            "label": f"${step(label)}",
        }
    elif not above.strip():
        rows = [{**row, "label": []} for row in rows]
    return feed, keys, rows


@given(json_feeds())
@settings(deadline=None)
def test_any_json_is_read_exactly(case):
    feed, keys, rows = case
    reading = read(feed, **keys)
    assert said(reading) == rows
    assert holds(reading) == []


@given(json_feeds(), st.data())
@settings(deadline=None)
def test_json_with_one_more_value_anywhere_says_it_or_is_stopped(case, data):
    feed, keys, rows = case
    extra = "9.9.9.9"
    places = list(_containers(feed))
    place = data.draw(st.sampled_from(places))
    if isinstance(place, list):
        place.insert(data.draw(st.integers(0, len(place))), extra)
    else:
        place["new"] = data.draw(st.sampled_from([extra, [extra], {"x": extra}]))
    try:
        reading = read(feed, **keys)
    except (Unreadable, NothingRead) as error:
        assert "\n" not in str(error)
        return
    assert any(extra in row["resource"] for row in said(reading)) or extra in holds(reading)[0]
    kept = [value for row in said(reading) for value in row["resource"] if value != extra]
    assert kept == [value for row in rows for value in row["resource"]]


@given(json_feeds(), st.data())
@settings(deadline=None)
def test_json_of_which_a_part_is_something_else_is_read_exactly_or_stopped(case, data):
    feed, keys, rows = case
    places = [place for place in _containers(feed) if place]
    place = data.draw(st.sampled_from(places))
    at = data.draw(
        st.sampled_from(range(len(place)) if isinstance(place, list) else list(place))
    )
    lost = set(_texts(place[at]))
    place[at] = data.draw(NOISE)
    try:
        reading = read(feed, **keys)
    except (Unreadable, NothingRead) as error:
        assert "\n" not in str(error)
        return
    found = [value for row in said(reading) for value in row["resource"]]
    expected = [value for row in rows for value in row["resource"]]
    assert set(found) <= {*expected, *_texts(place[at])}
    assert set(expected) - set(found) <= lost


def _containers(value: Any):
    if isinstance(value, dict | list):
        yield value
        for child in value.values() if isinstance(value, dict) else value:
            yield from _containers(child)


def _texts(value: Any):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _texts(child)


@given(ITEMS, st.permutations(range(4)), st.sampled_from([",", ";", "\t"]), st.booleans())
@settings(deadline=None)
def test_any_csv_is_read_exactly(items, order, sign, has_header):
    names = ["range", "region, or area", "label", "note"]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=sign)
    if has_header:
        writer.writerow([names[i] for i in order])
    for values, area, name in items:
        cells = ["\n".join(values), area, name, "no; value, here"]
        writer.writerow([cells[i] for i in order])
    columns = names if has_header else [str(order.index(i) + 1) for i in range(4)]
    fields = dict(zip(("resource", "region", "label"), columns, strict=False))
    # What parts the cells has to be told from what stands in them, by the first line.
    if not out.getvalue().splitlines()[0].count(",") and sign == ",":
        return
    try:
        reading = read(out.getvalue(), items="csv", fields=fields)
    except Unreadable:
        assert sign != ","
        return
    assert said(reading) == [
        {"resource": values, "region": [area], "label": [name]} for values, area, name in items
    ]
    assert reading.findings == ()


@given(st.lists(st.tuples(VALUES, st.sampled_from(["", " # note", "\t; x"])), min_size=1))
def test_any_lines_are_read_exactly(lines):
    reading = read("".join(f"{value}{note}\n" for value, note in lines), items="lines")
    assert said(reading) == [{"resource": [value]} for value, _ in lines]
    assert reading.findings == ()


@given(st.text(max_size=60), st.sampled_from(["$.a[*]", "$[*]", "csv", "lines"]))
def test_any_text_is_read_or_refused_in_one_line(text, items):
    fields = {"resource": "1"} if items == "csv" else {}
    try:
        read(text, items=items, fields=fields)
    except (Unreadable, NothingRead) as error:
        assert len(str(error).splitlines()) == 1
