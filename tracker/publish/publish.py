"""Everything that is derived from the versions: change sets, rule files, index, manifest.

A function of the versions, the configuration and a date, so it can be done again at any
time. The manifest is written last; until then it names the version before, whole.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from itertools import chain
from typing import NamedTuple

from msgspec import structs

from tracker.config import Config
from tracker.diff.diff import diff
from tracker.model import SCHEMA, ChangeSet, Finding, Snapshot
from tracker.publish import deltas
from tracker.publish.deltas import History
from tracker.publish.excluded import omitted
from tracker.publish.freshness import FRESH_FOR, recipe
from tracker.publish.grace import Leaving, leaving
from tracker.publish.index import Index, change_files, indexed, stored_changes
from tracker.publish.render import Done, make
from tracker.publish.spool import Files
from tracker.site import static
from tracker.store.tree import (
    Manifest,
    Omitted,
    Tree,
    WholeManifest,
    change_name,
    pretty,
    version_name,
)
from tracker.times import format_utc, parse_utc

_TOGETHER = 32 * 2**20  # bytes
MOST_WITHDRAWN = 500  # names of files that were withdrawn, beside those of the newest version


class Sound(NamedTuple):
    """Rule files and deltas, read back, and what they were made from."""

    history: History
    late: Leaving
    files: Files
    done: list[Done]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the operator should know about the rule files."""
        return tuple(each.finding for each in self.done if each.finding)


class Derived(NamedTuple):
    """What a check has derived from a version before it was committed."""

    changes: ChangeSet
    sound: Sound

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the operator should know about the rule files."""
        return self.sound.findings


class Made(NamedTuple):
    """All that is derived for the newest version, by what recipe, and when it is due again."""

    latest: Snapshot
    files: Files
    left_out: tuple[Omitted, ...]
    findings: tuple[Finding, ...]
    recipe: str
    due: str | None


def derive(tree: Tree, config: Config, now: datetime, candidate: Snapshot) -> Derived:
    """All that can fail, made and read back before the candidate is committed.

    Raises UsageError or RuleError: what is not sound is not committed.
    """
    history = _history(tree, config, candidate)
    before = history.read(candidate.previous) if candidate.previous else None
    return Derived(diff(before, candidate), _sound(tree, config, now, history))


def findings_now(
    tree: Tree, config: Config, now: datetime, candidate: Snapshot
) -> tuple[Finding, ...]:
    """What the operator would be told about the rule files of a version that is not one yet.

    Raises UsageError or RuleError where it could not be one.
    """
    state = _history(tree, config, candidate).state(candidate.version, format_utc(now))
    done = make(state, (), config, Files())
    return tuple(each.finding for each in done if each.finding)


def publish(
    tree: Tree, config: Config, now: datetime, known: Derived | None = None
) -> Manifest:
    """Derive and write everything for the newest version, of which some may be `known`.

    What older versions gave is kept. Raises StoreError or RuleError.
    """
    return _write(tree, _made(tree, config, now, known), now)


def _sound(
    tree: Tree, config: Config, now: datetime, history: History, *, anew: bool = False
) -> Sound:
    """The rule files of the last version, and the deltas that are not written yet, or all."""
    files, at = Files(), format_utc(now)
    *older, newest = _unwritten(tree, history, anew=anew)
    for number in older:
        for step in history.steps(number, at):
            if anew or tree.read(f"{step.folder}/{deltas.LIST}") is None:
                for name, data in deltas.files(step, config).items():
                    files.add(name, data)
    state = history.state(newest, at)
    done = make(state, list(history.steps(newest, at)), config, files)
    return Sound(history, state.late, files, done)


def _unwritten(tree: Tree, history: History, *, anew: bool) -> Sequence[int]:
    """The versions since the one in force, or all; in any case the newest."""
    manifest, numbers = tree.manifest(), history.numbers
    since = manifest.version if manifest else numbers[-1]
    return [n for n in numbers if anew or since <= n or n == numbers[-1]]


def _made(
    tree: Tree,
    config: Config,
    now: datetime,
    known: Derived | None = None,
    *,
    anew: bool = False,
) -> Made:
    """What is to be written; with `anew` also what older versions gave."""
    sound = (
        known.sound if known else _sound(tree, config, now, _history(tree, config), anew=anew)
    )
    numbers, read, files = sound.history.numbers, sound.history.read, sound.files
    latest = read(numbers[-1])
    changes = change_files(tree, numbers, known.changes if known else None, anew=anew)
    for name, data in changes.items():
        files.add(name, data)
    files.add("latest.json", tree.read(version_name(latest.version)) or b"")
    index = indexed(tree, numbers, files, read, anew=anew)
    files.add("index.json", pretty(index))
    for name, data in _page_files(tree, config, latest, index, files, sound.late).items():
        files.add(name, data)
    lacking = chain.from_iterable(each.lacking for each in sound.done)
    return Made(
        latest=latest,
        files=files,
        left_out=omitted(lacking, files),
        findings=sound.findings,
        recipe=recipe(config),
        due=sound.late.due,
    )


def _page_files(
    tree: Tree,
    config: Config,
    latest: Snapshot,
    index: Index,
    files: Mapping[str, bytes],
    late: Leaving,
) -> dict[str, bytes]:
    """What people and feed readers see of all this."""
    rules = [name for name in files if name.startswith("rules/")]
    told = partial(stored_changes, tree, files=files)
    url = config.fwtracker.public_url
    known = static.Published(latest, index.versions, told, late, rules, url)
    return static.files(known)


def _history(tree: Tree, config: Config, candidate: Snapshot | None = None) -> History:
    """All versions, and the candidate where it is not one of them yet."""
    stored = tree.versions()
    new = [candidate.version] if candidate and candidate.version not in stored else []

    known = {entry: entry for entry in candidate.entries} if candidate else {}

    @cache
    def read(number: int) -> Snapshot:
        """Most entries are those of another version, and there once."""
        if candidate and number in new:
            return candidate
        snapshot = tree.snapshot(number)
        entries = tuple(known.setdefault(entry, entry) for entry in snapshot.entries)
        return structs.replace(snapshot, entries=entries)

    return History(stored + new, read, config.fwtracker.grace_days)


def leaving_now(
    tree: Tree, config: Config, now: datetime, candidate: Snapshot | None = None
) -> Leaving:
    """What left the page within the days of grace, seen from the newest version."""
    stored = (tree.snapshot(number) for number in reversed(tree.versions()))
    newest = [] if candidate is None else [candidate]
    return leaving(chain(newest, stored), config.fwtracker.grace_days, now)


def rebuild(tree: Tree, config: Config, now: datetime) -> Manifest:
    """Make all that is derived anew, from the versions alone, byte for byte.

    The manifest keeps the time of the last check, which no version knows.
    """
    old = tree.manifest()
    when = parse_utc(old.checked_at) if old else now
    made = _made(tree, config, when, anew=True)
    manifest = _write(tree, made, when)
    ours = ("changes/", "deltas/", "rules/")
    tree.withdraw(n for n in tree.walk() if n.startswith(ours) and n not in made.files)
    return manifest


def _write(tree: Tree, made: Made, now: datetime) -> Manifest:
    """Write what is not there yet, the manifest, and take away what has no successor."""
    old, latest, files = tree.manifest(), made.latest, made.files
    _publish(tree, files)
    facts = {name: files.fact(name) for name in files if not _is_older(name, latest)}
    facts[version_name(latest.version)] = files.fact("latest.json")
    gone = _gone(old, set(facts), latest.version)
    manifest = WholeManifest(
        schema=SCHEMA,
        source=tree.source,
        version=latest.version,
        checked_at=format_utc(now),
        expires=format_utc(now + FRESH_FOR),
        recipe=made.recipe,
        due=made.due,
        files=dict(sorted(facts.items())),
        findings=made.findings,
        withdrawn=_withdrawn(gone, old, set(facts)),
        left_out=made.left_out,
    )
    tree.publish({"manifest.json": pretty(manifest)})
    left = {f"rules/{name}" for name in tree.blobs.walk(f"{tree.source}/rules")}
    tree.withdraw(gone + [name for name in manifest.withdrawn if name in left - set(gone)])
    return manifest


def _publish(tree: Tree, files: Files) -> None:
    """Write what is not there yet: as many files together as memory takes with ease."""
    some: dict[str, bytes] = {}
    for name in files:
        if tree.read(name) == (data := files[name]):
            continue
        if some and sum(map(len, some.values())) + len(data) > _TOGETHER:
            tree.publish(some)
            some = {}
        some[name] = data
    tree.publish(some)


def _gone(old: Manifest | None, made: Collection[str], version: int) -> list[str]:
    """The files of the manifest before that have no successor."""
    changing = ("rules/", f"deltas/{version:06d}")
    return [
        name
        for name in (sorted(old.files) if old else ())
        if name.startswith(changing) and name not in made
    ]


def _withdrawn(
    gone: Sequence[str], old: Manifest | None, made: Collection[str]
) -> tuple[str, ...]:
    """With those that were gone before, the newest first: as many as are remembered."""
    before = [name for name in (old.withdrawn if old else ()) if name not in made]
    kept = [name for name in before if name not in gone]
    return (*gone, *kept[: max(MOST_WITHDRAWN - len(gone), 0)])


def _is_older(name: str, latest: Snapshot) -> bool:
    """The change set or deltas of an earlier version: their hashes are not in the manifest."""
    if name.startswith("deltas/"):
        return not name.startswith(f"deltas/{latest.version:06d}")
    return name.startswith("changes/") and name != change_name(latest.version)
