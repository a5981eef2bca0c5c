"""A published tree with a history, and entries that say what no vendor should."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec

from tests.support.versions import snapshots_of
from tracker.config import Config
from tracker.diff.diff import diff
from tracker.model import endpoints_of, regions_of
from tracker.publish.grace import PendingRemovals
from tracker.publish.index import IndexEntry
from tracker.publish.publish import publish
from tracker.site.static import Published, render_files
from tracker.store.folder import Folder
from tracker.store.tree import Tree

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\" onload='x' &amp; ]]> \u202e\x1b[31m\ufffe"


def entry(region="Europe", target="3.74.63.86", port=22543, **more):
    address = {"addresses": [target], "hosts": []}
    host = {"addresses": [], "hosts": [target]}
    return {
        "region": region,
        "resource": "Action1 servers",
        **(address if target[0].isdigit() else host),
        "scope": "internet",
        "direction": "outbound",
        "services": [{"protocol": "tcp", "from_port": port, "to_port": port}],
        "requirement": "required",
        "only_for": None,
        "components": ["Agents"],
        "purpose": "Connection to the cloud.",
        **more,
    }


def published(*readings, step=timedelta(hours=1), late=None, rules=(), public_url=""):
    """The page's files for a history of readings."""
    versions = snapshots_of(readings, START, step)
    changes = {
        after.version: diff(before, after)
        for before, after in zip([None, *versions], versions, strict=False)
    }
    index = tuple(_indexed(item, changes[item.version]) for item in versions)
    known = Published(
        versions[-1],
        index,
        changes.__getitem__,
        late or PendingRemovals(),
        rules,
        public_url,
        "Action1",
    )
    return render_files(known)


def _indexed(snapshot, changes):
    regions = regions_of(snapshot.entries)
    ends = endpoints_of(snapshot.entries)
    return IndexEntry(
        version=snapshot.version,
        captured_at=snapshot.captured_at,
        digest=snapshot.digest,
        entries=len(snapshot.entries),
        regions=regions,
        endpoints=tuple(sum(end.region == region for end in ends) for region in regions),
        summary=changes.summary if snapshot.previous else None,
        file=f"versions/{snapshot.version:06d}.json",
        sha256="0" * 64,
        changes_sha256=None,
        pages={},
    )


def stored(folder, *readings, config=None, now=START):
    """A tree with these readings committed and published, one an hour."""
    return stored_in(Folder(str(folder)), *readings, config=config, now=now)


def stored_in(blobs, *readings, config=None, now=START):
    """The same in any store."""
    tree = Tree(blobs, "action1")
    for number, snapshot in enumerate(snapshots_of(readings, START, timedelta(hours=1))):
        add(tree, snapshot, config, now + timedelta(hours=number))
    return tree


def add(tree, snapshot, config=None, now=START):
    """Commit one version and publish it."""
    body = b"<html>%d</html>" % snapshot.version
    sha256 = hashlib.sha256(body).hexdigest()
    page = msgspec.structs.replace(snapshot.pages[0], sha256=sha256)
    with tree.lock():
        tree.commit(msgspec.structs.replace(snapshot, pages=(page,)), {sha256: body})
        publish(tree, config or Config(), now)
