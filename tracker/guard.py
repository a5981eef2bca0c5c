"""A candidate held against the last good version: what is too odd to publish unseen.

Pure. Each rule is one function that yields findings; "hold" keeps the last good version in
force until somebody approves or rejects the candidate. The rules are in `tracker.guards`,
a module a family, and are loaded only for a page whose entries are new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from tracker.guards.limits import NAMES, Limits
from tracker.model import Entry, Finding

__all__ = ["NAMES", "Limits", "guard"]

_NONE: Mapping[str, int] = MappingProxyType({})


def guard(
    old: Sequence[Entry],
    new: Sequence[Entry],
    limits: Limits,
    older: Mapping[str, int] = _NONE,
) -> tuple[Finding, ...]:
    """All findings about `new`, given the last good entries, each once.

    `old` is empty before the first version: then only the values themselves are judged.
    `older` tells the version by the digest of its entries.
    """
    from tracker.guards import domains, gone, history, values  # noqa: PLC0415
    from tracker.guards.case import Case, told  # noqa: PLC0415

    case = Case(old, new, limits, older)
    rules = (*gone.RULES, *history.RULES, *values.RULES, *domains.RULES)
    found = dict.fromkeys(finding for rule in rules for finding in rule(case))
    return tuple(told(one) if one.name in limits.publish else one for one in found)
