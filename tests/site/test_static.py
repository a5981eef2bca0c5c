"""index.html and feed.atom: true to the versions, whatever the vendor's page says.

After a wanted change: FWTRACKER_UPDATE_GOLDEN=1 python -m pytest tests/site/test_static.py
"""

from __future__ import annotations

import json
import os
import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.site.readings import HOSTILE, START, entry, published, stored
from tests.support.examples import examples
from tests.support.versions import snapshots_of
from tracker.config import Config, parse
from tracker.history.integrity import verify_tree
from tracker.publish.freshness import is_current
from tracker.publish.grace import PendingRemovals, find_pending_removals
from tracker.publish.publish import publish, rebuild
from tracker.site.static import ASSETS
from tracker.text import slug

GOLDEN = Path(__file__).parents[1] / "golden/site"
ATOM = {"a": "http://www.w3.org/2005/Atom"}
VOID = {"meta", "link", "input", "br", "path"}


class Strict(HTMLParser):
    """Elements, attributes and text of a page; every element must be closed in order."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements, self.texts, self.open, self.ids = [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []
        assert len(self.ids) == len(set(self.ids))

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def named(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


def page(*readings, **more):
    return Strict(published(*readings, **more)["index.html"].decode())


@pytest.mark.parametrize("name", ["index.html", "feed.atom", "feed.json"])
def test_the_bytes_are_those_of_the_golden_file(name):
    europe = entry(
        requirement="recommended", only_for="Windows", components=["Agents", "Relay"]
    )
    oceania = entry("Oceania", "a.example.com", 445, purpose="Action1 servers")
    changed = entry("Oceania", "b.example.com", 443, resource=HOSTILE, purpose=HOSTILE)
    files = ("panos-edl-ip.txt", "fortigate-domain.txt", "nftables.nft", "mikrotik.rsc")
    made = published(
        [europe],
        [europe, oceania],
        [oceania, changed],
        rules=[f"rules/europe/{file}" for file in (*files, "windows.ps1", "ips.txt")],
        public_url="https://fw.example.com",
    )[name]
    golden = GOLDEN / name
    if os.environ.get("FWTRACKER_UPDATE_GOLDEN") == "1":
        golden.write_bytes(made)
    assert made == golden.read_bytes()


def test_it_says_what_is_in_force():
    read = page([entry(), entry("Oceania", "a.example.com", 443)])
    assert "Version 1, read 2026-03-01 12:00 UTC" in read.text
    assert "Europe 1 entry, 1 endpoint" in read.text
    assert "3.74.63.86" in read.text
    assert "tcp/443 outbound" in read.text
    assert "a.example.com" in read.text


def test_each_version_tells_what_it_changed():
    read = page([entry()], [entry(), entry(target="3.74.63.87")])
    assert "Version 2" in read.text
    assert "1 endpoint added, 1 entry added" in read.text
    assert "3.74.63.87 outbound tcp/22543" in read.text
    assert [attrs["id"] for attrs in read.named("li") if "id" in attrs] == [
        "version-2",
        "version-1",
    ]


def test_the_picture_has_a_line_for_each_region():
    two = [entry(), entry("Oceania")]
    read = page([entry()], two, [*two, entry("Oceania", "3.3.3.3")])
    lines = [attrs for attrs in read.named("path") if attrs["class"].startswith("line")]
    assert len(lines) == 4  # two regions, each in the picture and in its legend
    assert "Europe from 1 to 1, Oceania from 0 to 2" in read.text


def test_one_version_has_no_picture():
    assert page([entry()]).named("svg") == []


def test_a_clock_that_ran_back_draws_by_number():
    read = page([entry()], [entry(), entry(target="1.1.1.1")], step=timedelta(hours=-1))
    path = next(a["d"] for a in read.named("path") if a["class"] == "line s0")
    places = [float(place) for place in re.findall(r"[MH]([\d.]+)", path)]
    assert places == sorted(places)


def test_what_leaves_soon_is_marked_with_its_date():
    versions = snapshots_of(
        [[entry(), entry(target="1.1.1.1")], [entry()]], START, timedelta(1)
    )
    late = find_pending_removals(reversed(versions), 7, START + timedelta(days=2))
    assert late.entries
    read = page([entry(), entry(target="1.1.1.1")], [entry()], late=late)
    assert "no longer on the page; stays in rule files until 2026-03-09 12:00 UTC" in read.text


def test_windows_services_of_public_servers_are_marked():
    assert "local network only tcp/445 outbound" in page([entry(port=445)]).text


def hostile(text):
    return [
        entry(text, resource=text, purpose=text, only_for=text, components=[text]),
        entry("Europe", resource=text),
    ]


def check_inert(made):
    plain = Strict(published([entry()], hostile("plain"))["index.html"].decode())
    read = Strict(made["index.html"].decode())
    assert {tag for tag, _ in read.elements} <= {tag for tag, _ in plain.elements}
    names = {name for _, attrs in plain.elements for name in attrs}
    assert {name for _, attrs in read.elements for name in attrs} <= names
    assert len(read.named("script")) == 1
    feed = ET.fromstring(made["feed.atom"])
    shown = [content.text for content in feed.findall(".//a:content", ATOM)]
    shown += [item["content_html"] for item in json.loads(made["feed.json"])["items"]]
    for content in shown:
        inner = Strict(content)
        assert {tag for tag, _ in inner.elements} <= {
            *("ul", "li", "p", "span", "strong", "ins", "del")
        }


def test_hostile_text_stays_text():
    made = published([entry()], hostile(HOSTILE))
    check_inert(made)
    assert "<script>alert(1)</script>" in Strict(made["index.html"].decode()).text
    assert "\u202e" not in made["index.html"].decode()
    assert b"\x1b" not in made["feed.atom"]


@examples(60)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=60))
def test_any_text_stays_text(text):
    assume(slug(text) != "europe")
    check_inert(published([entry()], hostile(text)))


def test_nothing_in_it_needs_a_loose_policy():
    html = published([entry()], [entry(port=1)])["index.html"].decode()
    assert not re.search(r"<script>|<style|style=|\son\w+=|javascript:", html)
    read = Strict(html)
    loaded = [a["src"] for a in read.named("script")] + [
        a["href"] for a in read.named("link") if a["rel"] == "stylesheet"
    ]
    assert sorted(loaded) == sorted(ASSETS)


def test_the_feed_is_what_readers_expect():
    made = published([entry()], [entry(port=1)], public_url="https://fw.example.com/x/")
    feed = ET.fromstring(made["feed.atom"])
    base = "https://fw.example.com/x/action1/"
    assert feed.find("a:link[@rel='self']", ATOM).get("href") == base + "feed.atom"
    entries = feed.findall("a:entry", ATOM)
    assert [item.find("a:category", ATOM).get("term") for item in entries] == [
        "breaking",
        "breaking",
    ]
    ids = [item.find("a:id", ATOM).text for item in entries]
    assert len(set(ids)) == 2
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", one) for one in ids)
    again = published([entry()], [entry(port=1)], [entry(port=2)], public_url="http://other")
    assert (
        ids
        == [
            item.find("a:id", ATOM).text
            for item in ET.fromstring(again["feed.atom"]).findall("a:entry", ATOM)
        ][1:]
    )


def test_the_json_feed_says_what_the_other_says():
    """JSON Feed 1.1: what the specification requires, and the same items in the same order."""
    made = published([entry()], [entry(port=1)], public_url="https://fw.example.com/x/")
    feed = json.loads(made["feed.json"])
    atom = ET.fromstring(made["feed.atom"])
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"] == atom.find("a:title", ATOM).text
    assert feed["feed_url"] == "https://fw.example.com/x/action1/feed.json"
    assert feed["home_page_url"] == "https://fw.example.com/x/action1/index.html"
    entries = atom.findall("a:entry", ATOM)
    assert len(feed["items"]) == len(entries) == 2
    for item, other in zip(feed["items"], entries, strict=True):
        assert item["id"] == other.find("a:id", ATOM).text
        assert item["title"] == other.find("a:title", ATOM).text
        assert item["date_published"] == other.find("a:updated", ATOM).text
        assert item["tags"] == [other.find("a:category", ATOM).get("term")]
        assert item["url"] == other.find("a:link[@rel='alternate']", ATOM).get("href")
        (attached,) = item["attachments"]
        assert attached["url"] == other.find("a:link[@rel='related']", ATOM).get("href")
        assert item["content_html"].strip() == other.find("a:content", ATOM).text.strip()


def test_without_a_public_url_links_of_the_json_feed_are_relative():
    feed = json.loads(published([entry()])["feed.json"])
    assert (feed["feed_url"], feed["home_page_url"]) == ("feed.json", "index.html")
    assert feed["items"][0]["url"] == "index.html#version-1"
    assert feed["items"][0]["attachments"][0]["url"] == "versions/000001.json"


def test_without_a_public_url_links_are_relative():
    feed = ET.fromstring(published([entry()])["feed.atom"])
    assert {link.get("href") for link in feed.iter(f"{{{ATOM['a']}}}link")} == {
        "feed.atom",
        "index.html",
        "index.html#version-1",
        "versions/000001.json",
    }


def test_an_address_of_the_page_that_is_no_link_is_none():
    made = published([entry()], late=PendingRemovals())
    assert b'href="https://www.action1.com/' in made["index.html"]


@pytest.fixture
def tree(tmp_path):
    return stored(tmp_path, [entry()], [entry(port=1)], [entry(port=1), entry("Oceania")])


def test_the_files_are_in_the_manifest_and_rebuilt_byte_for_byte(tree):
    names = ("index.html", "feed.atom", "feed.json", *ASSETS, "index.json")
    before = {name: tree.read(name) for name in names}
    assert set(names) <= set(tree.manifest().files)
    for name in names:
        tree.blobs.delete(f"action1/{name}")
    with tree.lock():
        rebuild(tree, Config(), START + timedelta(days=40))
    assert {name: tree.read(name) for name in names} == before
    assert [fault for fault in verify_tree(tree) if "pages/" not in fault.file] == []


def test_rule_files_are_listed_with_their_address(tree):
    read = Strict(tree.read("index.html").decode())
    listed = {attrs["data-url"] for attrs in read.named("code") if "data-url" in attrs}
    there = {name for name in tree.walk() if name.startswith("rules/")}
    assert listed == there


def test_another_public_url_makes_the_files_anew(tmp_path):
    tree = stored(tmp_path, [entry()])
    assert is_current(tree, tree.manifest(), Config(), START)
    moved = parse({"fwtracker": {"public_url": "https://fw.example.com"}})
    assert not is_current(tree, tree.manifest(), moved, START)


def test_an_index_of_before_is_made_anew(tree):
    index = json.loads(tree.read("index.json"))
    whole = tree.read("index.json")
    for item in index["versions"]:
        del item["endpoints"]
    tree.publish({"index.json": json.dumps(index).encode()})
    publish(tree, Config(), START)
    assert tree.read("index.json") == whole
