"""Plain, clipped, counted and fitted text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.shared.text import (
    clip,
    count_noun,
    fit,
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
    st.integers(40, 400),
)
def test_fit_stays_within_its_budget_and_counts_what_it_leaves(lines, budget):
    shown = fit([text for text, _ in lines], [weight for _, weight in lines], budget)
    assert sum(len(line) + 1 for line in shown) <= budget
    if shown != [line for line, _ in lines]:
        left = sum(weight for _, weight in lines[len(shown) - 1 :])
        assert shown[-1] == f"... and {left:,} more"


def test_fit_is_quick_and_short_for_very_many():
    taken = []
    texts = (taken.append(each) or "x" * 100 for each in range(100_000))
    assert len(fit(texts, [1] * 100_000, 3000)) == 30
    assert len(taken) == 30  # the others are not even made
