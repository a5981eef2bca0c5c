"""Whether what is published stands, and until when. All that a check without news asks.

How it is made is in `tracker.publish.publish`.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import msgspec

from tracker import __version__
from tracker.config import Config
from tracker.store.tree import (
    Manifest,
    Tree,
    WholeManifest,
    derived,
    fact,
    pretty,
    version_name,
)
from tracker.times import format_utc

FRESH_FOR = timedelta(hours=24)
_SHAPE = 2  # of the manifest: one of another shape is made anew


def is_published(tree: Tree, manifest: Manifest | None, config: Config, now: datetime) -> bool:
    """Whether the newest version, read whole, is what the tree shows, by the same recipe.

    Not so once an endpoint's grace is over: then the rule files are due again.
    """
    numbers = tree.versions()
    if not numbers:
        return True
    if manifest is None or manifest.version != numbers[-1] or manifest.recipe != recipe(config):
        return False
    if manifest.due is not None and manifest.due <= format_utc(now):
        return False
    name = version_name(numbers[-1])
    if fact(tree.read(name) or b"") != manifest.files.get(name):
        tree.snapshot(numbers[-1])  # says what is wrong with it
        return False
    return True


def touch(tree: Tree, now: datetime) -> None:
    """Note in the manifest that the version in force was checked again.

    It has a line a key, those of the times among the first: the rest stays as it is, unread.
    A power cut may take the note back: the manifest then says an earlier time, not a wrong one.
    """
    data = tree.read("manifest.json") or b""
    *first, rest = data.split(b"\n", 6)
    keys = [line.partition(b":")[0] for line in first]
    if keys[4:] == [b'  "checked_at"', b'  "expires"']:
        expires = format_utc(now + FRESH_FOR)
        times = f'  "checked_at": "{format_utc(now)}",\n  "expires": "{expires}",'
        data = b"\n".join([*first[:4], times.encode(), rest])
    elif manifest := derived(data, WholeManifest):
        data = pretty(_checked(manifest, now))
    else:
        return
    tree.publish({"manifest.json": data}, lasting=False)


def _checked(manifest: WholeManifest, now: datetime) -> WholeManifest:
    """The same, checked now."""
    times = {"checked_at": format_utc(now), "expires": format_utc(now + FRESH_FOR)}
    return msgspec.structs.replace(manifest, **times)


def recipe(config: Config) -> str:
    """What besides the versions and the date the derived files are made from, as a hash."""
    own = config.fwtracker
    parts = (
        *(__version__, config.format_names, config.rules, config.assumed_ports),
        *(own.grace_days, own.public_url, _SHAPE),
    )
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:16]
