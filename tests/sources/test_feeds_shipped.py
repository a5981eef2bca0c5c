"""Feeds that ship as examples: address, region and label of entries, picked by hand.

That each is read whole and published is tested with all definitions, in tests/contract.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from tests.support.shipped import sample_of
from tracker.errors import PageError
from tracker.model import Entry
from tracker.parse.page import Reading
from tracker.parse.read import parse_page, read_pages
from tracker.sources import load_source
from tracker.sources.definition import Defaults

FEEDS = (
    "aws-ip-ranges",
    "cloudflare",
    "fastly",
    "github-meta",
    "google-cloud",
    "m365-endpoints",
    "zscaler",
)
every = pytest.mark.parametrize("name", FEEDS)


def data_of(name: str) -> Any:
    return json.loads(sample_of(name).read_text("utf-8"))


def read(name: str, data: Any = None, **keys: Any) -> Reading:
    """The sample of a feed, or other data in its form, with an operator's keys over it."""
    source = load_source(name)
    definition = msgspec.structs.replace(source.definition, **keys)
    text = json.dumps(data_of(name) if data is None else data)
    page = parse_page(source.url, text, definition=definition)
    return read_pages([page], replace(source, definition=definition))


def find(reading: Reading, target: str) -> list[Entry]:
    return [entry for entry in reading.entries if target in entry.targets]


@pytest.mark.parametrize(
    ("name", "target", "region", "label"),
    [
        ("aws-ip-ranges", "3.4.12.4", "eu-west-1", "AMAZON"),
        ("aws-ip-ranges", "15.181.232.0/21", "us-east-1", "AMAZON"),
        ("aws-ip-ranges", "120.52.22.96/27", "GLOBAL", "AMAZON"),
        ("aws-ip-ranges", "2600:1f14:7ff:f800::/56", "us-west-2", "ROUTE53_HEALTHCHECKS"),
        ("google-cloud", "34.80.0.0/15", "asia-east1", "Google Cloud"),
        ("google-cloud", "8.34.208.0/23", "europe-west1", "Google Cloud"),
        ("google-cloud", "2600:1900:4180::/44", "us-west1", "Google Cloud"),
        ("fastly", "151.101.0.0/16", None, "addresses"),
        ("fastly", "2a04:4e42::/32", None, "ipv6_addresses"),
        ("cloudflare", "104.16.0.0/13", None, "ipv4_cidrs"),
        ("cloudflare", "2606:4700::/32", None, "ipv6_cidrs"),
        ("zscaler", "165.225.0.0/17", None, "Zscaler hubPrefixes"),
        ("github-meta", "192.30.255.164/31", None, "packages"),
        ("github-meta", "20.201.28.148", None, "api"),
        ("github-meta", "*.githubassets.com", None, "website"),
        ("m365-endpoints", "smtp.office365.com", None, "Endpoint set 2"),
        ("m365-endpoints", "52.108.0.0/14", None, "Endpoint set 46"),
    ],
)
def test_a_fact_picked_by_hand(name, target, region, label):
    assert [(one.region, one.resource) for one in find(read(name), target)] == [(region, label)]


@every
def test_only_microsoft_states_ports(name):
    ports = {one.from_port for entry in read(name).entries for one in entry.services}
    assert (ports == {None}) == (name != "m365-endpoints")


def test_the_feeds_of_those_who_call_in_are_inbound():
    inbound = {name for name in FEEDS if read(name).entries[0].direction == "inbound"}
    assert inbound == {"cloudflare", "fastly"}


def test_a_set_of_microsoft_is_one_entry_with_all_that_is_said_of_it():
    reading = read("m365-endpoints")
    (imap,) = (entry for entry in reading.entries if entry.resource == "Endpoint set 5")
    assert imap.hosts == ("*.outlook.office.com", "outlook.office365.com")
    assert len(imap.addresses) == 15
    assert [(one.protocol, one.from_port) for one in imap.services] == [
        ("tcp", 143),
        ("tcp", 993),
    ]
    assert (imap.requirement, imap.components) == ("optional", ("Exchange",))
    assert imap.purpose == "Exchange Online IMAP4 migration"
    (media,) = (entry for entry in reading.entries if entry.resource == "Endpoint set 11")
    assert [(one.protocol, one.from_port) for one in media.services] == [
        ("udp", port) for port in (3478, 3479, 3480, 3481)
    ]
    assert (media.requirement, media.purpose) == ("required", "")


def test_microsofts_stars_within_names_are_taken_away_by_name():
    assert read("m365-endpoints").removed == (
        "*-files.sharepoint.com",
        "*-myfiles.sharepoint.com",
        "*cdn.onenote.net",
    )


def test_what_github_calls_in_from_and_its_runners_are_left_out_and_counted():
    reading = read("github-meta")
    assert {entry.resource for entry in reading.entries} == {
        *("web", "api", "git", "packages", "pages", "website")
    }
    (said,) = (one for one in reading.findings if one.name == "items-not-selected")
    assert said.message.endswith(" values outside of `select`")
    assert reading.removed == ()


def test_the_second_source_of_github_that_the_definition_describes_reads_the_hooks():
    defaults = Defaults(direction="inbound", ports="443 TCP")
    reading = read("github-meta", select="$.hooks", items="$.hooks", defaults=defaults)
    (hooks,) = reading.entries
    assert (hooks.resource, hooks.direction) == ("hooks", "inbound")
    assert hooks.addresses[0] == "192.30.252.0/22"
    assert [(one.protocol, one.from_port) for one in hooks.services] == [("tcp", 443)]


def test_one_service_of_amazon_by_the_filter_that_the_definition_describes():
    items = ("$.prefixes[?@.service=='AMAZON']", "$.ipv6_prefixes[?@.service=='AMAZON']")
    reading = read("aws-ip-ranges", items=items)
    assert {entry.resource for entry in reading.entries} == {"AMAZON"}
    assert len(reading.entries) == 27
    assert [one.name for one in reading.findings] == ["items-not-selected"]


@every
def test_a_list_that_is_new_in_the_feed_is_held_and_not_lost(name):
    data = data_of(name)
    if name == "m365-endpoints":
        data[0]["moreIps"] = ["9.9.9.0/24"]
    elif name == "github-meta":
        data["domains"]["website"].append("new.example.com")
    else:
        data["new_list"] = [{"net": "9.9.9.0/24"}]
    reading = read(name, data)
    if name == "github-meta":  # a value in a list that is read
        assert find(reading, "new.example.com")
        return
    (hold,) = (one.message for one in reading.findings if one.verdict == "hold")
    assert "1 value in no entry" in hold
    assert "9.9.9.0/24" in hold


@every
def test_a_feed_without_one_of_its_lists_is_refused(name):
    with pytest.raises(PageError) as caught:
        read(name, {"message": "API rate limit exceeded"})
    assert "\n" not in str(caught.value)
