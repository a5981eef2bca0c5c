"""What the second parser finds is what html.parser finds, tag by tag."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.blowups import SMALL
from tracker.extract.strings import strings_of

WORTH = re.compile(r"[.:]")
_WRITTEN = (
    "<td> </td> <TD> <p\n> </p > <br/> <a/> </a\tb> <scripty> <![CDATA[d.com]]> <?pi.x?> <!d.x>"
    " <b\tc='q>'> <a\thref='x.y'> <a\tb='1'c='2'> <a\thref='x <!--\tc.com\t--> </ < > & ' \""
    " <script> </script> <style> </style> <textarea> </textarea> <title> </title> <svg> </svg>"
    " <plaintext> a.com 10.0.0.1 ::1 &amp; &#46; &lt &am p;"
)
PIECES = _WRITTEN.split(" ")


class Plain(HTMLParser):
    """Text between tags and comments, each as one string."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found = [""]
        self.feed(markup)
        self.close()

    def handle_data(self, data: str) -> None:
        self.found[-1] += data

    def end(self, *_: object) -> None:
        self.found.append("")

    handle_starttag = handle_endtag = handle_comment = handle_decl = handle_pi = end
    unknown_decl = end


def agree(markup: str) -> None:
    expected = [text for text in Plain(markup).found if WORTH.search(text)]
    assert strings_of(markup, WORTH) == expected


@given(st.lists(st.sampled_from([*PIECES, " "]), min_size=1, max_size=14))
def test_any_markup_has_the_strings_that_html_parser_finds(pieces: list[str]) -> None:
    text = "".join(pieces).replace("\t", " ").replace("'", '"' if len(pieces) % 2 else "'")
    agree(f"<html>{text}")


@pytest.mark.parametrize("name", SMALL)
def test_pages_made_to_be_slow_have_the_same_strings(name: str) -> None:
    agree(f"<html>{SMALL[name][:20_000]}")
