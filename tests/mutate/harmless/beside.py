"""More on the page beside its tables: scripts, prose, menus, banners."""

from __future__ import annotations

from random import Random
from typing import Final

from tests.mutate.facts import Facts
from tests.mutate.layout import (
    is_plain,
)

_SCRIPTS: Final = (
    "<script async src='https://tags.example.com/gtm.js?id=GTM-4711'></script>",
    "<script>d=[];d.push({ip:'10.1.2.3',port:'443 TCP',dir:'Outbound'})</script>",
    "<noscript><img height=1 width=1 src='https://px.example.com/t?ev=PageView'></noscript>",
    "<iframe src='https://tags.example.com/ns.html' style='display:none'></iframe>",
    "<style>.x9{{color:red}} .x9::after{{content:'Inbound'}}</style>",
    "<link rel=preload href='/font.woff2' as=font>",
)
_PROSE: Final = (
    "<p>Updated for version 5.230.611.2 of the agent. Call +1 (555) 0142 on 12/03/2025.</p>",
    "<p>See section 3.2.1 for proxies; most sites need nothing but outbound rules.</p>",
    "<h2>What is new</h2><p>We have made this page easier to read.</p>",
    "<blockquote>The agent calls out. Nothing calls in. 99.95% of the time.</blockquote>",
    "<ol><li>Open your firewall.</li><li>Create the rules.</li><li>Save.</li></ol>",
    "<p>For example, 192.0.2.10:3128 could be your proxy.</p>",
    "<p><em>Was this page helpful?</em> <button>Yes</button> <button>No</button></p>",
)
_MENUS: Final = (
    "<nav><ul><li><a href='/a/'>Resource</a><li><a href='/b/'>Components</a></ul></nav>",
    "<aside><ul><li><a href='#rules'>Region: Europe</a><li><a href='/x'>Type</a></ul></aside>",
    "<p><a href='https://status.example.com/'>Status</a> | <a href='/trial/'>Trial</a></p>",
    "<div class=toc><a href='#content'>Which rules</a><a href='#x'>Need help?</a></div>",
)
_BANNERS: Final = (
    "<div class=top-banner><p>Meet us at Infosecurity 2026</p><p>Jun 2 - 4 | London</p></div>",
    "<div role=alert>New: Patch 3.14.15.9 of the console is out. Read more</div>",
    "<div class=promo><h3>Start your free trial</h3><p>200 endpoints, free forever</p></div>",
)


def scripts(page: str, dice: Random, facts: Facts) -> str | None:
    """Scripts and styles that count visitors."""
    return _sprinkled(page, dice, facts, _SCRIPTS)


def prose(page: str, dice: Random, facts: Facts) -> str | None:
    """Other words before and behind the tables."""
    return _sprinkled(page, dice, facts, _PROSE)


def menus(page: str, dice: Random, facts: Facts) -> str | None:
    """More links and menus."""
    return _sprinkled(page, dice, facts, _MENUS)


def banners(page: str, dice: Random, facts: Facts) -> str | None:
    """Other banners."""
    return _sprinkled(page, dice, facts, _BANNERS)


def _sprinkled(page: str, dice: Random, facts: Facts, more: tuple[str, ...]) -> str | None:
    """Something more before and behind the tables, and at the ends of the page."""
    if is_plain(page):
        return None
    marks = (
        '<main id="content"',
        '<p class="note">',
        "</article>",
        '<h2 id="rules"',
        "</footer>",
    )
    for mark in dice.sample(marks, 3):
        page = page.replace(mark, dice.choice(more) + mark, 1)
    return page


EDITS = (scripts, prose, menus, banners)
