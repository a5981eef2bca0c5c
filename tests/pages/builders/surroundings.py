"""What stands on a real page beside its content, and holds values that are no entries.

Cookies with domains, telephone numbers, hosts in scripts, addresses of the postal kind, a
visitor's own address: all of it in places where a person does not look for firewall rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.pages.chrome import MENU, SITE

if TYPE_CHECKING:
    from tests.pages.facts import Generation

JSON_LD: Final = """\
<script type="application/ld+json">
{{"@context": "https://schema.org", "@graph": [
  {{"@type": "TechArticle", "headline": "{title}", "dateModified": "{modified}",
    "about": "Ports 22543 and 443 of server.action1.com"}},
  {{"@type": "Organization", "name": "Action1", "url": "{site}/", "contactPoint":
    {{"@type": "ContactPoint", "telephone": "+1-555-0142", "contactType": "sales"}}}}
]}}
</script>
"""
ANALYTICS: Final = """\
<!-- Tag manager: start -->
<script async src="https://www.googletagmanager.com/gtag/js?id=G-SAMPLE0001"></script>
<script>
window.dataLayer = window.dataLayer || [];
function gtag() { dataLayer.push(arguments); }
gtag("js", new Date()); gtag("config", "G-SAMPLE0001", {"cookie_domain": ".example.com"});
window.beacons = ["stats.example.com:8443", "198.51.100.23"];
</script>
<!-- Tag manager: end; proxy 192.0.2.10:3128 is for staging only -->
"""
NO_SCRIPT: Final = (
    '<noscript><iframe src="https://www.googletagmanager.com/ns.html?id=GTM-SAMPLE"'
    ' height="0" width="0" style="display:none;visibility:hidden"></iframe></noscript>\n'
)
NEWSLETTER: Final = """\
<form class="newsletter" action="https://forms.example.com/subscribe" method="post">
<label for="newsletter-email">Release notes by mail</label>
<input type="email" id="newsletter-email" name="email" placeholder="you@example.com">
<p class="hidden"><label>Leave this empty <input name="website" tabindex="-1"></label></p>
<button type="submit">Subscribe</button>
</form>
"""
SOCIAL: Final = """\
<ul class="social">
<li><a href="https://www.linkedin.com/company/action1" aria-label="LinkedIn">in</a></li>
<li><a href="https://www.youtube.com/@action1" title="YouTube">YouTube</a></li>
<li><a href="https://github.com/Action1Corp">GitHub</a></li>
</ul>
"""
CONTACT: Final = """\
<address>
Action1, 443 Sample Street, Suite 22543, Springfield 01103<br>
Sales <a href="tel:+15550142">+1 555 0142</a>, UK <a href="tel:+442079460018">+44 20 7946
0018</a><br>
<a href="mailto:sales@example.com">sales@example.com</a>
</address>
"""
VISITOR: Final = (
    '<section class="widget"><h3>Your connection</h3>'
    "<p>Your IP address is 203.0.113.77, protocol TLS 1.3.</p></section>\n"
)
# The banner of a consent manager, with the table of its cookies behind "Details".
CONSENT_TABLE: Final = """\
<div id="CybotCookiebotDialog" class="cookie-consent" role="dialog" aria-modal="true"
 aria-labelledby="CybotCookiebotDialogTitle">
<h2 id="CybotCookiebotDialogTitle">This site uses cookies</h2>
<p>We count visits and remember your choice. You decide what is stored.</p>
<table class="CookieTable">
<thead><tr><th>Name</th><th>Host</th><th>Purpose</th><th>Duration</th><th>Type</th></tr></thead>
<tbody>
<tr><td>_ga</td><td>.example.com</td><td>Counts visits.</td><td>2 years</td><td>HTTP</td></tr>
<tr><td>_gid</td><td>.example.com</td><td>Counts visits.</td><td>24 hours</td><td>HTTP</td></tr>
<tr><td>li_gc</td><td>www.linkedin.com</td><td>Keeps your choice.</td><td>180 days</td>
<td>HTTP</td></tr>
</tbody>
</table>
<button id="accept-all">Allow all</button> <button id="decline">Deny</button>
</div>
"""
# Another manager's preference centre: closed until asked for, lists in place of tables.
CONSENT_LISTS: Final = """\
<div id="onetrust-consent-sdk">
<div id="onetrust-banner-sdk" class="otFlat bottom" role="region" aria-label="Cookie banner">
<p id="onetrust-policy-text">By "Accept" you let us store cookies on your device.</p>
<button id="onetrust-pc-btn-handler">Settings</button>
<button id="onetrust-accept-btn-handler">Accept</button></div>
<div id="onetrust-pc-sdk" role="dialog" aria-modal="true" aria-label="Privacy settings"
 style="display: none;">
<h2>Privacy settings</h2>
<ul class="ot-host-lst"><li><div>Name</div><div>_ga_SAMPLE0001</div>
<div>Host</div><div>example.com</div><div>Duration</div><div>729 days</div></li>
<li><div>Name</div><div>__cf_bm</div><div>Host</div><div>.forms.example.com</div>
<div>Duration</div><div>30 minutes</div></li></ul>
</div></div>
"""
# And one that uses the element for dialogs, which is closed as long as it has no `open`.
CONSENT_DIALOG: Final = """\
<dialog id="cookie-settings" class="cmplz-cookiebanner" aria-label="Manage cookie consent">
<p>Statistics cookies: <code>_ga</code> and <code>_gat</code> of .example.com, set by
www.google-analytics.com.</p>
<table><tr><th>Cookie</th><th>Domain</th><th>Retention</th></tr>
<tr><td>_ga</td><td>.example.com</td><td>2 years</td></tr></table>
<form method="dialog"><button>Save</button></form>
</dialog>
"""


def json_ld(generation: Generation, title: str) -> str:
    """The description of the page for search engines."""
    return JSON_LD.format(title=title, modified=generation.modified, site=SITE)


def mega_menu(item: str = "menu-item") -> str:
    """A menu of all products, with the words that a firewall table has for its columns."""
    columns = "".join(
        f'<li class="{item} mega"><a href="{SITE}/{top.lower()}/" '
        f'aria-haspopup="true">{top}</a>'
        '<div class="mega-panel"><ul>'
        + "".join(
            f'<li class="{item}"><a href="{SITE}{path}"><span>{name}</span></a></li>\n'
            for name, path in children.items()
        )
        + "</ul></div></li>\n"
        for top, children in MENU.items()
    )
    resources = "".join(
        f'<li class="{item}"><a href="{SITE}/{name.lower()}/">{name}</a></li>\n'
        for name in ("Resources", "Type", "Ports", "Europe", "Status")
    )
    return f"<ul>\n{columns}{resources}</ul>\n"


def footer_columns(generation: Generation) -> str:
    """The usual end of a page: offices, telephone numbers, a version, links."""
    return (
        f'<div class="footer-column"><h4>Contact</h4>\n{CONTACT}</div>\n'
        '<div class="footer-column"><h4>Resources</h4><ul>'
        f'<li><a href="{SITE}/documentation/">Documentation</a></li>'
        f'<li><a href="https://status.example.com/">status.example.com</a></li></ul></div>\n'
        f'<div class="footer-column"><h4>Release</h4><p>Agent 5.221.608.1, '
        f"{generation.modified[:10]}</p></div>\n{NEWSLETTER}{SOCIAL}"
        "<p>© 2018-2026 Action1. A sample page, in words of its own.</p>\n"
    )
