"""Versions made from entry dicts, for tests that need a history without a site."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tracker.model import SCHEMA, Entry, Page, Snapshot, digest
from tracker.store.tree import Tree

URL = "https://www.action1.com/documentation/firewall-configuration/"


def snapshots_of(
    readings: Sequence[list[dict]], start: datetime, step: timedelta
) -> list[Snapshot]:
    """Return versions 1, 2, ... of the given entries, `step` apart."""
    made = []
    for number, reading in enumerate(readings, start=1):
        entries = msgspec.convert(reading, tuple[Entry, ...])
        when = (start + (number - 1) * step).strftime("%Y-%m-%dT%H:%M:%SZ")
        page = Page(URL, f"{number:064x}", when)
        made.append(
            Snapshot(
                schema=SCHEMA,
                source="action1",
                version=number,
                captured_at=when,
                previous=number - 1 or None,
                digest=digest(entries),
                pages=(page,),
                entries=entries,
            )
        )
    return made


def left_out(tree: Tree) -> dict[str, list[str]]:
    """Return what each rule file of a tree leaves out: its endpoints, each with its reason."""
    found = defaultdict(list)
    for group in msgspec.json.decode(tree.read("manifest.json"))["left_out"]:
        said = [f"{each}: {group['reason']}" for each in group["endpoints"]]
        for path in group["files"]:
            found[path] += said or [group["reason"]]
    return found
