"""A cache of what a run read or wrote under its lock: in a bucket each read is a request.

While the lock is held no other run writes, so the cache stays valid. Nothing is cached without
the lock, nor after another machine wrote in spite of it (a conflict, or a lost lock).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial

from tracker.errors import Conflict
from tracker.store.blobs import Blobs, Stamp
from tracker.store.side_by_side import run_side_by_side

_MOST_BYTES = 64 * 2**20  # of cached files


class RememberingStore:
    """Caches the Blobs of one source on top of remote ones; see Blobs for each method.

    Rule files and deltas are numerous and read once, so they are not cached.
    """

    is_remote = True

    def __init__(self, inner: Blobs, source: str) -> None:
        self.inner, self.tags_prove_bytes = inner, inner.tags_prove_bytes
        self._lock = f".state/{source}/lock"
        self._ours = (f"{source}/", f".state/{source}/")
        self._uncached = (f"{source}/rules/", f"{source}/deltas/")
        self._held: Callable[[], bool] = lambda: False
        self._writes = 0  # counted so that an older read never replaces a write
        self._forget_all()

    def load(self, names: Sequence[str], folders: Sequence[str]) -> None:
        """Read these files and list these folders concurrently: they are needed soon."""
        if not self._held():
            return  # nothing would be cached
        jobs = [partial(self._load_file, name) for name in names]
        run_side_by_side([*jobs, *(partial(self._load_folder, each) for each in folders)])

    def read(self, name: str) -> bytes | None:
        """See Blobs."""
        return self.read_many([name])[name]

    def read_many(self, names: Sequence[str]) -> dict[str, bytes | None]:
        """See Blobs."""
        before, found = self._writes, self._recall(names)
        new = self.inner.read_many([name for name in names if name not in found])
        if before == self._writes:  # otherwise one of them may have been written since
            for name, data in new.items():
                self._keep(name, data)
        return found | new

    def create(self, name: str, data: bytes) -> None:
        """See Blobs."""
        try:
            self.inner.create(name, data)
        except Conflict:
            self._forget_all()
            raise
        self._note_written({name: data})

    def replace(self, files: Mapping[str, bytes], *, lasting: bool = True) -> None:
        """See Blobs."""
        try:
            self.inner.replace(files, lasting=lasting)
        except BaseException:  # some may have been written
            self._forget_all()
            raise
        self._note_written(files)

    def delete(self, *names: str) -> None:
        """See Blobs. Files that are known to be missing cost no request."""
        there = [name for name in names if not self._is_missing(name)]
        try:
            self.inner.delete(*there)
        except BaseException:
            self._forget_all()
            raise
        self._note_written(dict.fromkeys(there))

    def names(self, folder: str) -> Iterator[str]:
        """See Blobs."""
        if self._remembers(f"{folder}/") and folder in self._folders:
            return iter([*self._folders[folder]])
        before = self._writes
        found = list(self.inner.names(folder))
        if before == self._writes and self._remembers(f"{folder}/"):
            self._folders[folder] = set(found)
        return iter(found)

    def walk(self, folder: str) -> Iterator[str]:
        """See Blobs."""
        return self.inner.walk(folder)

    def stamp(self, name: str) -> Stamp | None:
        """See Blobs."""
        return self.inner.stamp(name)

    def stamps(self, folder: str, names: Collection[str]) -> dict[str, Stamp]:
        """See Blobs."""
        return self.inner.stamps(folder, names)

    @contextmanager
    def exclusive(self, name: str, wait: float) -> Iterator[Callable[[], bool]]:
        """See Blobs. Files are cached while the source's own lock is held."""
        with self.inner.exclusive(name, wait) as held:
            if name != self._lock:
                yield held
                return
            self._held = held
            try:
                yield held
            finally:
                self._held = lambda: False
                self._forget_all()

    def _load_file(self, name: str) -> None:
        self.read(name)

    def _load_folder(self, folder: str) -> None:
        self.names(folder)

    def _recall(self, names: Sequence[str]) -> dict[str, bytes | None]:
        found = {}
        for name in names:
            if self._remembers(name):
                with suppress(KeyError):  # one look-up: another thread may be writing it
                    found[name] = self._files[name]
        return found

    def _remembers(self, name: str) -> bool:
        is_ours = name.startswith(self._ours) and not name.startswith(self._uncached)
        return is_ours and name != self._lock and self._held()

    def _is_missing(self, name: str) -> bool:
        folder, _, file = name.rpartition("/")
        if not self._remembers(name):
            return False
        listed = self._folders.get(folder)
        return self._files.get(name, b"") is None or (listed is not None and file not in listed)

    def _note_written(self, files: Mapping[str, bytes | None]) -> None:
        """Cache files that were written; None stands for one that was removed."""
        self._writes += 1
        for name, data in files.items():
            self._size -= len(self._files.pop(name, None) or b"")
            self._keep(name, data)
            folder, _, file = name.rpartition("/")
            if (listed := self._folders.get(folder)) is not None:
                change = listed.discard if data is None else listed.add
                change(file)

    def _keep(self, name: str, data: bytes | None) -> None:
        size = len(data or b"")
        if self._remembers(name) and self._size + size <= _MOST_BYTES:
            self._size += size
            self._files[name] = data

    def _forget_all(self) -> None:
        self._writes += 1
        self._size = 0
        self._files: dict[str, bytes | None] = {}
        self._folders: dict[str, set[str]] = {}
