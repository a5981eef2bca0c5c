"""Our own rule files, read back by the format that writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tracker.audit.parsed_config import (
    ConfigParseError,
    ParsedConfig,
    Permit,
    Target,
    locate,
    parse_host,
    parse_ports,
    parse_protocol,
    parse_range,
)
from tracker.errors import RuleError
from tracker.formats import Format
from tracker.model import LAN, Direction

_LINE = re.compile(r"(outbound|inbound) (\S+)(?: (tcp|udp)/([0-9-]+))?")


def read_own_file(text: str, format_: Format, *, bare: bool = False) -> ParsedConfig:
    """Return the permits of one of our rule files. Raises ConfigParseError for other files.

    `bare` tells whether a wildcard includes the bare name on this platform.
    """
    try:
        lines = sorted(format_.read_back(text))
    except RuleError as error:
        raise ConfigParseError(str(error)) from None
    config = ParsedConfig(is_fragment=True)
    for line in lines:
        if not line.startswith(f"{LAN} "):  # the LAN's networks, which is no permit
            config.permits += _parse_line(line, bare=bare)
    return config


def _parse_line(line: str, *, bare: bool) -> Iterator[Permit]:
    """Yield the permits of one line that the format read back."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise ConfigParseError(f'"{line}" is not understood')
    direction: Direction = "inbound" if match[1] == "inbound" else "outbound"
    protocol = parse_protocol(match[3]) if match[3] else None
    ports = parse_ports(match[4]) if match[4] else None
    for target in _parse_target(match[2], bare=bare):
        yield Permit(direction, target, protocol, ports, locate(0, line))


def _parse_target(text: str, *, bare: bool) -> Iterator[Target]:
    target = LAN if text == LAN else parse_range(text) or parse_host(text)
    if target is None:
        raise ConfigParseError(f'"{text}" is not a target')
    yield target
    if bare and text.startswith("*."):
        yield text[2:]
