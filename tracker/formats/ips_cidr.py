"""The addresses of ips.txt with prefix lengths, for feeds that accept only prefixes.

A Juniper SRX reads one prefix a line for a dynamic address, `192.0.2.1/32` for one address
(Junos OS, "Dynamic Address Groups in Security Policies"; Juniper Elevate, "SRX Dynamic IP
Objects aka Feed-server"). No comment syntax is documented for such a feed, so there are none.
"""

from __future__ import annotations

from tracker.errors import RuleError
from tracker.formats import Format, Rendered, RuleSet, ips
from tracker.formats.shared.addresses import to_cidr
from tracker.formats.shared.deltas import delta_of_file
from tracker.formats.shared.policy import cached_for_format
from tracker.formats.shared.text import join_lines, split_lines
from tracker.text import to_comment


@cached_for_format
def render(rule_set: RuleSet) -> Rendered:
    """Return the lines of ips.txt, each with a prefix length."""
    plain = ips.render(rule_set)
    lines = map(to_cidr, split_lines(plain.text or ""))
    return Rendered(join_lines(lines) or None, plain.left_out)


def read_back(text: str) -> frozenset[str]:
    """Return the addresses of a list. Raises RuleError for a line without a prefix length."""
    lines = split_lines(text)
    for line in lines:
        if "/" not in line:
            raise RuleError(f'ips-cidr.txt: "{to_comment(line)}" has no prefix length')
    whole = (line.removesuffix("/128" if ":" in line else "/32") for line in lines)
    return ips.read_back(join_lines(whole))


FORMAT = Format(
    name="ips-cidr",
    file="ips-cidr.txt",
    about="addresses and networks, one a line, each with its prefix length",
    loaded="by its URL, in whatever polls a list of networks",
    render=render,
    read_back=read_back,
    expected_lines=ips.expected_lines,
    delta=delta_of_file(render),
)
