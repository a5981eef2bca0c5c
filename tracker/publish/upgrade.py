"""A store of an older program in today's form: what is derived is made again and counted."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from tracker.config import Config
from tracker.publish.publish import rebuild
from tracker.store.tree import Manifest, Tree

_AT_ONCE = 16  # files that are read
_ORIGINAL = ("versions/", "pages/")  # never written again
_KINDS = {"changes": "change sets", "rules": "rule files", "deltas": "files of deltas"}
_OTHER = "other files"


class Upgrade(NamedTuple):
    """The manifest after it, and how many files of each kind are new or other than before."""

    manifest: Manifest
    added: Counter[str]
    renewed: Counter[str]


def upgrade(tree: Tree, config: Config, now: datetime) -> Upgrade:
    """Make all that is derived again in its newest form. Raises as `rebuild` does."""
    before = _hash_derived(tree)
    manifest = rebuild(tree, config, now, is_upgrade=True)
    after = _hash_derived(tree)
    added = [name for name in after if name not in before]
    renewed = [name for name in after if before.get(name, after[name]) != after[name]]
    return Upgrade(manifest, Counter(map(_name_kind, added)), Counter(map(_name_kind, renewed)))


def describe_counts(counts: Mapping[str, int]) -> str:
    """Return `2 change sets, 3 other files`, or `nothing`."""
    kinds = (*_KINDS.values(), _OTHER)
    return ", ".join(f"{counts[kind]} {kind}" for kind in kinds if counts[kind]) or "nothing"


def _hash_derived(tree: Tree) -> dict[str, bytes]:
    names = [name for name in tree.walk() if not name.startswith(_ORIGINAL)]
    found: dict[str, bytes] = {}
    for at in range(0, len(names), _AT_ONCE):
        for name, data in tree.read_many(names[at : at + _AT_ONCE]).items():
            found[name] = hashlib.sha256(data or b"").digest()
    return found


def _name_kind(name: str) -> str:
    return _KINDS.get(name.partition("/")[0], _OTHER)
