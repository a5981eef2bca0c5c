"""What DNS and the page do not agree in, and how it is counted."""

from __future__ import annotations

from tests.formats.samples import entry
from tracker.drift.differences import (
    DriftState,
    build_finding,
    due_differences,
    find_differences,
    mark_reported,
    update_state,
)

PAGE = [
    entry("a.example.com", "192.0.2.1", "192.0.2.2"),
    entry("a.example.com", "192.0.2.3", "2001:db8::1"),
    entry("b.example.com", "198.51.100.0/24"),
    entry("*.example.org", "c.example.org"),
]
AGREED = frozenset({"192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"})
T1, T2, T3 = (f"2026-01-0{day}T00:00:00Z" for day in (1, 2, 3))


def seen(**answers: set[str]) -> list[tuple[str, str | None]]:
    named = {f"{key}.example.com": frozenset(found) for key, found in answers.items()}
    return [(each.kind, each.address) for each in find_differences(PAGE, named, T1)]


def test_all_rows_of_a_host_count_together() -> None:
    assert seen(a=set(AGREED)) == []
    assert seen(a={*AGREED, "192.0.2.9"}) == [("unlisted", "192.0.2.9")]
    assert seen(a=AGREED - {"192.0.2.3"}) == [("unanswered", "192.0.2.3")]


def test_a_network_covers_what_is_in_it_and_is_never_missed() -> None:
    assert seen(b={"198.51.100.7"}) == []
    assert seen(b={"203.0.113.7"}) == [("unlisted", "203.0.113.7")]


def test_a_family_that_dns_does_not_answer_is_not_missed() -> None:
    assert seen(a=AGREED - {"2001:db8::1"}) == []


def test_a_name_that_is_gone_is_told_also_where_no_address_is_listed() -> None:
    named = {"c.example.org": frozenset[str](), "a.example.com": AGREED}
    assert [each.key for each in find_differences(PAGE, named, T1)] == [
        ("nameless", "c.example.org", None)
    ]
    # Nor are its addresses, once the name is gone.
    assert seen(a=set()) == [("nameless", None)]


def test_a_host_without_addresses_is_not_compared() -> None:
    assert list(find_differences(PAGE, {"c.example.org": frozenset({"203.0.113.1"})}, T1)) == []


def test_it_is_told_once_after_so_many_checks_in_a_row() -> None:
    answers = {"a.example.com": AGREED | {"192.0.2.9"}}
    drift: DriftState | None = None
    told = []
    for now in (T1, T2, T3):
        drift = update_state(drift, find_differences(PAGE, answers, now), answers, now)
        new = due_differences(drift, 2)
        told.append([each.address for each in new])
        drift = mark_reported(drift, new)
    assert told == [[], ["192.0.2.9"], []]
    assert drift is not None
    [difference] = drift.differences
    assert (difference.first, difference.last, difference.checks) == (T1, T3, 3)


def test_what_could_not_be_looked_up_neither_counts_nor_ends() -> None:
    answers = {"a.example.com": AGREED | {"192.0.2.9"}}
    first = update_state(None, find_differences(PAGE, answers, T1), answers, T1)
    second = update_state(first, find_differences(PAGE, {}, T2), {}, T2)
    assert second.differences == first.differences
    over = update_state(second, [], {"a.example.com": AGREED}, T3)
    assert over.differences == ()


def test_one_that_comes_back_starts_anew() -> None:
    odd, well = ({"a.example.com": AGREED | more} for more in ({"192.0.2.9"}, set()))
    drift = update_state(None, find_differences(PAGE, odd, T1), odd, T1)
    drift = update_state(drift, find_differences(PAGE, well, T2), well, T2)
    drift = update_state(drift, find_differences(PAGE, odd, T3), odd, T3)
    assert [(each.first, each.checks) for each in drift.differences] == [(T3, 1)]


def test_a_finding_says_what_and_since_when_and_holds_nothing() -> None:
    [difference] = find_differences(PAGE, {"a.example.com": AGREED | {"192.0.2.9"}}, T1)
    told = build_finding(difference)
    assert (told.name, told.verdict, told.region) == ("dns-unlisted", "publish", "Europe")
    assert told.message == (
        "DNS has 192.0.2.9 for a.example.com, which the page does not list;"
        f" seen in 1 checks since {T1}"
    )
