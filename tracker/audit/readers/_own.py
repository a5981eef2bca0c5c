"""Our own rule files, read by the format that writes them."""

from __future__ import annotations

import re

from tracker.audit.dump import (
    Dump,
    DumpError,
    Opening,
    host_of,
    place,
    ports_of,
    protocol_of,
    span_of,
)
from tracker.errors import RuleError
from tracker.formats import Format
from tracker.model import LAN, Direction

_LINE = re.compile(r"(outbound|inbound) (\S+) (tcp|udp)/([0-9-]+)")


def own(text: str, form: Format) -> Dump:
    """What one of our rule files opens. Raises DumpError for a file that is not wholly ours."""
    try:
        lines = sorted(form.read_back(text))
    except RuleError as error:
        raise DumpError(str(error)) from None
    dump = Dump()
    for line in lines:
        match = _LINE.fullmatch(line)
        ports = ports_of(match[4]) if match else None
        if match is None or ports is None:
            raise DumpError(f'"{line}" is not understood')
        target = LAN if match[2] == LAN else span_of(match[2]) or host_of(match[2])
        if target is None:
            raise DumpError(f'"{line}" names no target')
        direction: Direction = "inbound" if match[1] == "inbound" else "outbound"
        protocol = protocol_of(match[3])
        dump.openings.append(Opening(direction, target, protocol, ports, place(0, line)))
    return dump
