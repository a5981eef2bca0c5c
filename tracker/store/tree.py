"""The versioned tree of one source, on top of any store of files.

It defines the layout and the order of writes. `versions/` contains the commits; everything
else in the published tree, except `pages/`, can be made again from them. `.state/` is private
and never served.
"""

from __future__ import annotations

import hashlib
import logging
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import TypeVar

import msgspec
from msgspec import UNSET

from tracker.decoding import decode_json
from tracker.errors import Conflict, Damaged
from tracker.model import Snapshot, digest
from tracker.store.blobs import Blobs, Stamp
from tracker.store.records import Health, Manifest, decode_derived, encode_pretty, refuse_newer
from tracker.store.remembering import RememberingStore

log = logging.getLogger(__name__)
T = TypeVar("T")
_LOCK_SECONDS = 10.0


class _IndexLine(msgspec.Struct, frozen=True):
    """The part of a version's line in `index.json` that is read here."""

    version: int
    digest: str


class _IndexLines(msgspec.Struct, frozen=True):
    """The part of `index.json` that is read here."""

    versions: tuple[_IndexLine, ...]


class Tree:
    """The files of one source. Raises StoreError; Damaged if a file is not as written."""

    def __init__(self, blobs: Blobs, source: str) -> None:
        self.blobs = RememberingStore(blobs, source) if blobs.is_remote else blobs
        self.source = source

    def lock(self, wait: float = _LOCK_SECONDS) -> AbstractContextManager[Callable[[], bool]]:
        """Hold the source's lock. Raises Locked after `wait` seconds."""
        return self.blobs.exclusive(f".state/{self.source}/lock", wait)

    def preload(
        self,
        files: Iterable[str] = (),
        states: Iterable[str] = (),
        folders: Iterable[str] = (),
        state_folders: Iterable[str] = (),
    ) -> None:
        """Read files and list folders concurrently, if each would be a separate request.

        For callers that hold the lock and need them next.
        """
        if not isinstance(self.blobs, RememberingStore):
            return
        private = f".state/{self.source}"
        names = [f"{self.source}/{name}" for name in files]
        names += [f"{private}/{name}.json" for name in states]
        listed = [f"{self.source}/{folder}" for folder in folders]
        listed += [f"{private}/{folder}" for folder in state_folders]
        self.blobs.load(names, listed)

    def versions(self) -> list[int]:
        """Return the committed numbers, in order."""
        found = self.blobs.names(f"{self.source}/versions")
        return sorted(int(name[:-5]) for name in found if _is_version(name))

    def latest(self) -> Snapshot | None:
        """Return the newest version, or None before the first."""
        numbers = self.versions()
        return self.snapshot(numbers[-1]) if numbers else None

    def snapshot(self, version: int) -> Snapshot:
        """Return one version. Raises Damaged if it is missing or not as it was committed."""
        name = version_name(version)
        data = self.read(name)
        if data is None:
            raise Damaged(f"{self.source}/{name}: there is no such version")
        snapshot = self._decode(f"{self.source}/{name}", data, Snapshot)
        if snapshot.version != version:
            raise Damaged(
                f"{self.source}/{name}: it says that it is version {snapshot.version}"
            )
        if digest(snapshot.entries) != snapshot.digest:
            raise Damaged(
                f"{self.source}/{name}: its entries do not match its digest; restore this one"
                " file from a backup or from git"
            )
        return snapshot

    def digests(self) -> dict[str, int]:
        """Return the newest version of each digest.

        They come from the index, so that a long history need not be read completely; versions
        that it lacks (all of them if it is missing or damaged) are read.
        """
        index = decode_derived(self.read("index.json") or b"", _IndexLines)
        listed = {item.version: item.digest for item in index.versions} if index else {}
        return {
            listed.get(number) or self.snapshot(number).digest: number
            for number in self.versions()
        }

    def version_digest(self, version: int) -> str | None:
        """Return the sha256 of a version's file: it differs between versions of one number."""
        data = self.read(version_name(version))
        return None if data is None else hashlib.sha256(data).hexdigest()

    def commit(self, snapshot: Snapshot, bodies: Mapping[str, bytes]) -> None:
        """Store raw pages, then the version file, which is the whole commit.

        The file contains the sha256 of the previous version's file, which is certain only now:
        while a candidate was held, the store may have been restored or got newer versions.
        Raises Conflict if another run has used the number. If the file has the same bytes, it
        is this commit: the first response was lost, and the request was sent again.
        """
        self.keep_pages(bodies)
        linked = self._link(snapshot)
        name, data = f"{self.source}/{version_name(snapshot.version)}", encode_pretty(linked)
        try:
            self.blobs.create(name, data)
        except Conflict:
            if self.blobs.read(name) != data:
                raise

    def _link(self, snapshot: Snapshot) -> Snapshot:
        """Return the snapshot with the hash of the file of the version before it, if any."""
        before = self.version_digest(snapshot.previous) if snapshot.previous else None
        return msgspec.structs.replace(snapshot, previous_sha256=before or UNSET)

    def keep_pages(self, bodies: Mapping[str, bytes], *, held: bool = False) -> None:
        """Store raw pages under their hashes, each once; those of held candidates apart."""
        names = {sha256: self._page_name(sha256, held=held) for sha256 in bodies}
        stored = self.blobs.read_many([*names.values()])
        new = {
            name: _pack(bodies[sha256])
            for sha256, name in names.items()
            if not _is_page(name, stored[name], sha256)
        }
        if new:
            self.blobs.replace(new)

    def page(self, sha256: str, *, held: bool = False) -> bytes | None:
        """Return the raw page with this hash, or None. Raises Damaged if its hash differs."""
        name = self._page_name(sha256, held=held)
        packed = self.blobs.read(name)
        return None if packed is None else _unpack(name, packed, sha256)

    def _page_name(self, sha256: str, *, held: bool) -> str:
        folder = f".state/{self.source}/held-pages" if held else f"{self.source}/pages"
        return f"{folder}/{sha256}.gz"

    def read(self, name: str) -> bytes | None:
        """Return a published file of this source, or None."""
        return self.blobs.read(f"{self.source}/{name}")

    def read_many(self, names: Iterable[str]) -> dict[str, bytes | None]:
        """Return several published files of this source."""
        full = {name: f"{self.source}/{name}" for name in names}
        found = self.blobs.read_many([*full.values()])
        return {name: found[full[name]] for name in full}

    def publish(self, files: Mapping[str, bytes], *, lasting: bool = True) -> None:
        """Replace published files of this source; for `lasting` see Blobs."""
        if files:
            named = {f"{self.source}/{name}": data for name, data in files.items()}
            self.blobs.replace(named, lasting=lasting)

    def stamps(self, names: Collection[str]) -> dict[str, Stamp]:
        """Return the stamps of those published files that exist."""
        return self.blobs.stamps(self.source, names)

    def withdraw(self, names: Iterable[str]) -> None:
        """Remove published files of this source."""
        self.blobs.delete(*(f"{self.source}/{name}" for name in names))

    def walk(self) -> Iterable[str]:
        """Return the names of all published files of this source, in order."""
        return sorted(self.blobs.walk(self.source))

    def manifest(self) -> Manifest | None:
        """Return the manifest; None if there is none, or if it must be made again.

        Raises NewerSchema if a newer fwtracker wrote it.
        """
        data = self.read("manifest.json")
        manifest = None if data is None else decode_derived(data, Manifest)
        if data and manifest is None:
            refuse_newer(f"{self.source}/manifest.json", data)
        return manifest

    def state(self, name: str, kind: type[T]) -> T | None:
        """Return a file of `.state/`, or None. Raises Damaged."""
        full = f".state/{self.source}/{name}.json"
        data = self.blobs.read(full)
        return None if data is None else self._decode(full, data, kind)

    def cached_state(self, name: str, kind: type[T]) -> T | None:
        """Return a file of `.state/` that is made again if it is missing or damaged."""
        try:
            return self.state(name, kind)
        except Damaged as error:
            log.warning("%s; it is recreated", str(error).partition(";")[0])
            return None

    def health(self) -> Health | None:
        """Return the known problems of the checks; None while all is well.

        A damaged file counts as empty: the notices contain the rest.
        """
        data = self.blobs.read(f".state/{self.source}/health.json")
        return None if data is None else decode_derived(data, Health) or Health()

    def remember(self, name: str, value: object, *, lasting: bool = True) -> None:
        """Write a file of `.state/`; for `lasting` see Blobs."""
        full = f".state/{self.source}/{name}.json"
        self.blobs.replace({full: msgspec.json.encode(value)}, lasting=lasting)

    def create(self, name: str, value: object) -> None:
        """Write a file of `.state/` that must not exist yet. Raises Conflict if it does."""
        self.blobs.create(f".state/{self.source}/{name}.json", msgspec.json.encode(value))

    def forget(self, name: str) -> None:
        """Remove a file of `.state/`."""
        self.blobs.delete(f".state/{self.source}/{name}.json")

    def states(self, folder: str) -> list[str]:
        """Return the names of the files in a folder of `.state/`, without `.json`, sorted."""
        found = self.blobs.names(f".state/{self.source}/{folder}")
        return sorted(name[:-5] for name in found if name.endswith(".json"))

    def walk_state(self, folder: str) -> list[str]:
        """Return the names of all files below a folder of `.state/`, as `states` does."""
        found = self.blobs.walk(f".state/{self.source}/{folder}")
        return sorted(name[:-5] for name in found if name.endswith(".json"))

    def _decode(self, name: str, data: bytes, kind: type[T]) -> T:
        try:
            return decode_json(data, kind)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            refuse_newer(name, data)
            raise Damaged(
                f"{name}: damaged ({error}); restore this one file from a backup or from git"
            ) from None


def version_name(version: int) -> str:
    """Return `versions/000001.json`."""
    return f"versions/{version:06d}.json"


def change_name(version: int) -> str:
    """Return `changes/000002.json`."""
    return f"changes/{version:06d}.json"


def _is_version(name: str) -> bool:
    return name.endswith(".json") and name[:-5].isdecimal()


def _pack(body: bytes) -> bytes:
    import gzip  # noqa: PLC0415  only for pages

    return gzip.compress(body, mtime=0)  # the same body gives the same file


def _unpack(name: str, packed: bytes, sha256: str) -> bytes:
    """Return the body of a raw page. Raises Damaged if it does not have that hash."""
    import gzip  # noqa: PLC0415  only for pages

    try:
        body = gzip.decompress(packed)
    except (OSError, EOFError, zlib.error) as error:
        raise Damaged(f"{name}: {error}") from None
    if hashlib.sha256(body).hexdigest() != sha256:
        raise Damaged(f"{name}: its bytes do not have that hash")
    return body


def _is_page(name: str, packed: bytes | None, sha256: str) -> bool:
    """Return whether this is the complete raw page with that hash."""
    if packed is None:
        return False
    try:
        _unpack(name, packed, sha256)
    except Damaged:
        return False
    return True
