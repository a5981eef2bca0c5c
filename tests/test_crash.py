"""The short form of `make crash`: kills, restores, faults, power cuts, races, twins."""

from __future__ import annotations

import pytest

from tests.crash.deliveries import deliveries
from tests.crash.faults import faults
from tests.crash.figures import Figures
from tests.crash.kills import kills
from tests.crash.order import order
from tests.crash.power import power, still
from tests.crash.races import races
from tests.crash.reader import reader
from tests.crash.restores import restores
from tests.crash.stage import Stage
from tests.crash.twins import TWINS, twins
from tests.support.checkers import need

SEED = 4


@pytest.fixture(scope="module")
def stage():
    need("strace")
    with Stage() as made:
        yield made


def assert_good(figures: Figures) -> None:
    assert figures.good, "\n".join((str(figures), *figures.notes))


def test_a_kill_anywhere_loses_nothing_and_the_next_run_finishes(stage):
    figures = kills(stage, 6, SEED)
    assert figures.tried["kills"] >= 6
    assert_good(figures)


def test_a_failed_system_call_is_one_line_and_leaves_the_old_version(stage):
    figures = faults(stage, 3, SEED)
    assert figures.tried["it failed, and said why on one line"] > 0
    assert_good(figures)


def test_a_kill_between_send_and_receipt_repeats_and_nothing_else_does(stage):
    figures = deliveries(stage, 10, SEED)
    assert figures.tried["kills"] >= 10
    assert figures.tried["alerts sent again"] > 0
    assert_good(figures)


def test_a_restore_a_rewind_or_an_edit_loses_no_change_and_is_said_once(stage):
    harms = ("rewound to version 1", "versions alone taken back", "files edited")
    figures = restores(stage, 6, SEED, harms)
    assert figures.tried["kinds of harm"] == len(harms)
    assert figures.tried["kills"] >= 6
    assert_good(figures)


def test_names_follow_content_and_sends_follow_names(stage):
    figures = order(stage)
    assert figures.tried["sends after a commit"] > 0
    assert_good(figures)


def test_a_power_cut_leaves_whole_versions(stage):
    figures = power(stage, count=200, killed=1, repairs=2, seed=SEED)
    assert figures.tried["different states after them"] == 200
    assert_good(figures)


def test_a_power_cut_at_a_check_without_news_forgets_at_most_its_time(stage):
    figures = still(stage, SEED)
    assert figures.tried["of these forgot the time"] < figures.tried["power cuts"]
    assert_good(figures)


def test_every_number_has_one_winner():
    assert_good(races(workers=4, commits=5))


def test_a_reader_without_a_lock_never_sees_half_a_file(stage):
    figures = reader(stage, publishes=10)
    assert figures.tried["files read"] > 0
    assert_good(figures)


@pytest.mark.parametrize("twin", TWINS[:1], ids=lambda twin: twin.name)
def test_a_broken_twin_is_found(stage, twin):
    assert_good(twins([twin]))


@pytest.mark.slow
@pytest.mark.parametrize("twin", TWINS[1:], ids=lambda twin: twin.name)
def test_other_broken_twins_are_found(stage, twin):
    assert_good(twins([twin]))
