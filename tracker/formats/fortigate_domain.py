"""FortiGate external resource of type domain: the lines of domains.txt.

For a DNS filter's remote category; FortiOS does not take one as a policy's destination
(administration guide, "External feeds"). Whether its wildcard takes in the bare name is
unverified, so that has a line of its own.
"""

from __future__ import annotations

from msgspec.structs import replace

from tracker.formats import Limit, domains

FORMAT = replace(
    domains.FORMAT,
    name="fortigate-domain",
    file="fortigate-domain.txt",
    about="FortiGate external resource of type domain, for DNS filters",
    loaded="by its URL, as an external resource of type domain",
    limit=Limit(131_072, "lines", "Fortinet, FortiOS administration guide, External feeds"),
)
