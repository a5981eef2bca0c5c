"""Chromium shows the same words of a page as the reader has on its lines.

Random pages: elements that nest as they may not, rules that hide, words of one number each. The
browser tells which words it shows; no part of the reader has a say in that.
"""

from __future__ import annotations

import random
import re

import pytest

from tracker.parse.markup.html import read_html

pytestmark = pytest.mark.browser

PAGES = 1000
INLINE = ["b", "i", "span", "a", "font", "code", "em", "u"]
BLOCKS = ["div", "p", "section", "ul", "li", "h3", "blockquote", "dl", "dd", "pre", "center"]
TABLES = ["table", "tr", "td", "th", "tbody", "caption"]
UNSEEN = ["template", "noscript", "dialog", "style", "script", "iframe", "noembed"]
CLASSES = ["k", "m", "n"]
ATTRIBUTES = [
    "",
    "",
    "",
    ' class="k"',
    ' class="m n"',
    " class=n id=q",
    " hidden",
    ' style="display:none"',
    ' style="visibility:hidden"',
    ' style="display:block"',
    " title='<td>x'",
]
RULES = [
    ".k{display:none}",
    ".m{visibility:hidden}",
    ".m.n{visibility:visible}",
    "div .n{display:none}",
    "td.k{display:table-cell}",
    "#q{display:none}",
    "@media print{p{display:none}}",
    "@media (max-width:600px){td{display:none}}",
    "@media (min-width:600px){li.m{display:none}}",
    "ul > .n{display:block !important}",
    "b:hover{display:none}",
    ":not(p).m{display:none}",
    ".k,.z{visibility:collapse}",
]


def random_page(seed: int) -> str:
    """Markup of words `w1`, `w2`; most of it wrong in some way."""
    dice = random.Random(seed)
    style = "".join(dice.sample(RULES, dice.randint(0, 4)))
    parts = [f"<!doctype html><style>{style}</style>"]
    open_tags: list[str] = []
    for number in range(dice.randint(5, 40)):
        choice = dice.random()
        if choice < 0.40:
            tag = dice.choice(
                dice.choices([INLINE, BLOCKS, TABLES, UNSEEN], weights=[3, 4, 5, 1])[0]
            )
            parts.append(f"<{tag}{'' if tag in UNSEEN else dice.choice(ATTRIBUTES)}>")
            open_tags.append(tag)
        elif choice < 0.62 and open_tags:
            at = -1 if dice.random() < 0.8 else dice.randrange(len(open_tags))
            parts.append(f"</{open_tags.pop(at)}>")
        elif choice < 0.66:
            parts.append(
                dice.choice(["<br>", "<hr>", "<!-- w9 -->", "</p>", "</br>", "&amp; "])
            )
        else:
            parts.append(f" w{number + 10} ")
    return "".join(parts)


def words(text: str) -> set[str]:
    return set(re.findall(r"w\d\d", text))  # innerText may join words around what is hidden


@pytest.fixture(scope="module")
def shown_words(chromium):
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()

    def ask(markup: str) -> set[str]:
        page.set_content(markup)
        return words(page.evaluate("document.body ? document.body.innerText : ''"))

    yield ask
    context.close()


@pytest.mark.parametrize("first", range(0, PAGES, 50))
def test_the_reader_has_the_words_that_a_browser_shows(first, shown_words):
    different = {}
    for seed in range(first, first + 50):
        markup = random_page(seed)
        read = words(" ".join(line.text for line in read_html(markup).lines))
        if (shown := shown_words(markup)) != read:
            different[seed] = (markup, sorted(shown - read), sorted(read - shown))
    assert not different, "\n".join(
        f"{seed}: not read {missing}, not shown {extra}\n  {markup}"
        for seed, (markup, missing, extra) in list(different.items())[:3]
    )
