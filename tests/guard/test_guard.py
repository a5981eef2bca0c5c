"""What is too odd to publish unseen is held, exactly from its limit on."""

from __future__ import annotations

import pytest

from tests.support.readings import entry
from tracker.guard import guard
from tracker.guard.limits import GuardLimits
from tracker.model import Entry

LAN = entry(resource="Endpoints (LAN only)", addresses=(), scope="lan", direction="inbound")


def servers(count: int, **fields: str | None) -> Entry:
    return entry(addresses=tuple(f"3.74.0.{number}" for number in range(count)), **fields)


def names(old: list[Entry], new: list[Entry], limits: GuardLimits | None = None) -> list[str]:
    found = guard(old, new, limits or GuardLimits())
    assert all(finding.verdict == "hold" for finding in found)
    return [finding.name for finding in found]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([], [servers(5)]),  # the first version
        ([servers(5)], [servers(5)]),
        ([servers(5)], [servers(10)]),
        ([servers(5)], [servers(5), servers(5, region="Asia")]),
        ([servers(5)], [servers(5, resource="Other name", purpose="Other words")]),
        ([LAN], [LAN]),
    ],
)
def test_an_ordinary_candidate_has_no_finding(old: list[Entry], new: list[Entry]) -> None:
    assert names(old, new) == []


@pytest.mark.parametrize("region", ["Europe", None])
def test_a_region_that_is_gone_is_held(region: str | None) -> None:
    other = entry(addresses=("18.1.1.1", "18.2.2.2"), region="Asia")
    (found,) = guard([servers(3, region=region)], [other], GuardLimits())
    assert (found.name, found.verdict, found.region) == ("region-gone", "hold", region)
    assert found.message.startswith(region or "the table without a region")


def test_a_region_that_is_gone_is_one_finding() -> None:
    assert names([servers(3), servers(3, region="Asia")], [servers(3)]) == ["region-gone"]


@pytest.mark.parametrize(
    ("before", "after", "held"),
    [
        *((10, 7, False), (10, 6, True), (20, 14, False), (20, 13, True), (90, 63, False)),
        *((90, 62, True), (3, 3, False), (3, 2, True), (1, 1, False), (100, 70, False)),
    ],
)
def test_more_than_thirty_percent_gone_is_held(before: int, after: int, *, held: bool) -> None:
    assert names([servers(before)], [servers(after)]) == ["mass-removal"] * held


@pytest.mark.parametrize(
    ("limit", "gone", "held"),
    [(0.0, 0, False), (0.0, 1, True), (0.5, 5, False), (0.5, 6, True)],
)
def test_the_limit_is_the_configured_one(limit: float, gone: int, *, held: bool) -> None:
    found = names([servers(10)], [servers(10 - gone)], GuardLimits(max_removed=limit))
    assert found == ["mass-removal"] * held


def test_all_may_go_where_the_limit_says_so() -> None:
    other = entry(addresses=("52.20.0.1",))
    assert names([servers(10)], [other], GuardLimits(max_removed=1.0)) == []


def test_replaced_addresses_count_as_gone() -> None:
    other = entry(addresses=tuple(f"52.20.0.{number}" for number in range(10)))
    (found,) = guard([servers(10)], [other], GuardLimits())
    assert found.message == (
        "10 of 10 hosts and addresses of Europe are gone, more than 30%: 3.74.0.0, 3.74.0.1,"
        " 3.74.0.2, 3.74.0.3, 3.74.0.4 and 5 more"
    )


def test_without_a_region_it_is_the_page_s() -> None:
    (found,) = guard([servers(3, region=None)], [servers(2, region=None)], GuardLimits())
    assert found.message == (
        "1 of 3 hosts and addresses of the page are gone, more than 30%: 3.74.0.2"
    )


def test_a_region_that_only_keeps_its_local_network_is_held() -> None:
    assert names([servers(10), LAN], [LAN]) == ["mass-removal", "resource-group-gone"]


def test_an_address_that_moved_to_another_entry_of_the_region_is_not_gone() -> None:
    assert names([servers(10)], [servers(10, resource="New"), LAN]) == []


def test_an_address_that_moved_to_another_region_is_gone_from_its_own() -> None:
    kept = entry(addresses=("3.74.0.0",))
    found = guard([servers(10)], [kept, servers(10, region="Asia")], GuardLimits())
    assert [(finding.name, finding.region) for finding in found] == [("mass-removal", "Europe")]


def test_each_region_has_its_own_finding() -> None:
    old = [servers(10), servers(10, region="Asia"), servers(10, region="Africa")]
    new = [servers(6), servers(10, region="Asia")]
    found = [(finding.name, finding.region) for finding in guard(old, new, GuardLimits())]
    assert found == [("region-gone", "Africa"), ("mass-removal", "Europe")]
