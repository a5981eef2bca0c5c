"""Which rule files are in force: no more in each than its platform takes. Pure.

Firewalls poll these files. One that has become too much for its platform would be cut short
there, and one that is gone is an error: so it stays what it was when that version came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

import msgspec

from tracker import formats
from tracker.config import Config
from tracker.formats import Format, RuleSet
from tracker.model import Snapshot
from tracker.publish.grace import Leaving
from tracker.publish.rules import RuleFile, over_limit, rendered, require, rule_sets


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What rule files are made from at one moment.

    `earlier` are the states before the version came, newest first, each as it was at its end;
    they are only read for a file that is over its platform's limit.
    """

    snapshot: Snapshot
    late: Leaving
    earlier: Callable[[], Iterable[State]] = tuple
    _sets: list[tuple[RuleSet, list[str]]] = field(default_factory=list)

    def sets(self, config: Config) -> list[tuple[RuleSet, list[str]]]:
        """Each rule set with the names of its formats; worked out once, for one config."""
        if not self._sets:
            self._sets.extend(rule_sets(self.snapshot, config, self.late))
        return self._sets


def rule_files(
    snapshot: Snapshot,
    config: Config,
    late: Leaving | None = None,
    earlier: Callable[[], Iterable[State]] = tuple,
) -> Iterator[RuleFile]:
    """All rule files of a version: every format for every region, then the extra sets.

    What left the page lately (`late`) stays in them, marked. A file over its limit is that of
    the newest of the `earlier` states whose set fits, where there is one.
    """
    state = State(snapshot, late or Leaving(), earlier)
    require_all(state, config)
    for rule_set, names in state.sets(config):
        for name in names:
            yield rule_file(rule_set, formats.load(name), config, state)


def require_all(state: State, config: Config) -> None:
    """Raises UsageError where a `[[rules]]` table chooses by what no entry has."""
    entries = state.snapshot.entries + state.late.entries
    for rules in config.rules:
        require(rules, entries, f'[[rules]] "{rules.name}": ')


def rule_file(rule_set: RuleSet, form: Format, config: Config, state: State) -> RuleFile:
    """One rule file, or the last that was within its platform's limit. Raises RuleError."""
    file = rendered(rule_set, form)
    return _kept(file, form, config, state) if file.is_over else file


def in_force(rule_set: RuleSet, form: Format, config: Config, state: State) -> RuleSet | None:
    """What a format's file is made from: the state's rule set, or an earlier one that fits.

    None where none ever did, so that there is no such file.
    """
    if not over_limit(form, rule_set):
        return rule_set
    file = _fitting(rule_set.name, form, config, state)
    return file.rule_set if file else None


def _kept(file: RuleFile, form: Format, config: Config, state: State) -> RuleFile:
    """In place of a file that is over its limit, and saying so: the last that was not."""
    last = _fitting(file.rule_set.name, form, config, state)
    if last is None or file.finding is None:
        return file
    of = last.rule_set
    message = (
        f"{file.path} is still that of version {of.version} of {of.captured_at}:"
        f" {file.finding.message.removeprefix(f'{file.path} is not written: ')}"
    )
    return replace(last, finding=msgspec.structs.replace(file.finding, message=message))


def _fitting(name: str, form: Format, config: Config, state: State) -> RuleFile | None:
    """The file of the newest earlier state that is within the limit, if there was one."""
    for each in state.earlier():
        found = (rule_set for rule_set, _ in each.sets(config) if rule_set.name == name)
        if (rule_set := next(found, None)) is None:
            return None
        if not over_limit(form, rule_set):
            file = rendered(rule_set, form)
            return file if file.rendered.text is not None else None
    return None
