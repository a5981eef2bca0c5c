"""What every source promises. A new one joins by its name.

It needs a test module `tests/sources/test_NAME.py` with `PAGE`, a sample of the vendor's page
as HTML, and `SAYS`, the endpoints on it, typed by hand.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest

from tracker.errors import UsageError
from tracker.model import Endpoint, Entry, endpoints_of
from tracker.parse.read import parse_page, read_pages
from tracker.sources.load import list_shipped, load_source
from tracker.text import slug

NAMES = list_shipped()
every = pytest.mark.parametrize("name", NAMES)


def known(name: str) -> Any:
    """The test module of a source."""
    return importlib.import_module(f"tests.sources.test_{name}")


def said(name: str) -> frozenset[Endpoint]:
    latest = json.loads(Path(f"snapshots/{name}/latest.json").read_text())
    return frozenset(endpoints_of(msgspec.convert(latest["entries"], list[Entry])))


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
    assert urlsplit(source.url).scheme == "https"
    assert source.title


@every
def test_the_page_says_exactly_what_is_on_it(name):
    source = load_source(name)
    reading = read_pages([parse_page(source.url, known(name).PAGE, None)], source)
    assert frozenset(endpoints_of(reading.entries)) == known(name).SAYS
    assert reading.findings == ()


@every
def test_a_region_is_named_by_all_tables_or_by_none(name):
    source = load_source(name)
    entries = read_pages([parse_page(source.url, known(name).PAGE, None)], source).entries
    regions = {entry.region for entry in entries}
    assert None not in regions or len(regions) == 1


@every
def test_a_check_publishes_it_once(name, site, fwtracker):
    site.show(known(name).PAGE)
    first = fwtracker("run", name, "--url", site.url)
    assert (first.status, said(name)) == (0, known(name).SAYS), first.err
    site.show(f"{known(name).PAGE}<!-- seen on another day -->")
    assert fwtracker("run", name, "--url", site.url).out == f"{name}: unchanged, version 1\n"


@every
def test_one_address_that_changes_is_one_change(name, site, fwtracker):
    page, says = known(name).PAGE, known(name).SAYS
    old = next(e.target for e in sorted(says, key=str) if e.target[0].isdigit())
    new = f"{old.rpartition('.')[0]}.254"
    site.show(page)
    fwtracker("run", name, "--url", site.url)
    site.show(page.replace(old, new))
    assert fwtracker("run", name, "--url", site.url).status == 0
    assert {e.target for e in said(name) ^ says} == {old, new}


@every
def test_a_page_without_its_tables_is_never_published(name, site, fwtracker):
    site.show(known(name).PAGE)
    fwtracker("run", name, "--url", site.url)
    site.show("<html><body><h1>Firewall</h1><p>We are moving this page.</p></body></html>")
    assert fwtracker("run", name, "--url", site.url).status in {1, 3}
    assert said(name) == known(name).SAYS
