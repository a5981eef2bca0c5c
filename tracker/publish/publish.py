"""Everything that is derived from the versions: change sets, rule files, index, manifest.

A function of the versions, the configuration and a date, so it can be repeated at any time;
only serials of zone files also depend on the last ones published. The manifest is written last;
until then it describes the complete files of the version before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from typing import NamedTuple

from msgspec import structs

from tracker.change_set import ChangeSet
from tracker.config import Config
from tracker.diff.diff import diff
from tracker.filters.scope import narrow_changes, narrow_snapshot
from tracker.model import SCHEMA, Finding, Snapshot
from tracker.publish.deltas import RuleHistory, Step, render_step
from tracker.publish.freshness import FRESH_FOR, RULE_FORM, compute_recipe, write_manifest
from tracker.publish.grace import LIST_NAME, PendingRemovals, add_former_names
from tracker.publish.index import (
    CHANGES_CSV,
    Index,
    Renew,
    build_index,
    encode_change_sets,
    encode_index,
    load_change_set,
    narrow_index,
    render_change_list,
)
from tracker.publish.published_files import remember_files
from tracker.publish.render import FileExclusion, group_exclusions, render_state
from tracker.publish.serials import number_zones
from tracker.schema import list_published
from tracker.site import static
from tracker.store.records import (
    Exclusion,
    Manifest,
    WholeManifest,
    ZoneSerial,
    compute_fact,
    refuse_newer,
)
from tracker.store.tree import Tree, change_name, version_name
from tracker.times import format_utc, parse_utc

_READ_AT_ONCE = 16  # stored files to compare
MOST_WITHDRAWN = 500  # names in the manifest; more only if one version withdraws more


class RuleArtifacts(NamedTuple):
    """Rule files and deltas by path, each proved, with what they were made from."""

    history: RuleHistory
    pending: PendingRemovals
    files: dict[str, bytes]
    exclusions: list[FileExclusion]
    findings: tuple[Finding, ...]
    moment: str  # since when these rule files have been in force


class Precomputed(NamedTuple):
    """What a check derived from a version before committing it."""

    changes: ChangeSet
    artifacts: RuleArtifacts

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings about the rule files."""
        return self.artifacts.findings


class PublishPlan(NamedTuple):
    """All that is written for the newest version, its recipe, and when it is due again."""

    latest: Snapshot
    files: dict[str, bytes]
    exclusions: tuple[Exclusion, ...]
    findings: tuple[Finding, ...]
    recipe: str
    due: str | None
    serials: dict[str, ZoneSerial]


def derive(tree: Tree, config: Config, now: datetime, candidate: Snapshot) -> Precomputed:
    """Make and prove everything that can fail, before the candidate is committed.

    Raises UsageError or RuleError: such a candidate is not committed.
    """
    history = _load_history(tree, config, candidate)
    before = history.read(candidate.previous) if candidate.previous else None
    changes = diff(before, candidate)
    return Precomputed(changes, _render_artifacts(tree, now, history))


def find_rule_problems(
    tree: Tree, config: Config, now: datetime, candidate: Snapshot
) -> tuple[Finding, ...]:
    """Return the findings about the rule files that approving a candidate would give.

    Raises UsageError or RuleError if it could not be published.
    """
    history = _load_history(tree, config, candidate)
    state = history.state(candidate.version, format_utc(now))
    return render_state(state, ()).findings


def find_filter_problems(
    tree: Tree, config: Config, now: datetime, version: Snapshot
) -> tuple[Finding, ...]:
    """Return findings about filters that match nothing in a version, stored or not.

    These are the filters of `[[rules]]` and the source's regions; no rule files are made.
    """
    state = _load_history(tree, config, version).state(version.version, format_utc(now))
    return tuple(state.find_rule_set_problems())


def publish(
    tree: Tree,
    config: Config,
    now: datetime,
    known: Precomputed | None = None,
    *,
    wrong: Collection[str] = (),
    went_back: bool = False,
) -> Manifest:
    """Derive and write everything for the newest version; `known` is what a check derived.

    Files of older versions are kept, unless the index that lists them is `wrong`. If the store
    `went_back`, the rule files count as new from now on, because what was published since is
    not known. Raises UsageError, RuleError or StoreError.
    """
    if known is None:
        artifacts = _render_artifacts(tree, now, _load_history(tree, config))
        if went_back:
            artifacts = artifacts._replace(moment=format_utc(now))
        plan = _plan(
            tree, artifacts, rebuild="index.json" in wrong, renew=wrong, went_back=went_back
        )
        return _write(tree, config, plan, now)
    return _write(tree, config, _plan(tree, known.artifacts, known.changes), now)


def rebuild(tree: Tree, config: Config, now: datetime, *, is_upgrade: bool = False) -> Manifest:
    """Make all derived files again from the versions, byte for byte.

    A change set or index by an older program stays as it is if its content is the same, unless
    this `is_upgrade`. The manifest keeps the time of the last check, which is not in the
    versions. Raises UsageError, RuleError or StoreError.
    """
    old = tree.manifest()
    when = parse_utc(old.checked_at) if old else now
    history = _load_history(tree, config)
    artifacts = _render_newest(history, when)
    names: set[str] = set()
    for step in _steps(history, history.numbers[:-1], when):
        files = render_step(step)
        _write_changed(tree, files)
        names |= files.keys()
    plan = _plan(tree, artifacts, rebuild=True, renew="all" if is_upgrade else None)
    # The old form stays in the manifest, so that the next check, which can notify, reports it.
    manifest = _write(tree, config, plan, when, old.rule_form if old else RULE_FORM)
    names |= plan.files.keys()
    ours = ("changes/", "deltas/", "rules/")
    tree.withdraw(n for n in tree.walk() if n.startswith(ours) and n not in names)
    return manifest


def _load_history(tree: Tree, config: Config, candidate: Snapshot | None = None) -> RuleHistory:
    """Return the history of all versions, including the candidate if it is not stored yet."""
    stored = tree.versions()
    new = [candidate.version] if candidate and candidate.version not in stored else []
    shared = {entry: entry for entry in candidate.entries} if candidate else {}

    @cache
    def read(number: int) -> Snapshot:
        """Read a version; equal entries are shared, since most are in many versions."""
        if candidate and number in new:
            return candidate
        snapshot = tree.snapshot(number)
        entries = tuple(shared.setdefault(entry, entry) for entry in snapshot.entries)
        return structs.replace(snapshot, entries=entries)

    return RuleHistory(stored + new, read, config)


def _render_artifacts(tree: Tree, now: datetime, history: RuleHistory) -> RuleArtifacts:
    """Render the rule files of the last version, and the deltas that are not stored yet."""
    manifest, numbers = tree.manifest(), history.numbers
    since = manifest.version if manifest else numbers[-1]
    older = [number for number in numbers[:-1] if number >= since]
    files: dict[str, bytes] = {}
    for step in _steps(history, older, now):
        if tree.read(f"{step.folder}/{LIST_NAME}") is None:
            files |= render_step(step)
    artifacts = _render_newest(history, now)
    return artifacts._replace(files=files | artifacts.files)


def _render_newest(history: RuleHistory, now: datetime) -> RuleArtifacts:
    """Render the rule files of the last version, with the deltas that lead to it."""
    newest, at = history.numbers[-1], format_utc(now)
    state = history.state(newest, at)
    rendered = render_state(state, list(history.steps(newest, at)))
    return RuleArtifacts(
        history,
        state.pending,
        rendered.files,
        rendered.exclusions,
        rendered.findings,
        history.find_moment(newest, at),
    )


def _steps(history: RuleHistory, numbers: Iterable[int], now: datetime) -> Iterator[Step]:
    for number in numbers:
        yield from history.steps(number, format_utc(now))


def _plan(
    tree: Tree,
    artifacts: RuleArtifacts,
    changes: ChangeSet | None = None,
    *,
    rebuild: bool = False,
    renew: Renew = None,
    went_back: bool = False,
) -> PublishPlan:
    """Return what to write; with `rebuild` also the files of older versions.

    `changes` are those of the newest version, if known already. Files that are not in `renew`
    may stay in an older form.
    """
    history = artifacts.history
    latest = history.read(history.numbers[-1])
    zones = number_zones(tree, artifacts.files, artifacts.moment, renew=went_back)
    files = artifacts.files | zones.files
    files |= encode_change_sets(tree, history.numbers, changes, rebuild=rebuild, renew=renew)
    files["latest.json"] = tree.read(version_name(latest.version)) or b""
    index = build_index(tree, history.numbers, files, history.read, rebuild=rebuild)
    files["index.json"] = encode_index(tree, index, renew)
    files |= list_published()
    load = partial(load_change_set, tree, files=files)
    files[CHANGES_CSV] = render_change_list(tree, history.numbers, load, rebuild=rebuild)
    files |= _render_pages(tree, history.config, latest, index, files, artifacts.pending)
    return PublishPlan(
        latest=latest,
        files=files,
        exclusions=group_exclusions(artifacts.exclusions),
        findings=artifacts.findings,
        recipe=compute_recipe(history.config, latest.source),
        due=artifacts.pending.due,
        serials=zones.serials,
    )


def _render_pages(
    tree: Tree,
    config: Config,
    latest: Snapshot,
    index: Index,
    files: Mapping[str, bytes],
    pending: PendingRemovals,
) -> dict[str, bytes]:
    """Return the pages and feeds that show these files."""
    rules = [name for name in files if name.startswith(("rules/", "deltas/"))]
    chosen = add_former_names(config.chosen_regions(latest.source), pending)

    def changes_of(number: int) -> ChangeSet:
        """Return what a version changed in the regions that are shown."""
        return narrow_changes(load_change_set(tree, number, files), chosen)

    url = config.fwtracker.public_url
    source = config.sources.get(latest.source)
    title = source.title if source else latest.source
    shown = narrow_snapshot(latest, chosen)
    versions = narrow_index(index.versions, changes_of, chosen)
    known = static.Published(shown, versions, changes_of, pending, rules, url, title, chosen)
    return static.render_files(known)


def _write(
    tree: Tree, config: Config, plan: PublishPlan, now: datetime, rule_form: int = RULE_FORM
) -> Manifest:
    """Write new files, then manifest and probe, and remove files that have no successor."""
    old, latest = tree.manifest(), plan.latest
    _write_changed(tree, plan.files)
    facts = {
        name: compute_fact(data)
        for name, data in plan.files.items()
        if not _is_older(name, latest)
    }
    facts[version_name(latest.version)] = facts["latest.json"]
    gone = _find_gone(old, set(facts), latest.version)
    withdrawn = _list_withdrawn(gone, old, set(facts))
    manifest = WholeManifest(
        schema=SCHEMA,
        source=tree.source,
        version=latest.version,
        checked_at=format_utc(now),
        expires=format_utc(now + FRESH_FOR),
        recipe=plan.recipe,
        due=plan.due,
        files=dict(sorted(facts.items())),
        findings=plan.findings,
        withdrawn=withdrawn,
        serials=_list_serials(old, plan.serials, withdrawn),
        rule_form=rule_form,
        exclusions=plan.exclusions,
    )
    write_manifest(tree, manifest, config)
    left = {f"rules/{name}" for name in tree.blobs.walk(f"{tree.source}/rules")}
    tree.withdraw(gone + [name for name in manifest.withdrawn if name in left - set(gone)])
    remember_files(tree, manifest, now)
    return manifest


def _write_changed(tree: Tree, files: Mapping[str, bytes]) -> None:
    """Write the files that are not stored with these bytes yet. Raises NewerSchema.

    Files that list others come last: lists of deltas, the newest version, index, pages.
    """
    changed = _find_changed(tree, files)
    first = {name for name in changed if _is_listed(name)}
    tree.publish({name: data for name, data in changed.items() if name in first})
    tree.publish({name: data for name, data in changed.items() if name not in first})


def _find_changed(tree: Tree, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return those that are not stored with these bytes. Raises NewerSchema.

    Most changes show in the size; a file of another size is read only if its schema may be
    newer.
    """
    stamps = tree.stamps(files)
    changed = dict(files)
    doubtful = [
        name
        for name, stamp in stamps.items()
        if stamp.size == len(files[name]) or name.endswith(".json")
    ]
    for at in range(0, len(doubtful), _READ_AT_ONCE):
        for name, stored in tree.read_many(doubtful[at : at + _READ_AT_ONCE]).items():
            if stored == files[name]:
                del changed[name]
            elif stored and name.endswith(".json"):
                refuse_newer(f"{tree.source}/{name}", stored)
    return changed


def _is_listed(name: str) -> bool:
    """Return whether other published files list this one."""
    listed = name.startswith(("rules/", "deltas/", "changes/"))
    return listed and not (name.startswith("deltas/") and name.endswith(f"/{LIST_NAME}"))


def _find_gone(old: Manifest | None, written: Collection[str], version: int) -> list[str]:
    """Return the files of the manifest before that have no successor."""
    changing = ("rules/", f"deltas/{version:06d}")
    return [
        name
        for name in (sorted(old.files) if old else ())
        if name.startswith(changing) and name not in written
    ]


def _list_serials(
    old: Manifest | None, new: Mapping[str, ZoneSerial], withdrawn: Collection[str]
) -> dict[str, ZoneSerial]:
    """Return the serials of zone files, also of withdrawn ones, which may come back."""
    before = old.serials if old else {}
    kept = {path: before[path] for path in withdrawn if path in before}
    return dict(sorted((kept | dict(new)).items()))


def _list_withdrawn(
    gone: Sequence[str], old: Manifest | None, written: Collection[str]
) -> tuple[str, ...]:
    """Return withdrawn files, newest first: those gone now, then earlier ones up to a limit."""
    before = [name for name in (old.withdrawn if old else ()) if name not in written]
    kept = [name for name in before if name not in gone]
    return (*gone, *kept[: max(MOST_WITHDRAWN - len(gone), 0)])


def _is_older(name: str, latest: Snapshot) -> bool:
    """Return whether a file belongs to an earlier version: the manifest does not list it."""
    if name.startswith("deltas/"):
        return not name.startswith(f"deltas/{latest.version:06d}")
    return name.startswith("changes/") and name != change_name(latest.version)
