"""Object storage as a store: conditional puts decide who is first, on any number of machines.

S3, Google Cloud Storage and Azure through obstore, which takes credentials from the usual
environment variables. There is no lock that a machine's death would free, so the lock is a
lease: an object that names its holder and when it ends. A commit does not rely on it; that is
decided by the conditional create of the version file.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import msgspec
import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)

from tracker.errors import Conflict, Locked, StoreError, UsageError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_LEASE = 600.0  # seconds; longer than any check
_POLL = 0.5
_TYPES = {
    "json": "application/json",
    "txt": "text/plain; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "nft": "text/plain; charset=utf-8",
    "gz": "application/gzip",
    "html": "text/html; charset=utf-8",
    "atom": "application/atom+xml",
}


class Lease(msgspec.Struct, frozen=True):
    """Who holds the lock, and until when (seconds since the epoch, by the holder's clock)."""

    holder: str
    until: float


class Bucket:
    """Blobs in object storage, below one prefix."""

    def __init__(
        self, store: ObjectStore, place: str, clock: Callable[[], float] = time.time
    ) -> None:
        self.store, self.place, self.clock = store, place, clock

    def read(self, name: str) -> bytes | None:
        """See Blobs."""
        try:
            return bytes(obstore.get(self.store, name).bytes())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise self._failed("read", name, error) from None

    def create(self, name: str, data: bytes) -> None:
        """See Blobs. The storage itself refuses a second object of that name."""
        try:
            self._put(name, data, mode="create")
        except (AlreadyExistsError, PreconditionError):
            raise Conflict(
                f"{self.place}/{name}: exists already; another run was first"
            ) from None
        except (BaseError, OSError) as error:
            raise self._failed("create", name, error) from None

    def replace(self, files: Mapping[str, bytes]) -> None:
        """See Blobs. Objects appear whole, in the order given."""
        for name, data in files.items():
            try:
                self._put(name, data, mode="overwrite")
            except (BaseError, OSError) as error:
                raise self._failed("write", name, error) from None

    def delete(self, name: str) -> None:
        """See Blobs."""
        try:
            with suppress(FileNotFoundError):
                obstore.delete(self.store, name)
        except (BaseError, OSError) as error:
            raise self._failed("remove", name, error) from None

    def names(self, folder: str) -> Iterator[str]:
        """See Blobs."""
        try:
            found = obstore.list_with_delimiter(self.store, prefix=folder or None)["objects"]
        except (BaseError, OSError) as error:
            raise self._failed("list", folder, error) from None
        yield from (meta["path"].rpartition("/")[2] for meta in found)

    def walk(self, folder: str) -> Iterator[str]:
        """See Blobs."""
        try:
            found = [meta["path"] for page in obstore.list(self.store, folder) for meta in page]
        except (BaseError, OSError) as error:
            raise self._failed("list", folder, error) from None
        yield from (path.removeprefix(f"{folder}/") for path in found)

    @contextmanager
    def exclusive(self, name: str, wait: float) -> Iterator[None]:
        """See Blobs. A holder that died is waited for until its lease ends."""
        tag = self._lease(name, self.clock() + wait)
        try:
            yield
        finally:
            self._release(name, tag)

    def _lease(self, name: str, deadline: float) -> str | None:
        """Take the lease: create it, or replace one that has ended. Returns its entity tag."""
        me = f"process {os.getpid()} on {os.uname().nodename}"
        while True:
            mine = msgspec.json.encode(Lease(me, self.clock() + _LEASE))
            held, tag = self._held(name)
            try:
                if held is None:
                    return self._put(name, mine, mode="create")
                if held.until < self.clock():
                    return self._put(name, mine, mode={"e_tag": tag})
            except (AlreadyExistsError, PreconditionError):
                continue  # another machine was faster; look again
            except (BaseError, OSError) as error:
                raise self._failed("lock", name, error) from None
            if self.clock() > deadline:
                raise Locked(f"{self.place}/{name}: held by {held.holder}")
            time.sleep(_POLL)

    def _held(self, name: str) -> tuple[Lease | None, str | None]:
        try:
            found = obstore.get(self.store, name)
            return msgspec.json.decode(bytes(found.bytes()), type=Lease), found.meta["e_tag"]
        except FileNotFoundError:
            return None, None
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return Lease("an unknown run", 0), found.meta["e_tag"]
        except (BaseError, OSError) as error:
            raise self._failed("lock", name, error) from None

    def _release(self, name: str, tag: str | None) -> None:
        """Give the lease back, unless it ended and is another machine's by now."""
        _, current = self._held(name)
        if current == tag:
            self.delete(name)

    def _put(self, name: str, data: bytes, mode: Any) -> str | None:
        kind = _TYPES.get(name.rpartition(".")[2], "application/octet-stream")
        done = obstore.put(self.store, name, data, mode=mode, attributes={"Content-Type": kind})
        return done["e_tag"]

    def _failed(self, what: str, name: str, error: Exception) -> StoreError:
        first = str(error).strip().splitlines()[0]
        hint = ""
        if isinstance(error, PermissionDeniedError | UnauthenticatedError):
            hint = "; check the credentials and the bucket's policy"
        return StoreError(f"{self.place}/{name}: cannot {what} it: {first}{hint}")


def open_bucket(place: str) -> Bucket:
    """The store at s3://, gs:// or az://. Raises UsageError for a place that names none."""
    try:
        store = obstore.store.from_url(place)
    except (BaseError, ValueError) as error:
        raise UsageError(f"{place}: {str(error).splitlines()[0]}") from None
    return Bucket(store, place.rstrip("/"))
