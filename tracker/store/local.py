"""A local folder as a store: link for what is written once, rename for what is replaced.

Order of one write: a temporary file beside the tree, its fsync, the link or rename, the
fsync of the folder that now names it. Temporary files live beside the lock, in a folder that
whoever holds the lock sweeps, so that nothing unfinished is ever seen in the published tree.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from tracker.errors import Conflict, Locked, StoreError

_POLL = 0.05


class Folder:
    """Blobs in a folder, which is made when the first file is."""

    def __init__(self, root: str) -> None:
        self.root = Path(root)
        self._temporary = ".state/tmp"
        self._count = 0

    def read(self, name: str) -> bytes | None:
        """See Blobs."""
        try:
            return (self.root / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _failed("read", self.root / name, error) from None

    def create(self, name: str, data: bytes) -> None:
        """See Blobs. link(2) fails where the name exists; rename(2) would not."""
        target = self.root / name
        temporary = self._written(target, data)
        try:
            os.link(temporary, target)
        except FileExistsError:
            raise Conflict(f"{target}: exists already; another run was first") from None
        except OSError as error:
            raise _failed("create", target, error) from None
        finally:
            with suppress(OSError):
                temporary.unlink()
        _sync_folder(target.parent)

    def replace(self, files: Mapping[str, bytes]) -> None:
        """See Blobs."""
        targets = [(self.root / name, data) for name, data in files.items()]
        written = [(self._written(target, data), target) for target, data in targets]
        for temporary, target in written:
            try:
                temporary.replace(target)
            except OSError as error:
                raise _failed("replace", target, error) from None
        for folder in dict.fromkeys(target.parent for target, _ in targets):
            _sync_folder(folder)

    def delete(self, name: str) -> None:
        """See Blobs."""
        target = self.root / name
        try:
            target.unlink(missing_ok=True)
        except OSError as error:
            raise _failed("remove", target, error) from None

    def names(self, folder: str) -> Iterator[str]:
        """See Blobs."""
        try:
            with os.scandir(self.root / folder) as found:
                yield from [item.name for item in found if item.is_file()]
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise _failed("list", self.root / folder, error) from None

    def walk(self, folder: str) -> Iterator[str]:
        """See Blobs."""
        top = self.root / folder
        try:
            files = [path for path in top.rglob("*") if path.is_file()]
        except OSError as error:
            raise _failed("list", top, error) from None
        yield from (path.relative_to(top).as_posix() for path in files)

    @contextmanager
    def exclusive(self, name: str, wait: float) -> Iterator[None]:
        """See Blobs. The kernel frees the lock when its holder dies."""
        path = self.root / name
        self._make(path.parent)
        try:
            handle = path.open("a+")
        except OSError as error:
            raise _failed("open", path, error) from None
        with handle:
            deadline = time.monotonic() + wait
            while not _taken(handle.fileno()):
                if time.monotonic() > deadline:
                    handle.seek(0)
                    raise Locked(f"{path}: held by {handle.read().strip() or 'another run'}")
                time.sleep(_POLL)
            handle.truncate(0)
            handle.write(f"process {os.getpid()} on {os.uname().nodename}")
            handle.flush()
            self._temporary = str(Path(name).parent / "tmp")
            self._sweep()
            yield

    def _written(self, target: Path, data: bytes) -> Path:
        """A durable temporary file with `data`, on the file system of `target`."""
        self._make(target.parent)
        folder = self.root / self._temporary
        self._make(folder)
        self._count += 1
        temporary = folder / f"{os.getpid()}-{self._count}"
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(descriptor)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            raise _failed("write", target, error) from None
        return temporary

    def _make(self, folder: Path) -> None:
        """Make a folder and those above it, each name made durable in its parent."""
        if folder.is_dir():
            return
        try:
            if not folder.parent.is_dir():
                self._make(folder.parent)
            folder.mkdir(exist_ok=True)
            _sync_folder(folder.parent)
        except OSError as error:
            raise _failed("make", folder, error) from None

    def _sweep(self) -> None:
        """Remove what a killed run left half written."""
        for name in list(self.names(self._temporary)):
            self.delete(f"{self._temporary}/{name}")


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _failed("sync", folder, error) from None


def _failed(what: str, path: Path, error: OSError) -> StoreError:
    advice = {
        "EACCES": "check who owns it and who runs fwtracker",
        "EROFS": "choose another folder with --snapshots",
        "ENOSPC": "free some space; what is stored is unharmed",
        "EDQUOT": "free some space; what is stored is unharmed",
        "EMFILE": "raise the limit of open files",
    }
    import errno  # noqa: PLC0415  only for an error

    code = errno.errorcode.get(error.errno or 0, "")
    hint = f"; {advice[code]}" if code in advice else ""
    return StoreError(f"{path}: cannot {what} it: {error.strerror}{hint}")
