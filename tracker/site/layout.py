"""The frame around every page: head, navigation, main part, footer. No inline script."""

from __future__ import annotations

from markupsafe import Markup

from tracker.site.links import Links
from tracker.site.markup import Template, join

_PAGE = Template(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{assets}page.css">
{feed}<script src="{assets}page.js" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<p class="brand">{brand}</p>
<nav aria-label="Pages"><ul>{nav}</ul></nav>
</header>
<main id="main" tabindex="-1">
{main}
</main>
<footer><p>{foot}</p></footer>
</body>
</html>
"""
)
_FEED = Markup(
    '<link rel="alternate" type="application/atom+xml" title="Changes" href="feed.atom">\n'
)
_NAV = Template('<li><a href="{}">{}</a></li>')
_HERE = Template('<li><a href="{}" aria-current="page">{}</a></li>')
FOOT = Markup(
    "A copy of what the vendor has published, read by fwtracker. The vendor’s own page is what"
    " counts; every version here names it."
)


def page(links: Links, title: str, main: Markup, *, here: str = "", feed: bool = True) -> bytes:
    """One whole page. `here` is the address of it in the navigation."""
    nav = join(
        (_HERE if href == here else _NAV).format(href, words) for href, words in links.nav
    )
    return _PAGE.format(
        title=f"{title} – fwtracker",
        assets=links.assets,
        feed=_FEED if feed else "",
        brand="fwtracker",
        nav=nav,
        main=main,
        foot=FOOT,
    ).encode()
