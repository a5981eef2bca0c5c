"""Many damaged pages from one seed: each judged, and shown as one line of a table."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import get_context
from random import Random
from typing import Final, NamedTuple

from tests.mutate.facts import Facts, Mutated, Mutation, subjects
from tests.mutate.families import FAMILIES
from tests.mutate.harmless import EDITS
from tests.mutate.layout import Untaken
from tests.mutate.oracle import exactly
from tests.mutate.pipeline import Verdict, verdict
from tracker.errors import FwtrackerError

SEED: Final = 20240418
HARMLESS: Final = "harmless edits"
_TRIES: Final = 200


class Case(NamedTuple):
    """One damaged page: how it can be made again, and what was done to it."""

    family: str
    number: int
    page: str
    mutation: str
    what: str


class Result(NamedTuple):
    """What became of it. `right` tells whether the entries are what a person would read."""

    case: Case
    verdict: Verdict
    right: bool
    plain: bool = False  # whether a refusal was needless
    at_first: bool = False  # whether it would be published, and wrong, as a first version
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    @property
    def is_wrong(self) -> bool:
        """Whether something was published, or kept in force, that the page does not say."""
        kind = self.verdict.kind
        return kind == "crashed" or (kind in {"published", "unchanged"} and not self.right)

    @property
    def is_needless(self) -> bool:
        """Whether a page was refused that anybody can read, or stopped without any cause."""
        kind = self.verdict.kind
        if self.case.family == HARMLESS:
            return kind in {"refused", "held"}
        return self.plain and kind == "refused"

    @property
    def is_nameless(self) -> bool:
        """Whether it was stopped without a name, or not in one line."""
        names, words = self.verdict.names, self.verdict.words
        said = names and all(names) and FwtrackerError.name not in names and "\n" not in words
        return self.verdict.kind in {"refused", "held"} and not said


@dataclass
class Tally:
    """The results of one family."""

    kinds: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    at_first: list[Result] = field(default_factory=list)
    needless: list[Result] = field(default_factory=list)
    wrong: list[Result] = field(default_factory=list)

    def add(self, result: Result) -> None:
        kind = result.verdict.kind
        self.kinds["wrong" if result.is_wrong else kind] += 1
        self.reasons.update(result.verdict.names)
        if result.is_needless:
            self.needless.append(result)
        if result.at_first:
            self.at_first.append(result)
        if result.is_wrong:
            self.wrong.append(result)

    @property
    def pages(self) -> int:
        return self.kinds.total()


def jobs(pages: int, harmless: int) -> list[tuple[str, int]]:
    """Pages spread evenly over the families, each with a number of its own."""
    families = list(FAMILIES)
    spread = [(families[n % len(families)], n // len(families)) for n in range(pages)]
    return spread + [(HARMLESS, number) for number in range(harmless)]


def judged(job: tuple[str, int]) -> Result:
    """One page: made, damaged and judged."""
    facts, mutation, mutated = made(*job)
    found = verdict(facts, mutated)
    oracle = mutated.oracle.also(facts.others) if facts.others else mutated.oracle
    case = Case(*job, facts.name, mutation.__name__, mutated.what)
    if found.kind == "refused" or oracle.accepts(found.entries):
        return Result(case, found._replace(entries=()), right=True, plain=mutated.plain)
    at_first = found.kind == "held" and bool(found.entries) and not found.held_anyway
    said = oracle if oracle.readings else exactly([*facts.entries, *facts.others])
    missing, extra = (tuple(map(repr, part)) for part in said.unread(found.entries))
    return Result(case, found, right=False, at_first=at_first, missing=missing, extra=extra)


def made(family: str, number: int) -> tuple[Facts, Mutation, Mutated]:
    """The page of this family with this number; mutations and pages take turns."""
    dice = Random(f"{SEED}-{family}-{number}")
    mutations = EDITS if family == HARMLESS else FAMILIES[family]
    mutation = mutations[number % len(mutations)]
    for _ in range(_TRIES):
        facts = dice.choice(_subjects())
        try:
            mutated = mutation(facts.render(facts.generation), dice, facts)
        except Untaken:
            continue
        if mutated is not None:
            return facts, mutation, mutated
    raise AssertionError(f"{mutation.__name__} fits no page")


def tallied(
    todo: Sequence[tuple[str, int]],
    processes: int,
    watch: Callable[[int], None] = lambda _: None,
) -> dict[str, Tally]:
    """All of them, by family."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    for number, result in enumerate(_results(todo, processes), start=1):
        tallies[result.case.family].add(result)
        watch(number)
    return {family: tallies[family] for family in (*FAMILIES, HARMLESS) if family in tallies}


def _results(todo: Sequence[tuple[str, int]], processes: int) -> Iterator[Result]:
    if processes == 1:
        yield from map(judged, todo)
        return
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        yield from pool.map(judged, todo, chunksize=20)


@cache
def _subjects() -> list[Facts]:
    return subjects()


def lines(tallies: Iterable[tuple[str, Tally]]) -> Iterator[str]:
    """The table, one line a family."""
    yield (
        f"{'family':<20} {'pages':>6} {'refused':>8} {'held':>6} {'unchanged':>10}"
        f" {'published':>10} {'WRONG':>6} {'at first':>9} {'needless':>9}"
        "  most common reasons"
    )
    for family, tally in tallies:
        kinds = tally.kinds
        reasons = ", ".join(f"{name} {n}" for name, n in tally.reasons.most_common(3))
        yield (
            f"{family:<20} {tally.pages:>6} {kinds['refused']:>8} {kinds['held']:>6}"
            f" {kinds['unchanged']:>10} {kinds['published']:>10} {kinds['wrong']:>6}"
            f" {len(tally.at_first):>9} {len(tally.needless):>9}  {reasons}"
        )
