"""Rule files, each read back, and no more in each than its platform takes. Pure.

Firewalls poll these files. One that has become too much for its platform would be cut short
there, and one that is gone is an error: so it stays what it was when the newest version that
fits was in force.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import msgspec

from tracker import formats
from tracker.config import Config
from tracker.errors import RuleError, UsageError
from tracker.formats import Format, Limit, Rendered, RuleSet
from tracker.model import Endpoint, Finding, Snapshot, port_text
from tracker.publish.grace import PendingRemovals
from tracker.publish.rule_sets import build_rule_sets, require_known_values

# From this share of a platform's limit on, a finding says so.
NEAR = 0.9


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One file below `rules/`; no text where its format can express nothing of the set.

    A file that stays that of an earlier version has the rule set of that one.
    """

    path: str
    rule_set: RuleSet
    rendered: Rendered
    finding: Finding | None = None

    @property
    def is_over(self) -> bool:
        """Whether the rule set is more than the platform takes."""
        return self.finding is not None and self.finding.name == "over-limit"

    @property
    def excluded(self) -> list[str]:
        """What is not in the file, a line each."""
        over = [self.finding.message] if self.finding and self.is_over else []
        if over and self.rendered.text is None:
            return over
        listed = self.rendered.left_out
        return over + [f"{format_endpoint(item.endpoint)}: {item.reason}" for item in listed]

    def exclusions(self) -> list[tuple[str, tuple[str, ...]]]:
        """Each reason with the endpoints that it excludes, in the order of the rule set.

        A reason without endpoints is of the whole file.
        """
        over: list[tuple[str, tuple[str, ...]]] = []
        if self.finding and self.is_over:
            over.append((self.finding.message, ()))
            if self.rendered.text is None:
                return over
        by_reason: dict[str, dict[str, None]] = defaultdict(dict)
        for item in self.rendered.left_out:
            by_reason[item.reason][format_endpoint(item.endpoint)] = None
        return over + [(reason, tuple(lines)) for reason, lines in by_reason.items()]


@dataclass(frozen=True, eq=False)
class RuleState:
    """What rule files are made from at one moment.

    `earlier` gives the states before the version came, newest first, each as it was at its
    end; they are only read for a file that is over its platform's limit.
    """

    snapshot: Snapshot
    pending: PendingRemovals
    config: Config
    earlier: Callable[[], Iterable[RuleState]] = tuple

    @cached_property
    def rule_sets(self) -> list[tuple[RuleSet, list[str]]]:
        """Each rule set with the names of its formats."""
        return list(build_rule_sets(self.snapshot, self.config, self.pending))

    def render(self, rule_set: RuleSet, form: Format) -> RuleFile:
        """Return one rule file, or the last that was within its limit. Raises RuleError."""
        file = render_rule_file(rule_set, form)
        return _replace_by_last_fitting(file, form, self) if file.is_over else file

    def find_set_in_force(self, rule_set: RuleSet, form: Format) -> RuleSet | None:
        """Return what a format's file is made from: the rule set, or an earlier one that fits.

        None where none ever fitted, so that the file does not exist.
        """
        if not exceeds_limit(form, rule_set):
            return rule_set
        file = last_fitting(rule_set.name, form, self)
        return file.rule_set if file else None


def render_rule_files(state: RuleState) -> Iterator[RuleFile]:
    """Yield all rule files of a state: every format for every region, then the extra sets.

    Raises RuleError for a file that, read back, does not say what it must, and UsageError for a
    `[[rules]]` table that chooses by what no entry has.
    """
    require_known_choices(state)
    for rule_set, names in state.rule_sets:
        for name in names:
            yield state.render(rule_set, formats.load(name))


def require_known_choices(state: RuleState) -> None:
    """Raise UsageError where a `[[rules]]` table chooses by what no entry has."""
    entries = state.snapshot.entries + state.pending.entries
    is_one_of_several = len(state.config.sources) > 1
    for rules in state.config.rules:
        if not rules.is_for(state.snapshot.source):
            continue
        try:
            require_known_values(rules, entries, f'[[rules]] "{rules.name}": ')
        except UsageError as error:
            hint = "; say by `sources` which sources have it" if is_one_of_several else ""
            raise UsageError(f"{error}{hint}") from None


def render_rule_file(rule_set: RuleSet, form: Format) -> RuleFile:
    """Return one rule file, read back. Raises RuleError where it does not say what it must.

    A file that is too much for its platform has no text: cut short it would lack something.
    """
    rendered = form.render(rule_set)
    path = f"rules/{rule_set.name}/{form.file}"
    if rendered.text is None:
        return RuleFile(path, rule_set, rendered)
    if form.read_back(rendered.text) != form.expected_lines(rule_set):
        raise RuleError(
            f"{path}: read back, it does not say what version {rule_set.version} says"
        )
    if form.limit is None:
        return RuleFile(path, rule_set, rendered)
    count = form.limit.count(rendered.text)
    finding = _limit_finding(path, form.limit, count)
    if count > form.limit.most:
        rendered = Rendered(None, rendered.left_out)
    return RuleFile(path, rule_set, rendered, finding)


def exceeds_limit(form: Format, rule_set: RuleSet) -> bool:
    """Say whether a file would have more than its platform takes."""
    if form.limit is None:
        return False
    text = form.render(rule_set).text
    return text is not None and form.limit.count(text) > form.limit.most


def last_fitting(name: str, form: Format, state: RuleState) -> RuleFile | None:
    """Return the file of the newest earlier state that is within the limit, if there is one."""
    for each in state.earlier():
        found = (rule_set for rule_set, _ in each.rule_sets if rule_set.name == name)
        if (rule_set := next(found, None)) is None:
            return None
        if not exceeds_limit(form, rule_set):
            file = render_rule_file(rule_set, form)
            return file if file.rendered.text is not None else None
    return None


def format_endpoint(endpoint: Endpoint) -> str:
    """Return an endpoint on one line: `outbound 3.74.63.86 tcp/22543`."""
    return f"{endpoint.direction} {endpoint.target} {port_text(endpoint)}"


def _replace_by_last_fitting(file: RuleFile, form: Format, state: RuleState) -> RuleFile:
    """Return the last file within the limit, with a finding; `file` if there is none."""
    last = last_fitting(file.rule_set.name, form, state)
    if last is None or file.finding is None:
        return file
    of = last.rule_set
    message = (
        f"{file.path} is still that of version {of.version} of {of.captured_at}:"
        f" {file.finding.message.removeprefix(f'{file.path} is not written: ')}"
    )
    return replace(last, finding=msgspec.structs.replace(file.finding, message=message))


def _limit_finding(path: str, limit: Limit, count: int) -> Finding | None:
    """Return what to say from nine tenths of a limit on."""
    if count <= limit.most * NEAR:
        return None
    takes = f"the platform takes {limit.most:,} {limit.what} ({limit.source})"
    if count > limit.most:
        return Finding(
            "over-limit",
            "publish",
            f"{path} is not written: it would have {count:,}, and {takes}; choose fewer"
            " entries with [[rules]]",
        )
    return Finding("near-limit", "publish", f"{path} has {count:,}, and {takes}")
