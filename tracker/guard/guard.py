"""A candidate held against the last good version: what is too odd to publish unseen.

Pure. Each rule is one function that yields findings; "hold" keeps the last good version in
force until an operator approves or rejects the candidate. The rules are in the modules beside
this one, a family each, and are loaded only for a page whose entries are new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from tracker.guard.limits import NAMES, Limits
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
    from tracker.guard import domains, history, removals, values  # noqa: PLC0415
    from tracker.guard.context import Case, told  # noqa: PLC0415

    case = Case(old, new, limits, older)
    rules = (*removals.RULES, *history.RULES, *values.RULES, *domains.RULES)
    found = dict.fromkeys(finding for rule in rules for finding in rule(case))
    return tuple(told(one) if one.name in limits.publish else one for one in found)
