"""Whether what is published is current, and until when. All that an unchanged check asks.

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
    compute_fact,
    decode_derived,
    encode_pretty,
    version_name,
)
from tracker.times import format_utc

FRESH_FOR = timedelta(hours=24)
_SHAPE = 2  # of the manifest: one of another shape is made again


def is_current(tree: Tree, manifest: Manifest | None, config: Config, now: datetime) -> bool:
    """Say whether the newest version is what the tree shows, made with the same configuration.

    Not so once an endpoint's grace is over: then the rule files are due again. Raises Damaged
    where the newest version cannot be read whole.
    """
    numbers = tree.versions()
    if not numbers:
        return True
    if manifest is None or manifest.version != numbers[-1]:
        return False
    if manifest.recipe != compute_recipe(config):
        return False
    if manifest.due is not None and manifest.due <= format_utc(now):
        return False
    name = version_name(numbers[-1])
    if compute_fact(tree.read(name) or b"") != manifest.files.get(name):
        tree.snapshot(numbers[-1])  # says what is wrong with it
        return False
    return True


def mark_checked(tree: Tree, now: datetime) -> None:
    """Note in the manifest that the version in force was checked again.

    A power cut may take the note back: the manifest then says an earlier time, not a wrong one.
    """
    if manifest := decode_derived(tree.read("manifest.json") or b"", WholeManifest):
        times = {"checked_at": format_utc(now), "expires": format_utc(now + FRESH_FOR)}
        checked = msgspec.structs.replace(manifest, **times)
        tree.publish({"manifest.json": encode_pretty(checked)}, lasting=False)


def compute_recipe(config: Config) -> str:
    """Return a hash of what derived files are made from besides the versions and the date."""
    own = config.fwtracker
    parts = (
        *(__version__, config.format_names, config.rules, config.assumed_ports),
        *(own.grace_days, own.public_url, _SHAPE),
    )
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:16]
