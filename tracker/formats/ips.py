"""Plain list of addresses and networks, one a line, no comments.

For everything that polls a list: PAN-OS and Check Point feeds, FortiGate external resources,
URL tables of pfSense and OPNsense. No comment syntax is documented for all of them, so there
are no comments.
"""

from __future__ import annotations

from tracker.formats import NO_LAN, Format, Rendered, RuleSet
from tracker.formats.shared.addresses import address_key, canonical_address, network_of
from tracker.formats.shared.deltas import delta_of_file
from tracker.formats.shared.policy import (
    INBOUND,
    allowed_rules,
    cached_for_format,
    list_left_out,
)
from tracker.model import LAN, Endpoint

NO_HOSTS = "a list of addresses contains no host names"


@cached_for_format
def render(rule_set: RuleSet) -> Rendered:
    """Return each address with at least one service that a rule may open, without the ports."""
    allowed = allowed_rules(rule_set, explain_unsupported)
    left_out = list_left_out(rule_set, explain_unsupported)
    targets = {rule.endpoint.target for rule in allowed}
    lines = [f"{target}\n" for target in sorted(targets, key=address_key)]
    return Rendered("".join(lines) or None, left_out)


def read_back(text: str) -> frozenset[str]:
    """Return the addresses of a list. Raises RuleError for another line."""
    return frozenset(map(canonical_address, text.splitlines()))


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return the addresses that the list must contain."""
    allowed = allowed_rules(rule_set, explain_unsupported)
    return frozenset(rule.endpoint.target for rule in allowed)


def explain_unsupported(endpoint: Endpoint) -> str | None:
    """Return why a list of addresses cannot contain an endpoint; None if it can."""
    if endpoint.target == LAN:
        return NO_LAN
    if network_of(endpoint.target) is None:
        return NO_HOSTS
    return INBOUND if endpoint.direction == "inbound" else None


FORMAT = Format(
    name="ips",
    file="ips.txt",
    about="addresses and networks, one a line",
    loaded="by its URL, in whatever polls a list of addresses",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta_of_file(render),
)
