"""The work that `parts/growth.py` starts in separate processes, with fwtracker's interpreter.

grow.py page COUNT FOLDER              read, diff and publish pages of COUNT entries
grow.py history COUNT FOLDER PAGE      fill a store with COUNT versions, the last one of PAGE
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from tracker.config import Config
from tracker.diff.diff import diff
from tracker.model import SCHEMA, Entry, Page, Snapshot, digest
from tracker.parse.pages.page_set import PageSet, read_page_set
from tracker.parse.read import parse_page
from tracker.publish.publish import derive, publish
from tracker.sources import load_source
from tracker.store import open_store
from tracker.store.records import encode_pretty
from tracker.store.tree import Tree, version_name
from tracker.times import format_utc

ACTION1 = load_source("action1")
NOW = datetime.now(UTC)
_ROW = (
    "<tr><td>Servers {number} ({star}host-{number}.example-{group}.com):"
    "<ul><li>{address}</li></ul></td>"
    "<td>Outbound</td><td>{port} TCP</td><td>(Required) Connection to it.</td>"
    "<td>Agents</td></tr>"
)
_HEAD = (
    "<tr><th>Resource</th><th>Type</th><th>Port &amp; Protocol</th><th>Required for</th>"
    "<th>Components</th></tr>"
)


def page(count: int, folder: str) -> dict[str, float]:
    """Return the processor time of each step in all processes, and the wall time of all (s)."""
    took: dict[str, float] = {}
    before = _snapshot(1, _entries(_text(count, 0)))
    with _timed(took, "read"):
        entries = _entries(_text(count, 1))
    assert len(entries) == count
    after = _snapshot(2, entries)
    with _timed(took, "diff"):
        diff(before, after)
    tree, config = Tree(open_store(folder), "action1"), Config()
    tree.commit(before, {})
    del before, entries
    with _timed(took, "publish: diff, rule files and deltas"):
        known = derive(tree, config, NOW, after)
    with _timed(took, "publish: all the rest"):
        tree.commit(after, {})
        publish(tree, config, NOW, known)
    return took


def history(count: int, folder: str, newest: str) -> dict[str, float]:
    """Write `count` versions, an hour apart, and publish the last one."""
    entries = _entries(Path(newest).read_text("utf-8"))
    tree = Tree(open_store(folder), "action1")
    place = Path(folder, "action1/versions")
    place.mkdir(parents=True)
    for number in range(1, count + 1):
        some = entries if number == count else _varied(entries[:5], number)
        when = NOW - timedelta(hours=count - number + 1)
        snapshot = _snapshot(number, some, when)
        (place / version_name(number).rpartition("/")[2]).write_bytes(encode_pretty(snapshot))
    publish(tree, Config(), NOW)
    return {}


def _varied(entries: tuple[Entry, ...], number: int) -> tuple[Entry, ...]:
    address = f"20.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    return replace(entries[0], addresses=(*entries[0].addresses, address)), *entries[1:]


def _text(count: int, generation: int) -> str:
    """Return a page of `count` rows; in the second one every hundredth has another address.

    Each row has a unique label, a host (a wildcard in every tenth row) and an address, on one
    port; a fifth of the ports are those of Windows, which rules open only in the local network.
    """
    rows = (_row(number, generation and number % 100 == 0) for number in range(count))
    table = f"<table>{_HEAD}{''.join(rows)}</table>"
    return f"<html><body><h3>Region: Europe</h3>{table}</body></html>"


def _row(number: int, moved: bool) -> str:  # noqa: FBT001  a row has two states
    network = 21 if moved else 20
    address = f"{network}.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    return _ROW.format(
        number=number,
        star="" if number % 10 else "*.",
        group=number % 50,
        address=address,
        port=443 + number % 5,
    )


def _entries(text: str) -> tuple[Entry, ...]:
    found = PageSet((), {}, (parse_page(ACTION1.url, text),))
    return read_page_set(found, ACTION1, ACTION1.url).entries


def _snapshot(number: int, entries: tuple[Entry, ...], when: datetime = NOW) -> Snapshot:
    return Snapshot(
        schema=SCHEMA,
        source="action1",
        version=number,
        captured_at=format_utc(when),
        previous=number - 1 or None,
        digest=digest(entries),
        pages=(Page(ACTION1.url, "0" * 64, format_utc(when)),),
        entries=entries,
    )


@contextmanager
def _timed(took: dict[str, float], name: str) -> Iterator[None]:
    began, at = sum(os.times()[:4]), time.perf_counter()
    yield
    took[name] = sum(os.times()[:4]) - began
    took["wall"] = took.get("wall", 0.0) + time.perf_counter() - at


if __name__ == "__main__":
    what, size, *rest = sys.argv[1:]
    print(json.dumps({"page": page, "history": history}[what](int(size), *rest)))
