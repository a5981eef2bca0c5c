"""Files that are made and not written yet: in memory, and where they are many, on the disk.

Of 100,000 entries they are some hundreds of megabytes, all of which have to be there before a
version is committed.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from tracker.errors import StoreError
from tracker.store.tree import FileFact

MOST_IN_MEMORY = 64 * 2**20


class Piece(NamedTuple):
    """Where some bytes are, and what they are: worked out once."""

    at: int
    size: int
    sha256: str


class Files(Mapping[str, bytes]):
    """Bytes by name. Raises StoreError where the temporary folder takes no more.

    The file has no name, so that it goes with the process. Processes that are forked after
    `share` may `keep` pieces at the same time, and tell where they are.
    """

    def __init__(self, most: int = MOST_IN_MEMORY) -> None:
        self._most = most
        self._memory: io.BytesIO | None = io.BytesIO()
        self._disk = -1  # a descriptor
        self._end = 0
        self._pieces: dict[str, Piece] = {}

    def add(self, name: str, data: bytes) -> None:
        """Keep a file, in place of one with that name."""
        self._pieces[name] = self.keep(data)

    def note(self, name: str, piece: Piece) -> None:
        """The file with this name is a piece that is kept already."""
        self._pieces[name] = piece

    def keep(self, data: bytes) -> Piece:
        """Bytes without a name."""
        if self._memory is not None and self._end + len(data) > self._most:
            self.share()
        return Piece(self._put(data), len(data), hashlib.sha256(data).hexdigest())

    def piece(self, piece: Piece) -> bytes:
        """The bytes that were kept."""
        if self._memory is not None:
            return bytes(self._memory.getbuffer()[piece.at : piece.at + piece.size])
        with _telling():
            return os.pread(self._disk, piece.size, piece.at)

    def fact(self, name: str) -> FileFact:
        """Hash and size."""
        piece = self._pieces[name]
        return FileFact(piece.sha256, piece.size)

    def share(self) -> None:
        """From now on all of it is on the disk, where other processes can write too."""
        if self._memory is None:
            return
        with _telling(), tempfile.TemporaryFile() as file:
            self._disk = os.dup(file.fileno())
            weakref.finalize(self, os.close, self._disk)
            _write(self._disk, self._memory.getbuffer(), 0)
        self._memory = None

    def _put(self, data: bytes) -> int:
        if self._memory is not None:
            at, self._end = self._end, self._end + len(data)
            self._memory.seek(at)
            self._memory.write(data)
            return at
        with _telling(), _alone(self._disk):
            at = os.fstat(self._disk).st_size
            _write(self._disk, memoryview(data), at)
        return at

    def __getitem__(self, name: str) -> bytes:
        """The bytes of a file."""
        return self.piece(self._pieces[name])

    def __contains__(self, name: object) -> bool:
        """Whether there is such a file; the bytes are not read for that."""
        return name in self._pieces

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._pieces)

    def __len__(self) -> int:
        """How many."""
        return len(self._pieces)


def _write(number: int, data: memoryview, at: int) -> None:
    while data:
        done = os.pwrite(number, data, at)
        data, at = data[done:], at + done


@contextmanager
def _alone(number: int) -> Iterator[None]:
    """No other process writes meanwhile; the kernel frees it for one that dies."""
    fcntl.lockf(number, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.lockf(number, fcntl.LOCK_UN)


@contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{tempfile.gettempdir()}: no room for what is being made: {error.strerror};"
            " free some, or name another folder with TMPDIR"
        ) from None
