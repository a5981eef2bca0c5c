"""Words that take a table, a row or a part of a cell out of force."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

from tests.mutate.facts import ROWS, Facts, Families, Mutated
from tests.mutate.layout import is_plain
from tests.mutate.oracle import NOTHING
from tests.mutate.spots import (
    EXTRA,
    LINED,
    PLAIN,
    TABLED,
    behind,
    between_tables,
    row_span,
    table_of,
    with_extra,
)
from tests.pages.cells import AGENTS, HTTPS
from tests.pages.facts import Purpose, Use

_WORDS: Final = (
    *("Retired", "Old", "Deprecated", "Discontinued", "Inactive", "Unused", "Blocked"),
    *("Do not allow", "Removed", "Archive", "Example", "Planned", "Change history", "Obsolete"),
    *("No longer used", "No longer required", "Decommissioned", "Disabled", "Not in use"),
    *("Former addresses", "Previous addresses", "Archived", "Revision history", "Superseded"),
    *("Until 30 June 2026", "From 1 July 2027", "Valid until 2026-06-30", "Effective May 2027"),
    *("Old servers (before 2024)", "Retired on 3 May 2024", "Example configuration", "Legacy"),
    *("To be removed", "Block these", "Upcoming", "Sample rules", "Out of service", "Denied"),
)
_TITLES: Final = (
    "<h2>{}</h2>",
    "<h3>{}</h3>",
    "<h4>{}</h4>",
    "<h3>Region: Europe ({})</h3>",
    "<h3>{}: Europe</h3>",
    "<p><b>{}</b></p>",
    "<p><strong>{}:</strong></p>",
    "<p>{}</p>",
    "<div class=title>{}</div>",
    '<h4><span class="icon">\ue01d</span> {}</h4>',
    "<h4>{}<a class=headerlink href=#x>¶</a></h4>",
    '<div role="heading" aria-level="3">{}</div>',
)
_SENTENCES: Final = (
    "<p>The following are no longer used:</p>",
    "<p>These servers were retired in May 2024 and can be removed from your firewall.</p>",
    "<p>You no longer need the rules below.</p>",
    "<p>Before May, the addresses were:</p>",
    "<p>Do not allow the following resources.</p>",
    "<p>These resources will be needed from 1 July 2027.</p>",
    "<p>The table below is an example only.</p>",
    "<p>This is how the table looked until 30 June 2026:</p>",
    "<p>Please block these:</p>",
    "<p>The following have been discontinued.</p>",
    "<p>Planned for next year:</p>",
)
_LABELS: Final = (
    *("Blocked servers", "Unused servers", "Inactive servers", "Discontinued servers"),
    *("Do not allow: console servers", "Retired console servers", "Old console servers"),
    *("Console servers (deprecated)", "Console servers - retired", "Console servers (old)"),
    *(
        "Removed: console servers",
        "Console servers until 30 June 2026",
        "Former console servers",
    ),
    *("Console servers (no longer used)", "Console servers, planned", "Example servers"),
    *("Console servers (from 1 July 2027)", "Decommissioned servers", "Obsolete: consoles"),
    *("DEPRECATED console servers", "Console servers [DISABLED]", "Not in use: consoles"),
)
_ROWS: Final = (
    *("Do not allow the following:", "Block these:", "Retired", "Removed in May 2024"),
    *(
        "No longer required",
        "Old servers",
        "Deprecated:",
        "Planned for 2027",
        "Until 30 June 2026",
    ),
    *("The following are discontinued", "Inactive servers", "Archive", "Examples", "Unused"),
)
_SUBLISTS: Final = (
    *(
        "Old addresses:",
        "<small>For reference, before May</small>",
        "Retired:",
        "<b>Removed</b>",
    ),
    *("<p>No longer used:</p>", "<em>Until 30 June 2026</em>", "Previously:", "<h5>Old</h5>"),
    *("Do not allow:", "<strong>Deprecated</strong>", "Planned:", "From 1 July 2027:"),
)
_BRACKETS: Final = ("(Retired)", "(Deprecated)", "(No longer required)", "(Not required)")
# Headings inside what folds, and words beside a table that are not above it.
_FRAMES: Final = (
    "<details><summary>{word}</summary>{table}</details>",
    "<details open><summary>{word} servers</summary>{table}</details>",
    '<section aria-labelledby="f9"><h3 id="f9">{word}</h3>{table}</section>',
    "<fieldset><legend>{word}</legend>{table}</fieldset>",
    "<dl><dt>{word}</dt><dd>{table}</dd></dl>",
    "<ul><li><h4>{word}</h4>{table}</li></ul>",
)


def table_below_a_title(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A further table under a title, or a sentence, that takes it out of force."""
    if is_plain(page):
        return None
    title = dice.choice(_TITLES).format(dice.choice(_WORDS))
    title = dice.choice((title, title, dice.choice(_SENTENCES)))
    changed = behind(page, title + table_of(EXTRA))
    return Mutated(changed, f"a table below {title!r}", NOTHING)


def table_in_a_frame(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A further table whose caption or frame takes it out of force."""
    if is_plain(page):
        return None
    word = dice.choice(_WORDS)
    if dice.random() < 0.3:
        source = table_of(EXTRA).replace("<thead>", f"<caption>{word}</caption><thead>", 1)
    elif dice.random() < 0.2:
        caption = f"<figcaption>{word}</figcaption></figure>"
        source = table_of(EXTRA).replace("</figure>", caption)
    else:
        source = dice.choice(_FRAMES).format(word=word, table=table_of(EXTRA))
    changed = between_tables(page, dice, facts, source)
    return Mutated(changed, f"a table marked {word!r}: {source[:60]!r}", NOTHING)


def label(page: str, dice: Random, facts: Facts) -> Mutated:
    """A row whose label takes it out of force, in any markup."""
    extra = replace(EXTRA, label=dice.choice(_LABELS))
    changed = facts.render(with_extra(facts, dice, extra))
    return Mutated(changed, f"a row labelled {extra.label!r}", NOTHING)


def bracket(page: str, dice: Random, facts: Facts) -> Mutated:
    """A row whose purpose begins with words that take it out of force."""
    use = Use(HTTPS, Purpose(dice.choice(_BRACKETS), "Connection to the console."), AGENTS)
    changed = facts.render(with_extra(facts, dice, replace(EXTRA, uses=(use,))))
    return Mutated(changed, f"a row for {use.purpose.cell!r}", NOTHING)


def row_above(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A row of words across the table, which takes those below it out of force."""
    if facts.markup not in (*ROWS, "tabs", "accordion"):
        return None
    changed = facts.render(with_extra(facts, dice))
    at, words = row_span(changed, facts)[0], dice.choice(_ROWS)
    tag = dice.choice(('td colspan="5"', 'th colspan="5"', 'td colspan="5" class="sub"'))
    row = f"<tr><{tag}>{words}</{tag[:2]}></tr>\n"
    return Mutated(changed[:at] + row + changed[at:], f"a row of {words!r}", NOTHING)


def second_list(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A second list in a resource cell, with a caption that takes it out of force."""
    if facts.markup not in {*TABLED, *LINED} - {"table-blanks", "cards"}:
        return None
    caption = dice.choice(_SUBLISTS)
    place = dice.choice([at for at in facts.places if facts.resource(at).addresses])
    last = f"<li>{facts.resource(place).addresses[-1]}</li></ul>"
    more = f"{last}{caption}<ul><li>54.9.8.7</li></ul>"
    return Mutated(page.replace(last, more, 1), f"{caption!r} in the cell of {place}", NOTHING)


def other_ports_below(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """The first resource again in a second table of the same columns, with other ports."""
    if facts.markup in PLAIN or len(facts.generation.regions) > 1:
        return None
    resource = facts.generation.regions[0].resources[1]
    other = replace(resource, uses=(replace(resource.uses[0], ports="8443 TCP"),))
    changed = behind(page, table_of(other))
    return Mutated(changed, f"{resource.label!r} in a second table on 8443 TCP", NOTHING)


FAMILIES: Families = {
    "tables out of force": (table_below_a_title, table_in_a_frame, other_ports_below),
    "rows out of force": (label, label, row_above, second_list, bracket),
}
