"""The steps of a durable write on a local disk, and what is said where one fails."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

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
# The owner alone writes, and a web server may read: a umask narrows this and never widens it.
_FOLDER_MODE = 0o755
_create = partial(os.open, mode=0o644)


def write_durably(files: Mapping[Path, bytes]) -> None:
    """Write new files, which are on the disk when this returns. Leaves none where it fails.

    All are written before the first is waited for: a disk takes many at once in the time of a
    few. Raises OSError with the name of the file.
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
            for path, written in opened:  # noqa: B007  for the error
                os.fsync(written.fileno())
                written.close()
    except OSError as error:
        for each, _ in opened:
            try_remove(each)
        raise OSError(error.errno, error.strerror, str(path)) from None


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, those that came and those that went.

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
    """Make a folder and those above it, each name durable in its parent. Raises StoreError."""
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
    with suppress(StoreError):  # above the root there may be nothing that we may open
        sync_folder(root.parent)
    for folder, _, _ in os.walk(root, onerror=_raise_unlistable):
        sync_folder(Path(folder))


def list_files_below(top: Path) -> list[str]:
    """Return the names of all files below a folder, relative to it; none where it is missing.

    Raises StoreError.
    """
    found = []
    for folder, _, names in os.walk(top, onerror=_raise_unlistable):
        found += [(Path(folder) / name).relative_to(top).as_posix() for name in names]
    return found


def try_remove(path: Path) -> None:
    """Remove a file of no more use; the next holder of the lock removes what stays."""
    with suppress(OSError):
        path.unlink()


def make_store_error(what: str, path: Path, error: OSError) -> StoreError:
    """Return the error for a person: which file, what was tried, why not, what to do."""
    hint = _ADVICE.get(error.errno or 0, "check that folder and the disk")
    return StoreError(f"{path}: cannot {what} it: {error.strerror}; {hint}")


def _raise_unlistable(error: OSError) -> None:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return
    raise make_store_error("list", Path(error.filename), error) from None
