"""Plain list of addresses with neighbours joined into networks, for firewalls short of space.

It has exactly the addresses of ips.txt, in as few networks as possible (RFC 4632): two halves
become one network only if both are listed, so no other address gets in.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator

from tracker.formats import Format, Rendered, RuleSet
from tracker.formats.ips import explain_unsupported
from tracker.formats.shared.addresses import Network, network_text, span_of
from tracker.formats.shared.deltas import delta_of_file
from tracker.formats.shared.policy import allowed_rules, cached_for_format, list_left_out
from tracker.formats.shared.port_ranges import Ports, merge_ranges

_KINDS: dict[int, tuple[Callable[[tuple[int, int]], Network], int]] = {
    4: (ipaddress.IPv4Network, 32),
    6: (ipaddress.IPv6Network, 128),
}


@cached_for_format
def render(rule_set: RuleSet) -> Rendered:
    """Return the networks, IPv4 first, in numeric order."""
    allowed = allowed_rules(rule_set, explain_unsupported)
    left_out = list_left_out(rule_set, explain_unsupported)
    networks = _collapse(rule.endpoint.target for rule in allowed)
    return Rendered("".join(f"{network_text(each)}\n" for each in networks) or None, left_out)


def read_back(text: str) -> frozenset[str]:
    """Return the address ranges of a list, however they are split into networks.

    Raises RuleError for a line that is not a network.
    """
    return _ranges(text.splitlines())


def expected_lines(rule_set: RuleSet) -> frozenset[str]:
    """Return the address ranges that the list must cover, found without making networks."""
    allowed = allowed_rules(rule_set, explain_unsupported)
    return _ranges(rule.endpoint.target for rule in allowed)


def _collapse(targets: Iterable[str]) -> Iterator[Network]:
    """Yield the fewest networks with exactly these addresses, IPv4 first, in numeric order."""
    for family, spans in _spans(targets).items():
        kind, width = _KINDS[family]
        for first, last in spans:
            start = first
            while start <= last:
                # The widest network that starts here and does not extend beyond the last.
                aligned = (start & -start).bit_length() - 1 if start else width
                bits = min(aligned, (last - start + 1).bit_length() - 1)
                yield kind((start, width - bits))
                start += 1 << bits


def _spans(targets: Iterable[str]) -> dict[int, list[Ports]]:
    """Return the first and last number of each address range, by family; none are adjacent."""
    spans: dict[int, list[Ports]] = {family: [] for family in _KINDS}
    for version, first, last in map(span_of, targets):
        spans[version].append((first, last))
    return {family: merge_ranges(found) for family, found in spans.items()}


def _ranges(targets: Iterable[str]) -> frozenset[str]:
    """Return each range as `4 50350678-50350679`: family, first and last number."""
    return frozenset(
        f"{family} {first}-{last}"
        for family, found in _spans(targets).items()
        for first, last in found
    )


FORMAT = Format(
    name="ips-aggregated",
    file="ips-aggregated.txt",
    about="the addresses of ips.txt in as few networks as they fill exactly",
    loaded="by its URL, in whatever polls a list of addresses",
    render=render,
    read_back=read_back,
    expected_lines=expected_lines,
    delta=delta_of_file(render),
)
