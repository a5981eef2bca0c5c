"""What receivers make of a message: Microsoft's renderer of cards, and mail in a mail program.

A mail has no colours of its own: a mail program's view is Chromium's, light and dark, and on
the dark backgrounds that mail programs have.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.browser.conftest import NARROW, WIDE
from tests.support.checkers import NPM, need

pytestmark = pytest.mark.browser

GOLDEN = Path(__file__).parents[1] / "golden" / "messages"
SITUATIONS = sorted(path.name for path in GOLDEN.iterdir())
# Of Chromium, Gmail and Apple Mail, Outlook, and the lightest of those that Thunderbird has.
DARK = ("#121212", "#1f1f1f", "#292929", "#38383d")
LIGHT = ("#ffffff", "#f6f8fc")
LEAST = 4.5  # https://www.w3.org/TR/WCAG22/#contrast-minimum
# Each text's contrast with a background, and the text.
CONTRASTS = """background => {
    document.body.style.background = background;
    const luminance = colour => {
        const parts = colour.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255)
            .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    const back = luminance(getComputedStyle(document.body).backgroundColor);
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
        const text = walker.currentNode.textContent.trim();
        const fore = luminance(getComputedStyle(walker.currentNode.parentElement).color);
        const [less, more] = [fore, back].sort((a, b) => a - b);
        if (text) found.push([(more + 0.05) / (less + 0.05), text]);
    }
    return found;
}"""
DRAW = """json => {
    const card = new AdaptiveCards.AdaptiveCard();
    card.parse(json);
    document.body.replaceChildren(card.render());
    return [...document.querySelectorAll(".ac-richTextBlock")].map(each => each.innerText);
}"""


@pytest.fixture(scope="module", params=["light", "dark"])
def mail_page(request, chromium):
    """A page with a colour scheme, and the backgrounds that mail programs have in it."""
    context = chromium.new_context(color_scheme=request.param, viewport=WIDE)
    yield context.new_page(), DARK if request.param == "dark" else LIGHT
    context.close()


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_text_of_a_mail_can_be_read(mail_page, situation):
    page, backgrounds = mail_page
    page.set_content((GOLDEN / situation / "email.html").read_text("utf-8"))
    for background in backgrounds:
        found = page.evaluate(CONTRASTS, background)
        assert len(found) > 3
        assert [each for each in found if each[0] < LEAST] == []


def test_a_faint_text_would_be_found(mail_page):
    page, backgrounds = mail_page
    page.set_content('<p style="color:#777">faint</p>')
    assert page.evaluate(CONTRASTS, "#999999")[0][0] < LEAST
    assert page.evaluate(CONTRASTS, "#ffffff")[0][0] == pytest.approx(4.48, abs=0.01)
    assert backgrounds


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_mail_needs_no_scrolling_to_the_side_on_a_phone(chromium, situation):
    page = chromium.new_page(viewport=NARROW)
    try:
        page.set_content((GOLDEN / situation / "email.html").read_text("utf-8"))
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    finally:
        page.close()


@pytest.fixture(scope="module")
def card_page(chromium):
    """A page with Microsoft's renderer of Adaptive Cards; what its console says fails."""
    need(npm=("adaptivecards",))
    said: list[str] = []
    page = chromium.new_page(viewport=NARROW)
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.set_content("<body></body>")
    page.add_script_tag(path=NPM / "adaptivecards" / "dist" / "adaptivecards.min.js")
    yield page
    page.close()
    assert said == []


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_renderer_draws_every_text_of_a_card(card_page, situation):
    payload = json.loads((GOLDEN / situation / "teams.json").read_text("utf-8"))
    card = payload["attachments"][0]["content"]
    drawn = [" ".join(text.split()) for text in card_page.evaluate(DRAW, card)]
    wanted = ["".join(run["text"] for run in block["inlines"]) for block in card["body"]]
    assert drawn == [" ".join(text.split()) for text in wanted]
    buttons = card_page.locator("button").all_inner_texts()
    assert buttons == [each["title"] for each in card["actions"]]
