"""A first definition for a feed: by where hosts and addresses stand in it."""

from __future__ import annotations

import json
import tomllib

import pytest

from tests.support.shipped import sample_of
from tracker.config import convert
from tracker.drafts.feed_draft import draft_feed, survey_feed
from tracker.model import Entry, endpoints_of
from tracker.parse.read import parse_page, read_pages
from tracker.sources import build_source, load_source
from tracker.sources.definition import Definition

URL = "https://www.example.com/ranges.json"


def draft(text: str) -> dict[str, object]:
    survey = survey_feed(text)
    assert survey is not None
    return tomllib.loads(draft_feed(survey, "example", URL))


def read(text: str) -> tuple[Entry, ...]:
    table = draft(text)
    source = build_source("example", convert(table, Definition, ""), "draft", table)
    return read_pages([parse_page(URL, text, definition=source.definition)], source).entries


def test_objects_in_a_list_are_items_with_what_stands_beside_the_value():
    text = json.dumps({"when": "now", "all": [{"net": "8.8.8.0/24", "region": "eu", "n": 1}]})
    found = draft(text)
    assert found["items"] == "$.all[*]"
    assert found["fields"] == {"resource": "$.net", "region": "$.region"}
    (entry,) = read(text)
    assert (entry.addresses, entry.region) == (("8.8.8.0/24",), "eu")


def test_texts_in_lists_are_items_themselves():
    text = json.dumps({"v4": ["8.8.8.8"], "v6": ["2001:4860::/32"]})
    assert draft(text)["items"] == ["$.v4[*]", "$.v6[*]"]
    assert {e.target for e in endpoints_of(read(text))} == {"8.8.8.8", "2001:4860::/32"}


def test_a_value_beside_the_lists_is_left_out_openly():
    text = json.dumps({"site": "www.vendor.com", "v4": ["8.8.8.8", "8.8.4.4"]})
    assert draft(text)["exclude"] == "$.site"
    assert len(read(text)) == 2


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("ip,region\n8.8.8.8,EU\n8.8.4.4,US\n", {"resource": "ip", "region": "region"}),
        ("8.8.8.8;EU\n8.8.4.4;US\n", {"resource": "1"}),
        (
            "# of today\nhost\tport\na.vendor.com\t443\n",
            {"resource": "host", "ports": "port"},
        ),
    ],
)
def test_csv_is_read_by_its_columns(text, fields):
    found = draft(text)
    assert (found["items"], found["fields"]) == ("csv", fields)
    assert read(text)


def test_lines_are_read_as_lines():
    text = "# of today\n8.8.8.8\na.vendor.com  # new\n"
    assert draft(text)["items"] == "lines"
    assert {e.target for e in endpoints_of(read(text))} == {"8.8.8.8", "a.vendor.com"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html><body>8.8.8.8</body></html>",
        "{}",
        '{"a": [1, 2]}',
        '{"a": ',
        "Open 443 to 8.8.8.8, please.\nThanks.\n",
        "8.8.8.8,EU\n8.8.4.4\n",
    ],
)
def test_what_is_no_feed_is_none(text):
    assert survey_feed(text) is None


@pytest.mark.parametrize(
    "name", ["aws-ip-ranges", "cloudflare", "fastly", "google-cloud", "zscaler"]
)
def test_feeds_of_real_vendors_are_read_by_the_draft_alone(name):
    text = sample_of(name).read_text("utf-8")
    source = load_source(name)
    page = parse_page(URL, text, definition=source.definition)
    whole = {e.target for e in endpoints_of(read_pages([page], source).entries)}
    assert {e.target for e in endpoints_of(read(text))} == whole
