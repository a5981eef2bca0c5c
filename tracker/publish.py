"""Everything that is derived from the versions: change sets, rule files, index, manifest.

A function of the versions, the configuration and a date, so it can be done again at any
time. The manifest is written last; until then it names the version before, whole.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, partial
from itertools import chain
from typing import TYPE_CHECKING, Literal

import msgspec

from tracker import __version__, formats
from tracker.config import Config
from tracker.grace import Leaving, leaving, moment, written
from tracker.model import (
    SCHEMA,
    ChangeSet,
    Finding,
    Hash,
    Snapshot,
    Summary,
    endpoints_of,
    regions_of,
)
from tracker.store.tree import (
    Manifest,
    Tree,
    change_name,
    derived,
    fact,
    pretty,
    version_name,
)

if TYPE_CHECKING:
    from tracker.rules import RuleFile

FRESH_FOR = timedelta(hours=24)
MOST_WITHDRAWN = 500  # names of files that were withdrawn, beside those of the newest version


class IndexEntry(msgspec.Struct, frozen=True):
    """One version in `index.json`, with the hashes of its file, its change set, its pages.

    `endpoints` counts those of each of `regions`, in that order; `summary` is the change set's.
    """

    version: int
    captured_at: str
    digest: str
    entries: int
    regions: tuple[str | None, ...]
    endpoints: tuple[int, ...]
    summary: Summary | None
    file: str
    sha256: Hash
    changes_sha256: Hash | None
    pages: dict[str, Hash]


class Index(msgspec.Struct, frozen=True):
    """`index.json`: all versions, oldest first."""

    schema: Literal[1]
    source: str
    latest: int
    versions: tuple[IndexEntry, ...]


def stamp(moment: datetime) -> str:
    """UTC as the contract writes it: `2026-03-01T12:00:00Z`."""
    return written(moment)


def is_published(tree: Tree, manifest: Manifest | None, config: Config, now: datetime) -> bool:
    """Whether the newest version, read whole, is what the tree shows, by the same recipe.

    Not so once an endpoint's grace is over: then the rule files are due again.
    """
    numbers = tree.versions()
    if not numbers:
        return True
    if manifest is None or manifest.version != numbers[-1] or manifest.recipe != recipe(config):
        return False
    if manifest.due is not None and manifest.due <= stamp(now):
        return False
    name = version_name(numbers[-1])
    if fact(tree.read(name) or b"") != manifest.files.get(name):
        tree.snapshot(numbers[-1])  # says what is wrong with it
        return False
    return True


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
    left_out: dict[str, list[str]]
    findings: tuple[Finding, ...]
    recipe: str
    due: str | None


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
    files = _changes(tree, numbers, known, anew=anew)
    files["latest.json"] = tree.read(version_name(latest.version)) or b""
    index = _index(tree, numbers, files, anew=anew)
    files["index.json"] = pretty(index)
    late = known.late if known else leaving_now(tree, config, now)
    rules = known.rules if known else _rule_files(latest, config, late)
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
        left_out={file.path: file.left_out for file in rules if file.left_out},
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
    from tracker.page import static  # noqa: PLC0415  a check without news makes none

    rules = [name for name in files if name.startswith("rules/")]
    told = partial(stored_changes, tree, files=files)
    url = config.fwtracker.public_url
    known = static.Published(latest, index.versions, told, late, rules, url)
    return static.files(known)


def stored_changes(
    tree: Tree, version: int, files: Mapping[str, bytes] | None = None
) -> ChangeSet:
    """What a version changed: as just made or stored, or worked out where that is not there."""
    name = change_name(version)
    stored = derived((files or {}).get(name) or tree.read(name) or b"", ChangeSet)
    return stored or change_set(tree, version)


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
    from tracker import deltas  # noqa: PLC0415  a check without news makes none

    stored = tree.versions()
    numbers = stored + ([candidate.version] if candidate else [])

    @cache
    def read(number: int) -> Snapshot:
        return candidate if candidate and number not in stored else tree.snapshot(number)

    manifest = tree.manifest()
    since = manifest.version if manifest else numbers[-1]
    history = deltas.History(numbers, read, config.fwtracker.grace_days)
    made: dict[str, bytes] = {}
    for number in numbers if anew else [n for n in numbers if since <= n or n == numbers[-1]]:
        for step in history.steps(number, stamp(now)):
            there = tree.read(f"{step.folder}/{deltas.LIST}") is not None
            if anew or number == numbers[-1] or not there:
                made |= deltas.files(step, config)
    return made


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


def touch(tree: Tree, now: datetime) -> None:
    """Note in the manifest that the version in force was checked again."""
    manifest = tree.manifest()
    if manifest is not None:
        times = {"checked_at": stamp(now), "expires": stamp(now + FRESH_FOR)}
        tree.publish({"manifest.json": pretty(msgspec.structs.replace(manifest, **times))})


def recipe(config: Config) -> str:
    """What besides the versions and the date the derived files are made from, as a hash."""
    own = config.fwtracker
    parts = (
        *(__version__, formats.names(), config.rules, config.assumed_ports),
        *(own.grace_days, own.public_url),
    )
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:16]


def change_set(tree: Tree, version: int) -> ChangeSet:
    """From the version before to `version`; for the first one, from nothing."""
    from tracker.diff import diff  # noqa: PLC0415  a check without news makes none

    after = tree.snapshot(version)
    before = tree.snapshot(after.previous) if after.previous else None
    return diff(before, after)


def _rule_files(latest: Snapshot, config: Config, late: Leaving) -> tuple[RuleFile, ...]:
    from tracker.rules import rule_files  # noqa: PLC0415  a check without news makes none

    return tuple(rule_files(latest, config, late))


def _write(tree: Tree, made: Made, now: datetime) -> Manifest:
    """Write what is not there yet, the manifest, and take away what has no successor."""
    old, latest = tree.manifest(), made.latest
    tree.publish({name: data for name, data in made.files.items() if tree.read(name) != data})
    facts = {n: fact(data) for n, data in made.files.items() if not _is_older(n, latest)}
    facts[version_name(latest.version)] = fact(made.files["latest.json"])
    gone = _gone(old, set(facts), latest.version)
    manifest = Manifest(
        schema=SCHEMA,
        source=tree.source,
        version=latest.version,
        checked_at=stamp(now),
        expires=stamp(now + FRESH_FOR),
        recipe=made.recipe,
        due=made.due,
        files=dict(sorted(facts.items())),
        left_out=made.left_out,
        findings=made.findings,
        withdrawn=_withdrawn(gone, old, set(facts)),
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


def _changes(
    tree: Tree, numbers: Sequence[int], known: Derived | None, *, anew: bool
) -> dict[str, bytes]:
    """The change sets that are not there yet, and the newest one."""
    there = (
        set()
        if anew
        else {f"changes/{name}" for name in tree.blobs.names(f"{tree.source}/changes")}
    )
    wanted = [n for n in numbers[1:] if n == numbers[-1] or change_name(n) not in there]
    made = {number: known.changes for number in wanted if known and known.changes.to == number}
    return {
        change_name(number): pretty(made.get(number) or change_set(tree, number))
        for number in wanted
    }


def known_versions(tree: Tree) -> tuple[IndexEntry, ...]:
    """The versions in `index.json`; none where it is not there or has to be made anew."""
    index = derived(tree.read("index.json") or b"", Index)
    return index.versions if index else ()


def _index(
    tree: Tree, numbers: Sequence[int], files: Mapping[str, bytes], *, anew: bool
) -> Index:
    """All versions; those in the index already are not read again."""
    known = {} if anew else {entry.version: entry for entry in known_versions(tree)}
    entries = tuple(
        known.get(number) or _index_entry(tree, number, files) for number in numbers
    )
    return Index(SCHEMA, tree.source, numbers[-1], entries)


def _index_entry(tree: Tree, number: int, files: Mapping[str, bytes]) -> IndexEntry:
    snapshot = tree.snapshot(number)
    name, change = version_name(number), change_name(number)
    changes = files.get(change) or tree.read(change)
    pages = [f"pages/{page.sha256}.gz" for page in snapshot.pages]
    return IndexEntry(
        version=number,
        captured_at=snapshot.captured_at,
        digest=snapshot.digest,
        entries=len(snapshot.entries),
        regions=regions_of(snapshot.entries),
        endpoints=_endpoints(snapshot),
        summary=stored_changes(tree, number, files).summary if snapshot.previous else None,
        file=name,
        sha256=fact(tree.read(name) or b"").sha256,
        changes_sha256=fact(changes).sha256 if changes else None,
        pages={page: fact(tree.read(page) or b"").sha256 for page in pages},
    )


def _endpoints(snapshot: Snapshot) -> tuple[int, ...]:
    found = Counter(endpoint.region for endpoint in endpoints_of(snapshot.entries))
    return tuple(found[region] for region in regions_of(snapshot.entries))
