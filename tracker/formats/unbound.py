"""A fragment of unbound.conf that exempts wildcards from local zones that block.

A local zone is a name with everything below it, and Unbound has no way to say the name alone.
So a host without a wildcard is left out: below a bucket of a public cloud, for instance, stand
other people's buckets. rpz.zone, which Unbound reads too, has them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet
from tracker.formats.shared.addresses import is_wildcard
from tracker.formats.shared.comments import file_notes
from tracker.formats.shared.deltas import delta_of_file
from tracker.formats.shared.domain_names import (
    FilteredName,
    filtered_hosts,
    filtered_names,
    unsupported_by_dns,
)
from tracker.formats.shared.objects import name_stem
from tracker.formats.shared.policy import allowed_rules, list_left_out
from tracker.formats.shared.text import comment_lines, join_lines
from tracker.model import Endpoint

ALL_BELOW = (
    "a local zone of Unbound is everything below a name too; rpz.zone has the name alone"
)

_LONGEST = 60

_HOW_TO = """
Your unbound.conf includes this file:
  include: "/etc/unbound/unbound.conf.d/{name}.conf"
  unbound-checkconf && unbound-control reload
A zone that blocks a name below one of these still blocks it: the longer name counts.
Hosts without a wildcard are in rpz.zone, which Unbound 1.10 and later read as well."""

_ZONE = re.compile(r'    local-zone: "([a-z0-9._-]+)\." transparent')


def render(rule_set: RuleSet) -> Rendered:
    """Return the whole fragment; no text where there is no wildcard."""
    allowed = allowed_rules(rule_set, _unsupported)
    left_out = list_left_out(rule_set, _unsupported)
    if not allowed:
        return Rendered(None, left_out)
    how_to = _HOW_TO.format(name=name_stem(rule_set, _LONGEST, "-"))
    comments = comment_lines("#", file_notes(rule_set, how_to, left_out))
    lines = [*comments, "", *_body(filtered_names(rule_set, _unsupported))]
    return Rendered(join_lines(lines), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return the wildcards that the fragment exempts. Raises RuleError for any other line."""
    lines = [line for line in text.splitlines() if line.strip() and line.lstrip()[0] != "#"]
    found = [f"*.{zone[1]}" for line in lines if (zone := _ZONE.fullmatch(line))]
    if lines != ["server:", *map(_zone_line, found)]:
        raise RuleError("unbound.conf cannot be read back: a line is missing, or too many")
    return frozenset(found)


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return the wildcards that the fragment must exempt, but for those in another one."""
    return filtered_hosts(rule_set, _unsupported)


def _unsupported(endpoint: Endpoint) -> str | None:
    reason = unsupported_by_dns(endpoint)
    return reason or (None if is_wildcard(endpoint.target) else ALL_BELOW)


def _body(found: Iterable[FilteredName]) -> Iterator[str]:
    yield "server:"
    for name in found:
        yield f"# {name.note}"
        if name.included_by is None:
            yield _zone_line(name.host)


def _zone_line(wildcard: str) -> str:
    return f'    local-zone: "{wildcard[2:]}." transparent'


FORMAT = Format(
    name="unbound",
    file="unbound.conf",
    about="local zones of Unbound that exempt wildcards from blocking",
    loaded="include it in unbound.conf, then unbound-control reload",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta_of_file(render, "#"),
)
