"""The rule files of a version, each read back, and the deltas that lead to it: all may fail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tracker import formats
from tracker.formats import Format, RuleSet
from tracker.model import Finding
from tracker.publish.deltas import Step, encode_step_list, find_changed_sets, render_deltas
from tracker.publish.rule_state import RuleState
from tracker.store.records import Exclusion, compute_fact

# A file's path, why endpoints are excluded, and which: a line each, none for the whole file.
FileExclusion = tuple[str, str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class RuleSetJob:
    """One rule set to render: its files, and the deltas of the steps in which it changed.

    `rule_set` is None if the version no longer has it, and so has no file.
    """

    name: str
    format_names: Sequence[str]
    rule_set: RuleSet | None
    steps: tuple[tuple[Step, RuleSet, RuleSet], ...]


@dataclass(frozen=True, slots=True)
class FormatResult:
    """The files of one format by path, what they exclude, and a finding, if any."""

    name: str
    files: dict[str, bytes]
    exclusions: list[FileExclusion]
    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class RenderedState:
    """All files of a state by path, with their exclusions and findings."""

    files: dict[str, bytes]
    exclusions: list[FileExclusion]
    findings: tuple[Finding, ...]


def render_state(state: RuleState, steps: Sequence[Step]) -> RenderedState:
    """Render all rule files of a state, and the steps that lead to it.

    A file that cannot be proved is left out, with a finding. Raises RuleError if two regions
    share a folder's name.
    """
    results = [each for job in _list_jobs(state, steps) for each in _render_set(job, state)]
    files = {path: data for each in results for path, data in each.files.items()}
    by_name = sorted(results, key=lambda each: each.name)
    for step in steps:
        listed = {
            path: compute_fact(data)
            for each in by_name
            for path, data in each.files.items()
            if path.startswith(f"{step.folder}/")
        }
        files |= encode_step_list(step, listed)
    return RenderedState(
        files,
        [found for each in results for found in each.exclusions],
        (
            *state.find_rule_set_problems(),
            *state.find_former_folders(),
            *(each.finding for each in results if each.finding),
        ),
    )


def group_exclusions(found: Iterable[FileExclusion]) -> tuple[Exclusion, ...]:
    """Return the exclusions by reason, in one group for files that exclude the same."""
    paths: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for path, reason, lines in found:
        paths[reason, lines].append(path)
    groups = [
        Exclusion(reason, lines, tuple(sorted(names)))
        for (reason, lines), names in paths.items()
    ]
    return tuple(sorted(groups, key=lambda each: (each.reason, each.files)))


def _list_jobs(state: RuleState, steps: Sequence[Step]) -> Iterator[RuleSetJob]:
    """Yield the rule sets to render: those of the version, then those that are gone."""
    changed: dict[str, list[tuple[Step, RuleSet, RuleSet]]] = {}
    gone: dict[str, list[str]] = {}
    for step in steps:
        for before, after, names in find_changed_sets(step):
            changed.setdefault(after.name, []).append((step, before, after))
            gone[after.name] = names
    for rule_set, names in state.rule_sets:
        if rule_set.name in state.unpublished:
            continue
        in_steps = tuple(changed.get(rule_set.name, ()))
        yield RuleSetJob(rule_set.name, names, rule_set, in_steps)
        gone.pop(rule_set.name, None)
    for name, names in gone.items():
        yield RuleSetJob(name, names, None, tuple(changed[name]))


def _render_set(job: RuleSetJob, state: RuleState) -> Iterator[FormatResult]:
    """Render each format of a rule set, then drop the values cached for it."""
    sets = [each for _, *pair in job.steps for each in pair]
    if job.rule_set:
        sets.append(job.rule_set)
    for name in job.format_names:
        yield _render_format(job, formats.load(name), state)
        for each in sets:
            each.forget_format()
    for each in sets:
        each.forget_derived()


def _render_format(job: RuleSetJob, form: Format, state: RuleState) -> FormatResult:
    files: dict[str, bytes] = {}
    exclusions: list[FileExclusion] = []
    finding = None
    if job.rule_set:
        file = state.render(job.rule_set, form)
        finding = file.finding
        exclusions = [(file.path, reason, lines) for reason, lines in file.exclusions()]
        if file.rendered.text is not None:
            files[file.path] = file.rendered.text.encode()
    for step, before, after in job.steps:
        for path, text in render_deltas(form, before, after, step):
            files[path] = text.encode()
    return FormatResult(job.name, files, exclusions, finding)
