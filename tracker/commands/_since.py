"""`rules --since`: what leads from the rule files of one version to those of another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.config import Config
from tracker.config.tables import Rules
from tracker.errors import UsageError
from tracker.formats import Format, Rendered
from tracker.history.archive import version as stored
from tracker.model import Snapshot
from tracker.publish.deltas import History, Step, named, paired
from tracker.publish.grace import Leaving
from tracker.publish.limits_fallback import State
from tracker.publish.rules import RuleFile, region_sets
from tracker.store.tree import Tree


def changes(
    tree: Tree,
    config: Config,
    since: int,
    now: tuple[Snapshot, Leaving],
    choice: Rules,
    forms: Sequence[Format],
) -> list[RuleFile]:
    """One file for each region and format in which something differs.

    It starts at the rule files as version `since` first had them. Raises UsageError where the
    only format asked for is always loaded whole, and where nothing differs.
    """
    with_delta = [form for form in forms if form.delta]
    if not with_delta:
        raise UsageError(f"{forms[0].name} has no changes to apply: load its file whole")
    before = stored(tree, since)
    history = History(tree.versions(), tree.snapshot, config.fwtracker.grace_days)
    old = history.state(before.version, before.captured_at)
    step = Step(old, State(*now), now[0].captured_at)
    made = list(_files(step, config, choice, with_delta))
    if not made:
        raise UsageError(f"nothing to apply: these rule files say what version {since} said")
    return made


def _files(
    step: Step, config: Config, choice: Rules, forms: Sequence[Format]
) -> Iterator[RuleFile]:
    old, new = (
        region_sets(state.snapshot, config.assumptions, state.late, choice)
        for state in (step.before, step.after)
    )
    for before, after in paired(old, new, step):
        for form in forms:
            text = form.delta(before, after) if form.delta else None
            if text is not None:
                path = f"rules/{after.name}/{named(form, 'apply')}"
                yield RuleFile(path, after, Rendered(text))
