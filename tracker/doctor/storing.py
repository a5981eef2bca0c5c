"""The store: can it be written, locked, trusted; is there room; what waits in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tracker.alerts import outbox
from tracker.config import Config
from tracker.doctor import Line, bad, good, warning
from tracker.errors import Conflict, FwtrackerError, Locked
from tracker.history.integrity import verify_tree
from tracker.review import list_held
from tracker.store import Blobs, open_store
from tracker.store.tree import Tree
from tracker.times import format_utc, parse_utc

_ROOM, _TIGHT = 50 * 2**20, 500 * 2**20  # bytes; a version with all its files takes one
_FILES = 1000  # free inodes
_TRIAL = ".state/doctor/trial"


def lines(config: Config, place: str) -> Iterator[Line]:
    """What can be said of the store and of each source in it."""
    try:
        blobs = open_store(place)
        yield from _writing(blobs, place)
    except FwtrackerError as error:
        yield bad("store", str(error))
        return
    if "://" not in place:
        yield from _room(Path(place))
    for source in sorted(config.sources):
        try:
            yield from _source(config, Tree(blobs, source))
        except FwtrackerError as error:
            yield bad(source, str(error))


def _writing(blobs: Blobs, place: str) -> Iterator[Line]:
    """A file can be made once, replaced, read and removed again."""
    blobs.delete(_TRIAL)
    try:
        blobs.create(_TRIAL, b"one")
        try:
            blobs.create(_TRIAL, b"two")
        except Conflict:
            yield good("store", f"{place} can be written, and nothing there is made twice")
        else:
            advice = "two machines could commit one number; use another store"
            yield bad("store", f"{place} lets a file be made twice", advice)
        blobs.replace({_TRIAL: b"three"})
        if blobs.read(_TRIAL) != b"three":
            yield bad("store", f"{place} does not give back what was written")
    finally:
        blobs.delete(_TRIAL)


def _room(folder: Path) -> Iterator[Line]:
    free = shutil.disk_usage(folder).free
    said = f"{free / 2**20:,.0f} MiB free"
    if free < _ROOM:
        yield bad("disk", said, "free some space: a version that cannot be written is lost")
    elif free < _TIGHT:
        yield warning("disk", said, "free some space")
    else:
        yield good("disk", said)
    facts = os.statvfs(folder)
    if facts.f_files and facts.f_favail < _FILES:
        yield bad("disk", f"only {facts.f_favail} more files fit", "remove files (df -i)")


def _source(config: Config, tree: Tree) -> Iterator[Line]:
    """What is in force, whether it is whole, and what waits for somebody."""
    about, manifest = tree.source, tree.manifest()
    if manifest is None:
        advice = f"fwtracker run {tree.source}"
        yield warning(about, "no version yet", advice)
        return
    faults = {fault.file: fault for fault in verify_tree(tree)}
    for fault in faults.values():
        advice = "fwtracker store rebuild" if fault.derived else "restore it from a backup"
        yield bad(about, f"{fault.file}: {fault.what}", advice)
    if not faults:
        yield good(about, f"version {manifest.version}, every file is as it was written")
    yield from _fresh(about, manifest.checked_at, manifest.expires)
    if count := len(list_held(tree)):
        yield warning(about, f"{count} held for review", "fwtracker held")
    try:
        with tree.lock(0):
            pass
    except Locked as error:
        yield warning(about, f"a run is at work: {error}", "none, unless it never ends")
    yield from _owed(config, tree)


def _fresh(about: str, checked: str, expires: str) -> Iterator[Line]:
    now = datetime.now(UTC)
    if parse_utc(checked) > now:
        text = f"the last check was at {checked}, which is yet to come"
        yield bad("clock", text, "set this machine's clock (timedatectl)")
    elif expires < format_utc(now):
        text = f"no good check since {checked}"
        yield bad(about, text, "see that cron, a timer or serve runs; fwtracker run says more")
    else:
        yield good(about, f"last good check {checked}")


def _owed(config: Config, tree: Tree) -> Iterator[Line]:
    for channel in config.channels:
        account = outbox.channel_status(tree, channel)
        about = f"channel {channel.name}"
        if account.dead or account.notices_dead:
            count = len(account.dead) + len(account.notices_dead)
            why = next(iter((account.dead | account.notices_dead).values()))
            text = f"{count} refused for good: {why}"
            yield bad(about, text, f"mend it, then: fwtracker notify retry {channel.name}")
        if account.owed or account.notices_owed:
            count = len(account.owed) + len(account.notices_owed)
            text = f"{count} still to be delivered"
            yield warning(about, text, f"fwtracker notify retry {channel.name}")
