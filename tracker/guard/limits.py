"""`[guard]` of the configuration: the limits of the rules, and findings that do not hold."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec

# The names of all findings, which `publish` may contain; stable, for programs.
FindingName = Literal[
    # Of the guard: a page compared with the last version.
    "region-gone",
    "mass-removal",
    "mass-addition",
    "column-gone",
    "resource-group-gone",
    "typing-error",
    "rollback",
    "default-route",
    "wide-network",
    "loopback-address",
    "link-local-address",
    "private-address",
    "multicast-address",
    "documentation-address",
    "reserved-address",
    "all-ports",
    "wide-wildcard",
    "domain-changed",
    "region-renamed",
    # Of the reader, independent of the last version.
    "region-uncertain",
    "region-missing",
    "region-without-rows",
    "region-unknown",
    "contradicting-tables",
    "audience-mismatch",
    "resource-spans-two-rows",
    "out-of-force",
    "unknown-column",
    "struck-out",
    "value-in-words",
    "value-in-label",
    "values-in-text",
    "hidden-values",
    "address-outside-tables",
    "host-outside-tables",
    "ports-outside-tables",
    "table-not-read",
    "table-without-targets",
    "rows-not-shown",
    "repeated-rows",
    "end-tag-missing",
    # Of linked pages.
    "region-page-without-table",
    "region-page-of-another",
    "linked-page-not-followed",
    "linked-page-unexpected",
    "linked-page-passed-over",
    # Of a definition: what it read, removed, filled in and expects.
    "rule-without-match",
    "values-taken-away",
    "value-taken-away-new",
    "cell-read-as",
    "table-ignored",
    "list-ignored",
    "table-read-by-defaults",
    "expectation-failed",
    # Of feeds.
    "feed-values-not-taken",
    "feed-links-not-read",
    "items-not-selected",
    # Of the cause of a version.
    "cause-unclear",
    "page-waits",
    "grace-over",
    "scope-changed",
    "rule-form-changed",
    "region-not-read",
    # Of DNS, of filters and rule files, of published files, and of reviews. These never hold a
    # page.
    "dns-unlisted",
    "dns-unanswered",
    "dns-nameless",
    "dns-empty",
    "dns-failing",
    "dns-over",
    "filter-without-match",
    "filter-by-old-name",
    "rule-set-name-taken",
    "rule-set-stopped",
    "rule-file-not-made",
    "near-limit",
    "over-limit",
    "published-file-changed",
    "store-went-back",
    "rejected",
    "not-publishable",
]
FINDING_NAMES: tuple[FindingName, ...] = get_args(FindingName)


class GuardLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The limits of the rules; shares refer to a region's hosts and addresses.

    A value at its limit is published. `publish` lists findings that inform but do not hold.
    """

    max_removed: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.30
    max_added: Annotated[float, msgspec.Meta(ge=0, le=1e6)] = 1.0
    widest_v4: Annotated[int, msgspec.Meta(ge=0, le=32)] = 24
    widest_v6: Annotated[int, msgspec.Meta(ge=0, le=128)] = 48
    most_ports: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 32768
    publish: tuple[str, ...] = ()
