"""The page in a real browser: read, filtered, compared, copied, in any light and width."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

import pytest

from tests.browser.conftest import NARROW, WIDE, serving_folder
from tests.site.readings import entry, stored
from tests.site.web.rig import serving

pytestmark = pytest.mark.browser

PAGES = ("", "history", "version?n=3", "compare?a=1&b=3", "value?q=443", "held", "status")
AGO = r"(just now|\d+ minutes? ago|in 26 minutes)"
PHONE = 704  # pixels: below, rows are cards (44rem in page.css)
PICTURES = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_silently_under_its_policy(browse, live, path):
    page = browse(live + path)
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.styleSheets.length") == 1


@pytest.mark.parametrize(
    ("scheme", "viewport"), [("light", WIDE), ("dark", NARROW)], ids=["light", "dark-narrow"]
)
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_no_fault(browse, live, path, scheme, viewport):
    assert faults_of(browse(live + path, scheme=scheme, viewport=viewport)) == []


def faults_of(page):
    """What axe finds, also targets too small for a finger (WCAG 2.2), all parts unfolded."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
    rules = {"rules": {"target-size": {"enabled": True}}}
    return [
        (fault["id"], fault["impact"], [node["html"][:200] for node in fault["nodes"][:3]])
        for fault in axe.Axe().run(page, options=rules).response["violations"]
    ]


@pytest.mark.parametrize("path", ["nothing/at/all", "version?n=99", "../acton1/"])
def test_an_error_page_has_its_style_and_no_fault(chromium, live, path):
    with contextlib.closing(chromium.new_page(viewport=NARROW)) as page:
        page.goto(live + path)
        assert page.evaluate("document.styleSheets[0].cssRules.length") > 0
        assert faults_of(page) == []
        assert widths_of(page) == []


def test_axe_finds_no_fault_in_the_published_page(browse, static):
    assert faults_of(browse(static, viewport=NARROW)) == []


@pytest.mark.parametrize("path", PAGES)
def test_no_page_scrolls_sideways(browse, live, path):
    page = browse(live + path, viewport=NARROW)
    assert widths_of(page) == []


def widths_of(page):
    """The widths of windows that the page, or a table on a phone, is wider than."""
    too_wide = []
    for width in (360, 375, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            too_wide.append(width)
        if width < PHONE and page.evaluate(
            "[...document.querySelectorAll('.region .wide, .sides')]"
            ".some(it => it.scrollWidth > it.clientWidth)"
        ):
            too_wide.append((width, "table"))
    return too_wide


def test_long_words_wrap(browse, tmp_path):
    long = "x" * 300
    host = ".".join(["y" * 60] * 4)
    first = entry("w" * 90, host, resource=long, purpose=long, components=[long], only_for=long)
    second = entry(target=f"z{host}", resource=long)
    stored(tmp_path, [entry(), first], [entry(), first, second])
    with serving_folder(tmp_path) as address:
        assert widths_of(browse(f"{address}/action1/index.html")) == []
    with serving(tmp_path) as server:
        server.server.admit([])
        for path in ("", "compare?a=1&b=2", f"value?q={host}", f"?q={long}"):
            assert widths_of(browse(f"http://127.0.0.1:{server.port}/action1/{path}")) == []


def test_dark_is_dark_and_light_is_light(browse, live):
    colour = "getComputedStyle(document.body).backgroundColor"
    assert browse(live, scheme="light").evaluate(colour) == "rgb(255, 255, 255)"
    assert browse(live, scheme="dark").evaluate(colour) == "rgb(13, 17, 23)"


@pytest.mark.parametrize("where", ["live", "static"])
def test_the_filter_narrows_while_typing(browse, request, where):
    page = browse(request.getfixturevalue(where))
    parts = page.locator(".part:visible")
    every = parts.count()
    page.get_by_label("Filter by").fill("3.74.63.86")
    assert 0 < parts.count() < every
    assert all("3.74.63.86" in text for text in parts.all_inner_texts())
    assert page.locator(".region:visible").count() == 1
    assert "of 72 entries" in page.locator("output").inner_text()
    page.get_by_label("Filter by").fill("")
    assert parts.count() == every


def test_without_a_script_filter_and_comparison_work(browse, live):
    page = browse(live, script=False)
    every = page.locator(".part").count()
    page.get_by_label("Filter by").fill("22543")
    page.get_by_role("button", name="Filter").click()
    assert 0 < page.locator(".part").count() < every
    page.get_by_role("link", name="Compare").click()
    page.get_by_label("From").select_option("1")
    page.get_by_role("button", name="Compare").click()
    assert page.locator("ins").count() > 10


def test_an_address_leads_to_its_history(browse, live):
    page = browse(live)
    page.get_by_role("link", name="3.74.63.86").first.click()
    assert "3.74.63.86 is in force in Europe" in page.locator("main").inner_text()
    page.get_by_label("An address, a host or a port").fill("server.action1.com")
    page.get_by_role("button", name="Search").click()
    assert "server.action1.com is in force" in page.locator("main").inner_text()


def test_two_versions_are_compared_by_choice(browse, live):
    page = browse(live + "compare")
    page.get_by_label("From").select_option("1")
    page.get_by_label("To").select_option("2")
    page.get_by_role("button", name="Compare").click()
    assert page.locator("h1").inner_text().endswith("version 1 and version 2")
    assert "endpoints added" in page.locator("main").inner_text()


@pytest.mark.parametrize("where", ["live", "static"])
def test_an_address_is_copied_whole(browse, request, where):
    url = request.getfixturevalue(where)
    page = browse(url, grant=["clipboard-read", "clipboard-write"])
    name = "rules/north-america/ips.txt"
    button = page.get_by_role("button", name=f"Copy {name}", exact=True)
    if not button.is_visible():
        page.get_by_role("heading", name="north-america", exact=True).first.click()
    button.click()
    page.get_by_text("Copied", exact=True).first.wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == url.rpartition("/")[0] + "/" + name
    assert page.request.get(copied).text().count("\n") > 5


def test_commands_are_copied_with_the_address_in_them(browse, live):
    page = browse(live + "held", grant=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the command to publish").first.click()
    page.get_by_text("Copied", exact=True).wait_for()
    assert page.evaluate("navigator.clipboard.readText()").startswith("fwtracker approve ")


def test_the_keyboard_is_enough(browse, live):
    page = browse(live)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    page.get_by_label("Filter by").focus()
    page.keyboard.type("443")
    page.keyboard.press("Enter")
    page.wait_for_url("**/action1/?q=443")
    page.locator("summary").nth(1).focus()
    page.keyboard.press("Enter")
    assert page.locator("details[open]").count() == 2


def test_the_published_page_says_when_it_was_last_checked(browse, static):
    page = browse(static)
    checked = page.locator("[data-manifest]")
    checked.wait_for()
    assert re.fullmatch(rf"Checked\n{AGO}", checked.inner_text())
    assert checked.locator("time").get_attribute("title").endswith(" UTC")


@pytest.mark.parametrize("path", ["", "../"], ids=["source", "overview"])
def test_times_on_top_are_relative_and_exact_on_hover(browse, live, path):
    page = browse(live + path)
    times = page.locator(".state time").all()
    assert len(times) == 3
    for time in times:
        assert re.fullmatch(AGO, time.inner_text())
        exact = time.get_attribute("datetime").replace("T", " ").replace("Z", " UTC")
        assert time.get_attribute("title") == exact
    plain = browse(live + path, script=False).locator(".state time").first
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", plain.inner_text())


@pytest.mark.parametrize("where", ["live", "static"])
def test_what_to_paste_is_one_click_or_key_away(browse, request, where):
    page = browse(request.getfixturevalue(where), grant=["clipboard-read", "clipboard-write"])
    page.get_by_role("link", name="What to paste").focus()
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", name="What to paste for version 3")
    assert heading.evaluate("it => it.getBoundingClientRect().top < innerHeight")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").startswith("all")
    page.keyboard.press("Enter")
    name = "deltas/000003/all/nftables-apply.nft"
    page.get_by_role("button", name=f"Copy content {name}").press("Enter")
    page.get_by_text("Copied", exact=True).wait_for()
    text = page.evaluate("navigator.clipboard.readText()")
    link = page.get_by_role("link", name=f"Download {name}")
    assert link.get_attribute("download") == "all-nftables-apply.nft"
    assert page.request.get(link.evaluate("it => it.href")).text() == text


def test_a_link_to_a_folded_rule_set_opens_it(browse, live):
    page = browse(live + "#set-europe")
    assert page.locator("details[open] #set-europe").count() == 1


# Puts the public addresses in the place of those of this test.
PUBLIC = """() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        walker.currentNode.data = walker.currentNode.data
            .replace(/http:..127.0.0.1:\\d+(?=.documentation)/g, "https://www.action1.com")
            .replace(/http:..127.0.0.1:\\d+/g, "https://fw.example.com");
    }
}"""


@pytest.mark.skipif(
    not os.environ.get("FWTRACKER_UPDATE_GOLDEN"), reason="pictures are made on demand"
)
@pytest.mark.parametrize(
    ("name", "path", "scheme", "viewport"),
    [
        ("page", "", "light", WIDE),
        ("page-dark", "compare?a=1&b=3", "dark", WIDE),
        ("page-history", "history", "light", WIDE),
        ("page-held", "held", "light", WIDE),
        ("page-phone", "?q=3.74.0.0/16", "light", {"width": 375, "height": 1150}),
    ],
)
def test_pictures_for_the_documentation(browse, live, name, path, scheme, viewport):
    page = browse(live + path, scheme=scheme, viewport=viewport)
    page.evaluate(PUBLIC)  # the sample is read from this machine, a real page is not
    assert "127.0.0.1" not in page.locator("body").inner_text()
    page.screenshot(path=PICTURES / f"{name}.png")
