"""The steps of a durable write on a local disk, and what is said where one fails."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from tracker.errors import StoreError

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


def write_durably(files: Mapping[Path, bytes]) -> None:
    """New files that are on the disk when this returns. Leaves none where it fails.

    They are waited for when all are on their way: a disk takes many at once in the time of a
    few. Raises OSError, with the name of the file.
    """
    opened: list[tuple[Path, int]] = []
    path = Path()
    try:
        for path, data in files.items():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            opened.append((path, descriptor))
            _write_whole(descriptor, data)
            if len(files) > 1:
                _set_off(descriptor)
        for path, descriptor in opened:  # noqa: B007  for the error
            os.fsync(descriptor)
    except OSError as error:
        for written, _ in opened:
            remove_if_can(written)
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        failure = _closed(opened)
    if failure:
        for written, _ in opened:
            remove_if_can(written)
        raise failure


def _write_whole(descriptor: int, data: bytes) -> None:
    """A file object would ask three times what it is: each call lets another thread in."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _closed(opened: Iterable[tuple[Path, int]]) -> OSError | None:
    """Close all of them; the first failure, with the name of its file."""
    failures = []
    for path, descriptor in opened:
        try:
            os.close(descriptor)
        except OSError as error:
            failures.append(OSError(error.errno, error.strerror, str(path)))
    return next(iter(failures), None)


def _set_off(descriptor: int) -> None:
    """Have the system begin to write, and not wait: on Linux this is how it can be asked."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def read_whole(path: Path) -> bytes:
    """All bytes of a file, with half the calls that a file object makes. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        pieces, wanted = [], os.fstat(descriptor).st_size + 1
        while piece := os.read(descriptor, wanted):
            pieces.append(piece)
        return b"".join(pieces)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: those that came, and those that went."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise failed("sync", folder, error) from None


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, each name made durable in its parent."""
    try:
        if folder.is_dir():
            return
        if not folder.parent.is_dir():
            make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise failed("make", folder, error) from None
    sync_folder(folder.parent)


def settle(root: Path) -> None:
    """Make every name below `root` durable that a killed or failed run left in doubt."""
    with suppress(StoreError):  # above the root there may be nothing for us to open
        sync_folder(root.parent)
    for folder, _, _ in os.walk(root, onerror=_unlistable):
        sync_folder(Path(folder))


def files_below(top: Path) -> list[str]:
    """Names of all files below a folder, relative to it; none where it is not there."""
    found = []
    for folder, _, names in os.walk(top, onerror=_unlistable):
        found += [(Path(folder) / name).relative_to(top).as_posix() for name in names]
    return found


def remove_if_can(path: Path) -> None:
    """Remove a file of no more use; whoever holds the lock next sweeps what stays."""
    with suppress(OSError):
        path.unlink()


def failed(what: str, path: Path, error: OSError) -> StoreError:
    """The error for a person: which file, what was tried, why not, what to do."""
    hint = _ADVICE.get(error.errno or 0, "check that folder and the disk")
    return StoreError(f"{path}: cannot {what} it: {error.strerror}; {hint}")


def _unlistable(error: OSError) -> None:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return
    raise failed("list", Path(error.filename), error) from None
