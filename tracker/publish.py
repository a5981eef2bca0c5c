"""Everything that is derived from the versions: change sets, rule files, index, manifest.

A function of the versions, the configuration and a date, so it can be done again at any
time. The manifest is written last; until then it names the version before, whole.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from itertools import chain

import msgspec

from tracker import deltas
from tracker.config import Config
from tracker.diff import diff
from tracker.grace import Leaving, leaving
from tracker.in_force import rule_files
from tracker.index import Index, change_files, indexed, stored_changes
from tracker.model import SCHEMA, ChangeSet, Finding, Snapshot
from tracker.omitted import omitted
from tracker.page import static
from tracker.rules import RuleFile
from tracker.standing import FRESH_FOR, recipe
from tracker.store.tree import (
    Manifest,
    Omitted,
    Tree,
    WholeManifest,
    change_name,
    fact,
    pretty,
    version_name,
)
from tracker.times import moment, written

MOST_WITHDRAWN = 500  # names of files that were withdrawn, beside those of the newest version


class Derived(msgspec.Struct, frozen=True):
    """What a check has derived from a version before it was committed."""

    changes: ChangeSet
    rules: tuple[RuleFile, ...]
    deltas: dict[str, bytes]
    late: Leaving

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the operator should know about the rule files."""
        return tuple(file.finding for file in self.rules if file.finding)


class Made(msgspec.Struct, frozen=True):
    """All that is derived for the newest version, by what recipe, and when it is due again."""

    latest: Snapshot
    files: dict[str, bytes]
    left_out: tuple[Omitted, ...]
    findings: tuple[Finding, ...]
    recipe: str
    due: str | None


def derive(tree: Tree, config: Config, now: datetime, candidate: Snapshot) -> Derived:
    """All that can fail, made and read back before the candidate is committed.

    Raises UsageError or RuleError: what is not sound is not committed.
    """
    late = leaving_now(tree, config, now, candidate)
    return Derived(
        changes=diff(tree.latest(), candidate),
        rules=rules_now(tree, config, candidate, late),
        deltas=delta_files(tree, config, now, candidate),
        late=late,
    )


def publish(
    tree: Tree, config: Config, now: datetime, known: Derived | None = None
) -> Manifest:
    """Derive and write everything for the newest version, of which some may be `known`.

    What older versions gave is kept. Raises StoreError or RuleError.
    """
    return _write(tree, _made(tree, config, now, known), now)


def _made(
    tree: Tree,
    config: Config,
    now: datetime,
    known: Derived | None = None,
    *,
    anew: bool = False,
) -> Made:
    """What is to be written; with `anew` also what older versions gave."""
    numbers = tree.versions()
    latest = tree.snapshot(numbers[-1])
    files = change_files(tree, numbers, known.changes if known else None, anew=anew)
    files["latest.json"] = tree.read(version_name(latest.version)) or b""
    index = indexed(tree, numbers, files, anew=anew)
    files["index.json"] = pretty(index)
    late = known.late if known else leaving_now(tree, config, now)
    rules = known.rules if known else rules_now(tree, config, latest, late)
    files |= {
        file.path: file.rendered.text.encode()
        for file in rules
        if file.rendered.text is not None
    }
    files |= known.deltas if known else delta_files(tree, config, now, anew=anew)
    files |= _page_files(tree, config, latest, index, files, late)
    return Made(
        latest=latest,
        files=files,
        left_out=omitted(rules),
        findings=tuple(file.finding for file in rules if file.finding),
        recipe=recipe(config),
        due=late.due,
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


def delta_files(
    tree: Tree,
    config: Config,
    now: datetime,
    candidate: Snapshot | None = None,
    *,
    anew: bool = False,
) -> dict[str, bytes]:
    """The deltas of the newest version, those not written yet since the one in force, or all.

    `candidate` is a version that is about to be committed.
    """
    history = _history(tree, config, candidate)
    manifest, numbers = tree.manifest(), history.numbers
    since = manifest.version if manifest else numbers[-1]
    made: dict[str, bytes] = {}
    for number in numbers if anew else [n for n in numbers if since <= n or n == numbers[-1]]:
        for step in history.steps(number, written(now)):
            there = tree.read(f"{step.folder}/{deltas.LIST}") is not None
            if anew or number == numbers[-1] or not there:
                made |= deltas.files(step, config)
    return made


def rules_now(
    tree: Tree, config: Config, newest: Snapshot, late: Leaving
) -> tuple[RuleFile, ...]:
    """The rule files of the newest version, or of one that is about to be committed.

    Earlier versions are read only where a file is over its platform's limit.
    """
    earlier = partial(_history(tree, config, newest).earlier, newest.version)
    return tuple(rule_files(newest, config, late, earlier))


def _history(tree: Tree, config: Config, candidate: Snapshot | None) -> deltas.History:
    """All versions, and the candidate where it is not one of them yet."""
    stored = tree.versions()
    new = [candidate.version] if candidate and candidate.version not in stored else []

    @cache
    def read(number: int) -> Snapshot:
        return candidate if candidate and number in new else tree.snapshot(number)

    return deltas.History(stored + new, read, config.fwtracker.grace_days)


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
    when = moment(old.checked_at) if old else now
    made = _made(tree, config, when, anew=True)
    manifest = _write(tree, made, when)
    ours = ("changes/", "deltas/", "rules/")
    tree.withdraw(n for n in tree.walk() if n.startswith(ours) and n not in made.files)
    return manifest


def _write(tree: Tree, made: Made, now: datetime) -> Manifest:
    """Write what is not there yet, the manifest, and take away what has no successor."""
    old, latest = tree.manifest(), made.latest
    tree.publish({name: data for name, data in made.files.items() if tree.read(name) != data})
    facts = {n: fact(data) for n, data in made.files.items() if not _is_older(n, latest)}
    facts[version_name(latest.version)] = fact(made.files["latest.json"])
    gone = _gone(old, set(facts), latest.version)
    manifest = WholeManifest(
        schema=SCHEMA,
        source=tree.source,
        version=latest.version,
        checked_at=written(now),
        expires=written(now + FRESH_FOR),
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
