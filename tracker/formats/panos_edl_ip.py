"""External dynamic list of type IP for PAN-OS and Panorama: an address and a comment a line.

Palo Alto Networks, "Formatting Guidelines for an External Dynamic List": one address or
network, IPv4 or IPv6, then at most one space and a comment. Lines with only a comment are not
in that syntax, so the list has no header. All lists of a firewall together have at most 50,000
addresses, on the largest models 150,000; the firewall skips the rest.
"""

from __future__ import annotations

import re
from collections import defaultdict

from tracker.errors import RuleError
from tracker.formats import Format, Limit, Rendered, RuleSet, ips
from tracker.formats.ips import expected_lines, explain_unsupported
from tracker.formats.shared.addresses import address_key, canonical_address
from tracker.formats.shared.policy import allowed_rules, list_left_out
from tracker.text import to_comment

_LINE = re.compile(r"([0-9a-f.:/]+)(?: [A-Za-z0-9._:/()*-][A-Za-z0-9 ._:/()*-]{0,119})?")


def render(rule_set: RuleSet) -> Rendered:
    """Return each address with at least one service that a rule may open, without the ports."""
    allowed = allowed_rules(rule_set, explain_unsupported)
    left_out = list_left_out(rule_set, explain_unsupported)
    said: dict[str, set[str]] = defaultdict(set)
    for rule in allowed:
        said[rule.endpoint.target].add(rule.words)
    lines = [_line(target, said[target]) for target in sorted(said, key=address_key)]
    return Rendered("".join(lines) or None, left_out)


def read_back(text: str) -> frozenset[str]:
    """Return the addresses of a list. Raises RuleError for a line of another shape."""
    return frozenset(map(_parse_line, text.splitlines()))


def _line(target: str, words: set[str]) -> str:
    return f"{target} {to_comment(' / '.join(sorted(words)))}".rstrip() + "\n"


def _parse_line(line: str) -> str:
    if not (found := _LINE.fullmatch(line)):
        raise RuleError(f'"{to_comment(line)}" is no line of an address list')
    return canonical_address(found[1])


FORMAT = Format(
    name="panos-edl-ip",
    file="panos-edl-ip.txt",
    about="PAN-OS external dynamic list of type IP, each address with what it is for",
    loaded="by its URL, as an external dynamic list of type IP",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=ips.FORMAT.delta,  # a different comment changes nothing
    limit=Limit(50_000, "addresses", "Palo Alto Networks, PAN-OS 7.1 web interface help"),
)
