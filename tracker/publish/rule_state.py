"""What rule files are made from at one moment, and which stay those of an earlier one. Pure.

A file that exceeds its platform's limit, or cannot be proved, stays that of the newest version
that fits; so do all files of a `[[rules]]` table whose filter no longer matches anything.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import msgspec

from tracker import formats
from tracker.config import Config
from tracker.config.tables import Rules
from tracker.errors import RuleError
from tracker.filters.entry_filters import (
    FilterFault,
    advise_filter,
    describe_filter,
    find_faults,
    find_old_names,
    follow_names,
    matches,
)
from tracker.formats import Format, RuleSet
from tracker.model import Entry, Finding, Snapshot, flatten
from tracker.publish.grace import FormerName, PendingRemovals
from tracker.publish.rule_files import RuleFile, _refuse_file, exceeds_limit, render_rule_file
from tracker.publish.rule_sets import (
    ALL_REGIONS,
    build_all_set,
    build_chosen_set,
    build_region_sets,
    name_folder,
    read_settings,
)
from tracker.text import quote


class StoppedRules(NamedTuple):
    """A `[[rules]]` table whose filter matches nothing, and the rule set its files keep."""

    rules: Rules
    faults: Sequence[FilterFault]
    kept: RuleSet | None


@dataclass(frozen=True, eq=False)
class RuleState:
    """What rule files are made from at one moment.

    `earlier` returns the last state of each earlier version, newest first; it is called only
    for a file that exceeds its platform's limit or cannot be proved. `last_matching` returns
    the newest earlier state in which everything that a `[[rules]]` table names was there,
    `last_shown` the newest one with a region that the source chooses. `on_page` are all regions
    of the version; the snapshot has only the chosen ones.
    """

    snapshot: Snapshot
    pending: PendingRemovals
    config: Config
    earlier: Callable[[], Iterable[RuleState]] = tuple
    last_matching: Callable[[Rules], RuleState | None] = lambda _: None
    last_shown: Callable[[], RuleState | None] = lambda: None
    on_page: tuple[str | None, ...] = ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries of the version, and those that left the page lately."""
        return self.snapshot.entries + self.pending.entries

    @cached_property
    def rule_sets(self) -> list[tuple[RuleSet, list[str]]]:
        """Each rule set with the names of its formats: of regions, of all, of `[[rules]]`.

        A table gets the folder of its name, even if that is the name of a region's folder or
        `all`. Raises RuleError if two regions share a folder's name.
        """
        tables = [
            (self._chosen_set(rules), _format_names(rules, self.config))
            for rules in self._tables()
        ]
        taken = {rule_set.name for rule_set, _ in tables}
        return [
            *((each, self.config.format_names) for each in self._own_sets(taken)),
            *tables,
        ]

    def _own_sets(self, taken: Collection[str]) -> list[RuleSet]:
        """Return the rule sets of each region and of all, except those whose name is taken."""
        shown, settings = self._shown, read_settings(self.config)
        found = build_region_sets(shown.snapshot, settings, shown.pending)
        every = build_all_set(shown.snapshot, settings, shown.pending)
        if found and every.name not in {each.name for each in found}:
            found.append(every)
        return [each for each in found if each.name not in taken]

    @cached_property
    def stopped(self) -> dict[str, StoppedRules]:
        """The `[[rules]]` tables that choose by values that no entry has, by name."""
        found = ((rules, self._find_faults(rules, self.entries)) for rules in self._tables())
        return {
            rules.name: StoppedRules(rules, faults, self._kept_set(rules))
            for rules, faults in found
            if faults
        }

    @property
    def unpublished(self) -> frozenset[str]:
        """The names of stopped rule sets that have no earlier files to keep."""
        return frozenset(name for name, each in self.stopped.items() if each.kept is None)

    def render(self, rule_set: RuleSet, form: Format) -> RuleFile:
        """Return one rule file, or the last that was within its limit and could be proved."""
        try:
            file = render_rule_file(rule_set, form)
        except RuleError as error:
            file = _refuse_file(rule_set, form, error)
        return _replace_by_last_fitting(file, form, self) if file.is_withheld else file

    def find_set_in_force(self, rule_set: RuleSet, form: Format) -> RuleSet | None:
        """Return what a format's file is made from: the rule set, or an earlier one that fits.

        None if none ever did, so that the file does not exist.
        """
        with suppress(RuleError):
            if not exceeds_limit(form, rule_set):
                return rule_set
        file = last_fitting(rule_set.name, form, self)
        return file.rule_set if file else None

    def find_rule_set_problems(self) -> Iterator[Finding]:
        """Yield findings about filters of the source and of `[[rules]]` that match nothing.

        Those that use a former name, or the name of a region's folder, are included.
        """
        former = {each.old: each for each in self.pending.former_names}
        for region in self._chosen or ():
            if region in former:
                yield self._report_former(former[region])
            elif region not in self.on_page:
                yield self._report_missing(region)
        own = {each.name for each in self._own_sets(())} if self._tables() else set()
        for rules in self._tables():
            yield from find_old_names("rules", rules, self.pending.former_names)
            if rules.name in own:
                yield _report_taken_folder(rules)
            if stopped := self.stopped.get(rules.name):
                for fault in stopped.faults:
                    yield _report_stopped(stopped, fault, self.config)
            else:
                for fault in self._find_faults(rules, self.snapshot.entries):
                    yield _report_leaving(rules, fault, self.pending)

    def find_former_folders(self) -> Iterator[Finding]:
        """Yield findings about folders of former names, and which folders to load instead."""
        folders = {rule_set.name for rule_set, _ in self.rule_sets}
        for each in self.pending.former_names:
            old, new = name_folder(each.old, ()), name_folder(each.new, ())
            if old != new and {old, new} <= folders:
                message = (
                    f"rules/{old}/ goes on with what {quote(each.new)} has until {each.until};"
                    f" load rules/{new}/ instead"
                )
                yield Finding("region-renamed", "publish", message, each.new)

    def has_all_of(self, rules: Rules) -> bool:
        """Return whether everything that a table names is there."""
        return not self._find_faults(rules, self.entries)

    @property
    def _chosen(self) -> tuple[str, ...] | None:
        return self.config.chosen_regions(self.snapshot.source) if self.on_page else None

    @cached_property
    def _shown(self) -> RuleState:
        """The state for files of regions: the last with a chosen region, if none is left.

        Firewalls poll these files, and a region that is gone may have another name now.
        """
        if self.entries or self._chosen is None:
            return self
        return self.last_shown() or self

    def _find_faults(self, rules: Rules, entries: Iterable[Entry]) -> list[FilterFault]:
        rules = follow_names(rules, self.pending.former_names)
        return find_faults(rules, entries, self.on_page)

    def _report_missing(self, region: str) -> Finding:
        """Return the finding about a chosen region that the page does not have."""
        fault = FilterFault(
            "regions", f'no region is called "{region}"', sorted(filter(None, self.on_page))
        )
        leaving = [each for each in self.pending.entries if each.region == region]
        if leaving:
            files = f"what left the page stays in its files until {self._find_end(leaving)}"
        elif self._shown is not self:
            of = self._shown.snapshot
            files = f"rule files stay those of version {of.version} of {of.captured_at}"
        else:
            files = "it has no rule files"
        message = f"{self._place} regions: {fault}; {files}; change `regions` there"
        return Finding("filter-without-match", "publish", message, region)

    def _report_former(self, name: FormerName) -> Finding:
        """Return the finding about a region that the source chooses by its former name."""
        message = (
            f'{self._place} regions: "{name.old}" is now called "{name.new}"; change it by'
            f" {name.until[:10]}: until then both names count"
        )
        return Finding("filter-by-old-name", "publish", message)

    @property
    def _place(self) -> str:
        source = self.config.sources.get(self.snapshot.source)
        return (source.place if source else "") or f"[sources.{self.snapshot.source}]"

    def _find_end(self, leaving: Iterable[Entry]) -> str:
        ends = (self.pending.until.get(end, "") for each in leaving for end in flatten(each))
        return max(ends, default="") or self.pending.due or ""

    def _tables(self) -> list[Rules]:
        return [each for each in self.config.rules if each.is_for(self.snapshot.source)]

    def _chosen_set(self, rules: Rules) -> RuleSet:
        """Return the rule set that a table chooses, or chose last if it is stopped.

        If it never matched in full, this is a partial match, of which no file is published.
        """
        stopped = self.stopped.get(rules.name)
        return (stopped.kept if stopped else None) or self.build_set(rules)

    def _kept_set(self, rules: Rules) -> RuleSet | None:
        last = self.last_matching(rules)
        return last.build_set(rules) if last else None

    def build_set(self, rules: Rules) -> RuleSet:
        """Return the rule set that a `[[rules]]` table chooses in this state."""
        rules = follow_names(rules, self.pending.former_names)
        return build_chosen_set(self.snapshot, read_settings(self.config), self.pending, rules)


def render_rule_files(state: RuleState) -> Iterator[RuleFile]:
    """Yield all rule files of a state: every format for each region and all, then tables."""
    for rule_set, names in state.rule_sets:
        if rule_set.name not in state.unpublished:
            for name in names:
                yield state.render(rule_set, formats.load(name))


def _format_names(rules: Rules, config: Config) -> list[str]:
    return config.format_names if rules.format is None else [rules.format]


def _report_stopped(stopped: StoppedRules, fault: FilterFault, config: Config) -> Finding:
    of = stopped.kept
    files = f"its files stay those of version {of.version} of {of.captured_at}" if of else ""
    several = "" if len(config.sources) < 2 else ", or say by `sources` which sources have it"  # noqa: PLR2004  that is one
    message = (
        f"{describe_filter('rules', stopped.rules.name, fault)};"
        f" {files or 'it has no files'}; {advise_filter(fault)}{several}"
    )
    return Finding("rule-set-stopped", "publish", message)


def _report_taken_folder(rules: Rules) -> Finding:
    """Return the finding about a table whose name is that of a region's folder, or `all`."""
    of = "all regions" if rules.name == ALL_REGIONS else "that region"
    message = (
        f'[[rules]] "{rules.name}" has the folder rules/{rules.name}/, so that of {of} is not'
        " written; to have both, give the table another name, and load its files from there"
    )
    return Finding("rule-set-name-taken", "publish", message)


def _report_leaving(rules: Rules, fault: FilterFault, pending: PendingRemovals) -> Finding:
    """Return the finding about a filter whose endpoints left the page and are in grace."""
    now = follow_names(rules, pending.former_names)
    chosen = [entry for entry in pending.entries if matches(now, entry)]
    ends = [pending.until.get(end, "") for entry in chosen for end in flatten(entry)]
    message = (
        f"{describe_filter('rules', rules.name, fault)}; what left the page stays in its files"
        f" until {max(ends, default='') or pending.due}; {advise_filter(fault)}"
    )
    return Finding("filter-without-match", "publish", message)


def last_fitting(name: str, form: Format, state: RuleState) -> RuleFile | None:
    """Return the file of the newest earlier state that fits, or None.

    The search ends at a state in which this rule set has no files.
    """
    for at, each in enumerate(state.earlier()):
        found = next((one for one, _ in each.rule_sets if one.name == name), None)
        if found is None or name in each.unpublished:
            return None
        # Deltas start at the newest state, so the values cached for its rule set are reused.
        # Older ones may be many: a copy keeps theirs from being cached.
        rule_set = msgspec.structs.replace(found) if at else found
        with suppress(RuleError):
            if not exceeds_limit(form, rule_set):
                file = render_rule_file(rule_set, form)
                return file if file.rendered.text is not None else None
    return None


def _replace_by_last_fitting(file: RuleFile, form: Format, state: RuleState) -> RuleFile:
    """Return the last file that fits, with a finding; `file` if there is none."""
    last = last_fitting(file.rule_set.name, form, state)
    if last is None or file.finding is None:
        return file
    of = last.rule_set
    message = (
        f"{file.path} is still that of version {of.version} of {of.captured_at}:"
        f" {file.finding.message.removeprefix(f'{file.path} is not written: ')}"
    )
    return replace(last, finding=msgspec.structs.replace(file.finding, message=message))
