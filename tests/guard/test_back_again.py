"""An older version that is back, and addresses that may be typed wrong."""

from __future__ import annotations

import pytest

from tests.guard.judged import findings, listing, names, only
from tracker.guard.page_rules import is_next_machine, is_one_edit
from tracker.model import Entry, digest

RELAYS = ("18.230.233.136", "18.231.231.56", "54.207.116.27", "15.229.170.56")


def history(*versions: list[Entry]) -> dict[str, int]:
    return {digest(entries): number for number, entries in enumerate(versions, 1)}


A, B, C = [listing(*RELAYS)], [listing(*RELAYS[:3])], [listing(*RELAYS[1:])]


def test_an_older_version_is_held() -> None:
    found = only(B, A, older=history(A, C, B))
    assert (found.name, found.verdict) == ("rollback", "hold")
    assert found.message == "the page says again exactly what version 1 said, an older one"
    assert (found.region, found.resource) == (None, None)
    assert only(B, A, older=history(A, C, B), publish=("rollback",)).verdict == "publish"


def test_the_order_on_the_page_makes_no_other_version() -> None:
    again = [listing(*RELAYS[::-1])]
    assert [one.name for one in findings(B, again, older=history(A, C, B))] == ["rollback"]


def test_what_was_never_published_is_no_rollback() -> None:
    assert findings(B, A, older=history(B)) == ()
    assert findings(B, A) == ()


def test_the_newest_version_is_no_rollback() -> None:
    assert findings(A, A, older=history(B, C, A)) == ()


def test_a_removal_that_is_undone_is_told_and_not_held() -> None:
    found = only(B, A, older=history(C, A, B))
    assert (found.name, found.verdict) == ("rollback", "publish")
    assert found.message == "the page says again exactly what version 2 said, an older one"


def test_an_addition_that_is_undone_is_held() -> None:
    found = only(A, B, older=history(B, A))
    assert (found.name, found.verdict) == ("rollback", "hold")


def test_another_wording_that_is_undone_is_told() -> None:
    words = [listing(*RELAYS, purpose="Other words.")]
    assert only(words, A, older=history(A, words)).verdict == "publish"
    assert only(words, A, older=history(A, C, words)).verdict == "hold"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("18.231.231.56", "18.231.231.5"),  # missing, at the end
        ("18.231.231.56", "8.231.231.56"),  # at the start
        ("18.231.231.56", "18.21.231.56"),  # in the middle
        ("18.231.231.55", "18.231.231.5"),  # one of two alike
        ("18.231.231.56", "18.231.232.56"),  # another
        ("18.231.231.56", "18.231.231.57"),
        ("18.231.231.56", "28.231.231.56"),
        ("18.231.231.56", "18.213.231.56"),  # swapped
        ("18.231.231.56", "81.231.231.56"),
        ("18.231.231.56", "18.231.231.65"),
        ("1.23.4.5", "12.3.4.5"),  # also with a dot
        ("2600:1f18::1", "2600:1f81::1"),
        ("3.74.62.0/24", "3.74.63.0/24"),
    ],
)
def test_one_edit(one: str, other: str) -> None:
    assert is_one_edit(one, other)
    assert is_one_edit(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("18.230.233.136", "18.231.231.56"),  # two real relays
        ("18.231.231.56", "18.231.231.56"),
        ("18.231.231.56", "18.231.231.5/32"),
        ("3.74.62.0/23", "3.74.62.0/24"),  # another size is another size
        ("3.74.62.0/24", "3.74.63.0/25"),
        ("18.231.231.56", "18.231.23.5"),  # two missing
        ("18.231.231.56", "18.232.232.56"),  # two others
        ("18.231.231.56", "18.231.231.78"),
        ("18.231.231.56", "12.831.231.56"),  # swapped, not neighbours
        ("12.31.4.5", "21.13.4.5"),  # two swaps
        ("18.231.231.5", "18.231.231.156"),
        ("1.2.3.4", "1.2.3.456"),
        ("1.2.3.45", "1.2.3.6"),
    ],
)
def test_more_than_one_edit_or_none(one: str, other: str) -> None:
    assert not is_one_edit(one, other)
    assert not is_one_edit(other, one)


@pytest.mark.parametrize(
    ("one", "other", "next_one"),
    [
        ("54.79.198.20", "54.79.198.21", True),
        ("54.79.198.20", "54.79.198.30", True),
        ("54.79.198.9", "54.79.198.1", True),
        ("2600:1f18::1", "2600:1f18::2", True),
        ("2600:1f18::1", "2600:1f28::1", False),
        ("54.79.198.20", "54.79.199.20", False),
        ("54.79.198.20", "64.79.198.20", False),
        ("54.79.198.20", "54.79.198.2", False),  # a digit missing
        ("54.79.198.20", "54.79.198.02", False),  # swapped
        ("54.79.198.0/24", "54.79.198.1/24", False),
    ],
)
def test_the_next_machine(one: str, other: str, *, next_one: bool) -> None:
    assert is_next_machine(one, other) is next_one


def changed(old: str, new: str) -> tuple[list[Entry], list[Entry]]:
    others = ("18.230.233.136", "54.207.116.27", "15.229.170.56")
    return [listing(*others, old)], [listing(new, *others)]


@pytest.mark.parametrize(
    ("new", "verdict"),
    [
        ("18.231.231.5", "hold"),
        ("18.231.231.156", "hold"),
        ("18.213.231.56", "hold"),
        ("18.231.232.56", "hold"),
        ("18.231.231.65", "hold"),
        ("18.231.231.57", "publish"),  # as well the vendor's next machine
    ],
)
def test_an_address_one_edit_from_the_one_that_it_replaces(new: str, verdict: str) -> None:
    old = "18.231.231.56"
    found = only(*changed(old, new))
    assert (found.name, found.verdict) == ("typing-error", verdict)
    assert found.message == (
        f'"Servers" in Europe now has {new} in place of {old}, which is one character away:'
        " perhaps a typing error"
    )
    assert (found.region, found.resource) == ("Europe", "Servers")
    assert only(*changed(old, new), publish=("typing-error",)).verdict == "publish"


@pytest.mark.parametrize("new", ["18.230.231.57", "3.124.175.10", "18.231.231.78"])
def test_another_address_is_published(new: str) -> None:
    assert findings(*changed("18.231.231.56", new)) == ()


def test_neighbours_that_stand_side_by_side_say_nothing() -> None:
    old, more = [listing(*RELAYS)], [listing(*RELAYS, "18.231.231.5", "18.231.231.57")]
    assert findings(old, more) == ()
    assert findings(more, old, max_removed=1) == ()
    assert findings([listing("18.231.231.5", *RELAYS)], [listing(*RELAYS, "5.5.5.5")]) == ()


def test_a_thousand_other_addresses_take_no_minute() -> None:
    old = [listing(*(f"3.{n // 99}.9.{n % 99}" for n in range(9000)))]
    new = [listing(*(f"52.{n // 99}.8.{n % 99}" for n in range(9000)))]
    assert names(old, new) == ["mass-removal"]


def test_every_address_that_came_is_looked_at() -> None:
    old = [listing("3.1.1.100", "3.1.1.200", "3.5.5.5", "3.6.6.6")]
    new = [listing("3.5.5.5", "3.1.1.10", "3.7.7.7", "3.1.1.20", "3.6.6.6")]
    found = findings(old, new, max_removed=1)
    assert [one.message.split(" now has ")[1][:29] for one in found] == [
        "3.1.1.10 in place of 3.1.1.10",
        "3.1.1.20 in place of 3.1.1.20",
    ]


def test_the_rows_of_one_resource_are_one_finding() -> None:
    def rows(address: str) -> list[Entry]:
        others = ("3.5.5.5", "3.6.6.6", "3.7.7.7")
        return [listing(address, *others, purpose=words) for words in ("One.", "Two.")]

    assert names(rows("18.231.231.56"), rows("18.231.231.5")) == ["typing-error"]
