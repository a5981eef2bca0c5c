"""The differences between two files: lines of lists, and members of groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tracker.formats import Delta, Rendered, RuleSet
from tracker.formats.shared.policy import cached_for_format


def delta_of_file(render: Callable[[RuleSet], Rendered], comments: str = "") -> Delta:
    """Return a function for deltas of a list: `+ x` for added, then `- x` for removed lines.

    Added lines come first, so that applying them by hand closes nothing too early. Lines that
    start with one of the characters in `comments` are ignored.
    """
    return delta_of_lines(lambda rule_set: (render(rule_set).text or "").splitlines(), comments)


def delta_of_lines(body: Callable[[RuleSet], Iterable[str]], comments: str = "") -> Delta:
    """Return the same as `delta_of_file`, for files of which only the body is compared."""

    @cached_for_format
    def lines(rule_set: RuleSet) -> dict[str, None]:
        """Return the lines that are not comments, in order."""
        wanted = (line for line in body(rule_set) if line and line[0] not in comments)
        return dict.fromkeys(wanted)

    def delta(before: RuleSet, after: RuleSet) -> str | None:
        """Return the added and removed lines; None if there are none."""
        old, new = lines(before), lines(after)
        come = [f"+ {line}\n" for line in new if line not in old]
        go = [f"- {line}\n" for line in old if line not in new]
        return "".join(come + go) or None

    return delta


def compare_members(old: Sequence[str], new: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the added and the removed members of a group, in the order of new and old."""
    had, has = set(old), set(new)
    return [each for each in new if each not in had], [each for each in old if each not in has]
