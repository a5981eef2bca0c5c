"""A lock on a local file, which also remembers whether its last holder finished.

The file names its holder. It is emptied by a holder that leaves with nothing in doubt, so one
that names somebody when it is taken was left by a kill or by a failed write.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path

from tracker.errors import Locked
from tracker.store.files import failed

_POLL = 0.05
_LONGEST = 200  # bytes of a holder's name that are read


class FileLock:
    """flock(2): the kernel frees it when its holder dies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def take(self, wait: float) -> bool:
        """Hold the lock; whether its last holder finished. Raises Locked or StoreError."""
        try:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
            self._wait(self._descriptor, time.monotonic() + wait)
            finished = not self._holder(self._descriptor)
            self._sign(self._descriptor)
        except OSError as error:
            self._close()
            raise failed("lock", self.path, error) from None
        except Locked:
            self._close()
            raise
        return finished

    def release(self, *, finished: bool) -> None:
        """Give the lock back. Nothing depends on whether the note of it can be written."""
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
                    f"{self.path}: held by {self._holder(descriptor) or 'another run'}"
                )
            time.sleep(_POLL)

    def _holder(self, descriptor: int) -> str:
        return os.pread(descriptor, _LONGEST, 0).decode(errors="replace").strip()

    def _sign(self, descriptor: int) -> None:
        """Never empty on the way from one holder's name to the next."""
        name = f"process {os.getpid()} on {os.uname().nodename}".encode()[:_LONGEST]
        os.pwrite(descriptor, name, 0)
        os.ftruncate(descriptor, len(name))

    def _close(self) -> None:
        if self._descriptor is not None:
            with suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = None
