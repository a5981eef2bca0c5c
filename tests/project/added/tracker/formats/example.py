"""A list of `host:port` for a proxy that wants one: `updates.example.com:443`."""

from __future__ import annotations

from tracker.errors import RuleError
from tracker.formats import NO_LAN, Format, Rendered, RuleSet
from tracker.formats._delta import by_lines
from tracker.formats._policy import INBOUND, network_of, rules_of
from tracker.model import LAN, Endpoint

ONLY_HOSTS = "a list of hosts holds no addresses and no wildcards"
ONLY_TCP = "the proxy carries TCP, one port a line"


def render(rule_set: RuleSet) -> Rendered:
    """One line for each host and port."""
    lines = sorted(expressed(rule_set))
    return Rendered(
        "".join(f"{line}\n" for line in lines) or None, rules_of(rule_set, cannot)[1]
    )


def read_back(text: str) -> frozenset[str]:
    """The lines of a list. Raises RuleError for a line that is none."""
    for line in text.splitlines():
        host, colon, port = line.rpartition(":")
        if not (host and colon and port.isdecimal()):
            raise RuleError(f"{line!r} is no host:port")
    return frozenset(text.splitlines())


def expressed(rule_set: RuleSet) -> frozenset[str]:
    """The lines that the list must have."""
    allowed, _ = rules_of(rule_set, cannot)
    return frozenset(f"{each.endpoint.target}:{each.endpoint.from_port}" for each in allowed)


def cannot(endpoint: Endpoint) -> str | None:
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
    render=render,
    read_back=read_back,
    expressed=expressed,
    delta=by_lines(render),
)
