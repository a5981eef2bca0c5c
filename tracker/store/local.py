"""A local folder as a store: link for what is written once, rename for what is replaced.

Order of one write: a temporary file beside the tree, its fsync, the link or rename, the
fsync of the folder that now names it. Temporary files live beside the lock, in a folder that
whoever holds the lock sweeps, so that nothing unfinished is ever seen in the published tree.

A kill between a link or rename and the fsync of its folder leaves a name that everybody sees
and that a power cut could still take back. So whoever takes the lock after one who did not
finish makes all names durable before it builds on any.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tracker.errors import Conflict, StoreError
from tracker.store import Stamp
from tracker.store.files import (
    failed,
    files_below,
    make_folder,
    read_whole,
    remove_if_can,
    settle,
    sync_folder,
    write_durably,
)
from tracker.store.lock import FileLock

_AT_ONCE = 64  # files that are open together


class Folder:
    """Blobs in a folder, which is made when the first file is."""

    def __init__(self, root: str) -> None:
        self.root = Path(root)
        self._temporary = ".state/tmp"
        self._numbers = itertools.count(1)
        self._settled = True

    def read(self, name: str) -> bytes | None:
        """See Blobs."""
        try:
            return read_whole(self.root / name)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise failed("read", self.root / name, error) from None

    def create(self, name: str, data: bytes) -> None:
        """See Blobs. link(2) fails where the name exists; rename(2) would not."""
        target = self.root / name
        with self._writing():
            (temporary,) = self._written([(target, data)])
            try:
                os.link(temporary, target)
            except FileExistsError:
                raise Conflict(f"{target}: exists already; another run was first") from None
            except OSError as error:
                raise failed("create", target, error) from None
            finally:
                remove_if_can(temporary)
            try:
                sync_folder(target.parent)
            except StoreError:  # nobody may build on a name that could vanish
                remove_if_can(target)
                raise

    def replace(self, files: Mapping[str, bytes], *, lasting: bool = True) -> None:
        """See Blobs. What is not lasting is spared the fsync of its name, half of the wait."""
        targets = [(self.root / name, data) for name, data in files.items()]
        with self._writing():
            for temporary, (target, _) in zip(self._written(targets), targets, strict=True):
                try:
                    temporary.replace(target)
                except OSError as error:
                    raise failed("replace", target, error) from None
            for folder in dict.fromkeys(target.parent for target, _ in targets if lasting):
                sync_folder(folder)

    def delete(self, name: str) -> None:
        """See Blobs."""
        target = self.root / name
        with self._writing():
            try:
                target.unlink()
            except FileNotFoundError:
                return
            except OSError as error:
                raise failed("remove", target, error) from None
            sync_folder(target.parent)

    def names(self, folder: str) -> Iterator[str]:
        """See Blobs."""
        try:
            with os.scandir(self.root / folder) as found:
                yield from [item.name for item in found if item.is_file()]
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise failed("list", self.root / folder, error) from None

    def walk(self, folder: str) -> Iterator[str]:
        """See Blobs."""
        yield from files_below(self.root / folder)

    def stamp(self, name: str) -> Stamp | None:
        """See Blobs. A replaced file is another file, so its number tells too."""
        try:
            facts = (self.root / name).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise failed("read", self.root / name, error) from None
        return Stamp(f"{facts.st_ino}-{facts.st_mtime_ns}-{facts.st_size}", facts.st_mtime)

    @contextmanager
    def exclusive(self, name: str, wait: float) -> Iterator[Callable[[], bool]]:
        """See Blobs. The kernel frees the lock when its holder dies."""
        path = self.root / name
        make_folder(path.parent)
        lock = FileLock(path)
        self._settled = lock.take(wait)
        try:
            self._temporary = str(Path(name).parent / "tmp")
            self._sweep()
            if not self._settled:
                settle(self.root)
                self._settled = True
            yield _always
        finally:
            lock.release(finished=self._settled)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Names are in doubt from here until all of it is done."""
        before, self._settled = self._settled, False
        yield
        self._settled = before

    def _written(self, files: Sequence[tuple[Path, bytes]]) -> list[Path]:
        """Durable temporary files with these data, on the file system of their targets."""
        folder = self.root / self._temporary
        for target, _ in files:
            make_folder(target.parent)
        make_folder(folder)
        written = [folder / f"{os.getpid()}-{next(self._numbers)}" for _ in files]
        for first in range(0, len(files), _AT_ONCE):
            some = zip(written[first : first + _AT_ONCE], files[first:], strict=False)
            try:
                write_durably({temporary: data for temporary, (_, data) in some})
            except OSError as error:
                at = written.index(Path(error.filename))
                raise failed("write", files[at][0], error) from None
        return written

    def _sweep(self) -> None:
        """Remove what a killed run left half written."""
        for name in list(self.names(self._temporary)):
            try:
                (self.root / self._temporary / name).unlink(missing_ok=True)
            except OSError as error:
                path = self.root / self._temporary / name
                raise failed("remove", path, error) from None


def _always() -> bool:
    """The kernel takes a lock back from nobody who lives."""
    return True
