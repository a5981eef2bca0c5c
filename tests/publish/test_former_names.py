"""A region's former name goes on for the days of grace, with what the region has now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec import to_builtins
from msgspec.structs import replace

from tests.support.readings import entry
from tests.support.versions import snapshots_of
from tracker.config import parse
from tracker.model import Entry, flatten
from tracker.publish.grace import FormerName, PendingRemovals, find_pending_removals
from tracker.publish.rule_sets import build_region_sets, read_settings

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
RELAYS = tuple(f"3.74.{number}.77" for number in range(10, 20))
EUROPE = entry(addresses=RELAYS)
ASIA = entry(region="Asia", addresses=("18.230.233.136", "54.207.116.27"))


def called(name: str, *addresses: str) -> Entry:
    return replace(EUROPE, region=name, addresses=addresses or RELAYS)


def pending(
    *pages: list[Entry], after: timedelta = timedelta(0), days: int = 7
) -> PendingRemovals:
    """What is pending some time after the last of these versions, one a day."""
    versions = snapshots_of([to_builtins(page) for page in pages], START, DAY)
    now = START + (len(pages) - 1) * DAY + after
    return find_pending_removals(reversed(versions), days, now)


def former(*pages: list[Entry], **when: timedelta) -> list[tuple[str, str, str]]:
    return [
        (each.old, each.new, each.until[:10]) for each in pending(*pages, **when).former_names
    ]


def test_a_renamed_region_has_lost_nothing_and_its_former_name_goes_on() -> None:
    found = pending([EUROPE], [called("Eurasia")])
    assert (found.entries, dict(found.until)) == ((), {})
    assert found.former_names == (FormerName("Europe", "Eurasia", "2026-03-09T12:00:00Z"),)
    assert (found.ends, found.due) == (["2026-03-09T12:00:00Z"], "2026-03-09T12:00:00Z")


def test_the_former_name_is_over_with_the_days_of_grace() -> None:
    pages = [EUROPE], [called("Eurasia")]
    assert former(*pages, after=7 * DAY - timedelta(seconds=1))
    assert former(*pages, after=7 * DAY) == []
    assert pending(*pages, after=7 * DAY).due is None


def test_without_grace_there_is_no_former_name() -> None:
    assert pending([EUROPE], [called("Eurasia")], days=0).former_names == ()


def test_what_it_lost_is_pending_under_its_new_name() -> None:
    found = pending([EUROPE], [called("Eurasia", *RELAYS[:8])])
    assert {each.target for each in found.until} == {*RELAYS[8:]}
    assert {each.region for each in found.until} == {"Eurasia"}
    assert [each.region for each in found.entries] == ["Eurasia"]


def test_what_it_lost_before_it_was_renamed_is_pending_under_its_new_name() -> None:
    found = pending([EUROPE], [called("Europe", *RELAYS[:9])], [called("Eurasia", *RELAYS[:9])])
    ((end, until),) = found.until.items()
    assert (end.region, end.target, until[:10]) == ("Eurasia", RELAYS[9], "2026-03-09")


def test_a_region_that_is_renamed_twice_is_followed() -> None:
    pages = [EUROPE], [called("Eurasia")], [called("EMEA")]
    assert former(*pages) == [
        ("Eurasia", "EMEA", "2026-03-10"),
        ("Europe", "EMEA", "2026-03-09"),
    ]
    assert former(*pages, after=6 * DAY) == [("Eurasia", "EMEA", "2026-03-10")]


def test_a_name_that_is_put_back_counts_again_and_the_other_goes_on() -> None:
    found = pending([EUROPE], [called("Eurasia")], [EUROPE])
    assert [(each.old, each.new) for each in found.former_names] == [("Eurasia", "Europe")]
    assert found.entries == ()


def test_a_name_that_another_region_has_now_is_that_regions() -> None:
    other = replace(ASIA, region="Europe")
    found = pending([EUROPE], [called("Eurasia")], [called("Eurasia"), other])
    assert (found.former_names, found.entries) == ((), ())


def test_swapped_names_are_no_rename_and_each_keeps_what_it_had() -> None:
    found = pending([EUROPE, ASIA], [called("Asia"), replace(ASIA, region="Europe")])
    assert found.former_names == ()
    assert {each.region for each in found.until} == {"Europe", "Asia"}


def test_several_regions_are_renamed_at_once() -> None:
    assert former([EUROPE, ASIA], [called("EMEA"), replace(ASIA, region="APAC")]) == [
        ("Europe", "EMEA", "2026-03-09"),
        ("Asia", "APAC", "2026-03-09"),
    ]


def sets(*pages: list[Entry]) -> dict[str, set[str]]:
    """The targets of each folder of regions, and whether they are all of one region."""
    newest = snapshots_of([to_builtins(page) for page in pages], START, DAY)[-1]
    found = build_region_sets(newest, read_settings(parse({})), pending(*pages))
    return {
        each.name: {end.target for row in each.entries for end in flatten(row)}
        for each in found
    }


def test_the_folder_of_the_former_name_has_what_the_region_has_now() -> None:
    new = called("Eurasia", *RELAYS[:9], "3.74.99.1")
    found = sets([EUROPE, ASIA], [new, ASIA])
    assert found["eurasia"] == {*RELAYS, "3.74.99.1"}  # with what is pending
    assert found["europe"] == found["eurasia"]
    assert found["asia"] == {*ASIA.addresses}


def test_names_that_share_a_folder_share_it() -> None:
    assert list(sets([EUROPE], [called("EUROPE")])) == ["europe"]


def test_a_former_name_takes_no_folder_of_another_region() -> None:
    found = sets([EUROPE], [called("Eurasia"), replace(ASIA, region="Europe!")])
    assert found["europe"] == {*ASIA.addresses}
    assert set(found) == {"eurasia", "europe"}
