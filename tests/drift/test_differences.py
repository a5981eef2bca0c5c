"""What DNS and the page do not agree in, in one check; and how that is said."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.formats.samples import entry
from tracker.drift.check import build_finding, build_findings
from tracker.drift.differences import Difference, find_differences, find_page_hosts, is_ignored
from tracker.drift.lookup import HostAnswer, LookupFailure, combine_replies

PAGE = [
    entry("a.example.com", "192.0.2.1", "192.0.2.2"),
    entry("a.example.com", "192.0.2.3", "2001:db8::1"),
    entry("b.example.com", "198.51.100.0/24"),
    entry("*.example.org", "c.example.org"),
]
AGREED = frozenset({"192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"})
T1 = "2026-01-01T00:00:00Z"


def answer(*addresses: str, by: str = "r", **facts: object) -> HostAnswer:
    """What one resolver gave for both record types."""
    found = dict.fromkeys(addresses, (by,))
    return HostAnswer(found, **{"families": frozenset({4, 6}), "resolvers": (by,), **facts})


def failed(*families: int) -> tuple[LookupFailure, ...]:
    names = {4: "A", 6: "AAAA"}
    return tuple(LookupFailure("h", names[each], "r", "SERVFAIL") for each in families)


@dataclass(frozen=True)
class Case:
    host: str
    answer: HostAnswer
    seen: list[tuple[str, str | None]]


CASES = {
    "all rows of a host count together": Case("a.example.com", answer(*AGREED), []),
    "an address more": Case(
        "a.example.com", answer(*AGREED, "192.0.2.9"), [("unlisted", "192.0.2.9")]
    ),
    "an address less": Case(
        "a.example.com", answer(*AGREED - {"192.0.2.3"}), [("unanswered", "192.0.2.3")]
    ),
    "a network covers what is in it": Case("b.example.com", answer("198.51.100.7"), []),
    "and nothing else": Case(
        "b.example.com", answer("203.0.113.7"), [("unlisted", "203.0.113.7")]
    ),
    "a family without an answer is not missed": Case(
        "a.example.com", answer(*AGREED - {"2001:db8::1"}), []
    ),
    "a name that is gone": Case("c.example.org", answer(is_known=False), [("nameless", None)]),
    "nor are its addresses then": Case(
        "a.example.com", answer(is_known=False), [("nameless", None)]
    ),
    "a name without data is another thing": Case("c.example.org", answer(), [("empty", None)]),
    "without listed addresses none is compared": Case(
        "c.example.org", answer("203.0.113.1"), []
    ),
    "nothing answered": Case(
        "a.example.com",
        answer(families=frozenset(), resolvers=(), failures=failed(4, 6)),
        [("failing", None)],
    ),
    "a listed family that fails, beside a good one": Case(
        "a.example.com",
        answer("192.0.2.1", "192.0.2.2", families=frozenset({4}), failures=failed(6)),
        [("failing", None), ("unanswered", "192.0.2.3")],
    ),
    "a family that fails and is not listed": Case(
        "b.example.com",
        answer("198.51.100.7", families=frozenset({4}), failures=failed(6)),
        [],
    ),
    "an empty family beside one that fails is not empty": Case(
        "c.example.org", answer(families=frozenset({4}), failures=failed(6)), []
    ),
}


def differ(host: str, given: HostAnswer) -> list[Difference]:
    return list(find_differences(find_page_hosts(PAGE)[host], given, T1))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_differs_in_one_check(case: Case) -> None:
    found = differ(case.host, case.answer)
    assert [(each.kind, each.address) for each in found] == case.seen


def test_a_resolver_that_fails_counts_for_nothing_while_another_answers() -> None:
    fails = [(4, "down", "SERVFAIL"), (6, "down", "SERVFAIL")]
    gone = combine_replies("h", [(4, "up", ()), (6, "up", ()), *fails])
    assert (gone.is_known, gone.resolvers, gone.missing) == (False, ("up",), ())
    good = combine_replies("h", [*fails, (4, "up", frozenset({"192.0.2.1"})), (6, "up", ())])
    assert (good.addresses, good.missing) == ({"192.0.2.1": ("up",)}, ())
    none = combine_replies("h", fails)
    assert (none.families, {each.record for each in none.missing}) == (
        frozenset(),
        {"A", "AAAA"},
    )


def test_an_address_names_all_resolvers_that_gave_it() -> None:
    both, one = frozenset({"192.0.2.1", "192.0.2.9"}), frozenset({"192.0.2.1"})
    found = combine_replies("h", [(4, "inner", both), (4, "outer", one)])
    assert found.addresses == {"192.0.2.1": ("inner", "outer"), "192.0.2.9": ("inner",)}


@pytest.mark.parametrize(
    ("host", "is_left_out"),
    [
        ("cdn.example.com", True),
        ("CDN.example.com", True),
        ("a.cdn.example.com", False),
        ("xcdn.example.com", False),
        ("example.net", True),
        ("a.b.example.net", True),
        ("anexample.net", False),
    ],
)
def test_names_can_be_left_out(host: str, is_left_out: bool) -> None:
    ignore = ("cdn.example.com", "*.example.net")
    assert is_ignored(host, ignore) is is_left_out
    assert (host in find_page_hosts([entry(host, "192.0.2.1")], ignore)) is not is_left_out


def test_a_finding_says_what_since_when_and_by_whom_and_holds_nothing() -> None:
    [difference] = differ("a.example.com", answer(*AGREED, "192.0.2.9", by="192.0.2.53"))
    found = build_finding(difference)
    assert (found.name, found.verdict, found.region) == ("dns-unlisted", "publish", "Europe")
    assert found.message == (
        "DNS has 192.0.2.9 for a.example.com, which the page does not list;"
        f" seen in 1 check since {T1}; by 192.0.2.53"
    )


def test_hosts_that_fail_for_one_reason_are_one_finding() -> None:
    hosts = [f"{letter}.example.com" for letter in "abcdefgh"]
    failing = [
        Difference("failing", host, None, None, "r", T1, T1, 3, reason="A: SERVFAIL")
        for host in hosts
    ]
    [one] = build_findings(failing)
    assert one.message == (
        "8 hosts (a.example.com, b.example.com, c.example.com, d.example.com, e.example.com,"
        f" 3 more) cannot be looked up (A: SERVFAIL); in 3 checks since {T1}"
    )
