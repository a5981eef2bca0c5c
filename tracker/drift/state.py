"""The state from check to check: when a difference begins, and when it ends. Pure.

A difference begins after `checks` checks that saw it, and ends after `checks` checks that did
not. For a missing address this is not enough, as many names answer with a different selection
of their addresses each time. If an answer has k of the n addresses that a host may have, one
that still exists is missing in it with a probability of 1 - k/n. The product over all answers
in a row must fall below `ROTATION_CHANCE` before the address counts as gone: after 8 answers
with 9 of 10, 12 with 8, 21 with 6, 37 with 4. A host that always returned all of its addresses
does not rotate: then `checks` are enough. A failed look-up says nothing: neither that a
difference lasts nor that it ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, NamedTuple

import msgspec
from msgspec.structs import replace

from tracker.drift.differences import Difference, PageHost, find_differences, find_family
from tracker.drift.lookup import RECORDS, Answers, HostAnswer
from tracker.model import Count, Time

ROTATION_CHANCE = 1e-8
STEADY_ANSWERS = 5  # equal answers in a row with all addresses: the host does not rotate


class LastAnswer(msgspec.Struct, frozen=True):
    """The last answer for a host in one family, and in how many checks in a row it came.

    A full one has all addresses that the page lists and that do not count as gone; none is full
    if the page lists only networks. `after_steady` is set if the answer before it was full for
    long enough, so that this is a single sudden change; it stays set while answers are full.
    """

    host: str
    family: Annotated[int, msgspec.Meta(ge=4, le=6)]
    addresses: tuple[str, ...]
    checks: Count = 1
    is_full: bool = msgspec.field(default=False, name="full")
    after_steady: bool = False

    @property
    def is_steady(self) -> bool:
        """Return whether, as far as is known, the host returns all its addresses each time."""
        return self.after_steady or self.is_own_steady

    @property
    def is_own_steady(self) -> bool:
        """Return whether this same answer was full for long enough."""
        return self.is_full and self.checks >= STEADY_ANSWERS


class FailedLookup(msgspec.Struct, frozen=True):
    """A record type of a host that no resolver answered in the last check."""

    host: str
    record: str
    resolver: str
    reason: str


class DriftState(msgspec.Struct, frozen=True):
    """The differences that are stored; `looked_at` is the time of the last look-up.

    `hosts` is the number of hosts looked up then, and `answered` how many of them got an
    answer; null in the state of an older program.
    """

    looked_at: Time
    differences: tuple[Difference, ...] = msgspec.field(default=(), name="sightings")
    hosts: Count | None = None
    answered: Count | None = None
    failures: tuple[FailedLookup, ...] = ()
    answers: tuple[LastAnswer, ...] = ()

    @property
    def agrees(self) -> bool:
        """Return whether everything was answered, without differences other than rotation."""
        settled = any(not each.is_open for each in self.differences)
        return not (settled or self.failures or self.hosts == 0)


class EndedDifference(NamedTuple):
    """A reported difference that has ended, and the reason."""

    difference: Difference
    why: str


class DriftChanges(NamedTuple):
    """The state after a check, and the reported differences that begin and end with it."""

    state: DriftState
    begun: tuple[Difference, ...] = ()
    ended: tuple[EndedDifference, ...] = ()


def update_state(
    before: DriftState | None,
    pages: Mapping[str, PageHost],
    answers: Answers,
    checks: int,
    now: str,
) -> DriftChanges:
    """Return the state after one more check, and what it reports.

    `checks` is that of `[drift]`, `now` is UTC.
    """
    old = list(before.differences) if before else []
    last = {(each.host, each.family): each for each in before.answers} if before else {}
    kept: list[Difference] = []
    ended = [
        EndedDifference(each, "the page does not name the host any more, or it is left out")
        for each in old
        if each.host not in pages
    ]
    answered: list[LastAnswer] = []
    for host, page in pages.items():
        own = {each.key: each for each in old if each.host == host}
        step = _HostStep(page, answers[host], own, last, checks, now)
        kept += step.kept
        ended += step.ended
        answered += step.answers.values()
    begun = tuple(each for each in kept if each.reported and not _was_reported(each, old))
    failed = [each for answer in answers.values() for each in answer.missing]
    state = DriftState(
        now,
        tuple(kept),
        len(pages),
        sum(bool(answers[host].families) for host in pages),
        tuple(FailedLookup(*each) for each in failed),
        tuple(answered),
    )
    over = tuple(each for each in ended if each.difference.reported)
    return DriftChanges(state, begun, over)


def _was_reported(difference: Difference, old: Iterable[Difference]) -> bool:
    return any(each.reported and each.key == difference.key for each in old)


class _HostStep:
    """One host in one check: the differences that it has now, and those that ended."""

    def __init__(
        self,
        page: PageHost,
        answer: HostAnswer,
        before: Mapping[tuple[str, str, str | None], Difference],
        last: Mapping[tuple[str, int], LastAnswer],
        checks: int,
        now: str,
    ) -> None:
        self.page, self.answer, self.checks = page, answer, checks
        self.gone = {
            each.address
            for each in before.values()
            if each.kind == "unanswered" and each.reported
        }
        self.answers = self._follow_answers(last)
        self.kept: list[Difference] = []
        self.ended: list[EndedDifference] = []
        seen = {each.key: each for each in find_differences(page, answer, now)}
        for key in sorted({*seen, *before}, key=lambda key: (key[0], key[2] or "")):
            self._decide(before.get(key), seen.get(key))

    def _follow_answers(
        self, last: Mapping[tuple[str, int], LastAnswer]
    ) -> dict[int, LastAnswer]:
        """Return the last answer of each family; after a failed look-up, the previous one."""
        found = {}
        for family in RECORDS:
            before = last.get((self.page.host, family))
            if there := self.answer.of_family(family):
                found[family] = self._follow(before, family, there)
            elif before:
                found[family] = before
        return found

    def _follow(
        self, before: LastAnswer | None, family: int, there: frozenset[str]
    ) -> LastAnswer:
        expected = self.page.plain(family) - self.gone
        full = bool(expected) and expected <= there
        new = LastAnswer(self.page.host, family, tuple(sorted(there)), is_full=full)
        if before is None:
            return new
        if before.addresses == new.addresses:
            return replace(before, checks=before.checks + 1, is_full=full)
        steady = before.is_own_steady or (before.after_steady and full)
        return replace(new, after_steady=steady)

    def _decide(self, before: Difference | None, seen: Difference | None) -> None:
        """Keep, begin or end one difference."""
        if seen:
            self._count_seen(before, seen)
        elif before:
            self._count_missed(before)

    def _count_seen(self, before: Difference | None, seen: Difference) -> None:
        now = seen
        if before:
            now = replace(
                seen,
                first=before.first,
                checks=before.checks + 1,
                reported=before.reported,
                chance=before.chance,
                missed=before.missed,
            )
        if seen.kind == "unanswered":
            now = self._weigh_absence(now)
        else:
            now = replace(now, missed=0, chance=1.0)
        self.kept.append(replace(now, reported=now.reported or self._is_due(now)))

    def _weigh_absence(self, now: Difference) -> Difference:
        """Return a missing address with its new chance; reset `missed` if it is surely gone."""
        now = replace(now, chance=now.chance * self._chance_of_missing(now))
        if now.reported and (self._is_full(now) or now.chance <= ROTATION_CHANCE):
            return replace(now, missed=0)
        return now

    def _is_due(self, now: Difference) -> bool:
        if now.checks < self.checks:
            return False
        return now.kind != "unanswered" or self._is_sure(now)

    def _is_sure(self, absent: Difference) -> bool:
        """Return whether an address was missing too often for rotation to explain it."""
        return self._is_steady(absent) or absent.chance <= ROTATION_CHANCE

    def _count_missed(self, before: Difference) -> None:
        """Count a check that did not see the difference, if it could have."""
        if why := self._find_page_change(before):
            self.ended.append(EndedDifference(before, why))
        elif not self._is_judged(before):
            self.kept.append(before)
        elif before.kind == "unlisted":
            self._count_absence(before)
        else:
            now = replace(before, missed=before.missed + 1, chance=1.0)
            over = not before.reported or now.missed >= self.checks
            self._settle(now, over=over)

    def _count_absence(self, before: Difference) -> None:
        chance = before.chance * self._chance_of_missing(before)
        now = replace(before, missed=before.missed + 1, chance=chance)
        over = now.missed >= self.checks and self._is_sure(now)
        if not before.reported:
            over = over or self._is_full(now)
        self._settle(now, over=over)

    def _settle(self, now: Difference, *, over: bool) -> None:
        if over:
            why = f"not seen in {now.missed} checks"
            self.ended.append(EndedDifference(now, why))
        else:
            self.kept.append(now)

    def _find_page_change(self, before: Difference) -> str:
        """Return why the page no longer has the difference; empty if it may still have it."""
        if before.address is None:
            return ""
        if before.kind == "unlisted" and not self.page.listed:
            return "the page lists no address of the host any more"
        if before.kind == "unlisted" and self.page.has(before.address):
            return "the page lists it now"
        if before.kind == "unanswered" and before.address not in self.page.listed:
            return "the page does not list it any more"
        return ""

    def _is_judged(self, before: Difference) -> bool:
        """Return whether the answer could have shown the difference."""
        if before.kind == "failing":
            return True
        if before.address is None:
            return bool(self.answer.addresses) or len(self.answer.families) == len(RECORDS)
        family = find_family(before.address)
        if before.kind == "unlisted":
            return family in self.answer.families
        return bool(self.answer.of_family(family))

    def _chance_of_missing(self, absent: Difference) -> float:
        """Return how likely an address that DNS has is missing in this answer."""
        assert absent.address is not None  # noqa: S101  only for kinds with an address
        family = find_family(absent.address)
        there = self.answer.of_family(family)
        may_have = (self.page.plain(family) - self.gone) | there | {absent.address}
        return 1 - len(there) / len(may_have) if there else 0.0

    def _is_full(self, difference: Difference) -> bool:
        last = self._last_of(difference)
        return last is None or last.is_full

    def _is_steady(self, difference: Difference) -> bool:
        last = self._last_of(difference)
        return last is not None and last.is_steady

    def _last_of(self, difference: Difference) -> LastAnswer | None:
        return self.answers.get(find_family(difference.address or "0.0.0.0"))  # noqa: S104  any IPv4 address
