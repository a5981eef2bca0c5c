"""Object storage as a store: conditional puts decide who is first, on any number of machines.

S3, Google Cloud Storage and Azure through obstore, which takes credentials from the usual
environment variables. The lock is a lease (`lease.py`). A commit does not rely on it; that is
decided by the conditional create of the version file.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)

from tracker.errors import Conflict, StoreError, UsageError
from tracker.store import Stamp
from tracker.store.lease import Lease
from tracker.store.media import media_type

if TYPE_CHECKING:
    from obstore.store import ObjectStore


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

    def replace(self, files: Mapping[str, bytes], *, lasting: bool = True) -> None:  # noqa: ARG002
        """See Blobs. Objects appear whole, in the order given, and all of them last."""
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

    def stamp(self, name: str) -> Stamp | None:
        """See Blobs."""
        try:
            meta = obstore.head(self.store, name)
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise self._failed("read", name, error) from None
        return Stamp(str(meta["e_tag"]), meta["last_modified"].timestamp())

    @contextmanager
    def exclusive(self, name: str, wait: float) -> Iterator[Callable[[], bool]]:
        """See Blobs. A holder that died is waited for until its lease ends."""
        lease = Lease(self.store, name, self.clock, self._failed)
        lease.take(wait, self.place)
        try:
            yield lambda: lease.held
        finally:
            lease.release()

    def _put(self, name: str, data: bytes, mode: Any) -> str | None:
        attributes: Any = {"Content-Type": media_type(name)}
        return obstore.put(self.store, name, data, mode=mode, attributes=attributes)["e_tag"]

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
