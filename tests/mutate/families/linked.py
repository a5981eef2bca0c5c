"""Pages of regions that are linked and say nothing, lead further, or are not there."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

from tests.mutate.facts import INDEX, Facts, Families, Mutated, entries_of
from tests.mutate.layout import area
from tests.mutate.oracle import NOTHING, exactly
from tests.mutate.spots import EXTRA, UNTOLD, behind, table_of
from tests.pages import index_pages
from tests.pages.chrome import page as in_the_frame
from tests.pages.facts import Generation, Region
from tests.support.readings import URL
from tracker.model import Entry

_FOLDER: Final = "region-canada"
# What stands on a region's page in place of its table; `{at}` is the page's own folder.
_INSTEAD: Final = (
    "<p>Coming soon.</p>",
    "<p>Soon.</p>",
    "",
    '<div id="__next"></div><script id="__NEXT_DATA__" type="application/json">'
    '{"props":{"rows":[{"ip":"13.238.191.59","port":443,"proto":"tcp"}]}}</script>',
    '<div id="root"></div><script>window.__INITIAL_STATE__={"ips":["13.238.191.59"]}</script>',
    '<div id="app"></div><script src="/static/main.js" defer></script>',
    '<p><img src="rules.png" alt="Firewall rules"></p>',
    "<figure><img src=rules.svg alt=''><figcaption>Rules of the region</figcaption></figure>",
    '<iframe src="https://docs.example.com/embed/rules" width="100%"></iframe>',
    '<form method="post"><label>Password <input type="password" name="p"></label></form>',
    "<ul><li>13.238.191.59</li><li>13.238.191.60</li></ul><p>Port 443, TCP, outbound.</p>",
    "<pre>13.238.191.59 443/tcp\n13.238.191.60 443/tcp</pre>",
    "<p>13.238.191.59, 443 TCP</p>",
    "<p>Page not found.</p>",
    "<h2>Log in</h2><form><input name=u><input type=password name=p></form>",
    "<p>The list has moved to our help center.</p>",
    '<p><a href="https://help.example.com/rules">See the rules</a></p>',
    '<p><a href="rules.pdf">Download the rules (PDF)</a></p>',
    "<table><thead><tr><th>Resource</th><th>Type</th><th>Port</th></tr></thead></table>",
    "<table><tr><th>Support</th><th>Days</th></tr><tr><td>Standard</td><td>Monday</td></tr></table>",
    "<p>This region uses the same servers as before.</p>",
    '<div class="lazy" data-src="/rules.json"></div>',
    "<p>We are updating this page.</p>",
)
_LINKS: Final = (
    '<p><a href="region-canada/">Region: Canada</a></p>',
    '<div class="card"><a href="region-canada/">Canada</a></div>',
    '<ul><li><a href="./region-canada">Canada</a></li></ul>',
    f'<a class="button" href="{URL}region-canada/">Rules for Canada</a>',
    '<nav><a href="region-canada/#rules">Canada</a></nav>',
    '<map name="m"><area href="region-canada/" alt="Canada" coords="0,0,9,9"></map>',
)
_URL: Final = f"{URL}region-canada/".replace("/", r"\/")
# Links that only a script knows, as a page builder writes them.
_SCRIPTED: Final = (
    '<div class="et_pb_module et_pb_blurb et_clickable et_pb_blurb_9"><h4>Canada</h4></div>'
    '<script>var et_link_options_data = [{"class":"et_pb_blurb_9","url":"'
    + _URL
    + '","target":"_self"}];</script>',
    '<div class="et_pb_column et_pb_column_9"><p>Canada</p></div><script defer>\n'
    'var et_link_options_data = [{"class":"et_pb_column_9","url":"'
    + _URL
    + '","target":"_blank"}];\n</script>',
)


def nothing_there(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """The page of a region no longer holds its table."""
    if facts.markup != INDEX:
        return None
    body = dice.choice(_INSTEAD)
    return Mutated(_cleared(page, body), f"{body[:60]!r} for the table", NOTHING)


def same_as_the_index(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """The page of a region shows the index, as after a redirect."""
    if facts.markup != INDEX:
        return None
    return Mutated(_main(facts), "the index in its place", NOTHING)


def further_down(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """The page of a region only links to another, on which its table is."""
    if facts.markup != INDEX:
        return None
    words = dice.choice(("Servers", "All rules", "Part 1", "Cloud", "Show the list"))
    name = dice.choice(("servers", "part-1", "rules", "all"))
    link = dice.choice(
        ('<p><a href="{}/">{}</a></p>', '<ul><li><a href="./{}/">{}</a></li></ul>')
    )
    changed = _cleared(page, link.format(name, words))
    beside = ((f"{facts.folder}/{name}", page),)
    return Mutated(changed, f"a link to {name}", exactly(facts.entries), beside=beside)


def dead_link(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """The main page links to a region whose page is not there."""
    return _linked(page, dice, facts, None)


def link_to_nothing(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """The main page links to a region whose page says nothing."""
    body = dice.choice(_INSTEAD)
    return _linked(page, dice, facts, _framed(facts.generation, body))


def link_to_a_table(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """The main page links to another region, whose page is in order."""
    found = _linked(page, dice, facts, _framed(facts.generation, table_of(EXTRA)))
    return found and found._replace(oracle=exactly([*facts.entries, *_announced_entries()]))


def link_of_a_script(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """Only a script knows the link to another region's page."""
    body, link = dice.choice((table_of(EXTRA), "<p>Soon.</p>")), dice.choice(_SCRIPTED)
    found = _linked(page, dice, facts, _framed(facts.generation, body), link)
    if found is None or "Soon" in body:
        return found
    return found._replace(oracle=exactly([*facts.entries, *_announced_entries()]))


def _linked(
    page: str, dice: Random, facts: Facts, target: str | None, link: str | None = None
) -> Mutated | None:
    """The main page, with one link more; the damaged page of an index is one beside it."""
    more = link or dice.choice(_LINKS)
    beside: list[tuple[str, str | None]] = [(_FOLDER, target)]
    if facts.markup == INDEX:
        main = _main(facts)
        beside.append(("", main.replace("<h2>Need help?", f"{more}<h2>Need help?", 1)))
    elif facts.markup in {"table-spans", "tabs", "stacks", "boxes", "accordion"}:
        page = behind(page, more)
    else:
        return None
    what = f"{more[:60]!r} to {'nothing' if target is None else 'a page'}"
    return Mutated(page, what, NOTHING, beside=tuple(beside))


def _main(facts: Facts) -> str:
    regions = (*facts.generation.regions, *facts.rest)
    return index_pages(replace(facts.generation, regions=regions))["index.html"]


def _cleared(page: str, body: str) -> str:
    """The page with something else in place of its tables."""
    start, end = area(page)
    return page[:start] + body + page[end:]


def _framed(generation: Generation, body: str) -> str:
    return in_the_frame(generation, body, title=f"Firewall Configuration: {UNTOLD}")


def _announced_entries() -> list[Entry]:
    region = Region(UNTOLD, (EXTRA,), _FOLDER)
    return entries_of(Generation("", (region,), ("", ""), ""))


FAMILIES: Families = {
    "linked pages": (
        nothing_there,
        nothing_there,
        same_as_the_index,
        further_down,
        dead_link,
        link_to_nothing,
        link_to_a_table,
        link_of_a_script,
    )
}
