"""A first definition for a page reads what can be read of it, and names the rest."""

from __future__ import annotations

import tomllib

import pytest

from tests.support.shipped import load_facts, sample_of
from tracker.config import convert
from tracker.drafts.page_draft import draft_page, survey_text
from tracker.errors import PageError
from tracker.model import endpoints_of
from tracker.parse.page import Reading
from tracker.parse.read import parse_page, read_pages
from tracker.sources import Source, build_source, load_source
from tracker.sources.definition import Definition

URL = "https://www.example.com/firewall"


def page(body: str) -> str:
    return f"<!doctype html><html><head><title>Ports</title></head><body>{body}</body></html>"


def draft(text: str) -> str:
    survey, select = survey_text(text)
    return draft_page(survey, "example", URL, select=select)


def source_of(text: str) -> Source:
    table = tomllib.loads(draft(text))
    return build_source("example", convert(table, Definition, ""), "draft", table)


def read(text: str) -> Reading:
    source = source_of(text)
    return read_pages([parse_page(URL, text, definition=source.definition)], source)


TABLE = page(
    "<h2>Ports</h2><table><tr><th>Zone</th><th>Target</th><th>Open</th><th>Why</th></tr>"
    "<tr><td>EU</td><td>a.vendor.com, b.vendor.com</td><td>443/TCP</td><td>Sync</td></tr>"
    "<tr><td>US</td><td>192.0.2.0/28</td><td>80/TCP</td><td>News</td></tr></table>"
)


def test_columns_are_guessed_by_what_stands_in_them():
    columns = tomllib.loads(draft(TABLE))["tables"][0]["columns"]
    assert columns == {
        "Zone": "ignore",
        "Target": "resource",
        "Open": "ports",
        "Why": "ignore",
    }


def test_what_no_column_says_is_a_default_that_opens_nothing():
    text = page("<h2>Hosts</h2><ul><li>a.vendor.com</li></ul>")
    assert tomllib.loads(draft(text))["defaults"] == {"direction": "outbound", "ports": "TCP"}
    services = {(e.protocol, e.from_port) for e in endpoints_of(read(text).entries)}
    assert services == {("tcp", None)}


def test_a_default_is_left_out_where_the_page_says_it():
    text = TABLE.replace("<th>Why</th>", "<th>Direction</th>")
    text = text.replace("<td>Sync</td>", "<td>Outbound</td>").replace("News", "Inbound")
    assert "defaults" not in tomllib.loads(draft(text))


def test_a_table_for_udp_does_not_become_tcp():
    text = page(
        "<h2>Relays</h2><table><tr><th>Region</th><th>UDP host</th></tr>"
        "<tr><td>EU</td><td>a.vendor.com</td></tr></table>"
    )
    assert {e.protocol for e in endpoints_of(read(text).entries)} == {"udp"}


def test_a_table_without_a_column_of_values_is_ignored_openly():
    text = page(
        "<h2>Log</h2><table><tr><th>Day</th><th>What</th></tr>"
        "<tr><td>Monday</td><td>old.vendor.com went away</td></tr>"
        "<tr><td>Tuesday</td><td>Nothing</td></tr><tr><td>Friday</td><td>Rest</td></tr></table>"
        "<h2>Hosts</h2><ul><li>a.vendor.com</li></ul>"
    )
    (rule,) = tomllib.loads(draft(text))["tables"]
    assert rule == {"header": ["Day", "What"], "action": "ignore"}
    assert [e.target for e in endpoints_of(read(text).entries)] == ["a.vendor.com"]


def test_a_list_of_more_than_values_is_ignored_openly():
    text = page(
        "<h2>Hosts</h2><ul><li>a.vendor.com</li></ul>"
        "<h2>Examples (some)</h2><ul><li>Git: such as git.vendor.com</li></ul>"
    )
    hosts, examples = tomllib.loads(draft(text))["lists"]
    assert hosts == {"heading": "^Hosts$"}
    assert examples == {"heading": r"^Examples \(some\)$", "action": "ignore"}


def test_a_list_that_repeats_the_tables_is_ignored():
    text = TABLE.replace("<h2>Ports", "<h1>All</h1><ul><li>a.vendor.com</li></ul><h2>Ports")
    (rule,) = tomllib.loads(draft(text))["lists"]
    assert rule == {"heading": "^All$", "action": "ignore"}


def test_the_main_part_is_selected_where_it_has_everything():
    inner = (
        "<nav><ul><li>Home</li></ul></nav><main><h2>Hosts</h2><ul><li>a.vendor.com</li></ul>"
    )
    assert tomllib.loads(draft(page(f"{inner}</main>")))["select"] == "main"
    beside = page(f"{inner}</main><h2>More</h2><ul><li>b.vendor.com</li></ul>")
    assert "select" not in tomllib.loads(draft(beside))


def test_a_page_without_anything_gives_a_definition_that_says_so():
    text = page("<h1>News</h1><p>We are moving.</p>")
    survey, _ = survey_text(text)
    assert not survey.has_values
    assert "Is this the page?" in draft_page(survey, "example", URL)


@pytest.mark.parametrize("odd", ['a"b', "a\\b", "x\ty", "ü–ß", "]]", "'''", "${x}", "^(.*)$"])
def test_any_text_of_a_page_becomes_valid_toml(odd):
    text = page(
        f"<h2>{odd}</h2><ul><li>a.vendor.com</li></ul>"
        f"<h2>T {odd}</h2><table><tr><th>{odd}</th><th>Host</th></tr>"
        "<tr><td>x</td><td>b.vendor.com</td></tr></table>"
    )
    targets = {e.target for e in endpoints_of(read(text).entries)}
    assert targets == {"a.vendor.com", "b.vendor.com"}


@pytest.mark.parametrize(
    "name", ["amazon-quicksight", "amazon-chime", "ibm-cloud-logs", "sophos-central"]
)
def test_pages_of_real_vendors_are_read_by_the_draft_alone(name):
    """The hosts and addresses of the sample, all of them; ports are the operator's to say."""
    text = sample_of(name).read_text("utf-8")
    drafted = {e.target for e in endpoints_of(read(text).entries)}
    source = load_source(name)
    page = parse_page(URL, text, definition=source.definition)
    whole = {e.target for e in endpoints_of(read_pages([page], source).entries)}
    assert drafted == whole
    assert load_facts(name).lines


@pytest.mark.parametrize("name", ["buildkite-agent", "m365-dod", "okta"])
def test_other_pages_are_stopped_with_what_to_decide(name):
    with pytest.raises(PageError):
        read(sample_of(name).read_text("utf-8"))
