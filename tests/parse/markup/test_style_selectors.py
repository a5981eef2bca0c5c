"""Selectors that we match ourselves, held against soupsieve on random trees."""

import random

import pytest
from bs4 import BeautifulSoup

from tracker.parse.markup.style_sheets import Styles

TAGS = "div", "p", "b"
CLASSES = "x", "y", "z"


def _tree(chance: random.Random, depth: int) -> str:
    tag, name = chance.choice(TAGS), " ".join(chance.sample(CLASSES, chance.randint(0, 2)))
    named = f' id="{chance.choice("klm")}"' if chance.random() < 0.3 else ""
    inner = (
        "".join(_tree(chance, depth - 1) for _ in range(chance.randint(0, 3))) if depth else ""
    )
    return f'<{tag} class="{name}"{named}>{inner}</{tag}>'


def _compound(chance: random.Random) -> str:
    parts = [
        chance.choice(["", "", "*", *TAGS]),
        "".join("." + name for name in chance.sample(CLASSES, chance.randint(0, 2))),
        chance.choice(["", "", "#k"]),
    ]
    return "".join(parts) or "*"


def _selector(chance: random.Random) -> str:
    parts = [_compound(chance)]
    for _ in range(chance.randint(0, 3)):
        parts += [chance.choice([" ", " ", ">", " > ", " + "]), _compound(chance)]
    return "".join(parts)


@pytest.mark.parametrize("seed", range(40))
def test_selects_what_soupsieve_selects(seed: int) -> None:
    chance = random.Random(seed)
    body = "".join(_tree(chance, 4) for _ in range(3))
    for _ in range(10):
        selector = _selector(chance)
        page = f"<style>{selector} {{display: none}}</style><main>{body}</main>"
        soup = BeautifulSoup(page, "lxml")
        styles = Styles(soup)
        hidden = [e for e in soup.find_all(True) if "none" in styles.find_effects(e)]
        assert list(map(id, hidden)) == list(map(id, soup.select(selector))), selector


def test_an_element_outside_the_root_does_not_exist() -> None:
    soup = BeautifulSoup("<style>* html p {display: none}</style><p>seen</p>", "lxml")
    styles = Styles(soup)
    assert soup.p is not None
    assert styles.find_effects(soup.p) == frozenset()
