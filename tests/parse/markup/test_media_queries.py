"""Media queries on a desktop of 1,280 by 800 pixels."""

from __future__ import annotations

import pytest

from tracker.parse.markup.css_rules import applies_to_desktop


@pytest.mark.parametrize(
    "query",
    [
        "",
        "all",
        "screen",
        "only screen",
        "SCREEN",
        "print, screen",
        "(min-width: 768px)",
        "screen and (min-width:48em)",
        "(max-width: 1280px)",
        "(min-width: 700px) and (max-width: 1600px)",
        "(width >= 60rem)",
        "(600px <= width < 2000px)",
        "(1400px > width)",
        "not print",
        "not all and (max-width: 600px)",
        "(max-width: 600px) or (min-width: 601px)",
        "not (max-width: 600px)",
        "(orientation: landscape)",
        "(hover: hover)",
        "((min-width: 10px) and (max-width: 5000px))",
        "/* wide */ screen",
    ],
)
def test_it_applies(query: str) -> None:
    assert applies_to_desktop(query)


@pytest.mark.parametrize(
    "query",
    [
        "print",
        "speech",
        "only print",
        "(max-width: 767px)",
        "screen and (max-width: 47.9em)",
        "(min-width: 1281px)",
        "(width < 600px)",
        "(600px > width)",
        "not screen",
        "not all",
        "(orientation: portrait)",
        "(hover: none)",
        "(prefers-color-scheme: dark)",
        "(unknown-feature: 1)",
        "(min-width: calc(1px + 1px))",
        "(min-width: 1.2.3px)",
        "(((((((((((min-width: 1px)))))))))))",
        "nonsense",
        "(",
        "print and (min-width: 1px)",
    ],
)
def test_it_does_not_apply(query: str) -> None:
    assert not applies_to_desktop(query)
