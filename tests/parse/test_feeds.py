"""Feeds of JSON: an item is a row, and any other form is refused; keys of a definition."""

from __future__ import annotations

import pytest

from tests.support.feeds import read, refusal, said
from tracker.errors import NothingRead, UsageError
from tracker.parse.feeds import check_feed
from tracker.sources.definition import Definition

PREFIXES = [
    {"net": "3.4.12.0/24", "region": "eu-west-1", "service": "AMAZON"},
    {"net": "3.5.0.0/16", "region": "eu-west-2", "service": "CHIME"},
    {"net": "2600:1f70::/32", "region": "eu-west-2", "service": "CHIME"},
]
OF_OBJECTS = {"resource": "$.net", "region": "$.region", "label": "$.service"}


# Items and fields of JSON


def test_an_object_is_a_row_of_its_fields():
    reading = read({"prefixes": PREFIXES}, items="$.prefixes[*]", fields=OF_OBJECTS)
    assert said(reading)[1:] == [
        {"resource": ["3.5.0.0/16"], "region": ["eu-west-2"], "label": ["CHIME"]},
        {"resource": ["2600:1f70::/32"], "region": ["eu-west-2"], "label": ["CHIME"]},
    ]
    assert reading.places == ("$.prefixes[0]", "$.prefixes[1]", "$.prefixes[2]")
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
        ("{}", "items: nothing is at $.a[*]; the feed is empty or has another"),
        (
            '{"a": []}',
            'nothing is at $.a[*]; the feed is empty or has another form, with the keys "a"',
        ),
        (
            '{"message": "rate limit", "docs": "x"}',
            "items: nothing is at $.a[*]; the feed is empty or has another form, with the keys"
            ' "message", "docs"',
        ),
        ('{"a": [{"ip": "1.1.1.1"}]}', "$.a[0]: an object; say by `fields` what its"),
        ('{"a": ["1.1.1.1", 5]}', "$.a[1]: `resource` is a number, not a text, at $.a[1]"),
        ('{"a": ["1.1.1.1", true]}', "$.a[1]: `resource` is true or false, not a text"),
        ('{"a": ["1.1.1.1", null]}', "$.a[1]: it has no value for `resource`"),
        ('{"a": ["1.1.1.1", " "]}', "$.a[1]: it has no value for `resource`"),
        ('{"a": ["1.1.1.1", []]}', "$.a[1]: it has no value for `resource`"),
        ('{"a": [["1.1.1.1", ["9.9.9.9"]]]}', "`resource` is a list, not a text, at $.a[0][1]"),
        ('{"a": [["1.1.1.1", {}]]}', "`resource` is an object, not a text, at $.a[0][1]"),
    ],
)
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


# Definitions


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"items": "prefixes"}, 'items: "prefixes" is not a JSONPath of RFC 9535: it does'),
        ({"items": ("$.a", "$.b[")}, 'items: "$.b[" is not a JSONPath of RFC 9535: unexpected'),
        ({"items": ""}, ""),
        ({"items": ("$.a", "")}, 'items: "" is not a JSONPath of RFC 9535: it does not start'),
        (
            {"items": "$.a", "exclude": "$.b.~"},
            'exclude: "$.b.~" is not a JSONPath of RFC 9535',
        ),
        ({"items": "$.a", "select": "main"}, 'select: "main" is not a JSONPath of RFC 9535'),
        ({"items": "$.a[?@.x==1e999]"}, 'items: "$.a[?@.x==1e999]" is not a JSONPath'),
        ({"items": "$.a | $.b"}, 'items: "$.a | $.b" is not a JSONPath of RFC 9535'),
        ({"items": "$[?" + "(" * 3000 + "@.a" + ")" * 3000 + "]"}, "is not a JSONPath"),
        (
            {"items": "$.a", "fields": {"resource": "$.x", "region": "region"}},
            'fields.region: "region" is not a JSONPath',
        ),
        ({"items": "$.a", "fields": {"region": "$.r"}}, "fields: say by a path which"),
        ({"items": ("csv", "lines")}, 'items: "csv" is not a JSONPath'),
        ({"items": "lines", "exclude": "$.x"}, "exclude: there is nothing to say by it if"),
        ({"items": "lines", "select": "$.x"}, "select: there is nothing to say by it if"),
        (
            {"items": "csv", "select": "x"},
            'select: there is nothing to say by it if items = "csv"',
        ),
        (
            {"items": "csv", "fields": {"resource": "1", "region": "City"}},
            'fields: "City" is the name of a column, "1" the number of one; give',
        ),
        ({"items": "csv", "fields": {"resource": "0"}}, "fields: columns are numbered from 1"),
    ],
)
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
