"""A store whose writes are waited for aside: checks that work in turn go on meanwhile.

What is written, in which order, is the store's own; each write is done when its call returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager

from tracker.store import Blobs, Stamp

Leave = Callable[[], AbstractContextManager[object]]


class Aside:
    """Another store; `aside` is entered while one of its writes, or its lock, is waited for.

    Local reads are not: they take less time than it takes to change over.
    """

    def __init__(self, blobs: Blobs, aside: Leave) -> None:
        self._blobs, self._aside = blobs, aside

    def read(self, name: str) -> bytes | None:
        """See Blobs."""
        return self._blobs.read(name)

    def names(self, folder: str) -> Iterator[str]:
        """See Blobs."""
        return self._blobs.names(folder)

    def walk(self, folder: str) -> Iterator[str]:
        """See Blobs."""
        return self._blobs.walk(folder)

    def stamp(self, name: str) -> Stamp | None:
        """See Blobs."""
        return self._blobs.stamp(name)

    def create(self, name: str, data: bytes) -> None:
        """See Blobs."""
        with self._aside():
            self._blobs.create(name, data)

    def replace(self, files: Mapping[str, bytes], *, lasting: bool = True) -> None:
        """See Blobs."""
        with self._aside():
            self._blobs.replace(files, lasting=lasting)

    def delete(self, name: str) -> None:
        """See Blobs."""
        with self._aside():
            self._blobs.delete(name)

    @contextmanager
    def exclusive(self, name: str, wait: float) -> Iterator[Callable[[], bool]]:
        """See Blobs."""
        with ExitStack() as held:
            with self._aside():
                ours = held.enter_context(self._blobs.exclusive(name, wait))
            yield ours
