"""What DNS and the page do not agree in, and how it is counted."""

from __future__ import annotations

from tests.formats.samples import entry
from tracker.drift.sightings import Drift, all_told, compared, counted, due, finding

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
    return [(each.kind, each.address) for each in compared(PAGE, named, T1)]


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
    assert [each.about for each in compared(PAGE, named, T1)] == [
        ("nameless", "c.example.org", None)
    ]
    # Nor are its addresses, once the name is gone.
    assert seen(a=set()) == [("nameless", None)]


def test_a_host_without_addresses_is_not_compared() -> None:
    assert list(compared(PAGE, {"c.example.org": frozenset({"203.0.113.1"})}, T1)) == []


def test_it_is_told_once_after_so_many_checks_in_a_row() -> None:
    answers = {"a.example.com": AGREED | {"192.0.2.9"}}
    drift: Drift | None = None
    told = []
    for now in (T1, T2, T3):
        drift = counted(drift, compared(PAGE, answers, now), answers, now)
        new = due(drift, 2)
        told.append([each.address for each in new])
        drift = all_told(drift, new)
    assert told == [[], ["192.0.2.9"], []]
    assert drift is not None
    [sighting] = drift.sightings
    assert (sighting.first, sighting.last, sighting.checks) == (T1, T3, 3)


def test_what_could_not_be_looked_up_neither_counts_nor_ends() -> None:
    answers = {"a.example.com": AGREED | {"192.0.2.9"}}
    first = counted(None, compared(PAGE, answers, T1), answers, T1)
    second = counted(first, compared(PAGE, {}, T2), {}, T2)
    assert second.sightings == first.sightings
    over = counted(second, [], {"a.example.com": AGREED}, T3)
    assert over.sightings == ()


def test_one_that_comes_back_starts_anew() -> None:
    odd, well = ({"a.example.com": AGREED | more} for more in ({"192.0.2.9"}, set()))
    drift = counted(None, compared(PAGE, odd, T1), odd, T1)
    drift = counted(drift, compared(PAGE, well, T2), well, T2)
    drift = counted(drift, compared(PAGE, odd, T3), odd, T3)
    assert [(each.first, each.checks) for each in drift.sightings] == [(T3, 1)]


def test_a_finding_says_what_and_since_when_and_holds_nothing() -> None:
    [sighting] = compared(PAGE, {"a.example.com": AGREED | {"192.0.2.9"}}, T1)
    told = finding(sighting)
    assert (told.name, told.verdict, told.region) == ("dns-unlisted", "publish", "Europe")
    assert told.message == (
        "DNS has 192.0.2.9 for a.example.com, which the page does not list;"
        f" seen in 1 checks since {T1}"
    )
