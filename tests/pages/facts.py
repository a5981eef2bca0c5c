"""The shape of a sample page's facts: generation, region, resource, use.

A `Use` is one row of the table as far as it lies beside the resource; a resource with
six uses is a cell that spans six rows. Only shapes live here; no values, no markup.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["Outbound", "Inbound"]


@dataclass(frozen=True)
class Purpose:
    """A "Required for" cell: what is printed, and what it means."""

    bracket: str  # "(Required - only for the Middle East)", or nothing
    text: str  # what follows the bracket
    requirement: str | None = None
    only_for: str | None = None

    @property
    def cell(self) -> str:
        """The cell as printed."""
        return f"{self.bracket} {self.text}".strip()


@dataclass(frozen=True)
class Use:
    """One row: the cells beside the resource. A newline in `ports` is a line break."""

    ports: str
    purpose: Purpose
    components: tuple[str, ...]
    direction: Direction = "Outbound"


@dataclass(frozen=True)
class Resource:
    """One resource cell and its rows. A newline in `label` is a line break.

    `named` is the host that the label itself names; the listed hosts and the addresses
    stand in the list below the label.
    """

    label: str
    uses: tuple[Use, ...]
    named: str | None = None
    listed_hosts: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    scope: Literal["internet", "lan"] = "internet"

    @property
    def listed(self) -> tuple[str, ...]:
        """The values of the list below the label."""
        return self.listed_hosts + self.addresses

    @property
    def printed(self) -> str:
        """The label as printed: a colon announces the list."""
        return f"{self.label}:" if self.listed else self.label


@dataclass(frozen=True)
class Region:
    """One table. `page` is the folder of the page that it is on, in the index shape."""

    name: str | None
    resources: tuple[Resource, ...]
    page: str

    @property
    def uses(self) -> tuple[Use, ...]:
        """All rows, in page order."""
        return tuple(use for resource in self.resources for use in resource.uses)


@dataclass(frozen=True)
class Generation:
    """One state of the page: its tables, and what else differs from time to time."""

    name: str
    regions: tuple[Region, ...]
    banner: tuple[str, str]
    modified: str
