"""A region that is gone while a new one has most of its endpoints was renamed."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.readings import entry
from tracker.diff.renames import find_renames
from tracker.model import Entry, flatten


def region(name: str | None, *addresses: str, port: int = 443) -> Entry:
    """A region of one row; an address is given by its last number."""
    full = tuple(f"20.1.{int(each) // 250}.{int(each) % 250}" for each in addresses)
    found = entry(region=name, addresses=full, hosts=())
    services = tuple(replace(each, from_port=port, to_port=port) for each in found.services[:1])
    return replace(found, services=services)


def numbers(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


def names(before: Iterable[Entry], after: Iterable[Entry]) -> list[tuple[str, str]]:
    return [(each.old, each.new) for each in find_renames(before, after)]


def test_same_endpoints_under_another_name_are_a_rename() -> None:
    old, new = region("Europe", *numbers(1, 10)), region("Eurasia", *numbers(1, 10))
    (found,) = find_renames([old], [new])
    assert (found.old, found.new, found.endpoints, found.kept) == ("Europe", "Eurasia", 10, 10)


def test_most_endpoints_are_enough_and_counted() -> None:
    new = region("Eurasia", *numbers(1, 8), "20", "21")
    (found,) = find_renames([region("Europe", *numbers(1, 10))], [new])
    assert (found.endpoints, found.kept) == (10, 8)


def test_half_of_the_endpoints_is_not_most() -> None:
    old = region("Europe", *numbers(1, 10))
    assert names([old], [region("Eurasia", *numbers(1, 5))]) == []
    assert names([old], [region("Eurasia", *numbers(1, 6))]) == [("Europe", "Eurasia")]
    assert names([old], [region("Eurasia", *numbers(1, 6), *numbers(20, 25))]) == []
    assert names([old], [region("Eurasia", *numbers(1, 6), *numbers(20, 24))]) == [
        ("Europe", "Eurasia")
    ]


def test_other_ports_are_other_endpoints() -> None:
    old, new = region("Europe", "1", "2"), region("Eurasia", "1", "2", port=8443)
    assert names([old], [new]) == []


def test_a_region_that_stays_was_not_renamed() -> None:
    old = region("Europe", *numbers(1, 4))
    assert names([old], [old, replace(old, region="Eurasia")]) == []
    assert names([old, replace(old, region="Eurasia")], [old]) == []


def test_two_regions_that_swap_their_names_are_no_rename() -> None:
    one, two = region("Europe", *numbers(1, 4)), region("Asia", *numbers(11, 14))
    after = [replace(one, region="Asia"), replace(two, region="Europe")]
    assert names([one, two], after) == []


def test_a_name_that_moves_on_is_no_rename() -> None:
    """Asia's name went to Africa, and Europe's to Asia: Africa has none of Europe."""
    one, two = region("Europe", *numbers(1, 4)), region("Asia", *numbers(11, 14))
    after = [replace(one, region="Asia"), replace(two, region="Africa")]
    assert names([one, two], after) == []


def test_several_regions_are_renamed_at_once() -> None:
    one, two = region("Europe", *numbers(1, 4)), region("Asia", *numbers(11, 14))
    after = [replace(two, region="APAC"), replace(one, region="EMEA")]
    assert set(names([one, two], after)) == {("Europe", "EMEA"), ("Asia", "APAC")}


def test_the_best_match_comes_first_and_takes_the_name() -> None:
    old = region("Europe", *numbers(1, 10))
    near, far = region("Near", *numbers(1, 9)), region("Far", *numbers(1, 7))
    assert names([old], [far, near]) == []  # what is in both is neither's own
    assert names([old], [far]) == [("Europe", "Far")]
    two = region("Asia", *numbers(21, 30))
    after = [region("EMEA", *numbers(1, 7)), region("APAC", *numbers(21, 29))]
    assert names([old, two], after) == [("Asia", "APAC"), ("Europe", "EMEA")]


def test_a_split_is_a_rename_only_where_one_part_has_most() -> None:
    old = region("Europe", *numbers(1, 10))
    halves = [region("East", *numbers(1, 5)), region("West", *numbers(6, 10))]
    assert names([old], halves) == []
    parts = [region("East", *numbers(1, 3)), region("West", *numbers(4, 10))]
    assert names([old], parts) == [("Europe", "West")]


def test_a_merge_is_a_rename_only_of_the_one_that_has_most() -> None:
    small, large = region("UK", *numbers(1, 3)), region("Europe", *numbers(4, 10))
    merged = region("EMEA", *numbers(1, 10))
    assert names([small, large], [merged]) == [("Europe", "EMEA")]
    assert names([region("UK", *numbers(1, 5)), region("EU", *numbers(6, 10))], [merged]) == []


def test_common_endpoints_alone_are_no_match() -> None:
    """Each region repeats the vendor's own services, and has a few endpoints for itself."""
    common = numbers(100, 140)
    stays = region("America", *common, "1", "2", "3")
    old, new = region("Europe", *common, "4", "5"), region("Asia", *common, "6", "7")
    assert names([stays, old], [stays, new]) == []
    assert names([stays, old], [stays, replace(old, region="Asia")]) == [("Europe", "Asia")]


def test_regions_alike_throughout_are_matched_in_the_order_of_the_page() -> None:
    olds = [region(name, "1", "2") for name in ("B", "A")]
    news = [region(name, "1", "2") for name in ("Z", "Y")]
    assert names(olds, news) == [("B", "Z"), ("A", "Y")]


def test_a_table_without_a_region_has_no_name() -> None:
    named, bare = region("Europe", "1", "2"), region(None, "1", "2")
    assert names([bare], [named]) == []
    assert names([named], [bare]) == []


def test_other_case_is_another_name() -> None:
    old = region("Europe", "1", "2")
    assert names([old], [replace(old, region="EUROPE")]) == [("Europe", "EUROPE")]


def test_nothing_on_either_side_is_no_rename() -> None:
    assert names([], [region("Europe", "1")]) == []
    assert names([region("Europe", "1")], []) == []


PAGE = st.dictionaries(
    st.sampled_from("ABCDE"),
    st.sets(st.integers(1, 9), min_size=1, max_size=6),
    max_size=4,
).map(lambda found: [region(name, *map(str, sorted(it))) for name, it in found.items()])


@given(PAGE, PAGE)
def test_each_name_is_in_one_rename_and_most_is_kept(
    before: list[Entry], after: list[Entry]
) -> None:
    found = find_renames(before, after)
    ends = {each.region: {*flatten(replace(each, region=None))} for each in before}
    there = {each.region: {*flatten(replace(each, region=None))} for each in after}
    assert len({each.old for each in found}) == len({each.new for each in found}) == len(found)
    for each in found:
        assert each.old in ends.keys() - there.keys()
        assert each.new in there.keys() - ends.keys()
        assert each.kept == len(ends[each.old] & there[each.new])
        assert 2 * each.kept > max(len(ends[each.old]), len(there[each.new]))
        assert each.endpoints == len(ends[each.old])


@given(PAGE, st.permutations("VWXYZ"))
def test_new_names_throughout_are_found(before: list[Entry], letters: list[str]) -> None:
    """Where no two regions have an endpoint in common, each finds its own again."""
    seen: set[str] = set()
    apart = []
    for each in before:
        own = tuple(it for it in each.addresses if it not in seen)
        seen.update(own)
        apart += [replace(each, addresses=own)] if own else []
    new = dict(zip([each.region for each in apart], letters, strict=False))
    after = [replace(each, region=new[each.region]) for each in apart]
    assert set(names(apart, reversed(after))) == set(new.items())
