"""FortiGate external resource of type domain: the lines of domains.txt.

For a DNS filter's remote category; FortiOS does not accept one as a policy's destination
(administration guide, "External feeds"). Whether its wildcard includes the bare name is
unverified, so that has its own line. Before FortiOS 7.4.4 a resource has at most 131,072 lines
or 10 MB, whichever comes first.
"""

from __future__ import annotations

from msgspec.structs import replace

from tracker.formats import Limit, count_lines, domains

_LINES, _BYTES = 131_072, 10 * 2**20


def _count(text: str) -> int:
    """Return the number of lines, or the share of lines that the bytes use up if larger."""
    return max(count_lines(text), -(-len(text) * _LINES // _BYTES))


FORMAT = replace(
    domains.FORMAT,
    name="fortigate-domain",
    file="fortigate-domain.txt",
    about="FortiGate external resource of type domain, for DNS filters",
    loaded="by its URL, as an external resource of type domain",
    limit=Limit(
        _LINES,
        "lines of 80 bytes on average",
        "Fortinet, FortiOS administration guide, External feeds",
        _count,
    ),
)
