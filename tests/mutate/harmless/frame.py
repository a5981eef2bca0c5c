"""What whole pages carry around their content: dialogs, menus, data for machines."""

from __future__ import annotations

from random import Random
from typing import Final

from tests.mutate.facts import INDEX, Facts
from tests.mutate.layout import is_plain
from tests.mutate.spots import PLAIN, behind, between_tables
from tests.support.readings import URL

_COOKIES: Final = (
    "<table><tr><th>Name</th><th>Purpose</th><th>Expiry</th></tr>"
    "<tr><td>_a</td><td>Statistics</td><td>1 day</td></tr>"
    "<tr><td>sid</td><td>Required for login</td><td>Session</td></tr></table>"
)
_CONSENT: Final = (
    '<div role="dialog" aria-modal="true" id="cookie-law">{}<button>Accept all</button></div>',
    '<div id="CybotCookiebotDialog" role="alertdialog" aria-label="Consent">{}</div>',
    '<div class="cmplz-cookiebanner" role="dialog"><h2>Manage consent</h2>{}</div>',
    '<dialog class="consent"><p>We use cookies.</p>{}</dialog>',
    '<div id="onetrust-consent-sdk" style="display:none"><div role="dialog">{}</div></div>',
)
_MACHINES: Final = (
    '<script type="application/ld+json">{"@type":"Organization","ip":"198.51.100.7",'
    '"telephone":"+1 555 0142","url":"https://relay9.action1.com"}</script>',
    '<script type="application/json" id="c">{"host":"relay9.action1.com","port":443}</script>',
    '<meta property="og:description" content="Allow 54.9.8.7 on 443 TCP.">',
    "<script>window.dataLayer=[{page:'firewall',hosts:['relay9.action1.com']}]</script>",
    '<link rel="dns-prefetch" href="//relay9.action1.com">',
    '<link rel="alternate" type="application/rss+xml" href="https://www.example.org/feed/">',
    '<style>.a::before{content:"54.9.8.7"} .b{background:url(//r9.action1.com/x.png)}</style>',
)
_ASIDES: Final = (
    "<aside><h4>Related</h4><ul><li>54.9.8.7</li><li>relay9.action1.com</li></ul></aside>",
    "<nav><ul><li><a href='https://relay9.action1.com/'>relay9.action1.com</a></li></ul></nav>",
    "<footer><p>status.action1.com</p><p>Your server: 198.51.100.7</p></footer>",
    "<header><p>relay9.action1.com</p><button type=button>Menu</button></header>",
    "<ul><li><a href='https://www.example.com/'>www.example.com</a></li>"
    "<li><a href='https://www.example.net/'>www.example.net</a></li></ul>",
    "<aside class=sidebar><p>198.51.100.7</p></aside>",
)
_BUTTONS: Final = (
    '<header><button type="button" aria-expanded="false">Menu</button></header>',
    '<button type="button" class="menu-toggle" aria-controls="m1">Menu</button>',
    '<button aria-label="Search">Search</button><button>Log in</button>',
    '<div class="toolbar"><button>Print</button><button>Download PDF</button></div>',
    '<button onclick="history.back()">Back</button>',
    '<div role="tablist" class="theme"><button role="tab">Light</button></div>',
)
_VISITOR: Final = (
    "<p>Your IP address is {ip}</p>",
    "<div class=ip>Your IP address: <strong>{ip}</strong></div>",
    "<p>Your IP: {ip}</p>",
    "<p>You are visiting from {ip}.</p>",
)
_BELOW: Final = (
    '<p><a href="faq/">FAQ</a></p>',
    '<p><a href="diagram.png">Diagram</a> <a href="feed/">Feed</a></p>',
    f'<p><a href="{URL}print/">Print</a></p>',
    '<p><a href="?print=1">Print</a> <a href="#rules">Rules</a></p>',
    '<p><a href="troubleshooting/">Troubleshooting</a></p>',
)


def consent(page: str, dice: Random, facts: Facts) -> str | None:
    """A dialog that asks for consent, with a table of cookies."""
    if is_plain(page):
        return None
    source = dice.choice(_CONSENT).format(_COOKIES)
    mark = dice.choice(
        ('<footer class="site-footer">', '<header class="site-header">', "</body>")
    )
    return page.replace(mark, source + mark, 1)


def cookies(page: str, dice: Random, facts: Facts) -> str | None:
    """A table of cookies, without any address, in the content of the page."""
    if is_plain(page):
        return None
    return page.replace('<h2 id="rules"', f'<h2>Cookies</h2>{_COOKIES}<h2 id="rules"', 1)


def for_machines(page: str, dice: Random, facts: Facts) -> str | None:
    """Data, links and styles that name values and show none."""
    if is_plain(page):
        return None
    source, mark = dice.choice(_MACHINES), dice.choice(("</head>", "</body>", "</article>"))
    return page.replace(mark, source + mark, 1)


def asides(page: str, dice: Random, facts: Facts) -> str | None:
    """Values in what is no content: menus, asides, headers, footers, lists of links."""
    if is_plain(page):
        return None
    source = dice.choice(_ASIDES)
    mark = dice.choice(('<main id="content"', "</article>", "</body>", '<h2 id="rules"'))
    return page.replace(mark, source + mark, 1)


def buttons(page: str, dice: Random, facts: Facts) -> str | None:
    """Buttons of the page's head, before everything else or right above the tables."""
    if is_plain(page):
        return None
    source = dice.choice(_BUTTONS)
    mark = dice.choice(('<main id="content"', '<h2 id="rules"', "<h1 "))
    return page.replace(mark, source + mark, 1)


def visitors_address(page: str, dice: Random, facts: Facts) -> str | None:
    """The visitor's own address, another one each time."""
    if is_plain(page):
        return None
    ip = ".".join(str(dice.randrange(1, 255)) for _ in range(4))
    source = dice.choice(_VISITOR).format(ip=ip)
    mark = dice.choice(('<h2 id="rules"', "</article>", '<main id="content"', "</footer>"))
    return page.replace(mark, source + mark, 1)


def class_soup(page: str, dice: Random, facts: Facts) -> str | None:
    """Boxes around the content with the classes that builders write."""
    if is_plain(page):
        return None
    classes = (
        "et_pb_section et_pb_section_0 et_section_regular",
        "elementor-section elementor-top-section elementor-element elementor-element-5a1b",
        "wp-block-group alignwide is-layout-constrained has-background",
        "flex min-h-screen hidden:sm md:block print:hidden",
        "vc_row wpb_row vc_row-fluid vc_hidden-xs hidden-print",
    )
    for _ in range(dice.randrange(1, 6)):
        page = page.replace("<main id", f'<div class="{dice.choice(classes)}"><main id', 1)
        page = page.replace("</main>", "</main></div>", 1)
    return page


def links_below(page: str, dice: Random, facts: Facts) -> str | None:
    """Links below the page's own address to what is no region, and may not be there."""
    if facts.markup in {*PLAIN, INDEX}:
        return None
    return behind(page, dice.choice(_BELOW))


def comments_of_a_theme(page: str, dice: Random, facts: Facts) -> str | None:
    """Comments with markup and values in them."""
    if is_plain(page):
        return None
    source = dice.choice(
        (
            "<!--[if lt IE 9]><script src=h.js></script><![endif]-->",
            "<!-- <table><tr><td>54.9.8.7</td></tr></table> -->",
            "<!-- wp:table {'a':'relay9.action1.com'} -->",
            "<!-- Region: Canada -->",
            "<!--googleoff: all--><!--googleon: all-->",
            "<![if !IE]><![endif]>",
        )
    )
    return between_tables(page, dice, facts, source)


EDITS = (
    consent,
    cookies,
    for_machines,
    asides,
    buttons,
    visitors_address,
    class_soup,
    links_below,
    comments_of_a_theme,
)
