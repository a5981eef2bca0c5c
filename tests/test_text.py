"""Text is made comparable and safe to quote, and nothing in it is repaired."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.text import clean, comparable, quote, slug

SEEN_BY_NOBODY = (
    "\u00ad\u034f\u061c\u180e\ufeff\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        (" \t a \n\r\n b\u00a0\u2003c ", "a b c"),
        ("line\u2028separator\x85next", "line separator...next"),
        ("a\x00b\x1bc\x7fd", "a b c d"),
        ("５４．２１０．１８８．１３", "54.210.188.13"),
        ("ｓｅｒｖｅｒ．ａｃｔｉｏｎ１．ｃｏｍ", "server.action1.com"),
        ("𝟜𝟜𝟛", "443"),
        ("ﬁle", "file"),
        ("e\u0301", "é"),
    ],
)
def test_white_space_and_width_do_not_count(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize("sign", SEEN_BY_NOBODY)
def test_what_no_reader_sees_is_dropped(sign: str) -> None:
    assert clean(f"54.21{sign}0.188.13") == "54.210.188.13"


@pytest.mark.parametrize("text", ["54.21О.188.13", "54.2l0.188.13", "аction1.com", "54,210"])
def test_look_alikes_stay_as_they_are(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize("mark", [*"¹²³⁴₁①⑴⒈❶½\U0001f101"])
def test_the_mark_of_a_footnote_becomes_no_digit_of_the_value_before_it(mark: str) -> None:
    assert clean(f"54.210.188.1{mark}") == f"54.210.188.1{mark}"


def test_signs_of_windows_1252_are_what_a_browser_shows() -> None:
    assert clean("49152\x9665535 \x93TCP\x94") == "49152–65535 “TCP”"


@given(st.text())
def test_cleaning_is_done_after_one_time(text: str) -> None:
    once = clean(text)
    assert clean(once) == once


@given(st.text())
def test_clean_text_has_one_line_and_no_control_character(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned.splitlines()) <= 1
    assert not any(unicodedata.category(sign) == "Cc" for sign in cleaned)


def test_a_quote_is_short_and_says_that_it_was_cut() -> None:
    assert quote("a\nb") == '"a b"'
    assert quote("x" * 80) == f'"{"x" * 80}"'
    assert quote("x" * 81) == f'"{"x" * 79}…"'
    assert quote("abcdef", 4) == '"abc…"'


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        (None, "all"),
        ("North America 2", "north-america-2"),
        ("  Asia / Pacific ", "asia-pacific"),
        ("São Paulo", "sao-paulo"),
        ("../../etc", "etc"),
        ("2", "2"),
        ("日本", "region-cf2abf"),
        ("日本 2", "region-367cd0"),
        ("Европа", "region-a5d4ef"),
        ("★", "region-26c57b"),
    ],
)
def test_a_region_becomes_a_folder_name(name: str | None, folder: str) -> None:
    assert slug(name) == folder


@pytest.mark.parametrize(
    ("one", "other"),
    [("東京", "大阪"), ("東京 2", "大阪 2"), ("Европа", "Азия"), ("Europe", "Europe 2")],
)
def test_names_in_any_script_are_told_apart(one: str, other: str) -> None:
    assert comparable(one) != comparable(other)
    assert slug(one) != slug(other)


@pytest.mark.parametrize("name", ["東京", "Европа", "العربية", "ไทย", "★", "", " "])
def test_a_folder_is_safe_in_paths_urls_and_rules(name: str) -> None:
    assert re.fullmatch(r"region-[0-9a-f]{6}", slug(name))
    assert slug(f" {name.upper()} ") == slug(name)


def test_a_long_name_is_cut_and_no_two_share_a_folder() -> None:
    assert slug("Europe " * 18) == "-".join(["europe"] * 18)  # 125 letters: as it is
    long = "Europe " * 40
    one, other = slug(f"{long}North"), slug(f"{long}South")
    assert one != other
    for folder in (one, other):
        assert re.fullmatch(r"(europe-)+europ-[0-9a-f]{10}", folder)
        assert 120 < len(folder) <= 128
    assert slug(f" {long.upper()}  NORTH") == one
    assert len(slug("é" * 128)) == 128 == len(slug("x" * 129))


def test_a_long_name_is_compared_whole() -> None:
    long = "Europe " * 40
    assert comparable(f"{long}North") != comparable(f"{long}South")
    assert comparable(f"{long}North").endswith("-europe-north")


@pytest.mark.parametrize(
    ("one", "other"),
    [("North America", "north-america"), ("São Paulo", "Sao Paulo"), ("東京", " 東京")],
)
def test_spellings_of_one_name_compare_equal(one: str, other: str) -> None:
    assert comparable(one) == comparable(other)
