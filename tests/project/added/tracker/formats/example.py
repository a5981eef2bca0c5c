"""A list of `host:port` for a proxy that wants one: `updates.example.com:443`."""

from __future__ import annotations

from tracker.errors import RuleError
from tracker.formats import NO_LAN, Format, Rendered, RuleSet
from tracker.formats.shared.addresses import network_of
from tracker.formats.shared.deltas import delta_of_file
from tracker.formats.shared.policy import INBOUND, allowed_rules, list_left_out
from tracker.model import LAN, Endpoint

ONLY_HOSTS = "a list of hosts holds no addresses and no wildcards"
ONLY_TCP = "the proxy carries TCP, one port a line"


def render(rule_set: RuleSet) -> Rendered:
    """One line for each host and port."""
    lines = sorted(expected_lines(rule_set))
    return Rendered(
        "".join(f"{line}\n" for line in lines) or None, list_left_out(rule_set, unsupported)
    )


def read_back(text: str) -> frozenset[str]:
    """The lines of a list. Raises RuleError for a line that is none."""
    for line in text.splitlines():
        host, colon, port = line.rpartition(":")
        if not (host and colon and port.isdecimal()):
            raise RuleError(f"{line!r} is no host:port")
    return frozenset(text.splitlines())


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """The lines that the list must have."""
    allowed = allowed_rules(rule_set, unsupported)
    return frozenset(f"{each.endpoint.target}:{each.endpoint.from_port}" for each in allowed)


def unsupported(endpoint: Endpoint) -> str | None:
    """What the list leaves out beside what no format writes."""
    if endpoint.target == LAN:
        return NO_LAN
    if endpoint.target.startswith("*.") or network_of(endpoint.target) is not None:
        return ONLY_HOSTS
    if endpoint.protocol != "tcp" or endpoint.from_port != endpoint.to_port:
        return ONLY_TCP
    return INBOUND if endpoint.direction == "inbound" else None


FORMAT = Format(
    name="example",
    file="example.txt",
    about="host:port, one a line",
    loaded="copy it",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta_of_file(render),
)
