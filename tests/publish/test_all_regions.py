"""The rule set of all tracked regions, published beside those of each: for one device."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.formats.samples import entry
from tests.publish.test_rule_sets import snapshot
from tests.site.readings import START, stored
from tests.site.readings import entry as row
from tracker import formats
from tracker.config import parse
from tracker.errors import RuleError
from tracker.publish.grace import PendingRemovals
from tracker.publish.rule_sets import build_region_sets, read_settings
from tracker.publish.rule_state import RuleState

SHARED = "*.windowsupdate.com"
EUROPE = entry(SHARED, "a.example", "192.0.2.1")
NORTH = entry(SHARED, "a.example", "192.0.2.2", region="North America")


def state(*entries, **raw) -> RuleState:
    return RuleState(snapshot(*entries), PendingRemovals(), parse(raw))


def sets(*entries, **raw) -> dict:
    return {each.name: each for each, _ in state(*entries, **raw).rule_sets}


def addresses(of) -> set[str]:
    return {address for each in of.entries for address in each.addresses}


def test_it_is_made_beside_those_of_the_regions() -> None:
    found = sets(EUROPE, NORTH)
    assert [*found] == ["europe", "north-america", "all"]
    assert addresses(found["all"]) == {"192.0.2.1", "192.0.2.2"}
    assert addresses(found["europe"]) == {"192.0.2.1"}


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("dnsmasq-nftset", "nftset=/windowsupdate.com/"),
        ("mikrotik", "type=FWD name=windowsupdate.com"),
        ("pac", "function FindProxyForURL("),
        ("pac", '["a.example", 443, 443]'),
        ("squid", "acl action1_all_443_names dstdomain -n a.example"),
        ("rpz", "\na.example CNAME"),
        ("adguard", "@@|a.example^"),
        ("domains", "a.example"),
        ("unbound", 'local-zone: "windowsupdate.com."'),
    ],
)
def test_each_name_is_in_it_once(form: str, said: str) -> None:
    text = formats.load(form).render(sets(EUROPE, NORTH)["all"]).text or ""
    assert text.count(said) == 1


def test_of_a_source_without_regions_it_is_the_only_one() -> None:
    found = sets(entry("192.0.2.1", region=None))
    assert [(name, addresses(of)) for name, of in found.items()] == [("all", {"192.0.2.1"})]


def test_what_stands_beside_regions_has_a_folder_too() -> None:
    found = sets(EUROPE, entry("192.0.2.9", region=None))
    assert [*found] == ["europe", "no-region", "all"]
    assert addresses(found["no-region"]) == {"192.0.2.9"}
    assert addresses(found["all"]) == {"192.0.2.1", "192.0.2.9"}


def test_a_region_called_all_narrows_nothing() -> None:
    found = sets(EUROPE, entry("192.0.2.9", region="All"))
    assert [*found] == ["europe", "region-all", "all"]
    assert addresses(found["region-all"]) == {"192.0.2.9"}
    assert addresses(found["all"]) == {"192.0.2.1", "192.0.2.9"}
    with pytest.raises(RuleError, match="two regions would share one folder: region-all"):
        sets(entry(region="All", ports=(1,)), entry(region="Region All", ports=(1,)))


@pytest.mark.parametrize(
    ("name", "of"), [("all", "all regions"), ("north-america", "that region")]
)
def test_a_table_of_the_same_name_takes_its_place_and_a_finding_says_so(name, of) -> None:
    there = state(EUROPE, NORTH, rules=[{"name": name, "regions": ["Europe"]}])
    names = [each.name for each, _ in there.rule_sets]
    assert (len(names), names.count(name)) == (3, 1)
    found = {each.name: each for each, _ in there.rule_sets}
    assert addresses(found[name]) == {"192.0.2.1"}
    [finding] = there.find_rule_set_problems()
    assert (finding.name, finding.verdict) == ("rule-set-name-taken", "publish")
    assert f"rules/{name}/, so that of {of} is not written" in finding.message
    assert "give the table another name" in finding.message


def test_what_goes_over_regions_does_not_count_it() -> None:
    known = snapshot(EUROPE, NORTH)
    found = build_region_sets(known, read_settings(parse({})), PendingRemovals())
    assert [each.name for each in found] == ["europe", "north-america"]


def test_it_is_published_with_its_deltas(tmp_path: Path) -> None:
    first = [row("Europe", "20.1.1.1"), row("Asia", "20.2.2.2")]
    second = [row("Europe", "20.1.1.9"), row("Asia", "20.2.2.2")]
    config = parse({"fwtracker": {"formats": ["ips"], "grace_days": 0}})
    stored(tmp_path, first, second, config=config, now=START)
    source = tmp_path / "action1"
    assert (source / "rules/all/ips.txt").read_text() == "20.1.1.9\n20.2.2.2\n"
    delta = (source / "deltas/000002/all/ips-apply.txt").read_text()
    assert delta == "+ 20.1.1.9\n- 20.1.1.1\n"


def test_only_tracked_regions_are_in_it(tmp_path: Path) -> None:
    config = parse(
        {"fwtracker": {"formats": ["ips"]}, "sources": {"action1": {"regions": ["Asia"]}}}
    )
    stored(tmp_path, [row("Europe", "20.1.1.1"), row("Asia", "20.2.2.2")], config=config)
    assert (tmp_path / "action1/rules/all/ips.txt").read_text() == "20.2.2.2\n"
    assert not (tmp_path / "action1/rules/europe").exists()
