"""A store with a history, for the questions that the docs answer in several ways.

Its versions are the sample generations of 2024-04, 2024-11 and 2026-02 and a fourth page of
yesterday. The third lacks a row of Europe that comes back with the fourth, which also moves an
address and changes a recommended row to required. One page is held, and manifest and probe are
signed.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from msgspec.structs import replace

from tests.pages import GENERATIONS, expected
from tests.site.readings import add
from tracker.config import Config, parse
from tracker.diff.pairing import carry_ids
from tracker.model import SCHEMA, Entry, Finding, Page, Snapshot, digest
from tracker.store import open_store
from tracker.store.records import Held
from tracker.store.tree import Tree
from tracker.times import format_utc

URL = "https://www.action1.com/documentation/firewall-configuration/"
CAPTURED = ("2024-04-17T09:00:00Z", "2024-11-20T09:00:00Z", "2026-02-10T09:00:00Z")
BACK = "eu-cdn.action1.com"  # the third version lacks it
STRICTER = "emdl.ws.microsoft.com"  # recommended in the third version, required in all others
MOVED = {"3.124.175.10": "198.51.100.7"}


def build_store(folder: Path) -> Tree:
    """Fill `folder/snapshots`, and write `signing.key` and `allowed_signers` next to it."""
    now = datetime.now(UTC).replace(microsecond=0)
    config, tree = _make_signing(folder), Tree(open_store(str(folder / "snapshots")), "action1")
    before: Snapshot | None = None
    times = [*CAPTURED, format_utc(now - timedelta(days=1))]
    for number, (entries, at) in enumerate(zip(_list_readings(), times, strict=True), start=1):
        before = _make_version(number, at, entries, before)
        add(tree, before, config, now if number == len(times) else datetime.fromisoformat(at))
    _hold_page(tree, format_utc(now))
    return tree


def _make_signing(folder: Path) -> Config:
    """Make a key, and return a configuration that signs by it."""
    key = folder / "signing.key"
    keygen = shutil.which("ssh-keygen")
    if keygen is None:
        return Config()
    made = [keygen, "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)]
    subprocess.run(made, check=True, timeout=60)
    public = key.with_name("signing.key.pub").read_text()
    (folder / "allowed_signers").write_text(f"fwtracker {public}")
    return parse({"signing": {"key_file": str(key)}})


def _list_readings() -> list[list[Entry]]:
    """Return the entries of the four pages."""
    first, second, newest = (
        msgspec.convert(expected(GENERATIONS[name]), list[Entry])
        for name in ("2024-04", "2024-11", "2026-02")
    )
    third = [_soften(each) for each in newest if BACK not in each.hosts]
    return [first, second, third, [_move(each) for each in newest]]


def _soften(entry: Entry) -> Entry:
    """Return the entry as the third page has it."""
    if entry.region == "Europe" and STRICTER in entry.hosts:
        return replace(entry, requirement="recommended")
    return entry


def _move(entry: Entry) -> Entry:
    """Return the entry as the fourth page has it."""
    moved = tuple(MOVED.get(each, each) for each in entry.addresses)
    lan = entry.region == "Europe" and entry.scope == "lan"
    requirement = "required" if lan else entry.requirement
    return replace(entry, addresses=moved, requirement=requirement)


def _make_version(
    number: int, at: str, entries: Sequence[Entry], before: Snapshot | None
) -> Snapshot:
    named = carry_ids(before.entries if before else (), entries)
    page = Page(URL, f"{number:064x}", at)
    return Snapshot(
        schema=SCHEMA,
        source="action1",
        version=number,
        captured_at=at,
        previous=number - 1 or None,
        digest=digest(named),
        pages=(page,),
        entries=named,
        cause="page",
    )


def _hold_page(tree: Tree, at: str) -> None:
    latest = tree.snapshot(tree.versions()[-1])
    finding = Finding("mass-removal", "hold", "most rows of Europe are gone", "Europe")
    entries = latest.entries[1:]
    candidate = replace(latest, entries=entries, digest=digest(entries), findings=(finding,))
    tree.remember(f"held/{candidate.digest}", Held(candidate, at))
