"""The interface of the stores: named files that are created once or replaced atomically.

The interface has no notion of versions; `tree.py` adds them on top.
`tests/contract/test_stores.py` checks the promises below on every implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

# Media types of published files, by their extensions.
_PLAIN = "text/plain; charset=utf-8"
_BINARY = "application/octet-stream"
_TYPES = {
    "atom": "application/atom+xml; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "gz": "application/gzip",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "pac": "application/x-ns-proxy-autoconfig",
    "xml": "application/xml",
}


class Stamp(NamedTuple):
    """One state of a file: a tag of the store, the time of writing (epoch, s), and the size."""

    tag: str
    modified: float
    size: int


class Blobs(Protocol):
    """Files by name (`a/b.json`), each whole at every instant, also after a kill.

    `tags_prove_bytes` is true if bytes cannot change without the tag of their stamp changing,
    and `is_remote` if each read is a request to a server.
    """

    tags_prove_bytes: bool
    is_remote: bool

    def read(self, name: str) -> bytes | None:
        """Return the file's bytes, or None if it does not exist. Raises StoreError."""

    def read_many(self, names: Sequence[str]) -> dict[str, bytes | None]:
        """Read several files, concurrently if each is a request. Raises StoreError."""

    def create(self, name: str, data: bytes) -> None:
        """Create a file that must not exist yet; it is durable when this returns.

        Raises Conflict if it exists: exactly one of several callers succeeds.
        """

    def replace(self, files: Mapping[str, bytes], *, lasting: bool = True) -> None:
        """Write each file atomically, replacing an older one; all are durable on return.

        The order is undefined: after a kill or an error some files may be new and others old,
        but none is half written. If the files are not `lasting`, a power cut may bring back
        the older ones, which are complete as well.
        """

    def delete(self, *names: str) -> None:
        """Remove files durably, in any order; missing files are ignored."""

    def names(self, folder: str) -> Iterator[str]:
        """Return the names of the files directly in `folder`, relative to it, in any order."""

    def walk(self, folder: str) -> Iterator[str]:
        """Return the names of all files below `folder`, relative to it, in any order."""

    def stamp(self, name: str) -> Stamp | None:
        """Return a stamp that changes whenever the file does, or None if there is no file."""

    def stamps(self, folder: str, names: Collection[str]) -> dict[str, Stamp]:
        """Return the stamps of those files that exist; names are relative to `folder`.

        Costs at most a listing of the folders they are in, from the first of the names on.
        """

    def exclusive(self, name: str, wait: float) -> AbstractContextManager[Callable[[], bool]]:
        """Hold the lock `name`. Raises Locked, naming the holder, after `wait` seconds.

        Yields a function that returns whether the lock is still held: a lock that several
        machines share may be lost.
        """


def media_type(name: str) -> str:
    """Return the media type of a file by its name; rule files are text, whatever their name."""
    if name.rpartition("/")[2] == "feed.json":
        return "application/feed+json"
    known = _TYPES.get(name.rpartition(".")[2])
    return known or (_PLAIN if "rules/" in name or name.endswith(".txt") else _BINARY)
