"""Verifies a store: recomputes every hash, and reports every bad file.

Damaged, missing and unknown files are bad. Each file of `.state/` must decode as its type.
Reads only. Derived files can be recreated (`rebuild`); versions and pages cannot.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from tracker.alerts.notify import SignOfLife
from tracker.alerts.outbox import NOTICES, VERSIONS
from tracker.change_set import ChangeSet
from tracker.check.scope_change import ShownScope
from tracker.drift.state import DriftState
from tracker.errors import Damaged, NewerSchema
from tracker.model import Finding, Snapshot, VersionProbe
from tracker.notifications import Notice
from tracker.publish.deltas import DeltaManifest
from tracker.publish.freshness import PROBE, build_probe
from tracker.publish.grace import LIST_NAME
from tracker.publish.index import (
    CHANGES_CSV,
    compute_change_set,
    has_same_content,
    load_index_entries,
)
from tracker.publish.published_files import FilesRead
from tracker.publish.signing import PublicKey, find_fault
from tracker.store.identity import VersionId
from tracker.store.records import (
    ChannelState,
    FileFact,
    Health,
    Held,
    Manifest,
    Receipt,
    Validators,
    compute_fact,
    decode_derived,
    encode_pretty,
)
from tracker.store.tree import Tree, change_name, version_name

_ATTEMPTS = (VERSIONS.attempts, NOTICES.attempts)
_KINDS: dict[str, Any] = {
    "validators": Validators,
    "published": FilesRead,
    "seen": VersionId,
    "scope": ShownScope,
    "health": Health,
    "keepalive": SignOfLife,
    "drift": DriftState,
    "accepted": list[Finding],
    "held": Held,
    "channels": ChannelState,
    "notices": Notice,
    **dict.fromkeys((VERSIONS.receipts, NOTICES.receipts), Receipt),
    "replaced": Receipt,  # receipts of a store that went back
    **dict.fromkeys((VERSIONS.dead_letters, NOTICES.dead_letters), Receipt),
    **dict.fromkeys(_ATTEMPTS, Receipt),
}
_RECEIPTS = (VERSIONS.receipts, NOTICES.receipts)
_DEAD = (VERSIONS.dead_letters, NOTICES.dead_letters)
_HELD_PAGES = "held-pages"


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One file that is not as it must be. `derived`: `store rebuild` recreates it.

    `advice` is what to do about it, if that is neither to rebuild nor to restore it.
    """

    file: str
    what: str
    derived: bool
    advice: str = ""

    @property
    def action(self) -> str:
        """The step that repairs it."""
        mend = "run: fwtracker store rebuild" if self.derived else "restore it from a backup"
        return self.advice or mend


_TOP = frozenset({"latest.json", "index.json", "manifest.json", PROBE})
_SIGN = (
    "find out what wrote it; if its own run does not sign, set [signing] there, and run:"
    " fwtracker store rebuild"
)

# Files that 0.1.0 did not publish: if it ran after a newer one, its manifest lacks them.
_NEWER_FILES = frozenset({"version.json", "changes.csv", "feed.json"})


def verify_tree(tree: Tree, keys: Sequence[PublicKey] = ()) -> Iterator[Fault]:
    """Yield all faults of a source's tree and of its state, signatures and versions first.

    With `keys`, manifest and probe must be signed by one of them: by its hashes and the chain
    of versions, the manifest proves all of these. Raises StoreError.
    """
    numbers = tree.versions()
    for name in ("manifest.json", PROBE) if keys else ():
        yield from _check_signature(tree, name, keys)
    yield from _check_numbers(numbers)
    for number in numbers:
        yield from _check_version(tree, number)
    yield from _check_index(tree, numbers)
    yield from _check_deltas(tree)
    yield from _check_manifest(tree, numbers)
    yield from _find_unknown(tree, numbers)
    yield from check_state(tree)


def _check_numbers(numbers: list[int]) -> Iterator[Fault]:
    for number in sorted(set(range(1, max(numbers, default=0) + 1)) - set(numbers)):
        yield Fault(version_name(number), "missing", derived=False)


def _check_version(tree: Tree, number: int) -> Iterator[Fault]:
    """Check that it decodes, follows the previous one, and its pages match their hashes."""
    name = version_name(number)
    try:
        snapshot = tree.snapshot(number)
    except Damaged as error:
        yield Fault(name, _reason(error), derived=False)
        return
    except NewerSchema:
        yield Fault(name, "written by a newer fwtracker", derived=False, advice="upgrade")
        return
    if snapshot.previous != (number - 1 or None):
        yield Fault(name, f"says that it follows version {snapshot.previous}", derived=False)
    yield from _check_link(tree, snapshot)
    for page in snapshot.pages:
        try:
            if tree.page(page.sha256) is None:
                yield Fault(f"pages/{page.sha256}.gz", "missing", derived=False)
        except Damaged as error:
            yield Fault(f"pages/{page.sha256}.gz", _reason(error), derived=False)
    yield from _check_change_set(tree, number)


def _check_link(tree: Tree, snapshot: Snapshot) -> Iterator[Fault]:
    """Check the hash of the previous version in this one; older programs wrote none."""
    if not snapshot.previous_sha256 or not snapshot.previous:
        return
    found = tree.version_digest(snapshot.previous)
    if found and found != snapshot.previous_sha256:
        before, name = version_name(snapshot.previous), version_name(snapshot.version)
        yield Fault(before, f"does not have the hash that {name} names", derived=False)


def _check_change_set(tree: Tree, number: int) -> Iterator[Fault]:
    """Check that the stored change set equals the one computed from the versions."""
    if number == 1:
        return
    data = tree.read(change_name(number))
    if data is None:
        yield Fault(change_name(number), "missing", derived=True)
        return
    try:
        wanted = encode_pretty(compute_change_set(tree, number))
        if not has_same_content(data, wanted, ChangeSet):
            yield Fault(change_name(number), "not what the versions give", derived=True)
    except (Damaged, NewerSchema):
        return  # the previous version is reported already


def _check_index(tree: Tree, numbers: list[int]) -> Iterator[Fault]:
    """Check the hashes that the index recorded when each version was published."""
    known = {entry.version: entry for entry in load_index_entries(tree)}
    if numbers and list(known) != numbers:
        yield Fault("index.json", "does not list the versions that are there", derived=True)
    for number in numbers if _is_index_whole(tree) else ():
        if number not in known:
            continue
        hashes = {version_name(number): known[number].sha256, **known[number].pages}
        for name, sha256 in hashes.items():
            data = tree.read(name)
            if data is not None and hashlib.sha256(data).hexdigest() != sha256:
                yield Fault(name, "does not have the hash that the index has", derived=False)


def _is_index_whole(tree: Tree) -> bool:
    """Return whether the index matches the manifest; only then can it prove damage."""
    manifest = tree.manifest()
    fact = manifest.files.get("index.json") if manifest else None
    return fact is None or compute_fact(tree.read("index.json") or b"") == fact


def _check_deltas(tree: Tree) -> Iterator[Fault]:
    """Check that each folder of deltas contains the files in its list."""
    for name, listed in _load_delta_lists(tree):
        if listed is None:
            yield Fault(name, "damaged", derived=True)
        for path, fact in listed.files.items() if listed else ():
            yield from _check_file(tree, path, fact, f"the list in {name}")


def _load_delta_lists(tree: Tree) -> Iterator[tuple[str, DeltaManifest | None]]:
    for name in tree.walk():
        if name.startswith("deltas/") and name.endswith(f"/{LIST_NAME}"):
            yield name, decode_derived(tree.read(name) or b"", DeltaManifest)


def _check_manifest(tree: Tree, numbers: list[int]) -> Iterator[Fault]:
    manifest = tree.manifest()
    if manifest is None:
        if numbers:
            yield Fault("manifest.json", "missing or damaged", derived=True)
        return
    if numbers and manifest.version != numbers[-1]:
        yield Fault("manifest.json", f"names version {manifest.version}", derived=True)
    for name, fact in manifest.files.items():
        yield from _check_file(tree, name, fact, "the manifest")
    if manifest.version in numbers:
        yield from _check_probe(tree, manifest)


def _check_probe(tree: Tree, manifest: Manifest) -> Iterator[Fault]:
    """Check that the probe agrees with the manifest; older programs wrote none."""
    data = tree.read(PROBE)
    if data is None:
        if CHANGES_CSV in manifest.files:  # both were introduced together
            yield Fault(PROBE, "missing", derived=True)
        return
    probe = decode_derived(data, VersionProbe)
    try:
        wanted = build_probe(tree, manifest)
    except (Damaged, NewerSchema):
        return  # the version is reported already
    if probe is None or replace(probe, signature=UNSET) != wanted:
        yield Fault(PROBE, "not what the manifest says", derived=True)


def _check_signature(tree: Tree, name: str, keys: Sequence[PublicKey]) -> Iterator[Fault]:
    data = tree.read(name)
    fault = "missing" if data is None else find_fault(data, keys)
    if fault:
        yield Fault(name, fault, derived=False, advice=_SIGN)


def _check_file(tree: Tree, name: str, fact: FileFact, by: str) -> Iterator[Fault]:
    """Check that the file exists, with the hash and size that the list `by` gives."""
    data = tree.read(name)
    remade = not name.startswith("versions/")
    if data is None:
        yield Fault(name, "missing", derived=remade)
    elif (hashlib.sha256(data).hexdigest(), len(data)) != (fact.sha256, fact.size):
        yield Fault(name, f"does not have the hash that {by} has", derived=remade)


def _find_unknown(tree: Tree, numbers: list[int]) -> Iterator[Fault]:
    """Find files that neither the versions nor the manifest list.

    The raw pages of a version are listed in the version itself.
    """
    manifest = tree.manifest()
    known = set(manifest.files) | _TOP if manifest else set(_TOP)
    known |= {version_name(number) for number in numbers}
    known |= {change_name(number) for number in numbers}
    versions, unread = _read_versions(tree, numbers)
    known |= {f"pages/{page.sha256}.gz" for each in versions for page in each.pages}
    for name, listed in _load_delta_lists(tree):
        known |= {name, *(listed.files if listed else ())}
    for name in tree.walk():
        if name not in known and name.startswith("deltas/"):
            yield Fault(name, "in no list of deltas", derived=True)
        elif name not in known and name.startswith("pages/") and unread:
            what, advice = "of no version that can be read", f"keep it: restore {unread} first"
            yield Fault(name, what, derived=False, advice=advice)
        elif name not in known and (name in _NEWER_FILES or name.startswith("schema/")):
            yield Fault(
                name, "not in the manifest, which an older fwtracker wrote", derived=True
            )
        elif name not in known and not (manifest is None and name.startswith("rules/")):
            what = "unknown: fwtracker did not make it"
            yield Fault(name, what, derived=False, advice="remove it")


def _read_versions(tree: Tree, numbers: list[int]) -> tuple[list[Snapshot], str]:
    """Return the readable versions, and the name of one that is missing or damaged."""
    found, unread = [], ""
    for number in range(1, max(numbers, default=0) + 1):
        try:
            found.append(tree.snapshot(number))
        except (Damaged, NewerSchema):
            unread = unread or version_name(number)
    return found, unread


def _reason(error: Damaged) -> str:
    return str(error).partition(": ")[2]


def check_state(tree: Tree) -> Iterator[Fault]:
    """Yield the damaged files of a source's state, each with its repair."""
    folder = f".state/{tree.source}"
    for name in sorted(tree.blobs.walk(folder)):
        first, _, rest = name.partition("/")
        try:
            if first == _HELD_PAGES and name.endswith(".gz"):
                tree.page(rest.removesuffix(".gz"), held=True)
            elif name.endswith(".json") and first != "tmp":
                stem = name.removesuffix(".json")
                tree.state(stem, _KINDS.get(stem.partition("/")[0], object))
        except Damaged:
            advice = _find_advice(tree, name)
            yield Fault(f"{folder}/{name}", "damaged", derived=False, advice=advice)
        except NewerSchema:
            what = "written by a newer fwtracker"
            yield Fault(f"{folder}/{name}", what, derived=False, advice="upgrade")


def _find_advice(tree: Tree, name: str) -> str:
    """Return the step that repairs a damaged file; "" if it has to be restored."""
    first, *rest = name.removesuffix(".json").split("/")
    if first == "channels" and rest:
        return _advise_on_channel(tree, rest[0])
    if first in (*_RECEIPTS, "replaced"):
        return "nothing to do: it counts as delivered"
    if first in _DEAD and rest:
        return f"run: fwtracker notify retry {rest[0]}"
    if first in _ATTEMPTS:
        return "remove it, and close by hand what the channel shows of that message"
    if first == "notices":
        return "remove it: that notice is not sent any more"
    return "run: fwtracker run, which recreates it"


def _advise_on_channel(tree: Tree, channel: str) -> str:
    folders = (VERSIONS.receipts, VERSIONS.dead_letters)
    if any(tree.states(f"{folder}/{channel}") for folder in folders):
        return "run: fwtracker run, which recreates it from the receipts"
    return "remove it: the channel gets alerts from the next version on"
