"""Addresses, hosts and ports that stand outside the tables, and look like requirements."""

from __future__ import annotations

from random import Random
from typing import Final

from tests.mutate.facts import Facts, Families, Mutated
from tests.mutate.layout import is_plain
from tests.mutate.oracle import NOTHING
from tests.mutate.spots import between_tables

_VALUES: Final = (
    *("15.222.1.1", "54.9.8.7", "44.1.2.0/24", "2600:1f18::7", "52.10.11.0-52.10.11.15"),
    *(
        "relay9.action1.com",
        "*.relay.action1.com",
        "us-cdn2.action1.com",
        "https://cdn7.action1.com/",
    ),
)
_TITLES: Final = (
    *("<h3>Also allow these hosts</h3>", "<h4>Other servers</h4>", "<p>Also allow:</p>", ""),
    *("<h3>Relays</h3>", "<p>In addition, the following:</p>", "<h2>More resources</h2>"),
)
_LISTS: Final = (
    "<ul><li>{}</li></ul>",
    "<ul><li>{}</li><li>relay8.action1.com</li></ul>",
    "<ol><li>{}</li><li>54.9.8.6</li></ol>",
    "<ul><li><code>{}</code></li></ul>",
    "<ul><li><p>{}</p></li></ul>",
    "<ul><li>Canada: {}</li></ul>",
    "<ul><li>Relay 2 - {} (TCP 443)</li></ul>",
    "<ul><li><strong>Canada</strong> {}</li></ul>",
    "<ul><li>Canada<ul><li>{}</li></ul></li></ul>",
    "<ul><li>{} (relay)</li></ul>",
    "<ul><li>{}:443</li></ul>",
    "<dl><dt>Canada</dt><dd>{}</dd></dl>",
)
_ALONE: Final = (
    "<p>{}</p>",
    "<p><code>{}</code></p>",
    "<p><strong>{}</strong></p>",
    "<div>{}</div>",
    "<p>{}<br>54.9.8.6</p>",
    "<p>Servers:<br>{}</p>",
    "<p>Relay: {}</p>",
    "<blockquote>{}</blockquote>",
    "<pre>{}</pre>",
    "<pre><code>{} 443/tcp\n54.9.8.6 443/tcp</code></pre>",
    "<pre># relays\n{}</pre>",
    "<h4>{}</h4>",
    "<section><div><span>{}</span></div></section>",
    '<p style="margin:0"><tt>{}</tt></p>',
)
_TABLES: Final = (
    "<table><tr><th>Region</th><th>CloudFront Domain</th></tr>"
    "<tr><td>us-1</td><td>{}</td></tr></table>",
    "<table><tr><th>Server</th><th>Up</th></tr><tr><td>{}</td><td>yes</td></tr></table>",
    "<table><tr><td>Canada</td><td>{}</td></tr></table>",
    "<table><tr><td>{}</td></tr></table>",
    "<table><tr><th>Canada</th></tr><tr><td>{}</td></tr></table>",
    "<table><caption>Relays</caption><tr><th>Name</th><td>Relay 9</td></tr>"
    "<tr><th>Where</th><td>{}</td></tr></table>",
    "<table><tr><th>Zqx</th><th>Vrrt</th></tr><tr><td>a</td><td>{}</td></tr></table>",
)
_PORTS: Final = (
    "<p>TCP 40000-40100</p>",
    "<ul><li>40000-40100 UDP</li><li>8443 TCP</li></ul>",
    "<pre>tcp/40000-40100</pre>",
    "<p><code>UDP 40000-40100</code></p>",
    "<ul><li>Media: UDP 40000-40100</li></ul>",
    "<table><tr><th>Port</th><th>Protocol</th><th>Direction</th><th>Purpose</th></tr>"
    "<tr><td>22543</td><td>UDP</td><td>Outbound</td><td>P2P</td></tr></table>",
    "<table><tr><th>Protocol</th><th>Ports</th><th>Direction</th></tr>"
    "<tr><td>UDP</td><td>40000-40100</td><td>Outbound</td></tr></table>",
    "<table><tr><th>Ports</th><th>Type</th></tr>"
    "<tr><td>8443 TCP</td><td>Inbound</td></tr></table>",
)
_TEXTS: Final = (
    "Also allow:\n  • {}\n  • 54.9.8.6",
    "{}",
    "  • Canada: {}",
    "Relay: {}",
    "Also allow these hosts\n\n{}\n54.9.8.6",
    "- {}\n- 54.9.8.6",
    "1. {}",
)


def in_a_list(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """An item of a list is a value, or a label and a value."""
    return _put(page, dice, facts, dice.choice(_TITLES) + dice.choice(_LISTS))


def alone(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A line, a paragraph or a block of code is a value, or a label and a value."""
    return _put(page, dice, facts, dice.choice(_TITLES) + dice.choice(_ALONE))


def in_another_table(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A value stands in a table of other headers, or of none."""
    return _put(page, dice, facts, dice.choice(_TITLES) + dice.choice(_TABLES))


def ports_without_targets(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """Ports stand in a line, an item or a table of their own."""
    return _put(page, dice, facts, dice.choice(_PORTS))


def in_a_text(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """The same in a text without tags."""
    if not is_plain(page):
        return None
    source = "\n\n" + dice.choice(_TEXTS).format(dice.choice(_VALUES)) + "\n\n"
    return Mutated(between_tables(page, dice, facts, source), f"{source!r}", NOTHING)


def _put(page: str, dice: Random, facts: Facts, source: str) -> Mutated | None:
    if is_plain(page):
        return None
    found = source.format(dice.choice(_VALUES))
    return Mutated(between_tables(page, dice, facts, found), f"{found!r}", NOTHING)


FAMILIES: Families = {
    "values outside tables": (
        in_a_list,
        alone,
        in_another_table,
        ports_without_targets,
        in_a_text,
    )
}
