"""External dynamic list of type URL for PAN-OS and Panorama, for HTTP and TLS alone.

Each entry ends in a slash: without one "example.com" would also match
example.com.evil.example (Palo Alto Networks, "Guidelines for URL Category Exceptions").
There `*` stands for one or more labels, so the bare name needs a line of its own.
"""

from __future__ import annotations

from tracker.errors import RuleError
from tracker.formats import Format, Limit, Rendered, RuleSet
from tracker.formats._delta import by_lines
from tracker.formats._policy import comment, network_of, rules_of
from tracker.formats.domains import cannot as no_host_name
from tracker.formats.domains import with_bare
from tracker.model import Endpoint

NO_UDP = "a URL list is matched in HTTP and TLS over tcp alone"


def render(rule_set: RuleSet) -> Rendered:
    """Each host that has at least one tcp service a rule may open. The ports are lost."""
    allowed, left_out = rules_of(rule_set, _cannot)
    names = {name for rule in allowed for name in with_bare(rule.endpoint.target)}
    return Rendered("".join(f"{name}/\n" for name in sorted(names)) or None, left_out)


def read_back(text: str) -> frozenset[str]:
    """The names of a list. Raises RuleError for a line that is none, or without its slash."""
    return frozenset(map(_host, text.splitlines()))


def expressed(rule_set: RuleSet) -> frozenset[str]:
    """The names that the list must hold: each host, and what each wildcard includes."""
    allowed, _ = rules_of(rule_set, _cannot)
    hosts = {rule.endpoint.target for rule in allowed}
    return frozenset(hosts | {host.removeprefix("*.") for host in hosts})


def _host(line: str) -> str:
    name = line.removesuffix("/")
    if name == line or network_of(name) is not None:
        raise RuleError(f'"{comment(line)}" is no host name with a slash at its end')
    return name


def _cannot(endpoint: Endpoint) -> str | None:
    return no_host_name(endpoint) or (NO_UDP if endpoint.protocol == "udp" else None)


FORMAT = Format(
    name="panos-edl-url",
    file="panos-edl-url.txt",
    about="PAN-OS external dynamic list of type URL, hosts for HTTP and TLS",
    render=render,
    read_back=read_back,
    expressed=expressed,
    delta=by_lines(render),
    limit=Limit(50_000, "URLs", "Palo Alto Networks, PAN-OS 7.1 web interface help"),
)
