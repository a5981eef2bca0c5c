"""Templates: what is put into a gap is escaped, once."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from tracker.site.markup import Template

HOSTILE = "<b>&\"'{0}"


@pytest.mark.parametrize(
    ("text", "values", "named"),
    [
        ("no gap", (), {}),
        ("", (), {}),
        ("<p>{}</p>", (HOSTILE,), {}),
        ("<p>{}{}</p>", (HOSTILE, Markup("<br>")), {}),
        ("{1}-{0}-{1}", ("a", 2), {}),
        ('<a title="{title}">{text}', (), {"title": HOSTILE, "text": Markup("<i>")}),
        ("{{not a gap}}{}", (None,), {}),
    ],
)
def test_a_template_gives_what_markup_gives(text: str, values: tuple, named: dict) -> None:
    made = Template(text).format(*values, **named)
    assert type(made) is Markup
    assert made == Markup(text).format(*values, **named)


def test_a_gap_that_nothing_is_put_into_is_an_error() -> None:
    with pytest.raises(KeyError):
        Template("{name}").format()
