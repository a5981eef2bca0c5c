"""Diagnoses of the store: whether it can be written, and each source in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from tracker.alerts import outbox
from tracker.check.context import CheckContext
from tracker.config import Config
from tracker.doctor.diagnosis import Diagnosis
from tracker.errors import Conflict, FwtrackerError, Locked
from tracker.filters.report import find_problems_in
from tracker.history.integrity import verify_tree
from tracker.publish.rule_files import NOT_MADE
from tracker.store import open_store
from tracker.store.blobs import Blobs
from tracker.store.held import list_held
from tracker.store.records import Manifest
from tracker.store.tree import Tree
from tracker.times import format_utc, parse_utc

_MIN_FREE, _LOW_FREE = 50 * 2**20, 500 * 2**20  # bytes; a version with all files takes 1 MiB
_MIN_INODES = 1000  # free inodes
_TRIAL_KEY = ".state/doctor/trial"


def check_store(config: Config, place: str) -> Iterator[Diagnosis]:
    """Check that the store is writable and has space, and check each source in it."""
    try:
        blobs = open_store(place)
        yield from _check_writing(blobs, place)
    except FwtrackerError as error:
        yield Diagnosis.bad("store", str(error))
        return
    if "://" not in place:
        yield from _check_space(Path(place))
    for source in sorted(config.sources):
        try:
            yield from _check_source(config, Tree(blobs, source))
        except FwtrackerError as error:
            yield Diagnosis.bad(source, str(error))


def _check_writing(blobs: Blobs, place: str) -> Iterator[Diagnosis]:
    """Check that a file can be created once, replaced, read and removed."""
    blobs.delete(_TRIAL_KEY)
    try:
        blobs.create(_TRIAL_KEY, b"one")
        try:
            blobs.create(_TRIAL_KEY, b"two")
        except Conflict:
            yield Diagnosis.good(
                "store", f"{place} is writable, and creates each file only once"
            )
        else:
            advice = "two machines could commit one number; use another store"
            yield Diagnosis.bad("store", f"{place} allows creating a file twice", advice)
        blobs.replace({_TRIAL_KEY: b"three"})
        if blobs.read(_TRIAL_KEY) != b"three":
            yield Diagnosis.bad("store", f"{place} does not return what was written")
    finally:
        blobs.delete(_TRIAL_KEY)


def _check_space(folder: Path) -> Iterator[Diagnosis]:
    free = shutil.disk_usage(folder).free
    said = f"{free / 2**20:,.0f} MiB free"
    if free < _MIN_FREE:
        yield Diagnosis.bad(
            "disk", said, "free some space: a version that cannot be written is lost"
        )
    elif free < _LOW_FREE:
        yield Diagnosis.warning("disk", said, "free some space")
    else:
        yield Diagnosis.good("disk", said)
    facts = os.statvfs(folder)
    if facts.f_files and facts.f_favail < _MIN_INODES:
        yield Diagnosis.bad(
            "disk", f"only {facts.f_favail} more files fit", "remove files (df -i)"
        )


def _check_source(config: Config, tree: Tree) -> Iterator[Diagnosis]:
    """Check the version in force, its files, held candidates, and pending deliveries."""
    about, manifest = tree.source, tree.manifest()
    if manifest is None:
        advice = f"fwtracker run {tree.source}"
        yield Diagnosis.warning(about, "no version yet", advice)
        return
    faults = {fault.file: fault for fault in verify_tree(tree)}
    for fault in faults.values():
        yield Diagnosis.bad(
            about, f"{fault.file}: {fault.what}", fault.action.removeprefix("run: ")
        )
    if not faults:
        yield Diagnosis.good(
            about, f"version {manifest.version}, every file is as it was written"
        )
    yield from _check_freshness(about, manifest.checked_at, manifest.expires)
    if count := len(list_held(tree)):
        yield Diagnosis.warning(about, f"{count} held for review", "fwtracker held")
    try:
        with tree.lock(0):
            pass
    except Locked as error:
        yield Diagnosis.warning(
            about, f"a run is in progress: {error}", "wait, unless it never ends"
        )
    yield from _check_filters(config, tree, manifest)
    yield from _check_deliveries(config, tree)


def _check_filters(config: Config, tree: Tree, manifest: Manifest) -> Iterator[Diagnosis]:
    """Yield filters that match nothing in the version in force, and files withheld by it."""
    latest = tree.latest()
    context = CheckContext(config.source(tree.source), tree, config)
    found = find_problems_in(context, latest).findings if latest else ()
    for finding in (*found, *(each for each in manifest.findings if each.name == NOT_MADE)):
        yield Diagnosis.bad(tree.source, finding.message)


def _check_freshness(about: str, checked: str, expires: str) -> Iterator[Diagnosis]:
    now = datetime.now(UTC)
    if parse_utc(checked) > now:
        text = f"the last check was at {checked}, which is in the future"
        yield Diagnosis.bad("clock", text, "set this machine's clock (timedatectl)")
    elif expires < format_utc(now):
        text = f"no good check since {checked}"
        yield Diagnosis.bad(
            about, text, "check that cron, a timer or serve runs; fwtracker run shows more"
        )
    else:
        yield Diagnosis.good(about, f"last good check {checked}")


def _check_deliveries(config: Config, tree: Tree) -> Iterator[Diagnosis]:
    for channel in config.channels:
        account = outbox.channel_status(tree, channel)
        about = f"channel {channel.name}"
        if account.dead or account.notices_dead:
            count = len(account.dead) + len(account.notices_dead)
            why = next(iter((account.dead | account.notices_dead).values()))
            text = f"{count} permanently rejected: {why}"
            yield Diagnosis.bad(
                about, text, f"fix it, then: fwtracker notify retry {channel.name}"
            )
        if account.owed or account.notices_owed:
            count = len(account.owed) + len(account.notices_owed)
            text = f"{count} still to be delivered"
            yield Diagnosis.warning(about, text, f"fwtracker notify retry {channel.name}")
