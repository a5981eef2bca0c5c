"""A list of addresses: `192.0.2.1`, `192.0.2.0/24` or `192.0.2.1-192.0.2.9` a line.

PAN-OS, FortiGate, Check Point, pfSense and OPNsense poll such lists. A comment may follow
after a space (PAN-OS: "Formatting Guidelines for an External Dynamic List").
"""

from __future__ import annotations

from tracker.audit.parsed_config import ParsedConfig, ReadOptions, Target, parse_range
from tracker.audit.readers import Reader
from tracker.audit.readers.shared.lists import looks_like_list, read_list
from tracker.formats.ips import explain_unsupported


def read(text: str, _: ReadOptions) -> ParsedConfig:
    """Return each line as a permit for every port."""
    return read_list(text, _parse_entry, "an address, network or range of addresses")


def _parse_entry(text: str) -> tuple[Target, ...] | None:
    span = parse_range(text)
    return None if span is None else (span,)


READER = Reader(
    name="ips",
    about="a list of addresses and networks, one a line",
    export="the list that the firewall polls",
    sniff=lambda text: looks_like_list(text, _parse_entry),
    read=read,
    unsupported=explain_unsupported,
    fix="ips",
)
