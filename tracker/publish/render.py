"""Rule files of a version, each read back, with the deltas that lead to it: all that can fail.

What a format works out for its file it needs for its deltas too, so the two are made one after
the other, and all the rest of it is forgotten before the next. Of a rule set with many
endpoints that is done in several processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby

from tracker import formats
from tracker.config import Config
from tracker.formats import RuleSet
from tracker.model import Finding
from tracker.publish.deltas import InForce, Step, list_of, pairs, texts
from tracker.publish.excluded import Lacking, lacking
from tracker.publish.limits_fallback import State, require_all, rule_file
from tracker.publish.spool import Files, Piece

# From so many endpoints on, a process more takes less time than it saves.
MANY = 20_000


@dataclass(frozen=True, slots=True)
class Work:
    """One format of one rule set: its file, and the deltas of the steps in which it changed.

    `rule_set` is None where the version has no such set any more, and so no file.
    """

    name: str
    form: str
    rule_set: RuleSet | None
    steps: tuple[tuple[Step, RuleSet, RuleSet], ...]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it: where its files are, by path, and what the operator should know."""

    name: str
    files: dict[str, Piece]
    lacking: Lacking
    finding: Finding | None = None


def make(state: State, steps: Sequence[Step], config: Config, files: Files) -> list[Done]:
    """All rule files of a state, and the steps that lead to it, put into `files`.

    Raises UsageError or RuleError: what is not sound is not committed.
    """
    require_all(state, config)
    maker = Maker(state, config, files)
    done = list(chain.from_iterable(map(maker.make, _works(state, steps, config))))
    for each in done:
        for path, piece in each.files.items():
            files.note(path, piece)
    by_name = sorted(done, key=lambda each: each.name)  # as the lists of deltas have them
    for step in steps:
        made = [path for each in by_name for path in each.files if _is_of(step, path)]
        for path, data in list_of(step, {path: files.fact(path) for path in made}).items():
            files.add(path, data)
    return done


def _is_of(step: Step, path: str) -> bool:
    return path.startswith(f"{step.folder}/")


def _works(state: State, steps: Sequence[Step], config: Config) -> Iterator[list[Work]]:
    """All that is to be made, a rule set after the other: those of the version first."""
    changed: dict[str, list[tuple[Step, RuleSet, RuleSet]]] = {}
    gone: dict[str, list[str]] = {}
    for step in steps:
        for before, after, names in pairs(step, config):
            changed.setdefault(after.name, []).append((step, before, after))
            gone[after.name] = names
    for rule_set, names in state.sets(config):
        of = tuple(changed.get(rule_set.name, ()))
        yield [Work(rule_set.name, form, rule_set, of) for form in names]
        gone.pop(rule_set.name, None)
    for name, names in gone.items():
        yield [Work(name, form, None, tuple(changed[name])) for form in names]


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes what is to be made for a state."""

    state: State
    config: Config
    files: Files

    def make(self, works: Sequence[Work]) -> list[Done]:
        """All formats of one rule set."""
        sets = {each for work in works[:1] for each in _sets_of(work)}
        if max(map(_size, sets), default=0) < MANY:
            return [self.made(work) for work in works]
        from tracker.formats._once import forget  # noqa: PLC0415
        from tracker.formats._policy import prepare  # noqa: PLC0415  of many endpoints
        from tracker.memory import give_all_back  # noqa: PLC0415
        from tracker.publish.workers import spread  # noqa: PLC0415

        prepare(sets)
        forget()
        families = [tuple(found) for _, found in groupby(works, _family)]
        self.files.share()
        give_all_back()
        # The largest first: not one beside the other at the end, and none left to wait for.
        order = sorted(range(len(families)), key=lambda at: len(families[at]), reverse=True)
        made = spread([families[at] for at in order], self.made_alone)
        by_place = dict(zip(order, made, strict=True))
        return list(chain.from_iterable(by_place[at] for at in range(len(families))))

    def made_alone(self, works: Iterable[Work]) -> list[Done]:
        """Formats of one family; what was worked out for them is forgotten."""
        from tracker.formats._once import forget  # noqa: PLC0415  of many endpoints
        from tracker.memory import give_all_back  # noqa: PLC0415

        try:
            return [self.made(work) for work in works]
        finally:
            forget()
            give_all_back()

    def made(self, work: Work) -> Done:
        """One format. Raises RuleError."""
        form = formats.load(work.form)
        known: InForce = {}
        made: dict[str, Piece] = {}
        finding, lacks = None, []
        if work.rule_set:
            file = rule_file(work.rule_set, form, self.config, self.state)
            known[work.rule_set] = file.in_force
            finding, lacks = file.finding, lacking(file, self.files)
            if file.rendered.text is not None:
                made[file.path] = self.files.keep(file.rendered.text.encode())
            del file
        for step, before, after in work.steps:
            for path, text in texts(form, before, after, step, self.config, known):
                made[path] = self.files.keep(text.encode())
        return Done(work.name, made, lacks, finding)


def _sets_of(work: Work) -> Iterator[RuleSet]:
    if work.rule_set:
        yield work.rule_set
    for _, before, after in work.steps:
        yield before
        yield after


def _size(rule_set: RuleSet) -> int:
    """How many endpoints it has, at the most."""
    return sum(len(entry.targets) * len(entry.services) for entry in rule_set.entries)


def _family(work: Work) -> str:
    """Formats that begin alike work out much alike."""
    return work.form.partition("-")[0]
