"""The comments that describe a rule file, without a comment sign, which formats add.

Every line has only harmless characters: letters, digits, space, `._:/()-`, the asterisk of a
wildcard, and commas and colons that are added here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from tracker.formats.shared.policy import LeftOut, RuleSet
from tracker.model import port_text
from tracker.text import to_comment

# Some programs read lines in pieces of 1024 characters, and take the next piece for an option.
_PORTS_OF_A_LINE = 30


class FileHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rule set and version of a JSON file, which cannot have comments, as a member."""

    source: str
    rule_set: str
    version: int
    digest: str
    captured_at: str
    page_url: str


def file_header(rule_set: RuleSet) -> FileHeader:
    """Return the header of a file for a rule set."""
    return FileHeader(
        source=rule_set.source,
        rule_set=rule_set.name,
        version=rule_set.version,
        digest=rule_set.digest,
        captured_at=rule_set.captured_at,
        page_url=rule_set.page_url,
    )


def head_lines(rule_set: RuleSet) -> Iterator[str]:
    """Yield the rule set and version of a file, and when the page was read."""
    version = f"version {rule_set.version}"
    yield to_comment(f"Firewall rules of {rule_set.source} - {rule_set.name} - {version}")
    yield "Written by fwtracker: changes made here are lost."
    yield f"page:        {to_comment(rule_set.page_url)}"
    yield f"captured at: {to_comment(rule_set.captured_at)}"
    yield f"digest:      {to_comment(rule_set.digest)}"


def file_notes(rule_set: RuleSet, how_to: str, left_out: Iterable[LeftOut]) -> Iterator[str]:
    """Yield the comments at the head of a file: what it is, how to use it, what it lacks."""
    yield from head_lines(rule_set)
    yield ""
    yield from how_to.strip("\n").splitlines()
    yield from left_out_lines(left_out)


def delta_head_lines(before: RuleSet, after: RuleSet) -> Iterator[str]:
    """Yield the versions from which and to which a delta leads."""
    yield to_comment(f"Changes to firewall rules of {after.source} - {after.name}")
    yield f"from version {before.version} to version {after.version}"
    yield f"page:        {to_comment(after.page_url)}"
    yield f"from digest: {to_comment(before.digest)}"
    yield f"to digest:   {to_comment(after.digest)}"
    for end in sorted(set(after.until.values())):
        yield f"stays:       what left the page, until {to_comment(end)}"


def left_out_lines(left_out: Iterable[LeftOut]) -> Iterator[str]:
    """Yield what is not in a file: an empty line, the reason, and a line for each target."""
    reasons: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for each in left_out:
        target = f"{each.endpoint.direction} {each.endpoint.target}"
        reasons[each.reason][target].append(port_text(each.endpoint))
    for reason, targets in reasons.items():
        yield ""
        yield f"NOT in this file, because {reason}:"
        for target, ports in targets.items():
            once = list(dict.fromkeys(ports)) if len(ports) > 1 else ports
            for at in range(0, len(once), _PORTS_OF_A_LINE):
                yield f"  {target} {', '.join(once[at : at + _PORTS_OF_A_LINE])}"
