"""Compares a candidate with the last good version, and finds what must be reviewed.

Pure. Each rule is one function that yields findings; "hold" keeps the last good version in
force until an operator approves or rejects the candidate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from tracker.guard.limits import GuardLimits
from tracker.model import Entry, Finding, digest

if TYPE_CHECKING:
    from tracker.guard.context import GuardContext, GuardRule

_NO_VERSIONS: Mapping[str, int] = MappingProxyType({})


def guard(
    old: Sequence[Entry],
    new: Sequence[Entry],
    limits: GuardLimits,
    older: Mapping[str, int] = _NO_VERSIONS,
) -> tuple[Finding, ...]:
    """Return all findings about `new`, given the last good entries, each once.

    `old` is empty before the first version: then only the values themselves are judged.
    `older` maps the digest of an older version's entries to its number.
    """
    # The configuration imports this package for its limits; only changed pages need the rules.
    from tracker.diff.renames import find_renames, map_names, rename_entries  # noqa: PLC0415
    from tracker.guard.context import GuardContext  # noqa: PLC0415
    from tracker.guard.page_rules import PAGE_RULES  # noqa: PLC0415
    from tracker.guard.value_rules import VALUE_RULES  # noqa: PLC0415

    renames = find_renames(old, new)
    as_now = rename_entries(old, map_names(renames))
    context = GuardContext(as_now, new, limits, older, renames, digest(old))
    return _apply((*PAGE_RULES, *VALUE_RULES), context)


def guard_values(
    old: Sequence[Entry], new: Sequence[Entry], limits: GuardLimits
) -> tuple[Finding, ...]:
    """Return the findings about values that are new, and not about the page as a whole."""
    from tracker.guard.context import GuardContext  # noqa: PLC0415  as in `guard`
    from tracker.guard.value_rules import VALUE_RULES  # noqa: PLC0415

    return _apply(VALUE_RULES, GuardContext(old, new, limits, _NO_VERSIONS, (), digest(old)))


def _apply(rules: Iterable[GuardRule], context: GuardContext) -> tuple[Finding, ...]:
    from tracker.guard.context import as_publishable  # noqa: PLC0415  as in `guard`

    limits = context.limits
    findings = dict.fromkeys(finding for rule in rules for finding in rule(context))
    return tuple(
        as_publishable(finding) if finding.name in limits.publish else finding
        for finding in findings
    )
