"""What rule files do not have, as the manifest tells it: once for all files that lack the same.

Of many entries this is by far the most of what is known of the files, so an endpoint's line is
made once for all formats, and an equal list of them is kept once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from tracker.model import Endpoint
from tracker.rules import RuleFile, line
from tracker.store.tree import Omitted

# Why, and the lines of what.
_Group = tuple[str, tuple[str, ...]]


def omitted(files: Iterable[RuleFile]) -> tuple[Omitted, ...]:
    """By reason and then by file; each file's own list follows the order of its rule set."""
    lines: dict[Endpoint, str] = {}
    lacking: dict[_Group, list[str]] = defaultdict(list)
    for file in files:
        for group in _groups(file, lines):
            lacking[group].append(file.path)
    found = [Omitted(*group, tuple(sorted(paths))) for group, paths in lacking.items()]
    return tuple(sorted(found, key=lambda each: (each.reason, each.files)))


def _groups(file: RuleFile, lines: dict[Endpoint, str]) -> Iterable[_Group]:
    """By reason. `lines` are those made before, and grow."""
    if file.finding and file.is_over:
        yield file.finding.message, ()
        if file.rendered.text is None:
            return
    by_reason: dict[str, dict[str, None]] = defaultdict(dict)
    for left in file.rendered.left_out:
        said = lines.get(left.endpoint) or lines.setdefault(left.endpoint, line(left.endpoint))
        by_reason[left.reason][said] = None
    for reason, said_of in by_reason.items():
        yield reason, tuple(said_of)
