"""Templates: what is put into them is text, cleaned and escaped once."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import UndefinedError

import tracker.site
from tests.site.readings import HOSTILE
from tracker.errors import Incomplete
from tracker.site.rendering import Links, render

FOLDER = Path(tracker.site.__file__).with_name("templates")
REFUSAL = {"links": Links(live=True), "here": "", "title": "No", "detail": "no", "source": ""}


def refusal(**values):
    return render("pages/refusal.html", **{**REFUSAL, **values}).decode()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a < b", "a &lt; b"),
        ("&lt;", "&amp;lt;"),
        ('"it\'s"', "&#34;it&#39;s&#34;"),
        ("{{ 7 * 7 }}{% raw %}", "{{ 7 * 7 }}{% raw %}"),
        ("two\n lines\t", "two lines"),
        ("\u202eright to left\u200b", "right to left"),
        ("no XML: \ufffe \ud800", "no XML: \ufffd \ufffd"),
        (7, "7"),
    ],
)
def test_a_value_is_cleaned_and_escaped_once(text, shown):
    assert f"<p>{shown}</p>" in refusal(detail=text)


def test_a_value_cannot_leave_its_attribute():
    links = Links(live=True, nav=((HOSTILE, HOSTILE),))
    html = refusal(links=links)
    assert "<script>alert" not in html
    assert 'href="&lt;script&gt;alert(1)&lt;/script&gt;&#34; onload=&#39;x&#39;' in html


def test_a_value_that_is_missing_is_an_error():
    with pytest.raises(UndefinedError):
        render("pages/refusal.html", links=Links(), here="", title="No")


def test_a_template_that_is_missing_is_said_to_be_a_part_of_the_program():
    with pytest.raises(Incomplete, match=r"templates/none\.html: cannot read it"):
        render("none.html")


@pytest.mark.parametrize("file", sorted(FOLDER.rglob("*.html")), ids=lambda file: file.name)
def test_no_template_switches_escaping_off_or_has_a_script_of_its_own(file):
    text = file.read_text()
    assert "|safe" not in text.replace(" ", "")
    assert "autoescape" not in text
    assert text.count("<script") == (file.name == "layout.html")
    assert "style=" not in text
