"""What a comparison can find, one type for each kind of finding. Words are in `report.py`."""

from __future__ import annotations

from dataclasses import dataclass, field

from tracker.audit.documented import Needed
from tracker.audit.parsed_config import Opening


@dataclass(frozen=True, slots=True)
class Missing:
    """An endpoint that nothing lets through; `partly` by these, which leave `left` closed."""

    needed: Needed
    partly: tuple[Opening, ...] = ()


@dataclass(frozen=True, slots=True)
class Covered:
    """An endpoint that gets through only because these are wider than the page."""

    needed: Needed
    by: tuple[Opening, ...]


@dataclass(frozen=True, slots=True)
class Stale:
    """An opening for what was documented until `version` and is no more."""

    opening: Opening
    needed: Needed
    version: int


@dataclass(frozen=True, slots=True)
class Wide:
    """An opening for what is documented and for more; `inside` is what it is needed for."""

    opening: Opening
    inside: tuple[Needed, ...]


@dataclass(frozen=True, slots=True)
class Extra:
    """An opening for nothing chosen; `others` are endpoints of other regions or components."""

    opening: Opening
    others: tuple[Needed, ...] = ()


@dataclass(slots=True)
class Comparison:
    """All findings, in the order of the endpoints and of the files."""

    missing: list[Missing] = field(default_factory=list)
    covered: list[Covered] = field(default_factory=list)
    stale: list[Stale] = field(default_factory=list)
    wide: list[Wide] = field(default_factory=list)
    extra: list[Extra] = field(default_factory=list)
