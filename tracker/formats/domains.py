"""Plain list of host names, one a line, no comments; `*.x` means the subdomains of `x`.

On the source's page `*.x` includes the bare name. Consumers differ (a PAN-OS domain list
and an Azure rule do not include it), so the bare name always has its own line.
"""

from __future__ import annotations

from tracker.errors import RuleError
from tracker.formats import NO_LAN, Format, Rendered, RuleSet
from tracker.formats.shared.addresses import network_of
from tracker.formats.shared.deltas import delta_of_file
from tracker.formats.shared.domain_names import with_bare_name
from tracker.formats.shared.policy import (
    INBOUND,
    allowed_rules,
    cached_for_format,
    list_left_out,
)
from tracker.model import LAN, Endpoint
from tracker.text import to_comment

NO_ADDRESSES = "a list of host names contains no addresses"


@cached_for_format
def render(rule_set: RuleSet) -> Rendered:
    """Return each host with at least one service that a rule may open, without the ports."""
    allowed = allowed_rules(rule_set, explain_unsupported)
    left_out = list_left_out(rule_set, explain_unsupported)
    names = {name for rule in allowed for name in with_bare_name(rule.endpoint.target)}
    return Rendered("".join(f"{name}\n" for name in sorted(names)) or None, left_out)


def read_back(text: str) -> frozenset[str]:
    """Return the names of a list. Raises RuleError for a line that is not a host name."""
    return frozenset(_parse_host(line) for line in text.splitlines())


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return the names that the list must contain: all hosts, and bare names of wildcards."""
    allowed = allowed_rules(rule_set, explain_unsupported)
    hosts = {rule.endpoint.target for rule in allowed}
    return frozenset(hosts | {host.removeprefix("*.") for host in hosts})


def _parse_host(line: str) -> str:
    if network_of(line) is not None:
        raise RuleError(f'"{to_comment(line)}" is no host name')
    return line


def explain_unsupported(endpoint: Endpoint) -> str | None:
    """Return why a list of host names cannot contain an endpoint; None if it can."""
    if endpoint.target == LAN:
        return NO_LAN
    if network_of(endpoint.target) is not None:
        return NO_ADDRESSES
    return INBOUND if endpoint.direction == "inbound" else None


FORMAT = Format(
    name="domains",
    file="domains.txt",
    about="host names, one a line, wildcards as *.example.com and example.com",
    loaded="by its URL, in whatever polls a list of names",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta_of_file(render),
)
