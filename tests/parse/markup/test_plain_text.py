"""Plain text becomes lines, blocks and list items, and nothing else."""

from __future__ import annotations

import pytest

from tracker.parse.markup.plain_text import read_plain
from tracker.parse.shapes.find import read_document


def test_blank_lines_part_blocks_and_are_no_lines() -> None:
    document = read_plain("a\nb\n \t\n\n\u00a0\nc\r\nd")
    assert [line.text for line in document.lines] == ["a", "b", "c", "d"]
    blocks = [line.block for line in document.lines]
    assert blocks[0] == blocks[1] != blocks[2] == blocks[3]


@pytest.mark.parametrize("sign", ["•", "◦", "·", "●", "■", "*", "-", "–"])
def test_a_bullet_sign_marks_an_item(sign: str) -> None:
    (line,) = read_plain(f"   {sign} 3.74.63.86\n").lines
    assert (line.text, line.bullet) == ("3.74.63.86", True)


@pytest.mark.parametrize("text", ["*.windowsupdate.com", "-1", "•", "- ", "a - b", "–5"])
def test_a_sign_without_a_space_behind_it_is_no_bullet(text: str) -> None:
    (line,) = read_plain(text).lines
    assert (line.text, line.bullet) == (text.strip(), False)


@pytest.mark.parametrize("line", ["=====", "-----", "  ---", "======  "])
def test_a_line_of_signs_makes_a_heading_of_a_single_line_above(line: str) -> None:
    document = read_plain(f"Intro\n\nEurope\n{line}\nText\n")
    rank = 1 if "=" in line else 2
    assert [(x.text, x.heading) for x in document.lines] == [
        ("Intro", 0),
        ("Europe", rank),
        ("Text", 0),
    ]


@pytest.mark.parametrize(
    "text",
    ["a\nb\n-----", "-----\na", "a\n--", "a\n\n-----", "- a\n-----", "!!\n-----", "a\n- - -"],
)
def test_other_lines_of_signs_are_no_underlines(text: str) -> None:
    assert not any(line.heading for line in read_plain(text).lines)


def test_marks_are_taken_off_lines_of_markdown_but_not_of_code_or_other_text() -> None:
    marked = "## **Europe**\n\nUse `a.example.com`.\n\n```\n# `b`\n```\n"
    lines = read_plain(marked).lines
    assert [(x.text, x.heading) for x in lines] == [
        ("Europe", 2),
        ("Use a.example.com.", 0),
        ("```", 0),
        ("# `b`", 0),
        ("```", 0),
    ]
    (line,) = read_plain("**Europe** and `more`").lines
    assert line.text == "**Europe** and `more`"


def test_an_empty_text_has_no_lines() -> None:
    assert read_plain(" \n\t\n").lines == []


@pytest.mark.parametrize(
    ("text", "is_markup"),
    [
        ("<!DOCTYPE html><p>a</p>", True),
        ("\n  <p>a</p>", True),
        ("stray <HTML><body>a", True),
        ("intro <table><tr><td>a", True),
        ("## Europe\n\n" + "words\n" * 2000 + "\n<table><tr><td>a</table>", True),
        ("**Europe**\n" + " \n" * 5000 + "<table>\n<thead>\n<tr><td>a</table>", True),
        ("Ports < 1024\n\nand > 80", False),
        ("# Ports\n\nplain < all", False),
        ("plain", False),
    ],
)
def test_markup_is_told_from_text_by_its_tags(text: str, *, is_markup: bool) -> None:
    lines = read_document(text).lines
    assert any("<" in line.text or "plain" in line.text for line in lines) != is_markup
