"""Object storage as a store: conditional puts decide who is first, on any number of machines.

S3, Google Cloud Storage and Azure through obstore, which takes credentials from the usual
environment variables. A commit does not rely on the lock; that is decided by the
conditional create of the version file.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import ObjectStore

from tracker.errors import Conflict, StoreError, UsageError
from tracker.store.blobs import Stamp
from tracker.store.lease import Lease
from tracker.store.media_types import media_type
from tracker.store.side_by_side import run_side_by_side


class Bucket:
    """Blobs in object storage, below one prefix. Several requests are made side by side."""

    tags_prove_bytes = True
    is_remote = True

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
            raise self._make_error("read", name, error) from None

    def read_many(self, names: Sequence[str]) -> dict[str, bytes | None]:
        """See Blobs."""
        found = run_side_by_side([partial(self.read, name) for name in names])
        return dict(zip(names, found, strict=True))

    def create(self, name: str, data: bytes) -> None:
        """See Blobs. The storage itself refuses a second object of that name."""
        try:
            self._put(name, data, mode="create")
        except (AlreadyExistsError, PreconditionError):
            raise Conflict(
                f"{self.place}/{name}: already exists; another run was first"
            ) from None
        except (BaseError, OSError) as error:
            raise self._make_error("create", name, error) from None

    def replace(self, files: Mapping[str, bytes], *, lasting: bool = True) -> None:  # noqa: ARG002
        """See Blobs. Objects appear whole, and all of them last."""
        run_side_by_side([partial(self._overwrite, *file) for file in files.items()])

    def _overwrite(self, name: str, data: bytes) -> None:
        try:
            self._put(name, data, mode="overwrite")
        except (BaseError, OSError) as error:
            raise self._make_error("write", name, error) from None

    def delete(self, *names: str) -> None:
        """See Blobs."""
        run_side_by_side([partial(self._delete, name) for name in names])

    def _delete(self, name: str) -> None:
        try:
            with suppress(FileNotFoundError):
                obstore.delete(self.store, name)
        except (BaseError, OSError) as error:
            raise self._make_error("remove", name, error) from None

    def names(self, folder: str) -> Iterator[str]:
        """See Blobs."""
        try:
            found = obstore.list_with_delimiter(self.store, prefix=folder or None)["objects"]
        except (BaseError, OSError) as error:
            raise self._make_error("list", folder, error) from None
        yield from (meta["path"].rpartition("/")[2] for meta in found)

    def walk(self, folder: str) -> Iterator[str]:
        """See Blobs."""
        try:
            found = [meta["path"] for page in obstore.list(self.store, folder) for meta in page]
        except (BaseError, OSError) as error:
            raise self._make_error("list", folder, error) from None
        yield from (path.removeprefix(f"{folder}/") for path in found)

    def stamp(self, name: str) -> Stamp | None:
        """See Blobs."""
        try:
            meta = obstore.head(self.store, name)
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise self._make_error("read", name, error) from None
        return _make_stamp(meta)

    def stamps(self, folder: str, names: Collection[str]) -> dict[str, Stamp]:
        """See Blobs. A listing of each folder in `folder`, and one of itself, side by side."""
        by_folder: dict[str, list[str]] = defaultdict(list)
        for name in names:
            by_folder[name.partition("/")[0] if "/" in name else ""].append(name)
        listings = run_side_by_side(
            [
                partial(self._list_from, folder, inner, min(inside))
                for inner, inside in by_folder.items()
            ]
        )
        found = {name: stamp for each in listings for name, stamp in each}
        return {name: found[name] for name in names if name in found}

    def _list_from(self, folder: str, inner: str, first: str) -> list[tuple[str, Stamp]]:
        """Return what is in a folder from its first file of interest on, by relative name.

        Not what is in folders of `folder` itself, where `inner` is empty.
        """
        try:
            metas: Iterable[Any]
            if inner:
                before = f"{folder}/{first}"[:-1]  # which is in front of all that we look for
                pages = obstore.list(self.store, f"{folder}/{inner}", offset=before)
                metas = [meta for page in pages for meta in page]
            else:
                metas = obstore.list_with_delimiter(self.store, prefix=folder)["objects"]
        except (BaseError, OSError) as error:
            raise self._make_error("list", f"{folder}/{inner}", error) from None
        return [(meta["path"].removeprefix(f"{folder}/"), _make_stamp(meta)) for meta in metas]

    @contextmanager
    def exclusive(self, name: str, wait: float) -> Iterator[Callable[[], bool]]:
        """See Blobs. A holder that died is waited for until its lease ends."""
        lease = Lease(self.store, name, self.clock, self._make_error)
        lease.take(wait, self.place)
        try:
            yield lambda: lease.held
        finally:
            lease.release()

    def _put(self, name: str, data: bytes, mode: Any) -> str | None:
        attributes: Any = {"Content-Type": media_type(name)}
        return obstore.put(self.store, name, data, mode=mode, attributes=attributes)["e_tag"]

    def _make_error(self, what: str, name: str, error: Exception) -> StoreError:
        first = str(error).strip().splitlines()[0]
        hint = ""
        if isinstance(error, PermissionDeniedError | UnauthenticatedError):
            hint = "; check the credentials and the bucket's policy"
        return StoreError(f"{self.place}/{name}: cannot {what} it: {first}{hint}")


def _make_stamp(meta: Any) -> Stamp:
    return Stamp(str(meta["e_tag"]), meta["last_modified"].timestamp(), meta["size"])


def open_bucket(place: str) -> Bucket:
    """Return the store at s3://, gs:// or az://. Raises UsageError for a place with none."""
    try:
        store = obstore.store.from_url(place)
    except (BaseError, ValueError) as error:
        raise UsageError(f"{place}: {str(error).splitlines()[0]}") from None
    return Bucket(store, place.rstrip("/"))
