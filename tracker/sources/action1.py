"""Action1, patch management: its firewall page, https://www.action1.com/documentation/.

Known since 2024 as one page with a table per region, since 2025 as an index with a page per
region below it. The markup has changed more than once; nothing of it is relied on here.
"""

from __future__ import annotations

from tracker.sources import Source

_PLACES = (
    r"(?:North|South|Latin|Central) America|Europe|European Union|Australia|Africa|South Africa"
    r"|(?:East |South |Southeast )?Asia|Asia[ -]Pacific|(?:the )?Middle East|United Kingdom|UK"
    r"|India|Japan|Canada|Brazil|Oceania|Government|US Gov(?:ernment)?"
)

SOURCE = Source(
    name="action1",
    title="Action1",
    url="https://www.action1.com/documentation/firewall-configuration/",
    region_titles=(
        r"(?i)^Region\s*[:–—-]\s*(?P<name>.+?)\s*:?$",
        rf"(?i)^(?P<name>(?:{_PLACES})(?: \d+)?)(?: region)?\s*:?$",
    ),
    page_prefix="region-",
)
