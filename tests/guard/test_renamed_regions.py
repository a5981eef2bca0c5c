"""A region with another name is judged by what differs in it, as if the name were the same."""

from __future__ import annotations

from msgspec.structs import replace

from tests.guard.judged import findings, listing, names, only
from tracker.model import Entry, Service, digest

RELAYS = tuple(f"3.74.{number}.77" for number in range(10, 20))
EUROPE = listing(*RELAYS)
ASIA = listing("18.230.233.136", "54.207.116.27", region="Asia")


def renamed(entry: Entry, name: str = "Eurasia") -> Entry:
    return replace(entry, region=name)


def test_a_mere_rename_is_one_finding_and_holds_nothing() -> None:
    found = only([EUROPE, ASIA], [renamed(EUROPE), ASIA])
    assert (found.name, found.verdict, found.region) == ("region-renamed", "publish", "Eurasia")
    assert found.message == (
        'region "Europe" is now called "Eurasia": 10 of 10 endpoints are the same'
    )


def test_the_finding_counts_what_is_the_same() -> None:
    new = renamed(listing(*RELAYS[:8], "54.66.189.18"))
    found = only([EUROPE], [new])
    assert found.message.endswith(": 8 of 10 endpoints are the same")


def test_what_is_gone_from_it_is_a_share_of_what_it_had() -> None:
    assert names([EUROPE], [renamed(listing(*RELAYS[:7]))]) == []
    assert names([EUROPE], [renamed(listing(*RELAYS[:6]))]) == ["mass-removal"]
    assert names([EUROPE], [renamed(listing(*RELAYS[:9]))], max_removed=0.05) == [
        "mass-removal"
    ]


def test_what_is_new_in_it_is_judged() -> None:
    assert names([EUROPE], [renamed(listing(*RELAYS, "10.1.2.3"))]) == ["private-address"]
    near = renamed(listing(*RELAYS[:9], "3.74.19.177"))
    assert names([EUROPE], [near]) == ["typing-error"]


def test_its_wide_port_ranges_were_there_before() -> None:
    wide = replace(EUROPE, services=(Service("tcp", 1, 65535),))
    assert names([wide], [renamed(wide)]) == []


def test_a_column_that_its_rows_lost_is_held() -> None:
    assert names([EUROPE], [renamed(replace(EUROPE, purpose=""))]) == ["column-gone"]


def test_a_group_of_resources_that_it_lost_is_held() -> None:
    updates = listing("8.8.4.4", resource="Updates", purpose="Updates.")
    assert names([EUROPE, updates], [renamed(EUROPE)]) == ["resource-group-gone"]


def test_a_region_with_little_in_common_is_gone() -> None:
    other = listing("18.1.1.1", "18.2.2.2", region="Eurasia")
    assert names([EUROPE], [other]) == ["region-gone"]


def test_two_names_that_are_swapped_are_held() -> None:
    found = names([EUROPE, ASIA], [renamed(EUROPE, "Asia"), renamed(ASIA, "Europe")])
    assert "mass-removal" in found


def test_a_name_that_is_put_back_is_said_and_holds_nothing() -> None:
    before, after = [EUROPE], [renamed(EUROPE)]
    older = {digest(before): 1, digest(after): 2}
    found = findings(after, before, older=older)
    assert {(each.name, each.verdict) for each in found} == {
        ("region-renamed", "publish"),
        ("rollback", "publish"),
    }


def test_an_old_page_that_is_back_is_held_whatever_its_regions_are_called() -> None:
    between = [renamed(listing(*RELAYS[:8]))]
    older = {digest([EUROPE]): 1, digest([ASIA]): 2, digest(between): 3}
    found = findings(between, [EUROPE], older=older)
    assert ("rollback", "hold") in {(each.name, each.verdict) for each in found}
