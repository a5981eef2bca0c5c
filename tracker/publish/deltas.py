"""What leads a firewall from one state of the rule files to the next, and back, ready to paste.

Rule files change with a version, and once more when the grace of what left the page is over.
Each such step has a folder: `deltas/000042`, and `deltas/000042-20260309T120000Z` for an end of
grace while version 42 is in force. In the order of their names, each starts where the one
before it ended, and the last ends at the rule files. A function of versions and configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import msgspec

from tracker import formats
from tracker.config import Config
from tracker.formats import Format, RuleSet
from tracker.model import SCHEMA, Number, Snapshot, Time
from tracker.publish.grace import leaving
from tracker.publish.limits_fallback import State, in_force
from tracker.store.tree import FileFact, fact, pretty
from tracker.times import parse_utc

LIST = "manifest.json"
_STATES = 16  # are remembered: a step ends where the next begins
# By a rule set, the one that a format's file is made from; None where there is no file.
InForce = dict[RuleSet, RuleSet | None]


class DeltaManifest(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """What a folder of deltas holds; `from_` and `to` are equal for an end of grace."""

    schema: Literal[1]
    source: str
    from_: Number
    to: Number
    at: Time
    files: dict[str, FileFact]


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the rule files, at a time in UTC."""

    before: State
    after: State
    at: str

    @property
    def folder(self) -> str:
        """Where its files go; the names sort in the order of the steps."""
        number = self.after.snapshot.version
        grace = self.before.snapshot.version == number
        return folder(number, self.at if grace else None)


@dataclass(frozen=True, slots=True)
class History:
    """All versions, read by number, and the days of grace."""

    numbers: Sequence[int]
    read: Callable[[int], Snapshot]
    days: int
    _states: dict[tuple[int, str], State] = field(default_factory=dict)

    def steps(self, number: int, now: str) -> Iterator[Step]:
        """The steps by which rule files became and stayed those of a version, until `now`."""
        at = self.read(number).captured_at
        later = [each for each in self.numbers if each > number]
        end = self.read(later[0]).captured_at if later else now
        state = self.state(number, at)
        if number != self.numbers[0]:
            earlier = max(each for each in self.numbers if each < number)
            yield Step(self.state(earlier, at), state, at)
        for over in sorted(set(state.late.until.values())):
            if over <= end:
                before, state = state, self.state(number, over)
                yield Step(before, state, over)

    def folders(self, numbers: Sequence[int]) -> Iterator[str]:
        """Where the steps are that lead from the version before these to the last of them.

        In their order, each end of grace in between among them. They may be there or not.
        """
        at = self.numbers.index(numbers[0])
        if at and self.days:
            yield from self._graces(self.numbers[at - 1], numbers[0])
        for number, following in zip(numbers, [*numbers[1:], None], strict=True):
            yield folder(number)
            if following and self.days:
                yield from self._graces(number, following)

    def _graces(self, number: int, following: int) -> Iterator[str]:
        """The ends of grace while a version was in force."""
        late = self.state(number, self.read(number).captured_at).late
        end = self.read(following).captured_at
        yield from (
            folder(number, over) for over in sorted({*late.until.values()}) if over <= end
        )

    def state(self, number: int, at: str) -> State:
        """The rule files while `number` was in force, at a time."""
        key = number, at
        if key not in self._states:
            if len(self._states) == _STATES:
                self._states.pop(next(iter(self._states)))
            self._states[key] = self._state(number, at)
        return self._states[key]

    def _state(self, number: int, at: str) -> State:
        versions = (self.read(each) for each in reversed(self.numbers) if each <= number)
        late = leaving(versions, self.days, parse_utc(at))
        return State(self.read(number), late, partial(self.earlier, number))

    def earlier(self, number: int) -> Iterator[State]:
        """The states before a version came, newest first, each as it was at its end."""
        end = self.read(number).captured_at
        for each in sorted((each for each in self.numbers if each < number), reverse=True):
            state = self.state(each, end)
            yield state
            end = state.snapshot.captured_at


def folder(number: int, grace: str | None = None) -> str:
    """The folder of a version's deltas, or of the end of a grace while it was in force."""
    name = f"deltas/{number:06d}"
    return f"{name}-{grace.translate({ord('-'): None, ord(':'): None})}" if grace else name


def files(step: Step, config: Config) -> dict[str, bytes]:
    """All files of a step by their paths, the list of them last. Raises RuleError."""
    made = {
        path: text.encode()
        for before, after, names in pairs(step, config)
        for form in map(formats.load, names)
        for path, text in texts(form, before, after, step, config, {})
    }
    return made | list_of(step, {path: fact(data) for path, data in made.items()})


def list_of(step: Step, facts: dict[str, FileFact]) -> dict[str, bytes]:
    """The list of a step's files, by its path."""
    listed = DeltaManifest(
        schema=SCHEMA,
        source=step.after.snapshot.source,
        from_=step.before.snapshot.version,
        to=step.after.snapshot.version,
        at=step.at,
        files=facts,
    )
    return {f"{step.folder}/{LIST}": pretty(listed)}


def pairs(step: Step, config: Config) -> Iterator[tuple[RuleSet, RuleSet, list[str]]]:
    """The rule sets in which something changed, by name, with the names of their formats."""
    old, new = _sets(step.before, config), _sets(step.after, config)
    formats_of = {name: names for name, (_, names) in (old | new).items()}
    for before, after in paired(
        [rule_set for rule_set, _ in old.values()],
        [rule_set for rule_set, _ in new.values()],
        step,
    ):
        if (before.entries, before.assumed) != (after.entries, after.assumed):
            yield before, after, formats_of[after.name]


def paired(
    old: Iterable[RuleSet], new: Iterable[RuleSet], step: Step
) -> Iterator[tuple[RuleSet, RuleSet]]:
    """The rule sets of the same name before and after, by name; one of the two may be empty."""
    before, after = ({each.name: each for each in sets} for sets in (old, new))
    for name in sorted(before | after):
        one, other = before.get(name), after.get(name)
        like = one or other
        assert like is not None  # noqa: S101  one of the two has the name
        yield (
            one or _nothing(like, step.before.snapshot),
            other or _nothing(like, step.after.snapshot),
        )


def _sets(state: State, config: Config) -> dict[str, tuple[RuleSet, list[str]]]:
    return {rule_set.name: (rule_set, names) for rule_set, names in state.sets(config)}


def _nothing(like: RuleSet, of: Snapshot) -> RuleSet:
    """The same rule set of a version that has no entry for it."""
    return msgspec.structs.replace(
        like,
        version=of.version,
        digest=of.digest,
        captured_at=of.captured_at,
        entries=(),
        until={},
        assumed=frozenset(),
    )


def texts(
    form: Format, before: RuleSet, after: RuleSet, step: Step, config: Config, known: InForce
) -> Iterator[tuple[str, str]]:
    """Paths and texts of `apply` and `rollback`, from the file that was in force to that now.

    What is `known` of the format's files is not worked out again.
    """
    if form.delta is None:
        return
    one = _held(form, before, config, step.before, known)
    other = _held(form, after, config, step.after, known)
    for way, old, new in (("apply", one, other), ("rollback", other, one)):
        if text := form.delta(old, new):
            yield f"{step.folder}/{after.name}/{named(form, way)}", text


def _held(form: Format, of: RuleSet, config: Config, state: State, known: InForce) -> RuleSet:
    """What a firewall holds in a state; nothing where there was no file yet."""
    if of not in known:
        known[of] = in_force(of, form, config, state)
    return known[of] or _nothing(of, state.snapshot)


def named(form: Format, way: str) -> str:
    """`nftables-apply.nft`."""
    stem, _, ending = form.file.partition(".")
    return f"{stem}-{way}.{ending}"
