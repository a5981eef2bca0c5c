"""A list of host names, one a line, in the dialects of the products that poll it."""

from __future__ import annotations

from tracker.audit.parsed_config import ParsedConfig, ReadOptions
from tracker.audit.readers import Reader
from tracker.audit.readers.shared.lists import hosts_of_entry, looks_like_list, read_list
from tracker.formats.domains import explain_unsupported


def read(text: str, _: ReadOptions) -> ParsedConfig:
    """Return each line as a permit for every port."""
    return read_list(text, hosts_of_entry, "a host name")


READER = Reader(
    name="domains",
    about="a list of host names, one a line, in any dialect (*.x, .x, ^x, x/, ||x^)",
    export="the list that the firewall or filter polls",
    sniff=lambda text: looks_like_list(text, hosts_of_entry),
    read=read,
    unsupported=explain_unsupported,
    fix="domains",
)
