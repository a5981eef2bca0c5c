"""Our own endpoints.csv, or any CSV with the same columns.

`direction` (optional, default outbound), `target`, `protocol`, `from_port`, `to_port`. A row
with a value in `withheld` opens nothing outside the local network.
"""

from __future__ import annotations

import csv
import io
from dataclasses import replace

from tracker.audit.parsed_config import (
    ANY_PORT,
    ConfigParseError,
    Location,
    ParsedConfig,
    Permit,
    Ports,
    ReadOptions,
    Skipped,
    Target,
    locate,
    parse_host,
    parse_ports,
    parse_protocol,
    parse_range,
)
from tracker.audit.readers import Reader
from tracker.formats.shared.policy import lan_equivalent
from tracker.model import LAN, Direction, Endpoint, is_for_the_lan
from tracker.text import unescape_csv

_REQUIRED_COLUMNS = {"target", "protocol", "from_port", "to_port"}


def read(text: str, _: ReadOptions) -> ParsedConfig:
    """Return each row as a permit. Raises ConfigParseError if a column is missing."""
    config = ParsedConfig(is_fragment=True)
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if missing := _REQUIRED_COLUMNS - set(reader.fieldnames or ()):
            raise ConfigParseError(
                f"there is no column {', '.join(sorted(missing))} in the first row"
            )
        for row in reader:
            _add_row(row, reader.line_num, config)
    except csv.Error as error:
        raise ConfigParseError(f"line {reader.line_num} is not CSV: {error}") from None
    return config


def _add_row(row: dict[str, str], number: int, config: ParsedConfig) -> None:
    at = locate(number, ",".join(str(value) for value in row.values() if value))
    permit = _parse_permit(row, at)
    if isinstance(permit, str):
        config.skipped.append(Skipped(at, permit))
        return
    if row.get("withheld"):
        # No permit for an address; a Windows service may still be allowed in the local network.
        if lan_permit := _as_lan_permit(permit):
            config.permits.append(lan_permit)
        return
    config.permits.append(permit)
    # As on the page, a wildcard includes the bare name.
    if isinstance(permit.target, str) and permit.target.startswith("*."):
        config.permits.append(replace(permit, target=permit.target[2:]))


def _parse_permit(row: dict[str, str], at: Location) -> Permit | str:
    """Return the permit of a row, or the reason if it has none."""
    cells = {
        name: unescape_csv((row.get(name) or "").strip())
        for name in (*_REQUIRED_COLUMNS, "direction")
    }
    target, protocol = _parse_target(cells["target"]), parse_protocol(cells["protocol"])
    ports = _parse_ports(cells["from_port"], cells["to_port"])
    direction = _parse_direction(cells["direction"])
    if target is None:
        return "its target is not an address, a host or lan"
    if protocol is None or ports is None or direction is None:
        return "its direction, protocol or ports are not valid"
    return Permit(direction, target, protocol, ports, at)


def _as_lan_permit(permit: Permit) -> Permit | None:
    low, high = permit.ports or ANY_PORT
    protocol = permit.protocol or "tcp"
    way = permit.direction or "outbound"
    endpoint = Endpoint(None, way, str(permit.target), protocol, low, high)
    return (
        replace(permit, target=LAN)
        if is_for_the_lan(endpoint) and lan_equivalent(endpoint)
        else None
    )


def _parse_target(text: str) -> Target | None:
    return LAN if text == LAN else parse_range(text) or parse_host(text)


def _parse_ports(first: str, last: str) -> Ports | None:
    """Parse a port range; empty cells mean any port, as the page states none."""
    if not first and not last:
        return ANY_PORT
    return parse_ports(f"{first}-{last}" if last else first)


def _parse_direction(text: str) -> Direction | None:
    known: dict[str, Direction] = {
        "": "outbound",
        "outbound": "outbound",
        "inbound": "inbound",
    }
    return known.get(text.lower())


READER = Reader(
    name="csv",
    about="our endpoints.csv, or a table with its columns",
    export="columns direction, target, protocol, from_port, to_port",
    sniff=lambda text: set(text.partition("\n")[0].strip().split(",")) >= _REQUIRED_COLUMNS,
    read=read,
    unsupported=lambda _: None,
)
