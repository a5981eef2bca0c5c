"""Regions without a Latin letter have folders, deltas and places on the page of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.site.readings import START, entry, stored
from tracker.config import parse
from tracker.text import slug

TOKYO, OSAKA, EUROPE = "東京", "大阪", "Европа"
FORMATS = ["ips", "nftables", "endpoints-json"]
CONFIG = parse({"fwtracker": {"formats": FORMATS, "grace_days": 0}})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return the folder of a source with two versions of three regions in two scripts."""
    first = [entry(TOKYO, "20.1.1.1"), entry(OSAKA, "20.2.2.2"), entry(EUROPE, "20.3.3.3")]
    second = [entry(TOKYO, "20.1.1.9"), entry(OSAKA, "20.2.2.9"), entry(EUROPE, "20.3.3.3")]
    stored(tmp_path, first, second, config=CONFIG, now=START)
    return tmp_path / "action1"


def test_each_has_rule_files_with_its_own_addresses(source: Path) -> None:
    for region, address in ((TOKYO, "20.1.1.9"), (OSAKA, "20.2.2.9"), (EUROPE, "20.3.3.3")):
        (listed,) = (source / "rules" / slug(region)).glob("ips*.txt")
        assert address in listed.read_text()
        assert sum(word in listed.read_text() for word in ("20.1.", "20.2.", "20.3.")) == 1


def test_names_in_rules_are_told_apart(source: Path) -> None:
    stems = set()
    for region in (TOKYO, OSAKA, EUROPE):
        (script,) = (source / "rules" / slug(region)).glob("nftables*.nft")
        stem = f"action1_{slug(region).replace('-', '_')}"
        assert stem in script.read_text()
        stems.add(stem)
    assert len(stems) == 3


def test_a_delta_is_of_the_regions_that_changed(source: Path) -> None:
    (folder,) = (source / "deltas").iterdir()
    folders = {each.name for each in folder.iterdir() if each.is_dir()}
    assert folders == {slug(TOKYO), slug(OSAKA), "all"}


def test_the_page_links_each_of_them(source: Path) -> None:
    page = (source / "index.html").read_text("utf-8")
    for region in (TOKYO, OSAKA, EUROPE):
        assert region in page
        assert page.count(f'id="region-{slug(region)}"') == 1
        assert f"rules/{slug(region)}/" in page


def test_nothing_is_called_unnamed(source: Path) -> None:
    assert not [each for each in source.rglob("*") if "unnamed" in each.name]
    assert "unnamed" not in (source / "index.html").read_text("utf-8")
    assert "unnamed" not in (source / "manifest.json").read_text("utf-8")
