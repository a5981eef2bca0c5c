"""What a reader must find on a sample page: the facts as entry records.

The typed value of each port cell is written down here by hand, by the text of the cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from . import cells

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .facts import Generation, Region, Resource, Use

Ports = tuple[str, int | None, int | None, str | None, bool]

# Text of the cell -> protocol, from, to, service's name, inferred from that name.
SERVICES: Final[dict[str, tuple[Ports, ...]]] = {
    cells.CLOUD_PORTS: (("tcp", 22543, 22543, "TLS 1.2", False),),
    # TLS qualifies the whole cell, so both ports carry its name.
    cells.CLOUD_PORTS_443: (
        ("tcp", 22543, 22543, "TLS 1.2", False),
        ("tcp", 443, 443, "TLS 1.2", False),
    ),
    cells.RPC: (("tcp", 135, 135, "RPC", False),),
    cells.SMB_139: (("tcp", 139, 139, "SMB", False),),
    cells.SMB_445: (("tcp", 445, 445, "SMB", False),),
    cells.LDAP: (("tcp", 389, 389, "LDAP", False),),
    cells.HIGH_PORTS: (("tcp", 49152, 65535, None, False),),
    cells.SHARING_PORTS: (
        ("tcp", 22551, 22551, None, False),
        ("udp", 22551, 22551, None, False),
        ("udp", 6771, 6771, None, False),
    ),
    cells.HTTPS: (("tcp", 443, 443, "HTTPS", False),),
    cells.HTTPS_BY_NAME: (("tcp", 443, 443, "HTTPS", True),),
    cells.HTTP_BY_NAME: (("tcp", 80, 80, "HTTP", True),),
    cells.NOT_STATED: (("tcp", None, None, None, False),),
}
FIELDS: Final = ("protocol", "from_port", "to_port", "name", "inferred")


def expected(generation: Generation) -> list[dict[str, Any]]:
    """The entries of a generation in page order, as the JSON of a snapshot has them."""
    return list(_entries(generation))


def _entries(generation: Generation) -> Iterator[dict[str, Any]]:
    for region in generation.regions:
        for resource in region.resources:
            for use in resource.uses:
                yield _entry(region, resource, use)


def _entry(region: Region, resource: Resource, use: Use) -> dict[str, Any]:
    named = [resource.named] if resource.named else []
    services = SERVICES[use.ports]
    return {
        "region": region.name,
        "resource": resource.label.replace("\n", " "),
        "hosts": [*named, *resource.listed_hosts],
        "addresses": list(resource.addresses),
        "scope": resource.scope,
        "direction": use.direction.lower(),
        "services": [dict(zip(FIELDS, ports, strict=True)) for ports in services],
        "requirement": use.purpose.requirement,
        "only_for": use.purpose.only_for,
        "components": list(use.components),
        "purpose": use.purpose.text,
        "required": use.purpose.requirement in {None, "required"},
    }
