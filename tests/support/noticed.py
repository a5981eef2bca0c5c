"""Notices for tests: one of each kind, hostile text, many changes."""

from __future__ import annotations

from functools import cache

from msgspec.structs import replace

from tests.support import announcements as made
from tracker.model import Finding
from tracker.notifications import Notice

DIGEST = "9f8e7d6c5b4a3210" * 4
FAILING = Notice(
    source="action1",
    web_page="https://firewall.example.com/action1/index.html",
    number=7,
    kind="failing",
    at="2024-11-05T09:17:12Z",
    page_url=made.PAGE_URL,
    title="Action1",
    version=41,
    checked_at="2024-11-05T06:17:09Z",
    since="2024-11-05T07:17:10Z",
    name="unreachable",
    reason=f"{made.PAGE_URL}: no answer within 15 seconds",
    count=3,
    again_at="2024-11-05T15:17:12Z",
)
LAYOUT = replace(
    FAILING,
    kind="layout",
    name="unreadable",
    reason='Europe: 54.210.188.1333 is no address; "54.210.188.1333" in row 4',
    count=1,
)
HELD = replace(
    FAILING,
    kind="held",
    name="mass-removal, typing-error",
    reason="",
    count=1,
    again_at=None,
    digest=DIGEST,
    findings=(
        Finding("mass-removal", "hold", "Europe: 9 of 15 hosts and addresses are gone"),
        Finding("typing-error", "hold", "3.8.1.2 became 3.8.1.3", "Europe", "Relay servers"),
    ),
    change_set=made.change().change_set,
)
STALE = replace(
    FAILING,
    kind="stale",
    at="2024-11-06T06:17:12Z",
    since="2024-11-05T06:17:09Z",
    count=24,
    again_at="2024-11-07T06:17:12Z",
)
UNCHECKED = replace(STALE, name="unchecked", reason="", count=0)
CHANNEL = replace(
    FAILING,
    kind="channel",
    name="refused",
    reason='HTTP 404 "no_service"; check the URL at its service',
    channel="netops",
    count=0,
)
DRIFT = replace(
    FAILING,
    kind="drift",
    name="dns-unlisted",
    reason="",
    count=3,
    again_at=None,
    findings=(
        Finding(
            "dns-unlisted",
            "publish",
            "DNS has 3.74.63.99 for server.eu.action1.com, which the page does not list; seen"
            " in 3 checks since 2024-11-05T07:17:10Z",
            "Europe",
            "Action1 servers (server.eu.action1.com)",
        ),
    ),
)
CONFIG = replace(
    FAILING,
    kind="config",
    name="not-taken",
    reason='/etc/fwtracker.toml: [fwtracker] unknown key "schedul"; did you mean "schedule"?',
    count=0,
    again_at=None,
    checked_at=None,
    digest=DIGEST,
)
FILES = replace(
    DRIFT,
    kind="files",
    name="published-file-changed",
    count=0,
    findings=(
        Finding(
            "published-file-changed",
            "publish",
            "2 published files were not as fwtracker had written: rules/all/ips.txt (missing),"
            " rules/europe/ips.txt (0 bytes instead of 231); written again from the versions;"
            " find out what else writes in that folder",
        ),
    ),
)
REWOUND = replace(
    DRIFT,
    kind="rewound",
    name="store-went-back",
    count=0,
    digest=DIGEST,
    findings=(
        Finding(
            "store-went-back",
            "publish",
            "the store had version 43, and ends with 41 now: it was restored, rewound or"
            " replaced; the page is read again, and what it changes is sent to every channel,"
            " under a number that may have been used before; if you did not restore it, find"
            " out what writes there",
        ),
    ),
    version_digest="0123456789abcdef" * 4,
)
GRACE = replace(
    DRIFT,
    kind="grace",
    name="grace-over",
    channel="netops",
    count=0,
    digest=DIGEST,
    findings=(
        Finding(
            "grace-over",
            "publish",
            "no longer in the rule files: outbound tcp/443 192.0.2.1 Europe",
        ),
    ),
)
SCOPE = replace(
    DRIFT,
    kind="scope",
    name="scope-changed",
    count=0,
    digest=DIGEST,
    findings=(
        Finding(
            "scope-changed",
            "publish",
            "rule files, alerts and page now show Europe, Canada; before: Europe; the page has"
            " not changed by that",
        ),
    ),
)
UPGRADE = replace(
    DRIFT,
    kind="upgrade",
    name="rule-form-changed",
    count=0,
    digest=DIGEST,
    findings=(
        Finding(
            "rule-form-changed",
            "publish",
            "this program writes rule files in another form: services of the LAN stand in"
            " chains of their own; the page has not changed by that; load each file whole, for"
            " no delta leads there: docs/upgrade.md",
        ),
    ),
)
FILTER = replace(
    DRIFT,
    kind="filter",
    name="filter-without-match",
    count=0,
    digest=DIGEST,
    channel="netops",
    findings=(
        Finding(
            "filter-without-match",
            "publish",
            '[[channels]] "netops" regions: no region is called "Europe"; there are: Eurasia,'
            " North America; nothing of it is sent to this channel; change `regions` in that"
            " table",
        ),
    ),
)
RULES = replace(
    FILTER,
    name="rule-set-stopped",
    channel=None,
    findings=(
        Finding(
            "rule-set-stopped",
            "publish",
            '[[rules]] "branch" regions: no region is called "Europe"; there are: Eurasia,'
            " North America; its files stay those of version 41 of 2024-11-05T06:17:09Z; change"
            " `regions` in that table",
        ),
    ),
)
OVER = replace(
    FAILING,
    kind="over",
    number=9,
    at="2024-11-06T08:17:12Z",
    since="2024-11-05T06:17:09Z",
    name="good",
    reason="",
    count=0,
    ends=("failing", "stale"),
    again_at=None,
)
EVERY = {
    "failing": FAILING,
    "layout": LAYOUT,
    "held": HELD,
    "stale": STALE,
    "unchecked": UNCHECKED,
    "channel": CHANNEL,
    "drift": DRIFT,
    "config": CONFIG,
    "files": FILES,
    "rewound": REWOUND,
    "scope": SCOPE,
    "upgrade": UPGRADE,
    "grace": GRACE,
    "filter": FILTER,
    "rules": RULES,
    "over": OVER,
}


def hostile(text: str, kind: str = "held") -> Notice:
    """Return a notice with this text wherever a page or another program can put free text."""
    finding = Finding("odd", "hold", text, text, text)
    change_set = made.hostile(text).change_set
    facts = {"name": text, "reason": text, "findings": (finding,), "change_set": change_set}
    return replace(EVERY[kind], page_url=f"https://a.example/{text}", **facts)


@cache
@cache
def many(number: int) -> Notice:
    """Return a held page with `number` new addresses and findings."""
    finding = Finding("wide-network", "hold", "10.0.0.0/8 is wider than /24", "Europe", "x")
    changes = made.many(number).change_set
    return replace(HELD, findings=(finding,) * number, change_set=changes)
