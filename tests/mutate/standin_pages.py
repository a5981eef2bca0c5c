"""Pages that come in place of the one asked for: in words of our own, with the usual marks.

The first word of each name says what kind it is. `{ip}` and `{id}` are filled in anew.
"""

from __future__ import annotations

from typing import Final


def _page(title: str, body: str, head: str = "") -> str:
    return (
        "<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8>"
        f"<title>{title}</title>{head}</head>\n<body>{body}</body></html>\n"
    )


_CARD: Final = "<style>body{{font-family:sans-serif;max-width:40em;margin:4em auto}}</style>"

PAGES: Final[dict[str, str]] = {
    "challenge of a proxy": _page(
        "Just a moment...",
        "<h1>www.action1.com</h1><p>Verifying you are human. This may take a few seconds.</p>"
        "<p>The site needs to review the security of your connection.</p>"
        "<p>Ray ID: <code>{id}</code> Your IP: {ip}</p>",
        "<script>window._cf_chl_opt={{cvId:'3',cRay:'{id}'}};</script>",
    ),
    "challenge with a box to tick": _page(
        "Attention Required! | Example Shield",
        "<h1>One more step</h1><p>Please tick the box to reach action1.com.</p>"
        "<form><div class='h-captcha' data-sitekey='{id}'></div></form><p>{ip}</p>",
    ),
    "challenge without words": _page(
        "",
        "<iframe src='/_Incapsula_Resource?SWUDNSAI=31&xinfo={id}' height=100%></iframe>",
    ),
    "challenge of a script": _page(
        "www.action1.com",
        "<p>Please enable JavaScript and cookies to continue</p>",
        "<script>var dd={{'rt':'c','cid':'{id}','host':'geo.captcha-delivery.com'}}</script>",
    ),
    "challenge of a slider": _page(
        "Access to this page has been denied",
        "<h1>Press and hold</h1><div id='px-captcha'></div><p>Reference ID {id}</p>",
    ),
    "challenge at a cloud's edge": _page(
        "Human Verification",
        "<div id='captcha-container'></div><p>Confirm that you are not a robot.</p>",
        "<script>AwsWafIntegration.checkForceRefresh()</script>",
    ),
    "login with a form": _page(
        "Sign in - Action1",
        "<h1>Sign in</h1><form method=post><label>E-mail <input name=u></label>"
        "<label>Password <input type=password name=p></label><button>Sign in</button></form>"
        "<p>Outbound access to 443 TCP is needed for this page.</p>",
        _CARD,
    ),
    "login of a blog": _page(
        "Log In &lsaquo; Action1 &#8212; WordPress",
        "<form id=loginform action='/wp-login.php' method=post>"
        "<p><label>Username<input type=text name=log></label></p>"
        "<p><label>Password<input type='password' name=pwd></label></p></form>",
    ),
    "login for a protected page": _page(
        "Protected: Firewall Configuration",
        "<h1>Protected: Firewall Configuration</h1><p>To view this content, enter its"
        " password below.</p><form method=post><input name=p type=password></form>",
    ),
    "maintenance of the site": _page(
        "Maintenance",
        "<h1>Briefly unavailable for scheduled maintenance.</h1><p>Check back in a minute.</p>",
    ),
    "maintenance of the documentation": _page(
        "We'll be back soon",
        "<h1>Our documentation is under maintenance</h1><p>From 22:00 to 23:30 UTC."
        " Servers 54.210.188.13 and {ip} are not affected; ports 443 and 22543 stay open.</p>",
        _CARD,
    ),
    "maintenance by an error": _page(
        "503 Service Temporarily Unavailable",
        "<center><h1>503 Service Temporarily Unavailable</h1></center><hr>nginx",
    ),
    "consent before the page": _page(
        "Before you continue",
        "<h1>Before you continue</h1><p>We and 214 partners store cookies on your device.</p>"
        "<form><button>Accept all</button><button>Reject all</button></form>"
        "<table><tr><th>Type</th><th>Purpose</th><th>Service</th></tr>"
        "<tr><td>Required</td><td>Load balancing</td><td>Example CDN</td></tr></table>",
        _CARD,
    ),
    "consent by law": _page(
        "Your privacy",
        "<div role=dialog><h2>We value your privacy</h2><p>Choose what you agree to. Your"
        " address {ip} is stored for 30 days.</p><button>Agree</button></div>",
    ),
    "moved somewhere": _page(
        "Page not found - Action1",
        "<h1>404</h1><p>This page could not be found. Try the search.</p>",
    ),
    "moved by a pointer": _page(
        "Redirecting",
        "<p>If nothing happens, <a href='https://docs.action1.com/network/'>go on</a>.</p>",
        "<meta http-equiv=refresh content='0; url=https://docs.action1.com/network/'>",
    ),
    "blocked by a wall": _page(
        "Access Denied",
        "<h1>Access Denied</h1><p>You don't have permission to access"
        ' "http&#58;//www.action1.com/documentation/" on this server.</p><p>Reference {id}'
        " from {ip}</p>",
    ),
    "blocked for the country": _page(
        "Not available",
        "<h1>Not available in your region</h1><p>Region: Europe</p><p>Your address: {ip}</p>",
    ),
    "empty shell of an application": _page(
        "Firewall Configuration | Action1 Documentation",
        "<div id=root></div><noscript>You need to enable JavaScript.</noscript>",
        "<script src='/static/main.{id}.js' defer></script>",
    ),
    "empty theme": _page(
        "Firewall Configuration | Action1 Documentation",
        "<h1>Firewall Configuration</h1><p>Nothing found.</p>",
    ),
}

# What is laid over or beside a page that is there in full.
OVERLAYS: Final = (
    "<div role='dialog'><h2>We value your privacy</h2><button>Accept all</button></div>",
    "<form><input name=u><input type=password name=p><button>Log in</button></form>",
    "<div class='notice'><strong>Scheduled maintenance</strong> on Sunday, 02:00 UTC.</div>",
    "<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script>",
    "<div class='cf-turnstile' data-sitekey='0x4AAA'></div>",
    "<noscript>Please enable JavaScript and cookies to continue.</noscript>",
)
