"""What a page has been before: a version put back, or an address typed wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tracker.guard.context import Case, Rule, hold, place_of, told
from tracker.model import Finding, digest, endpoints_of


def rollback(case: Case) -> Iterator[Finding]:
    """The page says what an older version said: put back by mistake, or by an old copy.

    Where it only undoes a removal that the newest version brought, it is told, not held:
    vendors do that (24 times in 36 pages), and a hold would let the days of grace run out.
    """
    version = case.older.get(now := digest(case.new)) if case.older else None
    if version is None or now == (last := digest(case.old)):
        return
    message = f"the page says again exactly what version {version} said, an older one"
    found = hold("rollback", message, None)
    kept = set(endpoints_of(case.old)) <= set(endpoints_of(case.new))
    undone = kept and case.older.get(last) == version + 1
    yield told(found) if undone else found


def typing_error(case: Case) -> Iterator[Finding]:
    """An address has taken the place of one that is spelled almost like it.

    Only of one that went in the same change: neighbours that stand side by side, such as
    18.230.233.136 and 18.231.231.56, say nothing. Where only a digit of the last number is
    another, it may as well be the vendor's next machine: told, not held.
    """
    for before, after in case.matched.pairs:
        for twin, value in _twins(before.addresses, after.addresses):
            place = place_of(after)
            message = (
                f"{place} now has {value} in place of {twin}, which is one character away:"
                " perhaps a typing error"
            )
            found = hold("typing-error", message, *place)
            yield told(found) if is_next_machine(twin, value) else found


def is_one_edit(one: str, other: str) -> bool:
    """Whether one character is added, missing or another, or two neighbours are swapped.

    Of networks only those of one size: another prefix length is no typing error.
    """
    one, size = _parted(one)
    other, other_size = _parted(other)
    left, right = _differing(one, other)
    swapped = left == right[::-1] and len(left) == 2  # noqa: PLR2004  two neighbours
    return size == other_size and (swapped or {len(left), len(right)} in ({1}, {0, 1}))


def is_next_machine(one: str, other: str) -> bool:
    """Whether two single addresses differ in one character of their last number only."""
    left, right = _differing(one, other)
    common = max(one.rfind("."), one.rfind(":")) + 1
    same_network = one[:common] == other[:common] and "/" not in one
    return same_network and len(left) == len(right) == 1


def _twins(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What went, with what came and is spelled almost like it.

    Texts that are one edit apart are alike when each lacks a character, or one of them does.
    So not every pair has to be tried: a thousand addresses may be others at once.
    """
    kept, near = {*before} & {*after}, defaultdict[str, list[str]](list)
    for value in before:
        for text in _shortened(value) if value not in kept else ():
            near[text].append(value)
    for value in after:
        close = [old for text in _shortened(value) for old in near.get(text, ())]
        twin = next((old for old in close if is_one_edit(old, value)), None)
        if twin is not None and value not in kept:
            yield twin, value


def _shortened(value: str) -> list[str]:
    return [value, *(value[:at] + value[at + 1 :] for at in range(len(value)))]


def _parted(value: str) -> tuple[str, str]:
    address, _, size = value.partition("/")
    return address, size


def _differing(one: str, other: str) -> tuple[str, str]:
    """Both texts without what they begin and end with alike."""
    for start in (True, False):
        while one and other and one[0 if start else -1] == other[0 if start else -1]:
            one, other = (one[1:], other[1:]) if start else (one[:-1], other[:-1])
    return one, other


RULES: tuple[Rule, ...] = (rollback, typing_error)
