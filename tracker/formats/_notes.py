"""What a rule file says of itself in comments, without any comment sign: formats put theirs.

Every line is of harmless characters: letters, digits, space and `._:/()-`, nothing else but
the commas, the colons and the star of a wildcard that are set here or checked before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from tracker.formats import LeftOut, RuleSet
from tracker.formats._policy import comment
from tracker.model import port_text


def head(rule_set: RuleSet) -> Iterator[str]:
    """Which rule set of which version a file holds, and when its page was read."""
    version = f"version {rule_set.version}"
    yield comment(f"Firewall rules of {rule_set.source} - {rule_set.name} - {version}")
    yield "Written by fwtracker: changes made here are lost."
    yield f"page:        {comment(rule_set.page_url)}"
    yield f"captured at: {comment(rule_set.captured_at)}"
    yield f"digest:      {comment(rule_set.digest)}"


def delta_head(before: RuleSet, after: RuleSet) -> Iterator[str]:
    """From which version to which a delta leads, and what it is not."""
    yield comment(f"Changes to firewall rules of {after.source} - {after.name}")
    yield f"from version {before.version} to version {after.version}"
    yield f"page:        {comment(after.page_url)}"
    yield f"from digest: {comment(before.digest)}"
    yield f"to digest:   {comment(after.digest)}"


def left_out_lines(left_out: Iterable[LeftOut]) -> Iterator[str]:
    """What is not in a file: an empty line, the reason, and below it a line for each target."""
    reasons: dict[str, dict[str, str]] = defaultdict(dict)
    several: dict[tuple[str, str], dict[str, None]] = {}  # nearly every target has one
    for left in left_out:
        end, reason = left.endpoint, left.reason
        where, ports = f"{end.direction} {end.target}", port_text(end)
        first = reasons[reason].setdefault(where, ports)
        if first != ports:
            several.setdefault((reason, where), {first: None})[ports] = None
    for reason, targets in reasons.items():
        yield ""
        yield f"NOT in this file, because {reason}:"
        for where, ports in targets.items():
            yield f"  {where} {', '.join(several.get((reason, where), (ports,)))}"
