"""Our own endpoints.csv, or any CSV with the columns that it takes from it.

`direction` (without the column: outbound), `target`, `protocol`, `from_port`, `to_port`. A row
with something in `withheld` opens nothing outside the local network.
"""

from __future__ import annotations

import csv
import io
from dataclasses import replace

from tracker.audit.parsed_config import (
    ANY_PORT,
    Dump,
    DumpError,
    Opening,
    Place,
    Ports,
    Sets,
    Target,
    Unread,
    host_of,
    place,
    ports_of,
    protocol_of,
    span_of,
)
from tracker.audit.readers import Reader
from tracker.formats._policy import lan_twin
from tracker.model import LAN, Direction, Endpoint, is_for_the_lan

_NEEDED = {"target", "protocol", "from_port", "to_port"}


def read(text: str, _: Sets) -> Dump:
    """Each row as an opening. Raises DumpError where a column is missing."""
    dump = Dump()
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if missing := _NEEDED - set(reader.fieldnames or ()):
            raise DumpError(f"there is no column {', '.join(sorted(missing))} in the first row")
        for row in reader:
            _read_row(row, reader.line_num, dump)
    except csv.Error as error:
        raise DumpError(f"line {reader.line_num} is no CSV: {error}") from None
    return dump


def _read_row(row: dict[str, str], number: int, dump: Dump) -> None:
    at = place(number, ",".join(str(value) for value in row.values() if value))
    opening = _opening(row, at)
    if isinstance(opening, str):
        dump.unread.append(Unread(at, opening))
        return
    if row.get("withheld"):
        # Never to an address; what a Windows service means in the local network stays.
        if twin := _in_lan(opening):
            dump.openings.append(twin)
        return
    dump.openings.append(opening)
    # As on the page, a wildcard includes the bare name.
    if isinstance(opening.target, str) and opening.target.startswith("*."):
        dump.openings.append(replace(opening, target=opening.target[2:]))


def _opening(row: dict[str, str], at: Place) -> Opening | str:
    """The row's opening, or why it has none."""
    cells = {name: (row.get(name) or "").strip() for name in (*_NEEDED, "direction")}
    target, protocol = _target(cells["target"]), protocol_of(cells["protocol"])
    ports = _ports(cells["from_port"], cells["to_port"])
    direction = _direction(cells["direction"])
    if target is None:
        return "its target is no address, host or lan"
    if protocol is None or ports is None or direction is None:
        return "its direction, protocol or ports are none"
    return Opening(direction, target, protocol, ports, at)


def _in_lan(opening: Opening) -> Opening | None:
    low, high = opening.ports or ANY_PORT
    protocol = opening.protocol or "tcp"
    way = opening.direction or "outbound"
    endpoint = Endpoint(None, way, str(opening.target), protocol, low, high)
    return (
        replace(opening, target=LAN)
        if is_for_the_lan(endpoint) and lan_twin(endpoint)
        else None
    )


def _target(text: str) -> Target | None:
    return LAN if text == LAN else span_of(text) or host_of(text)


def _ports(first: str, last: str) -> Ports | None:
    """Empty cells are a port that the page does not state, and so any."""
    if not first and not last:
        return ANY_PORT
    return ports_of(f"{first}-{last}" if last else first)


def _direction(text: str) -> Direction | None:
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
    sniff=lambda text: set(text.partition("\n")[0].strip().split(",")) >= _NEEDED,
    read=read,
    cannot=lambda _: None,
)
