"""Our own rule files, read by the format that writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracker.audit.parsed_config import (
    Dump,
    DumpError,
    Opening,
    Target,
    host_of,
    place,
    ports_of,
    protocol_of,
    span_of,
)
from tracker.errors import RuleError
from tracker.formats import Format
from tracker.model import LAN, Direction

_LINE = re.compile(r"(outbound|inbound) (\S+)(?: (tcp|udp)/([0-9-]+))?")


def own(text: str, form: Format, *, bare: bool = False) -> Dump:
    """What one of our rule files opens. Raises DumpError for a file that is not wholly ours.

    `bare`: on this platform a wildcard includes the bare name.
    """
    try:
        lines = sorted(form.read_back(text))
    except RuleError as error:
        raise DumpError(str(error)) from None
    dump = Dump()
    for line in lines:
        dump.openings += _openings(line, bare=bare)
    return dump


def _openings(line: str, *, bare: bool) -> Iterator[Opening]:
    """One line of a format's proof; without a port it names none."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise DumpError(f'"{line}" is not understood')
    direction: Direction = "inbound" if match[1] == "inbound" else "outbound"
    protocol = protocol_of(match[3]) if match[3] else None
    ports = ports_of(match[4]) if match[4] else None
    for target in _targets(match[2], bare=bare):
        yield Opening(direction, target, protocol, ports, place(0, line))


def _targets(text: str, *, bare: bool) -> Iterator[Target]:
    target = LAN if text == LAN else span_of(text) or host_of(text)
    if target is None:
        raise DumpError(f'"{text}" is no target')
    yield target
    if bare and text.startswith("*."):
        yield text[2:]
