"""External dynamic list of type URL for PAN-OS and Panorama, only for HTTP and TLS.

Each entry ends in a slash: without one "example.com" would also match
example.com.evil.example (Palo Alto Networks, "Guidelines for URL Category Exceptions").
There `*` matches one or more labels, so the bare name needs its own line.
"""

from __future__ import annotations

from tracker.errors import RuleError
from tracker.formats import Format, Limit, Rendered, RuleSet
from tracker.formats.domains import explain_unsupported
from tracker.formats.shared.addresses import network_of
from tracker.formats.shared.deltas import delta_of_file
from tracker.formats.shared.domain_names import with_bare_name
from tracker.formats.shared.policy import allowed_rules, cached_for_format, list_left_out
from tracker.model import Endpoint
from tracker.text import to_comment

NO_UDP = "a URL list is matched in HTTP and TLS only, which use tcp"


@cached_for_format
def render(rule_set: RuleSet) -> Rendered:
    """Return each host with at least one TCP service that a rule may open, without ports."""
    allowed = allowed_rules(rule_set, _explain_unsupported)
    left_out = list_left_out(rule_set, _explain_unsupported)
    names = {name for rule in allowed for name in with_bare_name(rule.endpoint.target)}
    return Rendered("".join(f"{name}/\n" for name in sorted(names)) or None, left_out)


def read_back(text: str) -> frozenset[str]:
    """Return the names of a list. Raises RuleError for another line, or one without a slash."""
    return frozenset(map(_parse_line, text.splitlines()))


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return the names that the list must contain: all hosts, and bare names of wildcards."""
    allowed = allowed_rules(rule_set, _explain_unsupported)
    hosts = {rule.endpoint.target for rule in allowed}
    return frozenset(hosts | {host.removeprefix("*.") for host in hosts})


def _parse_line(line: str) -> str:
    name = line.removesuffix("/")
    if name == line or network_of(name) is not None:
        raise RuleError(f'"{to_comment(line)}" is no host name with a slash at its end')
    return name


def _explain_unsupported(endpoint: Endpoint) -> str | None:
    return explain_unsupported(endpoint) or (NO_UDP if endpoint.protocol == "udp" else None)


FORMAT = Format(
    name="panos-edl-url",
    file="panos-edl-url.txt",
    about="PAN-OS external dynamic list of type URL, hosts for HTTP and TLS",
    loaded="by its URL, as an external dynamic list of type URL",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta_of_file(render),
    limit=Limit(50_000, "URLs", "Palo Alto Networks, PAN-OS 7.1 web interface help"),
)
