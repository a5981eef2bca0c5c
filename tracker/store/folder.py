"""A local folder as a store: link(2) creates files, rename(2) replaces them.

Order of one write: a temporary file outside the published tree, its fsync, the link or
rename, the fsync of the folder that the file is now in. Temporary files are next to the lock,
in a folder that the next holder of the lock empties, so that the published tree never
contains unfinished files.

A kill between a link or rename and the fsync of its folder leaves a name that is visible but
that a power cut could still undo. So the next holder of the lock, which finds out whether the
last one finished, makes all names durable before it relies on any.
"""

from __future__ import annotations

import errno
import fcntl
import itertools
import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

from tracker.errors import Conflict, Locked, StoreError
from tracker.store.blobs import Stamp

_MOST_OPEN = 64  # files at a time
_POLL_SECONDS = 0.05
_LONGEST_HOLDER = 200  # bytes of a holder's name that are read
_ADVICE = {
    errno.EACCES: "check who owns it and who runs fwtracker",
    errno.EPERM: "check who owns it and who runs fwtracker",
    errno.EROFS: "choose another folder with --snapshots",
    errno.ENOSPC: "free some space; what is stored is unharmed",
    errno.EDQUOT: "free some space; what is stored is unharmed",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "raise the system's limit of open files",
    errno.EIO: "check the disk and the system's log",
    errno.ENOTDIR: "move away the file that is where a folder should be",
    errno.EISDIR: "move away the folder that is where a file should be",
}
# Only the owner writes, and a web server may read; a umask can only narrow this.
_FOLDER_MODE = 0o755
_create = partial(os.open, mode=0o644)


class Folder:
    """Blobs in a folder, which is created with the first file."""

    tags_prove_bytes = False  # times can be set, and disks can lose data
    is_remote = False

    def __init__(self, root: str) -> None:
        self.root, self._root = Path(root), root
        self._temporary = ".state/tmp"
        self._numbers = itertools.count(1)
        self._in_doubt: set[object] = set()

    def read(self, name: str) -> bytes | None:
        """See Blobs."""
        try:
            with open(f"{self._root}/{name}", "rb") as file:  # noqa: PTH123  faster; a dozen per check
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise make_store_error("read", self.root / name, error) from None

    def read_many(self, names: Sequence[str]) -> dict[str, bytes | None]:
        """See Blobs. Reads one file after the other."""
        return {name: self.read(name) for name in names}

    def create(self, name: str, data: bytes) -> None:
        """See Blobs. link(2) fails if the name exists; rename(2) would not."""
        target = self.root / name
        with self._writing():
            (temporary,) = self._write_temporary([(target, data)])
            try:
                os.link(temporary, target)
            except FileExistsError:
                raise Conflict(f"{target}: already exists; another run was first") from None
            except OSError as error:
                raise make_store_error("create", target, error) from None
            finally:
                try_remove(temporary)
            try:
                sync_folder(target.parent)
            except StoreError:  # no run may rely on a name that could vanish
                try_remove(target)
                raise

    def replace(self, files: Mapping[str, bytes], *, lasting: bool = True) -> None:
        """See Blobs. If not `lasting`, names are not synced, which saves half of the wait."""
        targets = [(self.root / name, data) for name, data in files.items()]
        with self._writing():
            for temporary, (target, _) in zip(
                self._write_temporary(targets), targets, strict=True
            ):
                try:
                    temporary.replace(target)
                except OSError as error:
                    raise make_store_error("replace", target, error) from None
            for folder in dict.fromkeys(target.parent for target, _ in targets if lasting):
                sync_folder(folder)

    def delete(self, *names: str) -> None:
        """See Blobs."""
        for name in names:
            self._delete(self.root / name)

    def _delete(self, target: Path) -> None:
        with self._writing():
            try:
                target.unlink()
            except FileNotFoundError:
                return
            except OSError as error:
                raise make_store_error("remove", target, error) from None
            sync_folder(target.parent)

    def names(self, folder: str) -> Iterator[str]:
        """See Blobs."""
        try:
            with os.scandir(self.root / folder) as found:
                yield from [item.name for item in found if item.is_file()]
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise make_store_error("list", self.root / folder, error) from None

    def walk(self, folder: str) -> Iterator[str]:
        """See Blobs."""
        yield from list_files_below(self.root / folder)

    def stamp(self, name: str) -> Stamp | None:
        """See Blobs. A replaced file is another file, so its inode number changes too."""
        try:
            facts = os.stat(f"{self._root}/{name}")  # noqa: PTH116  faster; for each file at each check
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise make_store_error("read", self.root / name, error) from None
        tag = f"{facts.st_ino}-{facts.st_mtime_ns}-{facts.st_size}"
        return Stamp(tag, facts.st_mtime, facts.st_size)

    def stamps(self, folder: str, names: Collection[str]) -> dict[str, Stamp]:
        """See Blobs."""
        found = {name: self.stamp(f"{folder}/{name}") for name in names}
        return {name: stamp for name, stamp in found.items() if stamp}

    @contextmanager
    def exclusive(self, name: str, wait: float) -> Iterator[Callable[[], bool]]:
        """See Blobs. The kernel releases the lock when its holder dies, but not earlier."""
        path = self.root / name
        make_folder(path.parent)
        lock = FileLock(path)
        if not lock.take(wait):
            self._in_doubt.add(None)
        try:
            self._temporary = str(Path(name).parent / "tmp")
            self._remove_temporary()
            if self._in_doubt:
                sync_tree(self.root)
                self._in_doubt.clear()
            yield lambda: True
        finally:
            lock.release(finished=not self._in_doubt)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Mark the store as in doubt until the write is complete; after a failure it stays so.

        Deliveries write their receipts in several threads, so each thread has its own mark.
        """
        doubt = object()
        self._in_doubt.add(doubt)
        yield
        self._in_doubt.discard(doubt)

    def _write_temporary(self, files: Sequence[tuple[Path, bytes]]) -> list[Path]:
        """Write durable temporary files with this data, on the file system of their targets."""
        folder = self.root / self._temporary
        for target, _ in files:
            make_folder(target.parent)
        make_folder(folder)
        written = [folder / f"{os.getpid()}-{next(self._numbers)}" for _ in files]
        for first in range(0, len(files), _MOST_OPEN):
            some = zip(written[first : first + _MOST_OPEN], files[first:], strict=False)
            try:
                write_durably({temporary: data for temporary, (_, data) in some})
            except OSError as error:
                at = written.index(Path(error.filename))
                raise make_store_error("write", files[at][0], error) from None
        return written

    def _remove_temporary(self) -> None:
        """Remove files that a killed run left half written."""
        for name in list(self.names(self._temporary)):
            path = self.root / self._temporary / name
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise make_store_error("remove", path, error) from None


class FileLock:
    """flock(2) on a file that also remembers whether its last holder finished.

    The file contains the name of its holder. A holder that releases it with nothing in doubt
    empties it, so a name that is found later was left by a kill or by a failed write.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def take(self, wait: float) -> bool:
        """Take the lock and return whether its last holder finished.

        Raises Locked after `wait` seconds, or StoreError.
        """
        try:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
            self._wait(self._descriptor, time.monotonic() + wait)
            finished = not self._read_holder(self._descriptor)
            self._write_holder(self._descriptor)
        except OSError as error:
            self._close()
            raise make_store_error("lock", self.path, error) from None
        except Locked:
            self._close()
            raise
        return finished

    def release(self, *, finished: bool) -> None:
        """Release the lock. If the file cannot be emptied, the next holder syncs all names."""
        if finished and self._descriptor is not None:
            with suppress(OSError):
                os.ftruncate(self._descriptor, 0)
        self._close()

    def _wait(self, descriptor: int, deadline: float) -> None:
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            if time.monotonic() > deadline:
                raise Locked(
                    f"{self.path}: held by {self._read_holder(descriptor) or 'another run'}"
                )
            time.sleep(_POLL_SECONDS)

    def _read_holder(self, descriptor: int) -> str:
        return os.pread(descriptor, _LONGEST_HOLDER, 0).decode(errors="replace").strip()

    def _write_holder(self, descriptor: int) -> None:
        """Replace the name in a single write, so that the file is never empty in between."""
        name = f"process {os.getpid()} on {os.uname().nodename}".encode()[:_LONGEST_HOLDER]
        os.pwrite(descriptor, name, 0)
        os.ftruncate(descriptor, len(name))

    def _close(self) -> None:
        if self._descriptor is not None:
            with suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = None


def write_durably(files: Mapping[Path, bytes]) -> None:
    """Write new files, which are on the disk when this returns. A failure leaves none of them.

    All are written before the first is synced: a disk syncs many together in the time of a few.
    Raises OSError with the name of the file.
    """
    opened: list[tuple[Path, BinaryIO]] = []
    path = Path()
    try:
        with ExitStack() as closing:
            for path, data in files.items():
                file = closing.enter_context(open(path, "wb", opener=_create))
                opened.append((path, file))
                file.write(data)
                file.flush()
            for path, written in opened:  # noqa: B007  the error names it
                os.fsync(written.fileno())
                written.close()
    except OSError as error:
        for each, _ in opened:
            try_remove(each)
        raise OSError(error.errno, error.strerror, str(path)) from None


def sync_folder(folder: Path) -> None:
    """Make the changes to the names in a folder durable: additions and removals.

    Raises StoreError.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise make_store_error("sync", folder, error) from None


def make_folder(folder: Path) -> None:
    """Make a folder and its parents, each durable in its own parent. Raises StoreError."""
    try:
        if folder.is_dir():
            return
        if not folder.parent.is_dir():
            make_folder(folder.parent)
        folder.mkdir(_FOLDER_MODE, exist_ok=True)
    except OSError as error:
        raise make_store_error("make", folder, error) from None
    sync_folder(folder.parent)


def sync_tree(root: Path) -> None:
    """Make every name below `root` durable that a killed or failed run left in doubt.

    Raises StoreError.
    """
    with suppress(StoreError):  # we may have no permission to open its parent
        sync_folder(root.parent)
    for folder, _, _ in os.walk(root, onerror=_raise_unlistable):
        sync_folder(Path(folder))


def list_files_below(top: Path) -> list[str]:
    """Return the names of all files below a folder, relative to it; none if it is missing.

    Raises StoreError.
    """
    found = []
    for folder, _, names in os.walk(top, onerror=_raise_unlistable):
        found += [(Path(folder) / name).relative_to(top).as_posix() for name in names]
    return found


def try_remove(path: Path) -> None:
    """Remove an unneeded file; if that fails, the next holder of the lock removes it."""
    with suppress(OSError):
        path.unlink()


def make_store_error(what: str, path: Path, error: OSError) -> StoreError:
    """Return the error that names the file, the failed action, the cause and the remedy."""
    hint = _ADVICE.get(error.errno or 0, "check that folder and the disk")
    return StoreError(f"{path}: cannot {what} it: {error.strerror}; {hint}")


def _raise_unlistable(error: OSError) -> None:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return
    raise make_store_error("list", Path(error.filename), error) from None
