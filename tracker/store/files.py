"""The steps of a durable write on a local disk, and what is said where one fails."""

from __future__ import annotations

import errno
import os
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


def write_durably(path: Path, data: bytes) -> None:
    """A new file that is on the disk when this returns. Leaves none where it fails."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
    except OSError:
        remove_if_can(path)
        raise


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
