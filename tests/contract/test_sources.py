"""What every definition that ships promises. A new one joins by its name.

It needs a sample beside it, `NAME.sample.html` (or .json, .txt, .csv), and what the sample
says, picked by hand, in `tests/sources/facts/NAME.txt`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from tests.support.shipped import Facts, describe, load_facts, sample_of, type_of
from tracker.errors import UsageError
from tracker.model import Endpoint, Entry, endpoints_of
from tracker.parse.page import Reading
from tracker.parse.read import parse_page, read_pages
from tracker.sources import list_shipped, load_source, read_shipped
from tracker.text import slug

NAMES = list_shipped()
every = pytest.mark.parametrize("name", NAMES)
NOT_THERE = "<html><body><h1>Firewall</h1><p>We are moving this page.</p></body></html>"


def read(name: str) -> Reading:
    """The sample, read by the definition beside it."""
    source = load_source(name)
    page = parse_page(
        source.url, sample_of(name).read_text("utf-8"), definition=source.definition
    )
    return read_pages([page], source)


def stored(name: str) -> frozenset[Endpoint]:
    """What the store in the folder of the test says now."""
    latest = json.loads(Path(f"snapshots/{name}/latest.json").read_text())
    return frozenset(endpoints_of(msgspec.convert(latest["entries"], list[Entry])))


@pytest.fixture
def show(site):
    """Show a text as the page or feed of a source, with the type that it has."""

    def show(name: str, text: str) -> None:
        site.show(text, headers={"Content-Type": type_of(sample_of(name))})

    return show


def configure(name: str, url: str, facts: Facts, *, is_open: bool) -> None:
    """Write a configuration that uses a shipped definition for a page elsewhere."""
    publish = [*facts.held_for, "rollback"] if is_open else []
    Path("config").mkdir(exist_ok=True)
    Path("config/fwtracker.toml").write_text(
        '[fwtracker]\nformats = ["ips"]\n[sources.action1]\nenabled = false\n'
        f'[sources.watched]\nuse = "{name}"\nurl = "{url}"\n'
        f"[guard]\nmax_removed = 1.0\nmax_added = 10\npublish = {json.dumps(publish)}\n"
    )


def test_a_source_that_is_not_there_is_answered_with_those_that_are():
    with pytest.raises(
        UsageError,
        match=f'no definition called "acme" ships.*; there is: .*{NAMES[0]}',
    ):
        load_source("acme")


@every
def test_a_name_is_fit_for_a_folder_and_the_page_is_asked_for_safely(name):
    source = load_source(name)
    assert slug(source.name) == source.name
    assert source.definition.urls
    for url in source.definition.urls:
        assert urlsplit(url).scheme == "https"
        assert urlsplit(url).hostname
    assert source.definition.title


@every
def test_it_says_what_it_was_checked_against(name):
    comment = " ".join(
        line.removeprefix("#").strip()
        for line in read_shipped(name).splitlines()
        if line.startswith("#")
    )
    assert re.search(r"Checked against [^;]*\b20\d\d\b.*not against today's", comment)


@every
def test_its_sample_says_exactly_the_facts(name):
    reading, facts = read(name), load_facts(name)
    endpoints = endpoints_of(reading.entries)
    found = describe(endpoints)
    assert facts.lines
    assert set(facts.lines) - found == set()
    assert len(endpoints) == facts.counts["endpoints"]
    assert len(reading.entries) == facts.counts.get("entries", len(reading.entries))
    targets = {endpoint.target for endpoint in endpoints}
    assert targets.isdisjoint(facts.absent)
    assert [one for one in reading.findings if one.verdict == "hold"] == []


@every
def test_every_rule_of_it_has_something_to_do(name):
    unused = [one for one in read(name).findings if one.name == "rule-without-match"]
    assert unused == []


@every
def test_a_region_is_named_by_all_tables_or_by_none(name):
    regions = {entry.region for entry in read(name).entries}
    assert None not in regions or len(regions) == 1


@every
def test_its_first_version_is_held_for_what_is_unusual(name, site, show, fwtracker):
    facts = load_facts(name)
    show(name, sample_of(name).read_text("utf-8"))
    configure(name, site.url, facts, is_open=False)
    ran = fwtracker("run", "--json")
    (outcome,) = ran.json
    holds = {one["name"] for one in outcome["findings"] if one["verdict"] == "hold"}
    assert sorted(holds) == facts.held_for, ran.err
    assert ran.status == (3 if facts.held_for else 0)


@every
def test_a_check_publishes_it_once(name, site, show, fwtracker):
    sample = sample_of(name).read_text("utf-8")
    configure(name, site.url, load_facts(name), is_open=True)
    show(name, sample)
    first = fwtracker("run")
    assert first.status == 0, first.err
    assert stored("watched") == frozenset(endpoints_of(read(name).entries))
    show(name, _add_blank(sample))
    assert fwtracker("run").out == "watched: unchanged, version 1\n"


def _add_blank(sample: str) -> str:
    """The same with other bytes: a line at its end says nothing."""
    return f"{sample.rstrip()}\n\n"


@every
def test_one_value_that_changes_is_one_change(name, site, show, fwtracker):
    sample, facts = sample_of(name).read_text("utf-8"), load_facts(name)
    configure(name, site.url, facts, is_open=True)
    old, new = _pick_value(sample, endpoints_of(read(name).entries))
    show(name, sample)
    assert fwtracker("run").status == 0
    before = stored("watched")
    show(name, sample.replace(old, new))
    ran = fwtracker("run")
    assert ran.status == 0, ran.err
    assert {endpoint.target for endpoint in stored("watched") ^ before} == {old, new}


def _pick_value(sample: str, endpoints: tuple[Endpoint, ...]) -> tuple[str, str]:
    """A value that stands once in the sample as it is stored, and one to put in its place."""
    for target in dict.fromkeys(endpoint.target for endpoint in endpoints):
        if re.fullmatch(r"[\d./]+", target) and sample.count(target) == 1:
            return target, "9.9.9.0/28" if "/" in target else "9.9.9.9"
    names = (one.target for one in endpoints if sample.count(one.target) == 1)
    name = next(name for name in names if not name.startswith("*") and name.count(".") > 1)
    return name, f"other-{name}"


@every
def test_a_page_without_its_tables_is_never_published(name, site, show, fwtracker):
    configure(name, site.url, load_facts(name), is_open=True)
    show(name, sample_of(name).read_text("utf-8"))
    assert fwtracker("run").status == 0
    before = stored("watched")
    site.show(NOT_THERE)
    assert fwtracker("run").status in {1, 3}
    assert stored("watched") == before
