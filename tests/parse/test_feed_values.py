"""Values of JSON that no row has: taken away by a rule, passed over by choice, or a hold."""

from __future__ import annotations

import tomllib

import pytest

from tests.support.feeds import URL, holds, read, refusal, said, told

PREFIXES = [
    {"net": "3.4.12.0/24", "region": "eu-west-1", "service": "AMAZON"},
    {"net": "3.5.0.0/16", "region": "eu-west-2", "service": "CHIME"},
    {"net": "2600:1f70::/32", "region": "eu-west-2", "service": "CHIME"},
]
OF_OBJECTS = {"resource": "$.net", "region": "$.region", "label": "$.service"}


# JSON: what no row has


@pytest.mark.parametrize(
    ("extra", "place", "value"),
    [
        ({"more": ["9.9.9.9"]}, "$.more", "9.9.9.9"),
        ({"more": {"deep": [{"net": "9.9.0.0/16"}]}}, "$.more.deep[*].net", "9.9.0.0/16"),
        ({"more": "also b.example.com today"}, "$.more", "b.example.com"),
        ({"more": "9.9.9.1-9.9.9.2"}, "$.more", "9.9.9.1, 9.9.9.2"),
        ({"odd key": "2a00::/16"}, '$["odd key"]', "2a00::/16"),
        ({"a\\b": ["9.9.9.9"]}, '$["a\\\\b"]', "9.9.9.9"),
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


def test_a_key_with_an_apostrophe_is_written_as_toml_has_it():
    feed = {"a": ["1.1.1.1"], "it's": ["9.9.9.9"]}
    (line,) = holds(read(feed, items="$.a"))
    rule = tomllib.loads(line.rpartition("or ")[2])
    assert rule == {"exclude": ['$["it\'s"]']}
    assert read(feed, items="$.a", exclude=tuple(rule["exclude"])).findings == ()


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
    feed = {"prefixes": PREFIXES, "more": ["9.9.9.9"]}
    reading = read(feed, items=items, fields=OF_OBJECTS)
    assert len(reading.rows) == 1
    assert "3 values in no entry, at $.prefixes[*].net, $.more" in holds(reading)[0]


def test_what_another_path_takes_from_is_not_passed_over():
    feed = {"p": [{"ok": 1, "v4": "1.1.1.1"}, {"v6": "2a00::/16", "via": "9.9.9.9"}]}
    reading = read(feed, items=("$.p[?@.ok].v4", "$.p[*].v6"))
    assert len(reading.rows) == 2
    assert told(reading) == {}
    assert "1 value in no entry, at $.p[*].via: 9.9.9.9" in holds(reading)[0]


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


def test_what_is_excluded_is_neither_passed_over_nor_held_nor_named_twice():
    feed = {"p": [{"ok": 1, "v4": "1.1.1.1"}, {"v4": "9.9.9.9"}], "q": {"r": ["9.9.9.9"]}}
    reading = read(
        feed, items="$.p[?@.ok].v4", select=("$.p", "$.q.r"), exclude=("$.p[1]", "$.q")
    )
    assert (reading.findings, reading.removed) == ((), ("9.9.9.9",))


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
        "*",
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
