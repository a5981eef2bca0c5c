"""Values in running sentences, values that are in the table too, and what is no value."""

from __future__ import annotations

from random import Random
from typing import Final

from tests.mutate.facts import ROWS, Facts
from tests.mutate.layout import is_plain, rows
from tests.mutate.spots import TABLED, between_tables

_SENTENCES: Final = (
    "<p>Since May, agents of version 6 use relay9.action1.com for remote sessions as well.</p>",
    "<p>If your proxy listens on 192.0.2.10, port 3128, tell the agent so in its settings.</p>",
    "<p>We once used 54.9.8.7 and have given that address back to its provider.</p>",
    "<p>For a test, open https://status.action1.com/ and look for a green light.</p>",
    "<ul><li>Before you begin, see that your resolver, such as 9.9.9.9, answers.</li></ul>",
    "<p>Ask us at help.example.com, through your administrator, if in doubt.</p>",
)
_NO_VALUES: Final = (
    "<ul><li>Run setup.sh first.</li><li>readme.md</li></ul>",
    "<p><code>setup.sh</code></p>",
    "<ul><li>agent.exe</li><li>config.json</li><li>install.py</li></ul>",
    "<p>Works with Booking.com, Node.js and ASP.NET.</p>",
    "<ul><li>Booking.com customers: ask support.</li></ul>",
    "<ul><li>Version 5.230.611.2</li><li>Build 10.0.19041.1</li></ul>",
    "<p>Release: 5.230.611.2</p>",
    "<table><tr><th>Version</th><th>Date</th></tr>"
    "<tr><td>5.230.611.2</td><td>May</td></tr></table>",
    "<table><tr><th>Release</th><th>Build</th></tr>"
    "<tr><td>6</td><td>6.1.0.44</td></tr></table>",
    "<h2>Agent 5.230.611.2</h2>",
    "<p>Updated on 12.03.2025, 14:30</p>",
    "<table><tr><th>Plan</th><th>Price</th></tr>"
    "<tr><td>Basic</td><td>1.250.100.50</td></tr></table>",
    "<p>Phone: 1.800.555.0142</p>",
    "<pre>setup.sh --install</pre>",
    "<p>support@action1.com</p>",
)
_TITLES: Final = (
    *("<h2>Changes</h2><p>Added in May:</p>", "<h3>All addresses</h3>", "<p>In short:</p>"),
    *("<h2>Frequently asked</h2>", "<p>Allow at least:</p>"),
)
_REPEATED: Final = (
    "<p>{}</p>",
    "<ul><li>{}</li></ul>",
    "<p><code>{}</code></p>",
    "<ul><li>{} (new)</li></ul>",
    "<pre>{}</pre>",
    "<blockquote>{}</blockquote>",
)
_WORDS: Final = (
    *("Network operations", "IT", "Endpoint team", "Help desk", "Branch offices", "All sites"),
    *("See the guide", "Contact support first", "Laptops and servers"),
)


def in_sentences(page: str, dice: Random, facts: Facts) -> str | None:
    """Values in running sentences: reported, and no reason to stop."""
    return _put(page, dice, facts, dice.choice(_SENTENCES))


def no_values(page: str, dice: Random, facts: Facts) -> str | None:
    """Names of files and products, versions, prices, dates, telephones."""
    return _put(page, dice, facts, dice.choice(_NO_VALUES))


def repeated_in_text(page: str, dice: Random, facts: Facts) -> str | None:
    """A value of the table stands outside it, too."""
    entry = dice.choice([entry for entry in facts.entries if entry.scope == "internet"])
    value = dice.choice((*entry.addresses, *entry.hosts))
    return _put(page, dice, facts, dice.choice(_TITLES) + dice.choice(_REPEATED).format(value))


def column_of_words(page: str, dice: Random, facts: Facts) -> str | None:
    """A further column under an unknown header, with plain words."""
    if facts.markup not in {*ROWS, "tabs", "accordion"}:
        return None
    header = dice.choice(("Team", "Owner", "Remarks", "Zone", "Who to ask", "Contact"))
    for match in reversed(rows(page)):
        at = match.start() + match[0].rindex("</tr>")
        page = f"{page[:at]}<td>{dice.choice(_WORDS)}</td>{page[at:]}"
    head = ("<strong>Components</strong></td>", "Components</th>")
    old = next(found for found in head if found in page)
    tag = old[-3:-1]
    return page.replace(f"{old}</tr>", f"{old}<{tag}>{header}</{tag}></tr>")


def row_of_words(page: str, dice: Random, facts: Facts) -> str | None:
    """A row of plain words across the table."""
    if facts.markup not in TABLED or facts.markup.startswith("region-"):
        return None
    match = dice.choice(rows(page)[:1])
    words = dice.choice(("Cloud servers", "Servers of Action1", "Resources of the agents"))
    row = f'<tr><td colspan="5">{words}</td></tr>\n'
    return page[: match.start()] + row + page[match.start() :]


def _put(page: str, dice: Random, facts: Facts, source: str) -> str | None:
    return None if is_plain(page) else between_tables(page, dice, facts, source)


EDITS = (in_sentences, no_values, repeated_in_text, column_of_words, row_of_words)
