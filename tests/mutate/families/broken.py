"""Broken markup: ends that are missing, ends too many, and comments that never end."""

from __future__ import annotations

from random import Random
from typing import Final

from tests.mutate.facts import Facts, Families, Mutated
from tests.mutate.layout import area, cut_out, inside, is_plain
from tests.mutate.oracle import between, exactly, with_less
from tests.mutate.parts import entries_above, entries_beside

# HTML says itself where these end, so that leaving them out changes nothing.
_IMPLIED: Final = ("</li>", "</td>", "</tr>", "</th>", "</tbody>", "</thead>", "</p>")
_ENDS: Final = (
    "</div>",
    "</ul>",
    "</figure>",
    "</h3>",
    "</h2>",
    "</h4>",
    "</table>",
    "</caption>",
    "</strong>",
    "</section>",
    "</article>",
    "</main>",
    "</header>",
    "</nav>",
)
_STRAY: Final = (
    "</div>",
    "</table>",
    "</tr>",
    "</td>",
    "</p>",
    "</ul>",
    "</li>",
    "</body>",
    "</html>",
    "</tbody>",
    "</span>",
    "</figure>",
    "</main>",
    "</xyz>",
    "</br>",
)
_UNENDED: Final = (
    "<!-- ",
    "<script>",
    "<style>",
    "<textarea>",
    "<title>",
    "<template>",
    "<xmp>",
    "<noscript>",
    "<svg>",
    "<!--",
    "<select>",
    "<div hidden>",
    "<iframe>",
    "<object>",
    '<div style="display:none">',
    "<![CDATA[",
    "<?php ",
    '<a href="',
    "<plaintext>",
)
_OPENINGS: Final = (
    "<table>",
    "<tr>",
    "<td>",
    "<ul>",
    "<li>",
    "<p>",
    "<div>",
    "<b>",
    "<a href=x>",
    "<h3>",
    "<form>",
    "<font size=2>",
    "<i",
    "<",
    "&",
    "&#",
    "&amp",
    "<3 ",
)


def implied_ends_left_out(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """One or all of the ends of a kind that no page needs."""
    return _without(page, dice, facts, _IMPLIED, dice.random() < 0.5)


def end_missing(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """An end that should be there."""
    return _without(page, dice, facts, _ENDS, all_of_them=False)


def stray_end(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """An end of what was never begun, or of what is still going on."""
    return _inserted(page, dice, facts, _STRAY)


def stray_opening(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A beginning that nothing ends."""
    return _inserted(page, dice, facts, _OPENINGS)


def unended(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """What hides all that follows, up to its end, and has none."""
    if is_plain(page):
        return None
    at = _between_tags(page, dice)
    mark = dice.choice(_UNENDED)
    mutated = page[:at] + mark + page[at:]
    swallowed = page[at : page.find(">", at)]  # where it only swallows up to the next end
    allowed = [*facts.entries, *with_less(facts.entries, swallowed)]
    oracle = between(entries_above(page, at, facts), allowed)
    return Mutated(mutated, f"{mark!r} before {page[at : at + 40]!r}", oracle)


def comment_around_rows(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A comment from here to the end of another comment: what is in it is not on the page."""
    if is_plain(page):
        return None
    at, end = sorted(_between_tags(page, dice) for _ in range(2))
    mutated = page[:at] + "<!--" + page[at:end] + "-->" + page[end:]
    allowed = [*facts.entries, *with_less(facts.entries, page[at:end])]
    whole = entries_beside(page, at, end, facts)
    return Mutated(mutated, f"comment from {at} to {end}", between(whole, allowed))


def _without(
    page: str, dice: Random, facts: Facts, ends: tuple[str, ...], all_of_them: bool
) -> Mutated | None:
    found = inside(page, "|".join(ends))
    if not found:
        return None
    match = dice.choice(found)
    mutated = cut_out(page, match)
    if all_of_them:
        start, end = area(page)
        mutated = page[:start] + page[start:end].replace(match[0], "") + page[end:]
    what = f"{match[0]} left out {'everywhere' if all_of_them else 'at ' + str(match.start())}"
    return Mutated(mutated, what, exactly(facts.entries))


def _inserted(page: str, dice: Random, facts: Facts, what: tuple[str, ...]) -> Mutated | None:
    if is_plain(page):
        return None
    at, mark = _between_tags(page, dice), dice.choice(what)
    mutated = page[:at] + mark + page[at:]
    oracle = between(facts.entries, facts.entries)
    return Mutated(mutated, f"{mark!r} before {page[at : at + 40]!r}", oracle)


def _between_tags(page: str, dice: Random) -> int:
    """A place in the tables, right in front of a tag or behind one."""
    spots = [at for tag in inside(page, "<[^>]*>") for at in tag.span()]
    return dice.choice(spots)


FAMILIES: Families = {
    "broken HTML": (
        implied_ends_left_out,
        end_missing,
        stray_end,
        stray_opening,
        unended,
        comment_around_rows,
    )
}
