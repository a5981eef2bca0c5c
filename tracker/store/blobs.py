"""The interface of the stores: whole files under names, created once or replaced at once.

A Blobs knows nothing of versions; `tree.py` lays those on top. The promises below are what
`tests/contract/test_stores.py` tries on every implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

# Media types of published files, by the ends of their names.
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
    """One state of a file: a tag of the store's own, when written (epoch, s), and its size."""

    tag: str
    modified: float
    size: int


class Blobs(Protocol):
    """Files by name (`a/b.json`), each whole at every instant, also after a kill.

    `tags_prove_bytes` says that no bytes can change without the tag of their stamp, `is_remote`
    that each read is a request to a server.
    """

    tags_prove_bytes: bool
    is_remote: bool

    def read(self, name: str) -> bytes | None:
        """The file's bytes, or None where there is none. Raises StoreError."""

    def read_many(self, names: Sequence[str]) -> dict[str, bytes | None]:
        """Read several files, side by side where each is a request. Raises StoreError."""

    def create(self, name: str, data: bytes) -> None:
        """Make a file that must not exist yet; durable when this returns.

        Raises Conflict where it exists: of several callers exactly one succeeds.
        """

    def replace(self, files: Mapping[str, bytes], *, lasting: bool = True) -> None:
        """Write each file whole, in place of an older one; all durable when this returns.

        In no order: after a kill or an error some files may be new and the others old, none
        half written. In place of one that is not `lasting` a power cut may leave the older
        one, which is whole as well.
        """

    def delete(self, *names: str) -> None:
        """Remove files, durably; nothing happens where there is none. In no order."""

    def names(self, folder: str) -> Iterator[str]:
        """Names of the files directly in `folder`, without it, in no order."""

    def walk(self, folder: str) -> Iterator[str]:
        """Names of all files below `folder`, relative to it, in no order."""

    def stamp(self, name: str) -> Stamp | None:
        """Return what changes whenever the file does, or None where there is none."""

    def stamps(self, folder: str, names: Collection[str]) -> dict[str, Stamp]:
        """The stamps of those of these files that are there; names are relative to `folder`.

        Costs no more than a listing of the folders that they are in, from the first on.
        """

    def exclusive(self, name: str, wait: float) -> AbstractContextManager[Callable[[], bool]]:
        """Hold the lock `name`. Raises Locked, naming the holder, after `wait` seconds.

        Gives a question: whether it is still held. It may be lost where machines share it.
        """


def media_type(name: str) -> str:
    """Return the type of a file by its name; rule files are text, whatever they are called."""
    if name.rpartition("/")[2] == "feed.json":
        return "application/feed+json"
    known = _TYPES.get(name.rpartition(".")[2])
    return known or (_PLAIN if "rules/" in name or name.endswith(".txt") else _BINARY)
