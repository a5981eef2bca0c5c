"""Which version a JSON file is of, for files that take no comments but keep a member more."""

from __future__ import annotations

import msgspec

from tracker.formats import RuleSet


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rule set of a file, and the version that it was made from."""

    source: str
    rule_set: str
    version: int
    digest: str
    captured_at: str
    page_url: str


def about(rule_set: RuleSet) -> About:
    """What is to be said of a rule set."""
    return About(
        *(rule_set.source, rule_set.name, rule_set.version, rule_set.digest),
        *(rule_set.captured_at, rule_set.page_url),
    )
