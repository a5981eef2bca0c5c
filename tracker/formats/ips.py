"""Plain list of addresses and networks, one a line, no comments.

For everything that polls a list: PAN-OS and Check Point feeds, FortiGate external
resources, URL tables of pfSense and OPNsense. None of them documents one comment
syntax that all of them take, so there is none.
"""

from __future__ import annotations

from tracker.formats import NO_LAN, Format, Rendered, RuleSet
from tracker.formats._delta import by_lines
from tracker.formats._policy import (
    INBOUND,
    address_spelling,
    network_of,
    rules_of,
    span_key,
)
from tracker.model import LAN, Endpoint

NO_HOSTS = "a list of addresses holds no host names"


def render(rule_set: RuleSet) -> Rendered:
    """Each address that has at least one service a rule may open. The ports are lost."""
    allowed, left_out = rules_of(rule_set, cannot)
    targets = {rule.endpoint.target for rule in allowed}
    lines = [f"{target}\n" for target in sorted(targets, key=span_key)]
    return Rendered("".join(lines) or None, left_out)


def read_back(text: str) -> frozenset[str]:
    """The addresses of a list. Raises RuleError for a line that is none."""
    return frozenset(map(address_spelling, text.splitlines()))


def expressed(rule_set: RuleSet) -> frozenset[str]:
    """The addresses that the list must hold."""
    allowed, _ = rules_of(rule_set, cannot)
    return frozenset(rule.endpoint.target for rule in allowed)


def cannot(endpoint: Endpoint) -> str | None:
    """What a list of addresses leaves out beside what no format writes."""
    if endpoint.target == LAN:
        return NO_LAN
    if network_of(endpoint.target) is None:
        return NO_HOSTS
    return INBOUND if endpoint.direction == "inbound" else None


FORMAT = Format(
    name="ips",
    file="ips.txt",
    about="addresses and networks, one a line",
    render=render,
    read_back=read_back,
    expressed=expressed,
    delta=by_lines(render),
)
