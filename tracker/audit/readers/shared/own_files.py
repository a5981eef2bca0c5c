"""Our own rule files, read by the format that writes them."""

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


def read_own_file(text: str, form: Format, *, bare: bool = False) -> ParsedConfig:
    """What one of our rule files opens. Raises DumpError for a file that is not wholly ours.

    `bare`: on this platform a wildcard includes the bare name.
    """
    try:
        lines = sorted(form.read_back(text))
    except RuleError as error:
        raise ConfigParseError(str(error)) from None
    config = ParsedConfig()
    for line in lines:
        config.permits += _permits(line, bare=bare)
    return config


def _permits(line: str, *, bare: bool) -> Iterator[Permit]:
    """One line of a format's proof; without a port it names none."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise ConfigParseError(f'"{line}" is not understood')
    direction: Direction = "inbound" if match[1] == "inbound" else "outbound"
    protocol = parse_protocol(match[3]) if match[3] else None
    ports = parse_ports(match[4]) if match[4] else None
    for target in _targets(match[2], bare=bare):
        yield Permit(direction, target, protocol, ports, locate(0, line))


def _targets(text: str, *, bare: bool) -> Iterator[Target]:
    target = LAN if text == LAN else parse_range(text) or parse_host(text)
    if target is None:
        raise ConfigParseError(f'"{text}" is no target')
    yield target
    if bare and text.startswith("*."):
        yield text[2:]
