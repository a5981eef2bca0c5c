"""Plain, clipped, counted and fitted text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.shared.message import Line, describe_rest, fit_lines
from notifiers.shared.text import (
    clip,
    count_noun,
    join_and,
    list_within,
    pack_rows,
    to_line,
)
from tests.support.announcements import HOSTILE


@given(st.text())
def test_plain_is_one_printable_line_and_plain_again(text):
    once = to_line(text)
    assert once.isprintable()
    assert to_line(once) == once


@pytest.mark.parametrize("text", [*HOSTILE, "\ud800 lone surrogate"])
def test_plain_disarms_what_a_page_may_hold(text):
    assert to_line(text).isprintable()
    to_line(text).encode()  # no lone surrogate


def test_plain_keeps_words_apart_and_together():
    assert to_line("a\r\n b\u2028c\u00a0d") == "a b c d"
    assert to_line("ser\u200bver\u202e.com") == "server.com"


@given(st.text(), st.integers(4, 40))
def test_clip_never_passes_its_limit(text, limit):
    assert len(clip(text, limit)) <= limit


def test_clip_shows_that_it_cut():
    assert clip("abcdefgh", 8) == "abcdefgh"
    assert clip("abcdefghi", 8) == "abcde..."


def test_counted_and_joined():
    assert count_noun(1, "entry", "entries") == "1 entry"
    assert count_noun(10_000, "endpoint") == "10,000 endpoints"
    assert join_and([]) == ""
    assert join_and(["A", "B", "C"]) == "A, B and C"


@given(st.lists(st.text("abc.", min_size=1, max_size=12)), st.integers(1, 40))
def test_packed_loses_nothing_and_cuts_nothing(values, budget):
    rows = list(pack_rows(values, budget))
    assert [value for row in rows for value in row] == values
    assert all(len(row) == 1 or len(", ".join(row)) <= budget for row in rows)


def test_listed_says_how_many_are_left():
    assert list_within(["aa", "bb"], 10) == "aa, bb"
    assert list_within(["aa", "bb", "cc", "dd"], 6) == "aa, bb and 2 more"


@given(
    st.lists(st.tuples(st.text("ab", max_size=60), st.integers(1, 9)), max_size=30),
    st.integers(200, 600),
)
def test_lines_stay_within_their_budget_and_what_is_left_is_counted(lines, budget):
    made_of = [Line(text=text, weight=weight, unit="endpoint") for text, weight in lines]
    shown = fit_lines(made_of, lambda line: line.text, budget)
    assert sum(len(line) + 1 for line in shown) <= budget
    if shown != [line for line, _ in lines]:
        left = sum(weight for _, weight in lines[len(shown) - 1 :])
        assert shown[-1] == f"... and {left:,} more endpoint{'' if left == 1 else 's'}"


def test_fitting_is_quick_and_short_for_very_many():
    rendered = []
    lines = [Line(text="x" * 100)] * 100_000
    shown = fit_lines(lines, lambda line: rendered.append(line) or line.text, 3000)
    assert len(shown) <= 30
    assert len(rendered) <= 30  # the others are not even rendered


def test_what_is_left_is_counted_by_region():
    left = [Line(weight=20, unit="endpoint", region="Europe")]
    left += [Line(weight=15, unit="endpoint", region="Canada")] * 2
    assert describe_rest(left) == "... and 50 more endpoints: 20 in Europe, 30 in Canada"
