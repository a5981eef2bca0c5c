"""When a difference begins and when it is over: 200 checks, and one case each."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from tests.drift.test_differences import answer, failed
from tests.formats.samples import entry
from tracker.decoding import decode_json
from tracker.drift.differences import find_page_hosts
from tracker.drift.lookup import HostAnswer
from tracker.drift.state import DriftChanges, DriftState, update_state
from tracker.model import Entry

HOST = "a.example.com"
TEN = [f"192.0.2.{number}" for number in range(1, 11)]
STRANGER = "203.0.113.9"
GONE = answer(is_known=False)
SILENT = HostAnswer(failures=failed(4, 6))


@dataclass
class Watch:
    """A page that is checked again and again."""

    rows: list[Entry]
    checks: int = 3
    state: DriftState | None = None
    count: int = 0
    events: list[tuple[int, str, str, str | None]] = field(default_factory=list)

    def see(self, given: HostAnswer, times: int = 1) -> DriftChanges:
        """Check so many times with this answer for each host."""
        for _ in range(times):
            pages = find_page_hosts(self.rows)
            now = f"2026-01-01T00:{self.count // 60:02}:{self.count % 60:02}Z"
            answers = dict.fromkeys(pages, given)
            changes = update_state(self.state, pages, answers, self.checks, now)
            self.state, self.count = changes.state, self.count + 1
            for each in changes.begun:
                self.events.append((self.count, "begins", each.kind, each.address))
            for each, _ in changes.ended:
                self.events.append((self.count, "ends", each.kind, each.address))
        return changes

    @property
    def what(self) -> list[tuple[str, str, str | None]]:
        """The events without their times."""
        return [each[1:] for each in self.events]


def simulate(seed: int, sizes: tuple[int, ...], change: str = "", at: int = 80) -> Watch:
    """200 checks with answers of so many addresses; at one of them DNS changes."""
    choice = random.Random(seed)
    pool, watch = list(TEN), Watch([entry(HOST, *TEN)])
    for number in range(200):
        if number == at and change == "leaves":
            pool.remove(TEN[0])
        if number == at and change == "comes":
            pool.append(STRANGER)
        watch.see(answer(*choice.sample(pool, min(choice.choice(sizes), len(pool)))))
    return watch


# Answers of how many of the ten; within how many checks an address that leaves is reported, and
# one that comes.
TABLE = {
    (10,): (3, 3),
    (9,): (8, 12),
    (8,): (12, 12),
    (6,): (21, 20),
    (4,): (37, 30),
    (8, 6, 4): (25, 20),
    (10, 9): (8, 12),
}


@pytest.mark.parametrize("sizes", TABLE, ids=str)
def test_a_right_page_has_no_notice_in_200_checks(sizes: tuple[int, ...]) -> None:
    for seed in range(8):
        assert simulate(seed, sizes).events == []


@pytest.mark.parametrize("sizes", TABLE, ids=str)
def test_an_address_that_leaves_is_reported_within_so_many_checks(
    sizes: tuple[int, ...],
) -> None:
    for seed in range(4):
        watch = simulate(seed, sizes, "leaves")
        [(when, *event)] = watch.events
        assert event == ["begins", "unanswered", TEN[0]]
        assert 0 < when - 80 <= TABLE[sizes][0]


@pytest.mark.parametrize("sizes", TABLE, ids=str)
def test_an_address_that_comes_is_reported_within_so_many_checks(
    sizes: tuple[int, ...],
) -> None:
    for seed in range(4):
        watch = simulate(seed, sizes, "comes")
        [(when, *event)] = watch.events
        assert event == ["begins", "unlisted", STRANGER]
        assert 0 < when - 80 <= TABLE[sizes][1]


def test_one_address_of_two_at_a_time_is_no_difference() -> None:
    for seed in range(8):
        choice, watch = random.Random(seed), Watch([entry(HOST, *TEN[:2])])
        for _ in range(200):
            watch.see(answer(choice.choice(TEN[:2])))
        assert watch.events == []


ALL, LESS, MORE = answer(*TEN), answer(*TEN[1:]), answer(*TEN, STRANGER)
# What is seen, how often; and what is reported with it, in order.
COURSES = {
    "it begins after so many checks, once": (
        [(ALL, 9), (MORE, 2), (MORE, 7)],
        [("begins", "unlisted", STRANGER)],
    ),
    "one that comes and goes does not begin": ([(ALL, 9), (MORE, 2), (ALL, 1), (MORE, 2)], []),
    "it is not over before it was not seen so often": (
        [(ALL, 9), (MORE, 5), (ALL, 2), (MORE, 1), (ALL, 2), (MORE, 1), (ALL, 2)],
        [("begins", "unlisted", STRANGER)],
    ),
    "it ends as it begins": (
        [(ALL, 9), (MORE, 5), (ALL, 3)],
        [("begins", "unlisted", STRANGER), ("ends", "unlisted", STRANGER)],
    ),
    "after it came and went, five equal answers say that it is over": (
        [(ALL, 9), (MORE, 5), (ALL, 2), (MORE, 1), (ALL, 2), (MORE, 1), (ALL, 5)],
        [("begins", "unlisted", STRANGER), ("ends", "unlisted", STRANGER)],
    ),
    "so does an address that is missing": (
        [(ALL, 9), (LESS, 3), (ALL, 2), (LESS, 9), (ALL, 3)],
        [("begins", "unanswered", TEN[0]), ("ends", "unanswered", TEN[0])],
    ),
    "a name that is gone": (
        [(ALL, 9), (GONE, 2), (ALL, 1), (GONE, 3), (ALL, 2), (GONE, 1), (ALL, 3)],
        [("begins", "nameless", None), ("ends", "nameless", None)],
    ),
    "a name without an address": (
        [(ALL, 9), (answer(), 3), (ALL, 3)],
        [("begins", "empty", None), ("ends", "empty", None)],
    ),
    "a host that is not answered": (
        [(ALL, 9), (SILENT, 2), (ALL, 1), (SILENT, 3), (ALL, 3)],
        [("begins", "failing", None), ("ends", "failing", None)],
    ),
    "what is not answered ends nothing and begins nothing": (
        [(ALL, 9), (MORE, 2), (SILENT, 2), (MORE, 1), (ALL, 2), (SILENT, 2), (MORE, 2)],
        [("begins", "unlisted", STRANGER)],
    ),
    "the end of one of two": (
        [(ALL, 9), (answer(*TEN[1:], STRANGER), 9), (LESS, 3)],
        [
            ("begins", "unanswered", TEN[0]),
            ("begins", "unlisted", STRANGER),
            ("ends", "unlisted", STRANGER),
        ],
    ),
    "an address of a name that is gone is over as well": (
        [(MORE, 9), (GONE, 3)],
        [
            ("begins", "unlisted", STRANGER),
            ("begins", "nameless", None),
            ("ends", "unlisted", STRANGER),
        ],
    ),
}


@pytest.mark.parametrize(("course", "events"), COURSES.values(), ids=COURSES)
def test_differences_end_as_they_begin(course, events) -> None:
    watch = Watch([entry(HOST, *TEN)])
    for given, times in course:
        watch.see(given, times)
    assert watch.what == events


def test_what_a_host_had_is_forgotten_with_the_host() -> None:
    watch = Watch([entry(HOST, *TEN), entry("b.example.com", "192.0.2.99")])
    watch.see(MORE, 4)
    watch.rows = [entry("b.example.com", "192.0.2.99", *TEN, STRANGER)]
    changes = watch.see(SILENT)
    assert {each.host for each in changes.state.differences} == {"b.example.com"}
    assert {each.host for each in changes.state.answers} == {"b.example.com"}
    [gone] = [each for each in changes.ended if each.difference.host == HOST]
    assert (gone.difference.address, "does not name the host" in gone.why) == (STRANGER, True)


@pytest.mark.parametrize(
    ("given", "listed", "why"),
    [
        (MORE, [*TEN, STRANGER], "the page lists it now"),
        (MORE, [*TEN, "203.0.113.0/24"], "the page lists it now"),
        (LESS, TEN[1:], "the page does not list it any more"),
    ],
    ids=["listed", "in a listed network", "not listed"],
)
def test_a_page_that_follows_ends_it_at_once(given, listed, why) -> None:
    watch = Watch([entry(HOST, *TEN)])
    watch.see(ALL, 6)
    watch.see(given, 3)
    watch.rows = [entry(HOST, *listed)]
    [ended] = watch.see(given).ended
    assert ended.why == why


def test_which_resolvers_said_so_and_how_often_is_kept() -> None:
    watch = Watch([entry(HOST, *TEN)])
    watch.see(ALL, 6)
    [now] = watch.see(answer(*TEN[1:], by="192.0.2.53"), 4).state.differences
    assert (now.resolvers, now.checks, now.reported) == (("192.0.2.53",), 4, True)
    firsts = ("2026-01-01T00:00:06Z", "2026-01-01T00:00:09Z")
    assert (now.first, now.last) == firsts


def test_the_state_of_the_first_release_is_read() -> None:
    old = decode_json(
        '{"looked_at":"2026-01-01T00:00:00Z","sightings":[{"kind":"unlisted","host":'
        f'"{HOST}","address":"{STRANGER}","region":null,"resource":"r","first":'
        '"2026-01-01T00:00:00Z","last":"2026-01-01T00:00:00Z","checks":5,"told":true}]}',
        DriftState,
    )
    assert old.hosts is None
    watch = Watch([entry(HOST, *TEN)], state=old)
    watch.see(ALL, 8)
    assert watch.what == [("ends", "unlisted", STRANGER)]


def test_only_what_was_answered_agrees() -> None:
    page = [entry(HOST, *TEN)]
    agreed = Watch(page).see(ALL).state
    silent = Watch(page).see(SILENT).state
    half = Watch(page).see(answer(*TEN, families=frozenset({4}), failures=failed(6))).state
    none = Watch([entry("*.example.com", "192.0.2.1")]).see(ALL).state
    assert [each.agrees for each in (agreed, silent, half, none)] == [True, False, False, False]
    assert [each.answered for each in (agreed, silent, half, none)] == [1, 0, 1, 0]
