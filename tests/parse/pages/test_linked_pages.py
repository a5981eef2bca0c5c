"""The pages that an index links to: read, held with what came instead, or passed over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.readings import page, row, table
from tests.support.site import MAIN, Reply
from tracker.parse.pages.linked_pages import find_script_links
from tracker.parse.pages.linked_regions import are_alike

pytestmark = pytest.mark.usefixtures("few_formats")

TREE = Path("snapshots/action1")
ADDRESSES = {"Europe": "3.74.63.86", "Australia": "13.238.191.59", "Canada": "15.222.1.7"}
MENU = "<nav><ul><li><a href='/x/'>Products of the vendor</a></li></ul></nav>"


def rules(region: str, address: str = "") -> str:
    cells = row(address or ADDRESSES[region], "Outbound", "443 HTTPS", "x", "Agents")
    return page(f"<h1>Region: {region}</h1>{table(cells)}")


def instead(body: str, head: str = "") -> str:
    """The page of Australia without its table."""
    text = page(f"{MENU}<h1>Region: Australia</h1>{body}")
    return text.replace("</head>", f"{head}</head>")


def index(*links: str, head: str = "") -> str:
    text = page(f"<h1>Firewall configuration</h1><p>{' '.join(links)}</p>")
    return text.replace("</head>", f"{head}</head>")


EUROPE = '<a href="region-europe/">Europe</a>'
AUSTRALIA = '<a href="region-australia/">Australia</a>'


@pytest.fixture
def show(site):
    """Show an index and the pages below it, by path."""

    def shown(main: str, **pages: str | Reply) -> None:
        site.pages.clear()
        site.show(main)
        for name, text in pages.items():
            path = f"{MAIN}{name.replace('__', '/').replace('_', '-')}/"
            if isinstance(text, Reply):
                site.pages[path] = text
            else:
                site.show(text, path)

    return shown


@pytest.fixture
def check(site, fwtracker):
    def run() -> tuple[int, Any]:
        ran = fwtracker("run", "--url", site.url, "--json")
        return ran.status, ran.json[0]

    return run


def targets() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for entry in json.loads((TREE / "latest.json").read_text())["entries"]:
        found.setdefault(entry["region"], set()).update(entry["addresses"])
    return found


def holds(outcome: Any) -> dict[str, str]:
    return {f["name"]: f["message"] for f in outcome["findings"] if f["verdict"] == "hold"}


def published_findings(outcome: Any) -> list[str]:
    return [f["message"] for f in outcome["findings"] if f["name"] == "linked-page-passed-over"]


WITHOUT_TABLE = [
    ("<p>Coming soon.</p>", "a promise of it"),
    ("<p>Our servers there will be available soon</p>", "a promise of it"),
    ("<h2>This page is under construction</h2>", "a promise of it"),
    ("<p>Addresses: TBA</p>", "a promise of it"),
    ("<pre>host a.example.net port 443</pre>", "a block of code"),
    ("<p><code>some words</code></p>", "a block of code"),
    ("<iframe src='https://sheets.example.net/x'></iframe>", "an iframe"),
    ("<object data='/rules.svg'></object>", "an iframe"),
    ("<img src='/australia.png' alt='Ports'>", "an image"),
    ("<figure><picture><source srcset='/x.webp'></picture></figure>", "an image"),
    ("<ul><li>Agents talk to the cloud</li></ul>", "a list"),
    (table(), "an empty table"),
    ("<table><tbody></tbody></table>", "an empty table"),
    (table(row("Monday", "9 to 5"), header=("Day", "Open")), "a table of other columns"),
    ("<div id='root'></div>", "what a script fills"),
    ("<div data-lazy-src='/fragment'></div>", "what a script fills"),
    ("<p>Loading…</p>", "what a script fills"),
    (
        '<script id="__NEXT_DATA__" type="application/json">{"a":["13.238.191.59"]}</script>',
        "with data in __NEXT_DATA__",
    ),
    ("<script>window.__INITIAL_STATE__={}</script>", "with data in __INITIAL_STATE__"),
    (
        "<script type='application/json'>{}</script>",
        "with data in a script of application/json",
    ),
    ("<form><input type=password name=p></form>", "password"),
    ("", "there is nothing"),
]


@pytest.mark.parametrize(
    ("body", "says"), WITHOUT_TABLE, ids=[body for body, _ in WITHOUT_TABLE]
)
def test_a_region_page_without_a_table_is_held_with_what_came_instead(show, check, body, says):
    show(
        index(EUROPE, AUSTRALIA), region_europe=rules("Europe"), region_australia=instead(body)
    )
    status, outcome = check()
    said = holds(outcome)["region-page-without-table"]
    assert (status, outcome["outcome"]) == (3, "held")
    assert "region-australia/" in said
    assert '"Australia"' in said
    assert says in said
    assert not TREE.joinpath("latest.json").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (page("<h1>Page not found</h1>"), 'no such page ("Page not found")'),
        (page("<p>x</p>").replace(">t<", ">404 | Vendor<"), "no such page"),
        (page("<h1>Sign in</h1>"), "a login"),
        (page("").replace(">t<", ">Protected: Australia<") + "<input type=password>", "login"),
        (
            page("").replace("<head>", "<head><meta http-equiv=refresh content='0;url=../'>"),
            "the page only points to ../",
        ),
    ],
)
def test_what_stands_in_for_a_region_page_is_named(show, check, text, says):
    show(index(EUROPE, AUSTRALIA), region_europe=rules("Europe"), region_australia=text)
    status, outcome = check()
    assert status == 3
    assert says.split("../")[0] in holds(outcome)["region-page-without-table"]


@pytest.mark.parametrize("status", [301, 302, 307])
@pytest.mark.parametrize(
    ("target", "says"),
    [
        (MAIN, "it redirects to"),
        (f"{MAIN}index.html", "it redirects to"),
        ("/wp-login.php", "login"),
        ("/", "it redirects to"),
        (f"{MAIN}region-europe/", "it redirects to"),
    ],
)
def test_a_region_page_that_redirects_is_held(site, show, check, status, target, says):
    moved = Reply(status=status, headers={"Location": target})
    show(index(EUROPE, AUSTRALIA), region_europe=rules("Europe"), region_australia=moved)
    site.show(index(EUROPE, AUSTRALIA), f"{MAIN}index.html")
    site.show(page("<h1>Log in</h1>"), "/wp-login.php")
    site.show(page("<h1>Vendor</h1><p>Welcome</p>"), "/")
    code, outcome = check()
    assert code == 3
    assert says in holds(outcome)["region-page-without-table"]


def test_a_region_page_that_moved_with_its_table_is_read(site, show, check):
    moved = Reply(status=301, headers={"Location": "/documentation/au-rules/"})
    show(index(EUROPE, AUSTRALIA), region_europe=rules("Europe"), region_australia=moved)
    site.show(rules("Australia"), "/documentation/au-rules/")
    assert check()[0] == 0
    assert set(targets()) == {"Europe", "Australia"}


@pytest.mark.parametrize(
    "text",
    [
        rules("Europe"),
        rules("Europe").replace("</body>", "<!-- another copy --></body>"),
        rules("Europe").replace("3.74.63.86", "3.74.63.87"),
    ],
)
def test_a_page_with_the_table_of_another_region_is_held(show, check, text):
    show(index(EUROPE, AUSTRALIA), region_europe=rules("Europe"), region_australia=text)
    status, outcome = check()
    assert status == 3
    assert {"region-page-of-another", "region-page-without-table"} & {*holds(outcome)}


def test_one_page_at_two_addresses_that_has_both_regions_is_read_once(show, check):
    both = page(
        "".join(
            f"<h2>Region: {name}</h2>{table(row(ADDRESSES[name], 'Out', '443 TCP', '', ''))}"
            for name in ("Europe", "Australia")
        )
    )
    show(index(EUROPE, AUSTRALIA), region_europe=both, region_australia=both)
    status, outcome = check()
    assert (status, holds(outcome)) == (0, {})
    assert set(targets()) == {"Europe", "Australia"}


@pytest.mark.parametrize(
    ("words", "last", "region"),
    [
        ("UK", "region-united-kingdom", "United Kingdom"),
        ("Government", "region-us-government", "US Government"),
        ("European Union", "region-europe", "Europe"),
        ("Rules for the Middle East", "region-middle-east", "Middle East"),
        ("Asia-Pacific", "asia-pacific", "Asia Pacific"),
    ],
)
def test_a_link_may_spell_its_region_otherwise(show, check, words, last, region):
    link = f'<a href="{last}/">{words}</a>'
    show(index(link), **{last.replace("-", "_"): rules(region, "3.74.63.86")})
    status, outcome = check()
    assert (status, holds(outcome)) == (0, {})
    assert set(targets()) == {region}


@pytest.mark.parametrize(
    ("name", "other", "alike"),
    [
        ("UK", "United Kingdom", True),
        ("US Gov", "US Government", False),
        ("Asia", "East Asia", True),
        ("Europe", "European Union", True),
        ("South Africa", "South America", False),
        ("Western Europe", "Western Australia", False),
        ("North America", "North America 2", False),
        ("NA", "North America 2", False),
        ("Australia", "Europe", False),
    ],
)
def test_names_are_alike_by_initials_words_or_stem(name, other, alike):
    assert are_alike(name, other) is alike
    assert are_alike(other, name) is alike


@pytest.mark.parametrize("words", ["EMEA", "Rules for EMEA", "Learn more"])
def test_a_page_whose_tables_are_parts_of_its_region_is_read(show, check, words):
    parts = "<h1>Firewall rules for EMEA</h1>" + "".join(
        f"<h2>{name}</h2>{table(row(address, 'Outbound', '443 TCP', 'x', 'Agents'))}"
        for name, address in (("Europe", "3.74.63.86"), ("Africa", "13.244.1.7"))
    )
    show(index(f'<a href="region-emea/">{words}</a>'), region_emea=page(parts))
    assert check()[0] == 0
    assert set(targets()) == {"Europe", "Africa"}


@pytest.mark.parametrize("body", ["<p>Soon.</p>", "<iframe src=/x></iframe>"])
def test_a_hold_for_a_missing_table_can_be_approved_and_is_asked_once(
    site, show, check, fwtracker, body
):
    show(
        index(EUROPE, AUSTRALIA), region_europe=rules("Europe"), region_australia=instead(body)
    )
    _, outcome = check()
    assert fwtracker("approve", outcome["digest"][:12]).status == 0
    assert set(targets()) == {"Europe"}
    site.show(rules("Europe", "3.74.63.99"), f"{MAIN}region-europe/")
    assert check()[0] in {0, 3}  # the guard may hold the address, and nothing else
    site.show(rules("Australia"), f"{MAIN}region-australia/")
    _, outcome = check()
    assert "region-page-without-table" not in holds(outcome)


def test_without_any_table_the_whole_page_is_refused(show, check):
    show(index(AUSTRALIA), region_australia=instead("<p>Soon.</p>"))
    status, outcome = check()
    assert (status, outcome["error"]["name"]) == (1, "nothing-read")


OTHERS = [
    '<a href="faq/">FAQ</a>',
    '<a href="diagram.png"><img src="diagram.png"></a>',
    '<a href="rules.pdf">Download</a>',
    '<a href="feed/">RSS</a>',
    '<a href="legal/eu-privacy/">Privacy in Europe</a>',
]


@pytest.mark.parametrize("link", OTHERS)
@pytest.mark.parametrize(
    "answer",
    [
        Reply(status=404),
        Reply(status=500),
        Reply(status=403),
        Reply(body=page("<h1>Log in</h1>").encode()),
        Reply(body=page("<h1>FAQ</h1><p>Words.</p>").encode()),
        Reply(body=page(table(row("10.1.1.1", "x"), header=("IP", "Who"))).encode()),
        Reply(body=b"%PDF-1.7", headers={"Content-Type": "application/pdf"}),
        Reply(body=b"\x00\x01", headers={"Content-Type": "text/html"}),
    ],
)
def test_other_pages_below_stop_nothing_and_are_reported(site, show, check, link, answer):
    show(index(EUROPE, link), region_europe=rules("Europe"))
    path = MAIN + link.split('"')[1]
    site.pages[path] = answer
    status, outcome = check()
    assert (status, holds(outcome)) == (0, {})
    assert len(published_findings(outcome)) == 1
    assert path in published_findings(outcome)[0]
    assert targets() == {"Europe": {"3.74.63.86"}}
    assert check()[1]["outcome"] == "unchanged"
    site.pages.pop(path)
    assert check()[1]["outcome"] == "unchanged"


@pytest.mark.parametrize("first", [None, page("<p>To be written.</p>")])
def test_a_page_passed_over_is_looked_at_again_when_it_changes(site, show, check, first):
    link = '<a href="tokyo/">Tokyo</a>'
    show(
        index(EUROPE, link),
        region_europe=rules("Europe"),
        **({"tokyo": first} if first else {}),
    )
    assert check()[0] == 0
    site.show(rules("Tokyo", "54.65.1.7"), f"{MAIN}tokyo/")
    status, outcome = check()
    assert status == 3
    assert "linked-page-unexpected" in holds(outcome)


def test_tables_where_no_region_is_known_are_held_and_known_once_approved(
    site, show, check, fwtracker
):
    link = '<a href="tokyo/">Tokyo</a>'
    show(index(EUROPE, link), region_europe=rules("Europe"), tokyo=rules("Tokyo", "54.65.1.7"))
    status, outcome = check()
    assert (status, [*holds(outcome)]) == (3, ["linked-page-unexpected"])
    assert fwtracker("approve", outcome["digest"][:12]).status == 0
    assert set(targets()) == {"Europe", "Tokyo"}
    site.show(page("<h1>Tokyo</h1><p>Coming soon</p>"), f"{MAIN}tokyo/")
    status, outcome = check()
    assert "region-page-without-table" in holds(outcome)
    site.pages.pop(f"{MAIN}tokyo/")
    assert check()[0] == 1


def test_a_table_that_cannot_be_read_on_another_page_is_held(show, check):
    bad = page(table(row("3.74.63.863", "Outbound", "443 TCP", "x", "Agents")))
    show(index(EUROPE, '<a href="old/">Old</a>'), region_europe=rules("Europe"), old=bad)
    status, outcome = check()
    assert status == 3
    assert "3.74.63.863" in holds(outcome)["linked-page-unexpected"]


@pytest.mark.parametrize("status", [404, 410, 401, 403, 500])
def test_a_region_page_that_cannot_be_had_fails_the_check(show, check, status):
    show(
        index(EUROPE, AUSTRALIA),
        region_europe=rules("Europe"),
        region_australia=Reply(status=status),
    )
    code, outcome = check()
    assert (code, outcome["outcome"]) == (1, "failed")
    assert "region-australia/" in outcome["error"]["message"]


SCRIPTED = {
    "an option": '<select><option value="region-australia/">Australia</option></select>',
    "a whole address": "<option value='{url}region-australia/'>Australia</option>",
    "a map": '<map><area href="region-australia/" alt="Australia"></map>',
    "data-href": '<div data-href="region-australia/">Australia</div>',
    "data-url": '<button data-url="{path}region-australia/">Australia</button>',
    "settings": '<div data-ep-link=\'{{"url":"{json}region-australia\\/"}}\'>Australia</div>',
    "onclick": "<div onclick=\"location.href='region-australia/'\">Australia</div>",
    "a handler": "<div onclick='window.open(\"{path}region-australia/\")'>Australia</div>",
    "javascript": "<a href=\"javascript:location='{path}region-australia/'\">Australia</a>",
    "a form": '<form action="region-australia/"><button>Australia</button></form>',
    "formaction": '<form><button formaction="region-australia/">Australia</button></form>',
    "an iframe": '<iframe src="region-australia/"></iframe>',
    "Divi": (
        '<div class="et_pb_blurb_0 et_clickable">Australia</div><script>'
        'var et_link_options_data = [{{"class":"et_pb_blurb_0",'
        '"url":"{json}region-australia\\/","target":"_self"}}];</script>'
    ),
}


def scripted(site, name: str) -> str:
    slashes = site.url.replace("/", "\\/")
    return SCRIPTED[name].format(url=site.url, path=MAIN, json=slashes)


@pytest.mark.parametrize("name", SCRIPTED)
def test_a_link_that_only_a_script_knows_is_followed(site, show, check, name):
    show(
        index(EUROPE, scripted(site, name)),
        region_europe=rules("Europe"),
        region_australia=rules("Australia"),
    )
    status, outcome = check()
    assert (status, holds(outcome)) == (0, {})
    assert set(targets()) == {"Europe", "Australia"}


@pytest.mark.parametrize("name", sorted(SCRIPTED.keys() - {"a map"}))  # a person sees that one
def test_where_such_a_link_leads_nowhere_the_page_is_held(site, show, check, name):
    show(index(EUROPE, scripted(site, name)), region_europe=rules("Europe"))
    status, outcome = check()
    assert status == 3
    assert "region-australia" in holds(outcome)["linked-page-not-followed"]


@pytest.mark.parametrize(
    "code",
    [
        '<script>var pages = ["{path}region-australia/"]</script>',
        '<script>render({{"href": "region-australia/"}})</script>',
        '<script id="__NEXT_DATA__">{{"to":"{json}region-australia"}}</script>',
        '<script>const P = {{path: "{path}australia"}}</script>',
    ],
)
def test_a_region_that_only_a_script_names_is_held(site, show, check, code):
    code = code.format(path=MAIN, json=site.url.replace("/", "\\u002F"))
    pages = {"region_europe": rules("Europe"), "region_australia": rules("Australia")}
    show(index(EUROPE, code), **pages)
    status, outcome = check()
    assert (status, [*holds(outcome)]) == (3, ["linked-page-not-followed"])
    show(index(EUROPE, AUSTRALIA, code), **pages)
    assert check()[0] == 0


@pytest.mark.parametrize(
    "extra",
    [
        '<!-- <a href="region-asia/">Asia</a> <div data-href="region-asia/"></div> -->',
        '<template><div data-href="region-asia/">Asia</div></template>',
        '<div id="region-asia" class="region-asia" data-target="#region-asia">x</div>',
        "<button onclick=\"show('region-asia')\">Show</button>",
        '<div data-tz="Europe/Moscow" data-slug="region-asia">x</div>',
        '<script>var tz = "Asia/Tokyo", tab = "region-asia", u = "/blog/region-asia/"</script>',
        f'<script type="application/ld+json">{{"url":"{MAIN}region-asia/"}}</script>',
        f'<div data-href="https://other.example.org{MAIN}region-asia/"></div>',
        '<img data-src="europe.png"><option value="europe.png">Europe</option>',
        '<form action="" method=post><input name=q></form>',
    ],
)
def test_what_is_no_link_to_a_region_changes_nothing(show, check, extra):
    show(index(EUROPE, extra), region_europe=rules("Europe"))
    status, outcome = check()
    assert (status, outcome["findings"]) == (0, [])


@pytest.mark.parametrize(
    ("link", "held"),
    [
        ('<a href="region-australia.pdf">Australia</a>', True),
        ('<a href="australia.png">Australia</a>', True),
        ('<a href="?region=australia">Rules</a>', True),
        ('<a href="?page=2">Australia</a>', True),
        ('<a href="?page=2">Next</a>', False),
        ('<a href="europe.pdf">Europe</a>', False),
        ('<a href="?region=europe">Europe</a>', False),
    ],
)
def test_what_is_no_page_of_its_own_is_held_if_its_region_is_missing(show, check, link, held):
    show(index(EUROPE, link), region_europe=rules("Europe"))
    status, outcome = check()
    assert [*holds(outcome)] == (["linked-page-not-followed"] if held else [])
    assert status == (3 if held else 0)


def deeper(region: str, *links: str) -> str:
    return rules(region).replace("</body>", f"{' '.join(links)}</body>")


def test_a_region_below_a_region_page_is_read(show, check):
    show(
        index(EUROPE),
        region_europe=deeper("Europe", '<a href="region-canada/">Canada</a>'),
        region_europe__region_canada=rules("Canada"),
    )
    assert check()[0] == 0
    assert set(targets()) == {"Europe", "Canada"}


def test_a_region_page_without_a_table_leads_to_pages_with_them(show, check):
    show(
        index(EUROPE),
        region_europe=page('<h1>Europe</h1><a href="europe/">Servers in Europe</a>'),
        region_europe__europe=rules("Europe"),
    )
    assert check()[0] == 0
    assert set(targets()) == {"Europe"}


@pytest.mark.parametrize("link", ['<a href="relays/">Relays</a>', '<a href="old/">More</a>'])
def test_tables_further_down_are_of_the_same_region_and_held(show, check, fwtracker, link):
    cells = row("18.171.0.33", "Outbound", "443 TCP", "x", "Agents")
    name = link.split('"')[1].rstrip("/")
    show(
        index(EUROPE),
        region_europe=deeper("Europe", link),
        **{f"region_europe__{name}": page(f"<h1>Relays</h1>{table(cells)}")},
    )
    status, outcome = check()
    assert (status, [*holds(outcome)]) == (3, ["linked-page-unexpected"])
    assert fwtracker("approve", outcome["digest"][:12]).status == 0
    assert targets() == {"Europe": {"3.74.63.86", "18.171.0.33"}}


def test_other_pages_further_down_stop_nothing(show, check):
    show(
        index(EUROPE),
        region_europe=deeper("Europe", '<a href="faq/">FAQ</a><a href="help/">Help</a>'),
        region_europe__faq=page("<h1>FAQ</h1>"),
    )
    status, outcome = check()
    assert (status, len(published_findings(outcome))) == (0, 2)


@pytest.mark.parametrize(
    "link",
    [
        '<a href="../region-australia/">Australia</a>',  # beside it, and not on the index
        '<a href="region-australia/">Australia</a>',  # a broken link
    ],
)
def test_a_region_that_only_a_region_page_links_is_held(show, check, link):
    show(index(EUROPE), region_europe=deeper("Europe", link))
    status, outcome = check()
    assert (status, [*holds(outcome)]) == (3, ["linked-page-not-followed"])


def test_a_region_two_levels_down_is_held(show, check):
    show(
        index(EUROPE),
        region_europe=deeper("Europe", '<a href="region-canada/">Canada</a>'),
        region_europe__region_canada=deeper("Canada", '<a href="region-india/">India</a>'),
        region_europe__region_canada__region_india=rules("Australia"),
    )
    status, outcome = check()
    assert (status, [*holds(outcome)]) == (3, ["linked-page-not-followed"])
    assert "region-india" in holds(outcome)["linked-page-not-followed"]


def test_menus_on_region_pages_change_nothing(site, show, check):
    menu = (
        '<nav><a href="../region-europe/">Europe</a> <a href="../region-australia">AU</a></nav>'
    )
    pages = {
        "region_europe": deeper("Europe", menu),
        "region_australia": deeper("Australia", menu),
    }
    show(index(EUROPE, AUSTRALIA), **pages)
    status, outcome = check()
    assert (status, outcome["findings"]) == (0, [])
    assert site.statuses() == [200] * 3


@pytest.mark.parametrize(("count", "status"), [(40, 0), (41, 1)])
def test_there_is_a_limit_for_pages_of_regions(show, check, count, status):
    links = [f'<a href="region-{n}/">R{n}</a>' for n in range(count)]
    pages = {
        f"region_{n}": page(table(row(f"3.74.63.{n}", "Outbound", "443 TCP", "x", "Agents")))
        for n in range(count)
    }
    show(index(*links), **pages)
    ran, outcome = check()
    assert ran == status
    if status:
        assert "41 pages of regions" in outcome["error"]["message"]


def test_other_pages_beyond_the_limit_are_not_asked_for(site, show, check):
    links = [f'<a href="page-{n}/">x</a>' for n in range(60)]
    show(index(EUROPE, *links), region_europe=rules("Europe"))
    status, outcome = check()
    assert (status, len(published_findings(outcome))) == (0, 60)
    assert len(site.asked) == 1 + 1 + 39


@pytest.mark.parametrize(
    "piece",
    [
        "<a ",
        "<a x='",
        '<script>"',
        '<script>href="',
        "<script>/documentation/",
        "<!--",
        "<option",
    ],
)
def test_no_page_makes_the_search_for_links_slow(piece):  # as pytest's time-out would tell
    for folder in ("/documentation/firewall-configuration/", "/"):
        for _ in find_script_links(piece * (2**21 // len(piece)), folder):
            pass
