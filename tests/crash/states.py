"""What must be true of a store at any instant, after kills and power cuts alike."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

Files = Mapping[str, bytes]  # by name below the store: `action1/latest.json`
SOURCE = "action1"
MANIFEST = f"{SOURCE}/manifest.json"
PROBE = f"{SOURCE}/version.json"  # written after it
LOCK = f".state/{SOURCE}/lock"
TEMPORARY = f".state/{SOURCE}/tmp/"
HEALTH = f".state/{SOURCE}/health.json"  # that a check has failed; gone after a good one
TIMES = f".state/{SOURCE}/published.json"  # of files: no two stores have the same


def read_store(store: Path) -> Files:
    """All files of a store but its lock (a process id) and the times of its files."""
    return {
        name: path.read_bytes()
        for path in store.rglob("*")
        if path.is_file() and (name := path.relative_to(store).as_posix()) not in {LOCK, TIMES}
    }


def version_file(number: int) -> str:
    return f"{SOURCE}/versions/{number:06d}.json"


def versions(files: Files) -> list[int]:
    """The committed numbers."""
    folder = f"{SOURCE}/versions/"
    return sorted(int(Path(name).stem) for name in files if name.startswith(folder))


def broken(files: Files, states: Sequence[Files], base: int) -> Counter[str]:
    """What is wrong with a store between version `base` and the next one, by kind.

    `states[n]` is the whole store with n versions. A file may be as in either state; the
    manifest is written last, so what it names must be there as it says.
    """
    allowed = (states[base], states[base + 1])
    found = Counter(dict.fromkeys(("torn file", "stray file", "lost", "pointer to nothing"), 0))
    for name, data in files.items():
        if name.startswith(TEMPORARY) or name in {LOCK, HEALTH, TIMES}:
            continue
        known = [state[name] for state in allowed if name in state]
        found["stray file"] += not known
        found["torn file"] += bool(known) and data not in known
    found["lost"] += versions(files) not in (
        list(range(1, base + 1)),
        list(range(1, base + 2)),
    )
    stays = states[base].keys() & states[base + 1].keys()
    found["lost"] += sum(name not in files for name in stays)
    found["pointer to nothing"] += len(list(_dangling(files, base)))
    return +found


def _dangling(files: Files, base: int) -> Iterator[str]:
    """What the manifest names and is not there as it says; the older one is passed by some."""
    if MANIFEST not in files:
        if base:
            yield MANIFEST
        return
    try:
        manifest = json.loads(files[MANIFEST])
    except ValueError:
        yield MANIFEST
        return
    number = manifest["version"]
    if number not in versions(files):
        yield version_file(number)
    for name, fact in manifest["files"].items():
        data = files.get(f"{SOURCE}/{name}")
        passed = number == base and not name.startswith("versions/")
        if data is None or (not passed and _fact(data) != fact):
            yield name


def _fact(data: bytes) -> dict[str, object]:
    return {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}


def same_tree(files: Files, state: Files) -> bool:
    """Whether the published files are those of a state, each and no other."""
    return _published(files) == _published(state)


def _published(files: Files) -> Files:
    return {name: data for name, data in files.items() if name.startswith(f"{SOURCE}/")}
