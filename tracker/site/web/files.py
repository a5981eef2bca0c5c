"""The published files, complete and of one version: those in the manifest, kept in memory.

A file in the manifest is served only with the bytes that have the manifest's hash, as long as
they are available: while a version is being published all clients get the previous one, and
then all get the new one. If the store fails, files that were read before are served.

In the tree, links in feeds are relative to their folder, unless `public_url` is configured.
Below `/v1` they are adapted, because feed readers resolve them from the requested address.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

import msgspec

from tracker.errors import StoreError
from tracker.model import VersionProbe
from tracker.publish.freshness import PROBE
from tracker.store.blobs import Blobs, media_type
from tracker.store.records import Manifest, decode_derived

_CAPACITY = 12 * 2**20  # bytes of files kept
LEAST_PACKED = 600  # bytes; compression saves nothing below
_NAME = re.compile(
    r"(?:manifest|version|index|latest|feed)\.json|changes\.csv"
    r"|(?:index\.html|feed\.atom|page\.css|page\.js)"
    r"|schema/[a-z]+(?:-[a-z]+)*\.schema\.json"
    r"|(?:versions|changes)/\d{6,}\.json|pages/[0-9a-f]{64}\.gz"
    r"|(?:rules|deltas)(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*){2,5}"
)
_FOREVER = re.compile(r"versions/|pages/")
_REMOTE_FRESH = 5.0  # seconds for which a read from object storage counts as current
FEEDS = frozenset({"feed.atom", "feed.json"})
_RELATIVE_LINK = re.compile(rb'(<link [^<>]*\bhref=")(?![a-z]+:)')
_URLS = frozenset({"url", "home_page_url", "feed_url", "external_url", "next_url"})


class Withdrawn(Exception):
    """The file was published once and has no successor."""


@dataclass(frozen=True)
class PublishedFile:
    """A file's bytes with their HTTP metadata. `modified` is in seconds since the epoch."""

    name: str
    body: bytes
    modified: float

    @cached_property
    def sha256(self) -> str:
        """The hash of the bytes, hex."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def etag(self) -> str:
        """The entity tag, without quotes."""
        return self.sha256[:32]

    @property
    def type(self) -> str:
        """The Content-Type."""
        return media_type(self.name)

    @property
    def forever(self) -> bool:
        """Return whether the content under this name will never change."""
        return bool(_FOREVER.match(self.name))

    @cached_property
    def packed(self) -> bytes | None:
        """The bytes with gzip; None if they are too few, or compressed already."""
        if len(self.body) < LEAST_PACKED or self.type == "application/gzip":
            return None
        return gzip.compress(self.body, 6, mtime=0)


@dataclass
class _LastManifest:
    """The manifest as last read, the store's tag of it, and when the store was last asked."""

    file: PublishedFile | None = None
    manifest: Manifest | None = None
    tag: str = ""
    looked: float = float("-inf")


@dataclass
class PublishedFiles:
    """The published files of one source, which count as current for `fresh` seconds."""

    blobs: Blobs
    source: str
    fresh: float = 0.0
    _last: _LastManifest = field(default_factory=_LastManifest)
    _cache: OrderedDict[str, PublishedFile] = field(default_factory=OrderedDict)
    _guard: threading.RLock = field(default_factory=threading.RLock)
    _probed: float = float("-inf")

    def manifest(self) -> Manifest | None:
        """Return the manifest in force; None before the first version."""
        with self._guard:
            self._refresh()
            return self._last.manifest

    def get(self, name: str) -> PublishedFile | None:
        """Return a published file, or None if there is none of that name.

        Raises Withdrawn if the file was withdrawn, StoreError if it cannot be read and was not
        read before.
        """
        if not _NAME.fullmatch(name):
            return None
        with self._guard:
            self._refresh()
            if name == "manifest.json":
                return self._last.file
            return self._find_probe() if name == PROBE else self._find(name)

    def _find_probe(self) -> PublishedFile | None:
        """Return `version.json`, which is not in the manifest; if damaged, the one read before.

        Once a client has read a version there, it gets the files of that version.
        """
        kept, now = self._cache.get(PROBE), time.monotonic()
        if kept and now - self._probed < self.fresh:
            return kept
        try:
            found = self._read(PROBE)
        except StoreError:
            if kept is None:
                raise
            return kept
        probe = decode_derived(found.body, VersionProbe) if found else None
        if found is None or probe is None:
            return kept
        if not self._is_in_force(probe):
            self._last.looked = float("-inf")
            self._refresh()
            if kept and not self._is_in_force(probe):
                return kept
        self._probed = now
        return self._remember(found)

    def _is_in_force(self, probe: VersionProbe) -> bool:
        manifest = self._last.manifest
        return manifest is None or manifest.version == probe.version

    def _find(self, name: str) -> PublishedFile | None:
        manifest, kept = self._last.manifest, self._cache.get(name)
        fact = manifest.files.get(name) if manifest else None
        if kept and (kept.forever or (fact and kept.sha256 == fact.sha256)):
            self._cache.move_to_end(name)
            return kept
        if fact is None and manifest and name in manifest.withdrawn:
            raise Withdrawn
        try:
            found = self._read(name)
        except StoreError:
            if kept is None:
                raise
            return kept
        if fact and (found is None or (found.sha256 != fact.sha256 and kept)):
            if kept is None:
                raise StoreError(f"{self.source}/{name}: missing; run: fwtracker store rebuild")
            return kept  # until a version is fully published, the previous one is served
        if found and not found.body:
            raise StoreError(f"{self.source}/{name}: empty; run: fwtracker store rebuild")
        return self._remember(found) if found else None

    def _read(self, name: str) -> PublishedFile | None:
        full = f"{self.source}/{name}"
        stamp = self.blobs.stamp(full)
        body = self.blobs.read(full) if stamp else None
        return PublishedFile(name, body, stamp.modified) if stamp and body is not None else None

    def _remember(self, file: PublishedFile) -> PublishedFile:
        self._cache[file.name] = file
        self._cache.move_to_end(file.name)
        while sum(len(kept.body) for kept in self._cache.values()) > _CAPACITY:
            self._cache.popitem(last=False)
        return file

    def _refresh(self) -> None:
        """Read the manifest again if it has changed; if the store fails, keep the last one."""
        seen, now = self._last, time.monotonic()
        if now - seen.looked < self.fresh:
            return
        try:
            stamp = self.blobs.stamp(f"{self.source}/manifest.json")
            seen.looked = now
            if stamp is None or stamp.tag == seen.tag:
                return
            found = self._read("manifest.json")
        except StoreError:
            if seen.manifest is None:
                raise
            return
        manifest = decode_derived(found.body, Manifest) if found else None
        if manifest is not None:
            seen.file, seen.manifest, seen.tag = found, manifest, stamp.tag


def open_files(blobs: Blobs, source: str, place: str) -> PublishedFiles:
    """Return the files of a source; a bucket is not read for every request."""
    return PublishedFiles(blobs, source, _REMOTE_FRESH if "://" in place else 0.0)


@lru_cache(maxsize=64)
def move_feed(file: PublishedFile, source: str) -> PublishedFile:
    """Return a feed of the tree as it is served at `/v1/SOURCE/NAME`."""
    folder = f"../../{source}/"
    if file.name == "feed.json":
        body = msgspec.json.encode(_move_urls(msgspec.json.decode(file.body), folder))
    else:
        body = _RELATIVE_LINK.sub(rb"\g<1>" + folder.encode(), file.body)
    return replace(file, body=body)


def _move_urls(value: Any, folder: str) -> Any:
    """Return JSON with its relative URLs moved below a folder."""
    if isinstance(value, list):
        return [_move_urls(each, folder) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: f"{folder}{inner}"
        if name in _URLS and isinstance(inner, str) and "://" not in inner
        else _move_urls(inner, folder)
        for name, inner in value.items()
    }
