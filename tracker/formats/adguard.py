"""Exceptions for AdGuard Home and AdGuard DNS, one a line; `||` includes the subdomains."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracker.errors import RuleError
from tracker.formats import Format, Limit, Rendered, RuleSet, measure_longest_line
from tracker.formats.shared.addresses import is_wildcard
from tracker.formats.shared.comments import file_notes
from tracker.formats.shared.deltas import delta_of_lines
from tracker.formats.shared.domain_names import (
    filtered_hosts,
    filtered_names,
    unsupported_by_dns,
)
from tracker.formats.shared.policy import allowed_rules, list_left_out
from tracker.formats.shared.text import comment_lines, join_lines
from tracker.text import to_comment

_HOW_TO = """
In AdGuard Home: Filters, DNS allowlists, add the URL of this file; or paste its lines into
the custom filtering rules. A blocking rule of your own with $important still wins.
|name^ matches that name only, ||name^ the name and its subdomains. Pi-hole supports only the
second kind: add the names of the first kind there as exact allowed domains.
"""

_RULE = re.compile(r"@@(\|\|?)([a-z0-9._-]+)\^")


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole list; no text if there is no name."""
    allowed = allowed_rules(rule_set, unsupported_by_dns)
    left_out = list_left_out(rule_set, unsupported_by_dns)
    if not allowed:
        return Rendered(None, left_out)
    comments = comment_lines("#", file_notes(rule_set, _HOW_TO, left_out))
    return Rendered(join_lines([*comments, "", *_body(rule_set)]), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return the names that the list exempts. Raises RuleError for a line of another shape."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return frozenset(map(_parse_line, lines))


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return the names that the list must exempt, without those that a wildcard includes."""
    return filtered_hosts(rule_set, unsupported_by_dns)


def _body(rule_set: RuleSet) -> Iterator[str]:
    for name in filtered_names(rule_set, unsupported_by_dns):
        if name.needs_note:
            yield f"# {name.note}"
        if name.included_by is None:
            yield _rule(name.host)


def _rule(host: str) -> str:
    return f"@@||{host[2:]}^" if is_wildcard(host) else f"@@|{host}^"


def _parse_line(line: str) -> str:
    found = _RULE.fullmatch(line)
    if found is None:
        raise RuleError(f'adguard.txt cannot be read back: "{to_comment(line)}"')
    return f"*.{found[2]}" if found[1] == "||" else found[2]


FORMAT = Format(
    name="adguard",
    file="adguard.txt",
    about="exceptions for AdGuard Home, names alone or with all below them",
    loaded="a DNS allowlist of AdGuard Home by its URL; or paste its lines",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta_of_lines(_body, "#"),
    limit=Limit(
        most=1023,
        what="bytes in a line",
        source="AdguardTeam, AdGuardHome issue 6003: a list with a longer line is refused",
        count=measure_longest_line,
    ),
)
