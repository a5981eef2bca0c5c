"""Entries are matched by what they name as if each were held against each."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.readings import entry
from tracker.diff.pairing import Pair, pair_entries
from tracker.model import Entry

ADDRESSES = [f"10.0.0.{number}" for number in range(1, 8)]
NAMING = st.lists(st.sampled_from(ADDRESSES), min_size=1, max_size=5, unique=True).map(tuple)


def entries(letter: str, lists: list[tuple[str, ...]]) -> list[Entry]:
    """Entries of which only the targets can tell that they belong together."""
    return [
        entry(resource=f"{letter}{number}", purpose=f"{letter}{number}", addresses=addresses)
        for number, addresses in enumerate(lists)
    ]


def each_with_each(old: list[Entry], new: list[Entry]) -> list[Pair]:
    """The best of all that is left, for one after the other, where half is shared."""
    pairs = []
    left = list(new)
    for one in old:
        shared = [
            len({*one.addresses} & {*it.addresses}) / len({*one.addresses, *it.addresses})
            for it in left
        ]
        if max(shared, default=0) >= 0.5:
            pairs.append((one, left.pop(shared.index(max(shared)))))
    return pairs


@given(st.lists(NAMING, max_size=10), st.lists(NAMING, max_size=10))
def test_what_shares_most_is_a_pair(
    before: list[tuple[str, ...]], after: list[tuple[str, ...]]
) -> None:
    old, new = entries("a", before), entries("b", after)
    # What names the same as nothing else does is matched before; none of that here.
    same = {frozenset(it) for it in before} & {frozenset(it) for it in after}
    old = [one for one in old if frozenset(one.addresses) not in same]
    new = [one for one in new if frozenset(one.addresses) not in same]
    pairs, removed, added = pair_entries(old, new)
    expected = each_with_each(old, new)
    assert {id(one): id(other) for one, other in pairs} == {
        id(one): id(other) for one, other in expected
    }
    assert len(removed) == len(old) - len(pairs)
    assert len(added) == len(new) - len(pairs)


def test_of_several_that_name_the_same_the_first_one_left_is_taken() -> None:
    old = entries("a", [(ADDRESSES[0],)] * 3)
    new = entries("b", [(ADDRESSES[0],)] * 2)
    pairs, removed, added = pair_entries(old, new)
    assert pairs == [(old[0], new[0]), (old[1], new[1])]
    assert (removed, added) == ([old[2]], [])


def test_a_local_network_with_other_words_throughout_is_matched_row_by_row() -> None:
    old = [replace(one, scope="lan", addresses=()) for one in entries("a", [()] * 5_000)]
    new = [replace(one, scope="lan", addresses=()) for one in entries("b", [()] * 5_000)]
    assert pair_entries(old, new)[0] == list(zip(old, new, strict=True))


def test_a_host_that_all_rows_name_pairs_none_of_them() -> None:
    old = [replace(one, hosts=("a.com",)) for one in entries("a", [("10.0.0.1",)] * 2_000)]
    new = [
        replace(one, hosts=("a.com",), addresses=(f"10.1.{number >> 8}.{number & 255}",))
        for number, one in enumerate(entries("b", [()] * 2_000))
    ]
    pairs, removed, added = pair_entries(old, new)
    assert (len(pairs), len(removed), len(added)) == (0, 2_000, 2_000)


def test_entries_of_a_renamed_region_are_pairs() -> None:
    """Rows of one resource, alike but for their addresses, find their own again."""
    old = [
        entry(region="Europe", addresses=(address, "1.2.3.4"), purpose="Connection.")
        for address in ADDRESSES[:3]
    ]
    changed = replace(old[2], region="Eurasia", addresses=(*old[2].addresses, "10.0.0.9"))
    new = [*(replace(one, region="Eurasia") for one in old[:2]), changed]
    pairs, removed, added = pair_entries(old, new)
    assert pairs == list(zip(old, new, strict=True))
    assert (removed, added) == ([], [])


def test_what_a_renamed_region_lost_and_gained_has_no_pair() -> None:
    kept = [entry(resource=f"r{at}", addresses=(each,)) for at, each in enumerate(ADDRESSES)]
    gone, came = (
        entry(resource="old", addresses=("20.0.0.1",)),
        entry(resource="new", addresses=("20.0.0.2",), region="Eurasia", purpose="Another."),
    )
    new = [*(replace(one, region="Eurasia") for one in kept), came]
    pairs, removed, added = pair_entries([*kept, gone], new)
    assert pairs == list(zip(kept, new[:-1], strict=True))
    assert (removed, added) == ([gone], [came])
