"""What the types of the tables cannot say: names that repeat, findings and ports that are none.

Each function raises UsageError that names the table, the value and what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tracker.config.tables import AssumedPorts
from tracker.errors import UsageError
from tracker.guard.limits import FINDING_NAMES
from tracker.model import LAST_PORT, Service
from tracker.plugins import list_formats

_NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,62}$")
_PORTS = re.compile(r"^(tcp|udp)/([0-9]{1,5})(?:-([0-9]{1,5}))?$")


def check_findings(names: Iterable[str]) -> None:
    """`[guard] publish` names findings that can hold a page."""
    for name in names:
        if name not in FINDING_NAMES:
            from tracker.config.error_messages import (  # noqa: PLC0415  only for an error
                nearest,
            )

            near = nearest(name, list(FINDING_NAMES))
            known = f"there are: {', '.join(FINDING_NAMES)}"
            hint = f'did you mean "{near}"?' if near else known
            raise UsageError(f'[guard] publish: no finding is called "{name}"; {hint}')


def check_formats(where: str, chosen: Iterable[str]) -> None:
    """Formats by the names that `fwtracker rules --list` shows."""
    there = list_formats()
    for name in chosen:
        if name not in there:
            from tracker.config.error_messages import (  # noqa: PLC0415  only for an error
                nearest,
            )

            near = nearest(name, there)
            hint = f'did you mean "{near}"?' if near else f"there are: {', '.join(there)}"
            raise UsageError(f'{where}: no format is called "{name}"; {hint}')


def check_names(table: str, names: Sequence[str]) -> None:
    """Names in a list of tables: each once, and fit for a folder."""
    for name in names:
        if not _NAME.match(name):
            raise UsageError(
                f'{table}: the name "{name}" must be lower-case letters, digits, - and _,'
                " because it becomes the name of a folder"
            )
        if names.count(name) > 1:
            raise UsageError(f'{table}: the name "{name}" is given twice')


def parse_assumed_ports(tables: Iterable[AssumedPorts]) -> dict[str, tuple[Service, ...]]:
    """The assumed services of each target in lower case; a target stands there once."""
    found: dict[str, tuple[Service, ...]] = {}
    for table in tables:
        target = table.target.lower()
        if target in found:
            raise UsageError(f'[assumed_ports] the target "{target}" is given twice')
        found[target] = tuple(map(_service, table.ports))
    return found


def _service(text: str) -> Service:
    """`tcp/443` or `tcp/1024-1030`."""
    found = _PORTS.match(text)
    first, last = (int(found[2]), int(found[3] or found[2])) if found else (0, 0)
    if found is None or not 1 <= first <= last <= LAST_PORT:
        raise UsageError(
            f'[assumed_ports] "{text}" is no port: write "tcp/443", or "udp/3478-3481"'
        )
    return Service("tcp" if found[1] == "tcp" else "udp", first, last)
