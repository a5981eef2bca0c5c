"""The frame of a sample page: head, banner, menu, breadcrumb, footer.

It is what a reader must not read: dates, phone numbers, a version of four parts, icon
characters. Prose and the tables are other files' business. Links elsewhere are
absolute, so that none lies below the page's own path, wherever a sample is served.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .style import SCRIPT, STYLE

if TYPE_CHECKING:
    from .facts import Generation

SITE: Final = "https://www.action1.com"
MENU: Final[dict[str, dict[str, str]]] = {
    "Product": {
        "Patch management": "/patch-management/",
        "Vulnerability remediation": "/vulnerability-remediation/",
        "Software deployment": "/software-deployment/",
        "Remote access": "/remote-access/",
        "Agent releases": "/releases/",
    },
    "Solutions": {
        "Internal IT": "/solutions/internal-it/",
        "Service providers": "/solutions/msp/",
        "Public sector": "/solutions/public-sector/",
    },
    "Documentation": {
        "Getting started": "/documentation/getting-started/",
        "System requirements": "/documentation/system-requirements/",
        "Agent installation": "/documentation/agent-installation/",
        "Deployer": "/documentation/deployer/",
        "Proxy settings": "/documentation/proxy-settings/",
        "Audit trail": "/documentation/audit-trail/",
    },
    "Company": {
        "About": "/about/",
        "Blog": "/blog/",
        "Contact": "/contact/",
    },
}

HEAD = """<!DOCTYPE html>
<html lang="en-US" class="no-js">
<head>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="index, follow, max-snippet:-1">
<title>{title} | Action1 Documentation</title>
<meta name="description" content="Ports, hosts and addresses that the agent needs.">
<meta property="og:type" content="article">
<meta property="og:title" content="{title}">
<meta property="article:modified_time" content="{modified}">
<meta name="generator" content="WordPress 6.4.3">
<script type="application/ld+json">
{{"@context": "https://schema.org", "@graph": [
  {{"@type": "WebPage", "name": "{title}", "dateModified": "{modified}"}},
  {{"@type": "SoftwareApplication", "name": "Agent", "softwareVersion": "5.221.608.1"}}
]}}
</script>
<style id="theme-inline-css">
{style}</style>
<script>document.documentElement.className = "js";</script>
</head>
<body class="page-template-default page page-child wp-embed-responsive theme-docs">
<a class="skip-link screen-reader-text" href="#content">Skip to content</a>
<div class="top-banner" role="region" aria-label="Event">
  <p class="top-banner__title">{banner}</p>
  <p class="top-banner__when">{when}</p>
</div>
<header class="site-header">
  <a class="site-logo" href="{site}/">Action1</a>
  <a class="site-phone" href="tel:+15550142">+1 555 0142</a>
{menu}
</header>
<main id="content" class="site-main">
<article class="post-4711 page type-page status-publish hentry">
{breadcrumb}
<h1 class="entry-title">{title}</h1>
"""

FOOT = """</article>
</main>
<footer class="site-footer">
  <div class="site-footer__column">
    <h6>Contact</h6>
    <p>Sales: <a href="tel:+15550142">+1 555 0142</a><br>
    Support: <a href="tel:+15550198">+1 (555) 0198, ext. 443</a></p>
  </div>
  <div class="site-footer__column">
    <h6>Release</h6>
    <p>Current agent: 5.221.608.1 (page updated {modified}).</p>
  </div>
  <div class="site-footer__column">
    <h6>Legal</h6>
    <ul>
      <li><a href="{site}/privacy/">Privacy</a></li>
      <li><a href="{site}/terms/">Terms</a></li>
    </ul>
  </div>
  <p class="site-footer__note">This is a sample page. It repeats published
  facts in words of its own and is not the vendor's page.</p>
</footer>
<script>
{script}</script>
</body>
</html>
"""


def page(generation: Generation, body: str, *, title: str = "Firewall Configuration") -> str:
    """A whole page around the body."""
    banner, when = generation.banner
    head = HEAD.format(
        title=title,
        modified=generation.modified,
        style=STYLE,
        banner=banner,
        when=when,
        site=SITE,
        menu=_menu(),
        breadcrumb=_breadcrumb(title),
    )
    foot = FOOT.format(modified=generation.modified, site=SITE, script=SCRIPT)
    return head + body + foot


def _menu() -> str:
    lines = ['  <nav class="main-menu" aria-label="Main"><ul class="menu">']
    for number, (top, children) in enumerate(MENU.items(), start=1):
        lines.append(
            f'    <li class="menu-item menu-item-{number} menu-item-has-children">'
            f'<a href="{SITE}/{top.lower()}/">{top}</a><ul class="sub-menu">'
        )
        lines += [
            f'      <li class="menu-item"><a href="{SITE}{path}">{name}</a></li>'
            for name, path in children.items()
        ]
        lines.append("    </ul></li>")
    lines.append("  </ul></nav>")
    return "\n".join(lines)


def _breadcrumb(title: str) -> str:
    # The "5" is an icon font's arrow: text to a reader, a picture to a visitor.
    icon = '<span class="icon" aria-hidden="true">5</span>'
    return (
        f'<nav class="breadcrumb"><a href="{SITE}/">Action1</a> {icon} '
        f'<a href="{SITE}/documentation/">Documentation</a> {icon} '
        f"<span>{title}</span></nav>"
    )
