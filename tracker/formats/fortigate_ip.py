"""FortiGate external resource of type address: the lines of ips.txt under another name.

Fortinet, FortiOS administration guide, "External feeds": one address or network a line.
Comments are not documented for it, so there are none. Before FortiOS 7.4.4 a resource has at
most 131,072 lines or 10 MB, which that many addresses do not reach; since then all together
have 300,000 lines (Fortinet, "External threat list resource entry limits from v7.4.4").
"""

from __future__ import annotations

from msgspec.structs import replace

from tracker.formats import Limit, ips

FORMAT = replace(
    ips.FORMAT,
    name="fortigate-ip",
    file="fortigate-ip.txt",
    about="FortiGate external resource of type address, for policies",
    loaded="by its URL, as an external resource of type address",
    limit=Limit(131_072, "lines", "Fortinet, FortiOS administration guide, External feeds"),
)
