"""Compare a candidate with the last good version: what must be reviewed before it is published.

Pure. Each rule is one function that yields findings; "hold" keeps the last good version in
force until an operator approves or rejects the candidate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from tracker.guard.limits import GuardLimits
from tracker.model import Entry, Finding

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
    # Not loaded for an unchanged page.
    from tracker.guard.context import GuardContext, as_publishable  # noqa: PLC0415
    from tracker.guard.page_rules import PAGE_RULES  # noqa: PLC0415
    from tracker.guard.value_rules import VALUE_RULES  # noqa: PLC0415

    context = GuardContext(old, new, limits, older)
    rules = (*PAGE_RULES, *VALUE_RULES)
    findings = dict.fromkeys(finding for rule in rules for finding in rule(context))
    return tuple(
        as_publishable(finding) if finding.name in limits.publish else finding
        for finding in findings
    )
