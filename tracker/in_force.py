"""Which rule files are in force: no more in each than its platform takes. Pure.

Firewalls poll these files. One that has become too much for its platform would be cut short
there, and one that is gone is an error: so it stays what it was when that version came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import msgspec

from tracker import formats
from tracker.config import Config
from tracker.formats import Format, RuleSet
from tracker.grace import Leaving
from tracker.model import Snapshot
from tracker.rules import RuleFile, over_limit, rendered, require, rule_sets


@dataclass(frozen=True, slots=True)
class State:
    """What rule files are made from at one moment.

    `earlier` are the states before the version came, newest first, each as it was at its end;
    they are only read for a file that is over its platform's limit.
    """

    snapshot: Snapshot
    late: Leaving
    earlier: Callable[[], Iterable[State]] = tuple


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
    for rules in config.rules:
        require(rules, snapshot.entries + state.late.entries, f'[[rules]] "{rules.name}": ')
    for rule_set, names in rule_sets(snapshot, config, state.late):
        for name in names:
            form = formats.load(name)
            file = rendered(rule_set, form)
            yield _kept(file, form, config, state) if file.is_over else file


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
        sets = rule_sets(each.snapshot, config, each.late)
        rule_set = next((found for found, _ in sets if found.name == name), None)
        file = rendered(rule_set, form) if rule_set else None
        if file is None or not file.is_over:
            return file if file and file.rendered.text is not None else None
    return None
