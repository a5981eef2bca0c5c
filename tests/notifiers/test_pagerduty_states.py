"""PagerDuty's incidents over random histories, through the real delivery to a model of it.

Additions and removals come and go, filters change, the server is down or answers are lost, the
program is killed between a message and its receipt, people close incidents. Each history is
random, and the same each time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import count, product
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import msgspec
import pytest
from msgspec.structs import replace

from tests.support import announcements as made
from tests.support import noticed
from tests.support.pagerduty import VERSION, PagerDutyServer
from tests.support.versions import snapshots_of
from tests.support.watched import START, context_of
from tracker.alerts import outbox
from tracker.alerts.delivery import deliver_owed
from tracker.alerts.recall import REPEATED_FOR
from tracker.config import parse
from tracker.store import open_store
from tracker.store.tree import Tree
from tracker.times import format_utc

KEY = "canary0routing0key0a1b2c3d4e5f6a"
ROWS = tuple(product(("Europe", "Canada"), ("required", "recommended")))
FILTERS = tuple(
    {**regions, **impact}
    for regions in ({}, {"regions": ["Europe"]}, {"regions": ["Canada"]})
    for impact in ({}, {"min_impact": "action"}, {"min_impact": "breaking"})
)
TROUBLE = ("failing", "held", "stale", "drift", "config", "layout")
SEEDS = range(3)
MORE = tuple(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 60))
STEPS = 14

Row = tuple[str, str]


class Killed(BaseException):
    """The program is killed."""


def kill_before(number: int | None):
    """`record_receipt`, but the program is killed before the receipt of that number."""
    record, counted = outbox.record_receipt, count(1)

    def record_or_die(*arguments: Any) -> None:
        if next(counted) == number:
            raise Killed
        record(*arguments)

    return record_or_die


@dataclass
class History:
    """A page that changes at random, and a channel that gets the changes."""

    tree: Tree
    server: PagerDutyServer
    random: Random
    resolve: str = "never"
    now: datetime = START
    page: dict[Row, set[str]] = field(default_factory=lambda: {row: {"base"} for row in ROWS})
    added_at: dict[str, datetime] = field(default_factory=dict)  # on the page, by address
    row_of: dict[str, Row] = field(default_factory=dict)
    filter: dict[str, Any] = field(default_factory=dict)
    lasting: set[str] = field(default_factory=set)
    owes: int = 0
    # Addresses that an incident said to allow, and when they had come to the page.
    announced: dict[str, datetime] = field(default_factory=dict)

    def change_page(self) -> None:
        """Commit a version: an address of some rows comes, one of some goes."""
        self.now += timedelta(hours=self.random.choice((1, 30, 300)))
        before = {row: set(found) for row, found in self.page.items()}
        for row in self.random.sample(ROWS, self.random.randint(1, 2)):
            own = sorted(self.page[row] - {"base"})
            if own and self.random.random() < 0.5:
                self.page[row].discard(gone := self.random.choice(own))
                self.added_at.pop(gone)
            else:
                new = f"20.{ROWS.index(row)}.0.{self.random.randint(1, 40)}"
                self.page[row].add(new)
                self.row_of[new] = row
                self.added_at.setdefault(new, self.now)
        if self.page != before or not self.tree.versions():
            self._commit()

    def _commit(self) -> None:
        number = len(self.tree.versions()) + 1
        rows = [msgspec.to_builtins(_make_row(row, self.page[row])) for row in ROWS]
        (made_one,) = snapshots_of([rows], self.now, timedelta(0))
        self.tree.commit(replace(made_one, version=number, previous=number - 1 or None), {})

    def deliver(self) -> None:
        """Deliver what is owed, with another filter now and then."""
        if self.random.random() < 0.2:
            self.filter = self.random.choice(FILTERS)
        settings = {"routing_key_env": "KEY", "server": self.server.url}
        channel = {"name": "oncall", "type": "pagerduty", "resolve": self.resolve}
        config = parse({"channels": [{**channel, **settings, **self.filter}]})
        account = self.server.account
        account.down = self.random.random() < 0.25
        share = self.random.choice((0, 0, 0, 0, 0.3, 0.9))  # of the answers; events are taken
        account.loses_answer = lambda: self.random.random() < share
        outbox.register_channels(self.tree, config.channels)
        context = context_of(self.tree, config, now=lambda: self.now, sleep=lambda _: None)
        kill_at = self.random.choice(
            (None, None, None, None, None, 1, 2)
        )  # which message has no receipt
        with pytest.MonkeyPatch.context() as patch, suppress(Killed):
            patch.setattr(outbox, "record_receipt", kill_before(kill_at))
            deliver_owed(context, config.channels)
        self.owes = outbox.count_owed(self.tree, config.channels)

    def close_some(self) -> None:
        """People close some incidents."""
        for key in list(self.server.account.open):
            if self.random.random() < 0.2:
                self.server.account.close(key)

    def note_trouble(self) -> None:
        """Commit a notice: a problem begins or goes on, or some of them are over."""
        begun = self.random.choice(TROUBLE) if self.random.random() < 0.6 else None
        ends = [each for each in sorted(self.lasting) if self.random.random() < 0.4]
        ends = [each for each in ends if each != begun]
        if not (ends or begun):
            return
        self.lasting = self.lasting.difference(ends).union([begun] if begun else [])
        number = max(outbox.notice_numbers(self.tree), default=0) + 1
        notice = noticed.EVERY[begun] if begun else noticed.OVER
        notice = replace(notice, number=number, at=format_utc(self.now), ends=tuple(ends))
        self.tree.create(outbox.notice_name(number), notice)

    def note_announced(self, keys: list[str]) -> None:
        """Note the addresses that these incidents say to allow."""
        events = (self.server.account.open[key] for key in keys)
        text = " ".join(line for event in events for line in read_lines(event, "Allow"))
        self.announced |= {
            each: came for each, came in self.added_at.items() if is_named(each, text)
        }

    def wants(self, address: str) -> bool:
        region, requirement = self.row_of[address]
        impacts = ("breaking",) if requirement == "required" else ()
        fits = self.filter.get("min_impact") != "breaking" or impacts
        return bool(fits) and region in self.filter.get("regions", [region])


def _make_row(row: Row, addresses: set[str]):
    region, requirement = row
    found = sorted({"9.9.9.9" if each == "base" else each for each in addresses})
    return made.entry(
        region=region,
        resource=f"{requirement} of {region}",
        requirement=requirement,
        only_for=None,
        hosts=(),
        addresses=tuple(found),
        services=made.TLS[:1],
    )


class Moment(NamedTuple):
    """What there is after a delivery; `due` is the work that the newest incident must have.

    `settled`: all that was owed has come.
    """

    opened: set[str]
    new: list[str]
    resolved: list[str]
    versions: list[str]
    trouble: set[str]
    lasting: set[str]
    due: set[str]
    text: str
    settled: bool


def live(history: History) -> Iterator[Moment]:
    """Go on, and yield what there is after each delivery."""
    account = history.server.account
    for _ in range(STEPS):
        for _ in range(history.random.choice((1, 1, 1, 5))):  # five are one digest
            history.change_page()
        for _ in range(history.random.randint(0, 2)):
            history.note_trouble()
        before = set(account.opened)
        history.deliver()
        new = [key for key in account.versions() if key not in before]
        due = {
            address
            for address, came in history.announced.items()
            if address in history.added_at
            and history.wants(address)
            and came >= history.now - REPEATED_FOR
        }
        text = " ".join(read_lines(account.open[new[-1]])) if new else ""
        trouble = {key for key in account.open if key not in account.versions()}
        lasting = {f"fwtracker/action1/{each}" for each in history.lasting}
        yield Moment(
            set(account.opened),
            new,
            list(account.resolved),
            account.versions(),
            trouble,
            lasting,
            due if new else set(),
            text,
            not history.owes,
        )
        history.note_announced(new)
        history.close_some()


def read_lines(event: dict[str, Any], start: str = "") -> list[str]:
    """The lines of an event's sections, or of those whose heading begins like this."""
    details = event["payload"]["custom_details"].items()
    return [line for name, lines in details if name.startswith(start) for line in lines]


@cache
def play(seed: int, resolve: str, *, takes_changes: bool = True) -> list[Moment]:
    """A history from its beginning to its end."""
    with PagerDutyServer() as server, TemporaryDirectory() as folder:
        server.account.takes_changes = takes_changes
        tree = Tree(open_store(folder), "action1")
        history = History(tree, server, Random(seed), resolve)
        history.change_page()
        history.deliver()
        moments = list(live(history))
        assert server.account.faults == []
        return moments


@pytest.fixture(params=[*SEEDS, *MORE])
def left_to_people(request, monkeypatch) -> list[Moment]:
    monkeypatch.setenv("KEY", KEY)
    return play(request.param, "never")


@pytest.fixture(params=[*SEEDS, *MORE])
def closed_by_the_next(request, monkeypatch) -> list[Moment]:
    monkeypatch.setenv("KEY", KEY)
    return play(request.param, "next")


def test_a_version_is_resolved_by_people_alone(left_to_people):
    resolved = {key for moment in left_to_people for key in moment.resolved}
    assert [key for key in resolved if VERSION.search(key)] == []
    assert len(left_to_people[-1].opened) > 3


def test_none_is_resolved_by_the_next_that_was_never_open(closed_by_the_next):
    for moment in closed_by_the_next:
        assert set(moment.resolved) <= moment.opened


def test_no_trouble_is_resolved_that_was_never_open(left_to_people):
    for moment in left_to_people:
        assert set(moment.resolved) <= moment.opened


def test_incidents_of_both_kinds_are_resolved(monkeypatch):
    monkeypatch.setenv("KEY", KEY)
    resolved = [key for seed in SEEDS for key in play(seed, "next")[-1].resolved]
    assert len([key for key in resolved if VERSION.search(key)]) > 5
    assert len([key for key in resolved if not VERSION.search(key)]) > 5


def test_the_next_version_leaves_at_most_one_open(closed_by_the_next):
    # One whose answer was lost is closed by the next that opens an incident.
    settled = [each for each in closed_by_the_next if each.settled and each.new]
    assert [moment.versions for moment in settled if len(moment.versions) > 1] == []


def test_a_key_that_takes_no_change_events_changes_none_of_that(monkeypatch):
    monkeypatch.setenv("KEY", KEY)
    for moment in play(0, "next", takes_changes=False):
        assert set(moment.resolved) <= moment.opened
        if moment.settled:
            assert len(moment.versions) <= 1 or not moment.new
            assert moment.trouble <= moment.lasting


def test_an_incident_repeats_the_work_of_the_last_month_that_is_still_on_the_page(
    left_to_people,
):
    for moment in left_to_people:
        assert [each for each in moment.due if not is_named(each, moment.text)] == []


def test_that_is_put_to_the_proof():
    assert sum(len(moment.due) for seed in SEEDS for moment in play(seed, "never")) > 5


@pytest.mark.parametrize("way", ["never", "next"])
def test_trouble_is_never_left_open(monkeypatch, way):
    monkeypatch.setenv("KEY", KEY)
    moments = [moment for seed in SEEDS for moment in play(seed, way)]
    settled = [moment for moment in moments if moment.settled]
    assert [moment for moment in settled if not moment.trouble <= moment.lasting] == []
    assert any(moment.trouble for moment in settled)
    assert len(settled) > len(moments) / 3


def is_named(address: str, text: str) -> bool:
    return re.search(rf"(?<![\d.]){re.escape(address)}(?![\d.])", text) is not None
