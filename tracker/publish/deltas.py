"""Commands that take a firewall from one state of the rule files to the next, and back.

Rule files change with a version, and again when the grace of removed endpoints is over. Each
such step has a folder: `deltas/000042`, and `deltas/000042-20260309T120000Z` for an end of
grace while version 42 is in force. In the order of their names, each starts where the previous
one ended, and the last ends at the rule files. A pure function of versions and configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import msgspec

from tracker import formats
from tracker.config import Config
from tracker.config.tables import Rules
from tracker.errors import RuleError
from tracker.filters.scope import narrow_snapshot
from tracker.formats import Format, RuleSet
from tracker.model import SCHEMA, Number, Snapshot, Time, endpoints_of, regions_of
from tracker.publish.grace import (
    LIST_NAME,
    ReadVersion,
    add_former_names,
    delta_folder,
    find_removals_pending_at,
    narrow_pending,
)
from tracker.publish.rule_state import RuleState
from tracker.store.records import FileFact, compute_fact, encode_pretty

_STATES_KEPT = 16  # consecutive steps share a state


class DeltaManifest(msgspec.Struct, frozen=True, omit_defaults=True, rename={"from_": "from"}):
    """The contents of a folder of deltas; `from` and `to` are equal for an end of grace."""

    schema: Literal[1]
    source: str
    from_: Number
    to: Number
    at: Time
    files: dict[str, FileFact]
    notes: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the rule files, at a time in UTC."""

    before: RuleState
    after: RuleState
    at: str

    @property
    def folder(self) -> str:
        """The folder of its files; the names sort in the order of the steps."""
        number = self.after.snapshot.version
        is_end_of_grace = self.before.snapshot.version == number
        return delta_folder(number, self.at if is_end_of_grace else None)


@dataclass(frozen=True, slots=True)
class RuleHistory:
    """The numbers of all versions, oldest first, and the states of their rule files."""

    numbers: Sequence[int]
    read: ReadVersion
    config: Config
    _states: dict[tuple[int, str], RuleState] = field(default_factory=dict)
    # By rule set and version: the newest matching state up to the end of that version.
    _matching: dict[tuple[str, int], RuleState | None] = field(default_factory=dict)

    def steps(self, number: int, now: str) -> Iterator[Step]:
        """Yield the step to a version, then the ends of grace in its time, until `now`."""
        at = self.read(number).captured_at
        later = [each for each in self.numbers if each > number]
        end = self.read(later[0]).captured_at if later else now
        state = self.state(number, at)
        if number != self.numbers[0]:
            earlier = max(each for each in self.numbers if each < number)
            yield Step(self.state(earlier, at), state, at)
        for over in state.pending.ends:
            if over <= end:
                before, state = state, self.state(number, over)
                yield Step(before, state, over)

    def state(self, number: int, at: str) -> RuleState:
        """Return what rule files were made from while `number` was in force, at a time.

        It changes only with a version or an end of grace.
        """
        if at > self.read(number).captured_at:
            at = self.find_moment(number, at)
        key = number, at
        if key not in self._states:
            if len(self._states) == _STATES_KEPT:
                self._states.pop(next(iter(self._states)))
            snapshot = self.read(number)
            pending = find_removals_pending_at(
                self.numbers, self.read, self.config.fwtracker.grace_days, number, at
            )
            chosen = self.config.chosen_regions(snapshot.source)
            chosen = add_former_names(chosen, pending)
            self._states[key] = RuleState(
                narrow_snapshot(snapshot, chosen),
                narrow_pending(pending, chosen),
                self.config,
                partial(self._earlier_states, number),
                partial(self._find_last_matching, number, at),
                partial(self._find_last, number, at, "", _shows_something),
                regions_of(snapshot.entries),
            )
        return self._states[key]

    def find_moment(self, number: int, at: str) -> str:
        """Return when the rule files of a time began: by its version or last end of grace."""
        since = self.read(number).captured_at
        ends = (end for end in self.state(number, since).pending.ends if end <= at)
        return max([since, *ends])

    def _find_last_matching(self, number: int, at: str, rules: Rules) -> RuleState | None:
        """Return the newest earlier state in which everything that a table names was there."""
        return self._find_last(number, at, rules.name, lambda state: state.has_all_of(rules))

    def _find_last(
        self, number: int, at: str, name: str, fits: Callable[[RuleState], bool]
    ) -> RuleState | None:
        """Return the newest earlier state that fits; results are cached under `name`."""
        for state in reversed(self._states_until(number, at)[:-1]):
            if fits(state):
                return state
        end, passed, found = self.read(number).captured_at, [], None
        for each in (each for each in reversed(self.numbers) if each < number):
            key = name, each
            if key in self._matching:
                found = self._matching[key]
                break
            states = reversed(self._states_until(each, end))
            found = next((state for state in states if fits(state)), None)
            passed.append(key)
            if found:
                break
            end = self.read(each).captured_at
        self._matching.update(dict.fromkeys(passed, found))
        return found

    def _states_until(self, number: int, at: str) -> list[RuleState]:
        """Return a version's states up to a time: its first, and one per end of grace."""
        first = self.state(number, self.read(number).captured_at)
        ends = [end for end in first.pending.ends if end <= at]
        return [first, *(self.state(number, end) for end in ends)]

    def _earlier_states(self, number: int) -> Iterator[RuleState]:
        """Yield the last state of each earlier version, newest first."""
        end = self.read(number).captured_at
        for each in sorted((each for each in self.numbers if each < number), reverse=True):
            state = self.state(each, end)
            yield state
            end = state.snapshot.captured_at


def _shows_something(state: RuleState) -> bool:
    return bool(state.entries)


def delta_file_name(form: Format, way: str) -> str:
    """Return `nftables-apply.nft`, for example; `way` is `apply` or `rollback`."""
    stem, _, ending = form.file.partition(".")
    return f"{stem}-{way}.{ending}"


def render_step(step: Step) -> dict[str, bytes]:
    """Return all files of a step by path; their list comes last."""
    files: dict[str, bytes] = {}
    for before, after, names in find_changed_sets(step):
        for form in map(formats.load, names):
            for path, text in render_deltas(form, before, after, step):
                files[path] = text.encode()
            before.forget_format()
            after.forget_format()
        before.forget_derived()
        after.forget_derived()
    facts = {path: compute_fact(data) for path, data in files.items()}
    return files | encode_step_list(step, facts)


def render_deltas(
    form: Format, before: RuleSet, after: RuleSet, step: Step
) -> Iterator[tuple[str, str]]:
    """Yield paths and texts of `apply` and `rollback`, between the files that were in force.

    A delta that cannot be proved is left out, as such a rule file would be.
    """
    if form.delta is None:
        return
    old = _find_held_set(form, before, step.before)
    new = _find_held_set(form, after, step.after)
    for way, one, other in (("apply", old, new), ("rollback", new, old)):
        with suppress(RuleError):
            if text := form.delta(one, other):
                yield f"{step.folder}/{after.name}/{delta_file_name(form, way)}", text


def encode_step_list(step: Step, files: dict[str, FileFact]) -> dict[str, bytes]:
    """Return the list of a step's files, by its path."""
    listed = DeltaManifest(
        schema=SCHEMA,
        source=step.after.snapshot.source,
        from_=step.before.snapshot.version,
        to=step.after.snapshot.version,
        at=step.at,
        files=files,
        notes=dict(_describe_pending(step, files)),
    )
    return {f"{step.folder}/{LIST_NAME}": encode_pretty(listed)}


def _describe_pending(step: Step, files: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield rule sets without a delta because all removed endpoints are in grace, and why."""
    with_files = {path.split("/")[2] for path in files}
    for before, after, _ in find_changed_sets(step):
        ends = sorted(set(after.until.values()))
        if after.name in with_files or not ends:
            continue
        if set(endpoints_of(before.entries)) == set(endpoints_of(after.entries)):
            number = after.version
            folders = ", ".join(delta_folder(number, end) for end in ends)
            yield (
                after.name,
                f"nothing to paste: what left the page stays in rule files until "
                f"{', '.join(ends)}, and goes with {folders}",
            )


def find_changed_sets(step: Step) -> Iterator[tuple[RuleSet, RuleSet, list[str]]]:
    """Yield the rule sets that changed, before and after, with the names of their formats.

    Those that were stopped before they had files are skipped.
    """
    old, new = step.before.rule_sets, step.after.rule_sets
    formats_of = {rule_set.name: names for rule_set, names in old + new}
    pairs = pair_rule_sets([each for each, _ in old], [each for each, _ in new], step)
    for before, after in pairs:
        if after.name in step.after.unpublished:
            continue
        if (before.entries, before.assumed) != (after.entries, after.assumed):
            yield before, after, formats_of[after.name]


def pair_rule_sets(
    old: Iterable[RuleSet], new: Iterable[RuleSet], step: Step
) -> Iterator[tuple[RuleSet, RuleSet]]:
    """Yield the rule sets before and after, paired by name; one of a pair may be empty."""
    before, after = ({each.name: each for each in sets} for sets in (old, new))
    for name in sorted(before | after):
        like = before.get(name) or after[name]
        yield (
            before.get(name) or _empty_set(like, step.before.snapshot),
            after.get(name) or _empty_set(like, step.after.snapshot),
        )


def _empty_set(like: RuleSet, of: Snapshot) -> RuleSet:
    """Return the same rule set without entries, for a version that has none for it."""
    return msgspec.structs.replace(
        like,
        version=of.version,
        digest=of.digest,
        captured_at=of.captured_at,
        entries=(),
        until={},
        assumed=frozenset(),
    )


def _find_held_set(form: Format, rule_set: RuleSet, state: RuleState) -> RuleSet:
    """Return the rule set that a firewall has in a state; empty if there was no file yet."""
    return state.find_set_in_force(rule_set, form) or _empty_set(rule_set, state.snapshot)
