"""A fragment of unbound.conf that exempts names from local zones that block.

A local zone is a name with all its subdomains, and Unbound cannot exempt only the name itself:
so a host is exempt with its subdomains, unless the configuration keeps these closed. Unbound
consults local zones before policy zones, so a name that both may block needs this file and
rpz.zone.
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
from tracker.formats.shared.policy import (
    Unsupported,
    allowed_rules,
    cached_for_format,
    list_left_out,
)
from tracker.formats.shared.text import comment_lines, join_lines
from tracker.model import Endpoint

ALL_BELOW = (
    "a local zone of Unbound is everything below a name too, which names_below in the"
    " configuration closes; rpz.zone has the name alone"
)

_LONGEST = 60

_HOW_TO = """
Of two local zones with the same name, the one read last applies. So this file must be read
after those that block: Debian and others read conf.d in the order of names.
  cp THIS_FILE /etc/unbound/unbound.conf.d/zz-{name}.conf
  unbound-checkconf && unbound-control reload
It lifts blocks made by local-zone, for each name and all below it. It does not lift those made
by local-data of the same name, or for a longer name below it. Blocks by policy zones (rpz:) are
lifted by rpz.zone only; with both kinds of blocks, load both files, and for several regions
those of rules/all/.
"""

_ZONE = re.compile(r'    local-zone: "([a-z0-9._-]+)\." transparent')


@cached_for_format
def render(rule_set: RuleSet) -> Rendered:
    """Return the whole fragment; no text if there is no name."""
    unsupported = _unsupported_in(rule_set)
    allowed = allowed_rules(rule_set, unsupported)
    left_out = list_left_out(rule_set, unsupported)
    if not allowed:
        return Rendered(None, left_out)
    how_to = _HOW_TO.format(name=name_stem(rule_set, _LONGEST, "-"))
    comments = comment_lines("#", file_notes(rule_set, how_to, left_out))
    lines = [*comments, "", *_body(filtered_names(rule_set, unsupported))]
    return Rendered(join_lines(lines), left_out)


def read_back(text: str) -> frozenset[str]:
    """Return the names that the fragment exempts, as `*.example.com`, for all subdomains.

    Raises RuleError for any other line.
    """
    lines = [line for line in text.splitlines() if line.strip() and line.lstrip()[0] != "#"]
    found = [f"*.{zone[1]}" for line in lines if (zone := _ZONE.fullmatch(line))]
    if lines != ["server:", *map(_zone_line, found)]:
        raise RuleError("unbound.conf cannot be read back: a line is missing, or too many")
    return frozenset(found)


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return what the fragment must exempt, without what another wildcard includes."""
    hosts = filtered_hosts(rule_set, _unsupported_in(rule_set))
    return frozenset(f"*.{_domain(host)}" for host in hosts)


def _unsupported_in(rule_set: RuleSet) -> Unsupported:
    """Return the function that tells why the format cannot express an endpoint."""
    return unsupported_by_dns if rule_set.names_below else _unsupported_without_below


def _unsupported_without_below(endpoint: Endpoint) -> str | None:
    """Return why an endpoint is left out if names may not be opened with subdomains."""
    wildcard = is_wildcard(endpoint.target)
    return unsupported_by_dns(endpoint) or (None if wildcard else ALL_BELOW)


def _domain(host: str) -> str:
    return host.removeprefix("*.")


def _body(found: Iterable[FilteredName]) -> Iterator[str]:
    yield "server:"
    for name in found:
        yield f"# {name.note}"
        if name.included_by is None:
            yield _zone_line(name.host)


def _zone_line(host: str) -> str:
    return f'    local-zone: "{_domain(host)}." transparent'


FORMAT = Format(
    name="unbound",
    file="unbound.conf",
    about="local zones of Unbound that exempt names from blocking",
    loaded="copy to unbound.conf.d/zz-NAME.conf, then unbound-control reload",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta_of_file(render, "#"),
)
