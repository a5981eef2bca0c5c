"""Object storage as a store: conditional puts decide which of several machines is first.

S3, Google Cloud Storage and Azure through obstore, which takes credentials from the usual
environment variables. A commit does not rely on the lock; the conditional create of the
version file decides. The lock is a lease: an object with its holder and its expiry time.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import ObjectStore

from tracker.decoding import decode_json
from tracker.errors import Conflict, Locked, StoreError, UsageError
from tracker.store.blobs import Stamp, media_type
from tracker.store.side_by_side import run_side_by_side

log = logging.getLogger(__name__)

LEASE_SECONDS = 120.0  # how long another machine waits for one that died
_RENEW_SECONDS = 30.0  # between two renewals
_POLL_SECONDS = 0.5

# Makes the error message from the action that failed, the object and the cause.
MakeError = Callable[[str, str, Exception], StoreError]


class Bucket:
    """Blobs in object storage, below one prefix. Several requests are made concurrently."""

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
        """See Blobs. Objects appear whole, and all of them are durable."""
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
        """See Blobs. Lists each folder in `folder`, and `folder` itself, concurrently."""
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
        """Return the files in a folder by relative name, starting at the file `first`.

        If `inner` is empty, only the files directly in `folder`.
        """
        try:
            metas: Iterable[Any]
            if inner:
                before = f"{folder}/{first}"[:-1]  # sorts before all wanted names
                pages = obstore.list(self.store, f"{folder}/{inner}", offset=before)
                metas = [meta for page in pages for meta in page]
            else:
                metas = obstore.list_with_delimiter(self.store, prefix=folder)["objects"]
        except (BaseError, OSError) as error:
            raise self._make_error("list", f"{folder}/{inner}", error) from None
        return [(meta["path"].removeprefix(f"{folder}/"), _make_stamp(meta)) for meta in metas]

    @contextmanager
    def exclusive(self, name: str, wait: float) -> Iterator[Callable[[], bool]]:
        """See Blobs. If the holder died, this waits until its lease expires."""
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
    """Return the store at s3://, gs:// or az://. Raises UsageError for an invalid URL."""
    try:
        store = obstore.store.from_url(place)
    except (BaseError, ValueError) as error:
        raise UsageError(f"{place}: {str(error).splitlines()[0]}") from None
    return Bucket(store, place.rstrip("/"))


class LeaseTerms(msgspec.Struct, frozen=True):
    """The holder of the lock, and the expiry (seconds since the epoch, by its clock)."""

    holder: str
    until: float


class Lease:
    """The lock of object storage: taken and released once, and renewed in between.

    Object storage has no lock that is freed when a machine dies, so this one is an object with
    its holder and its expiry time. A holder that is cut off, or that sleeps longer than the
    lease, loses it, and can ask whether it did.
    """

    def __init__(
        self, store: ObjectStore, name: str, clock: Callable[[], float], make_error: MakeError
    ) -> None:
        self.store, self.name, self.clock, self.make_error = store, name, clock, make_error
        self._holder = f"process {os.getpid()} on {os.uname().nodename}"
        self._tag: str | None = None
        self._lost = threading.Event()
        self._done = threading.Event()
        self._renewer = threading.Thread(
            target=self._renew_until_done, name="lease", daemon=True
        )

    @property
    def held(self) -> bool:
        """Return whether it is still ours, as far as we know."""
        return not self._lost.is_set()

    def take(self, wait: float, place: str) -> None:
        """Create the lock, or replace an expired one. Raises Locked or StoreError."""
        deadline = self.clock() + wait
        # Usually there is none, and looking for one first would cost another request.
        holder: str | None = None
        until, tag = 0.0, None
        while True:
            try:
                if holder is None:
                    return self._start_renewing(self._put("create"))
                if until < self.clock():
                    return self._start_renewing(self._put({"e_tag": tag}))
            except (AlreadyExistsError, PreconditionError):
                holder, until, tag = self._read_terms()
                continue  # another machine was faster
            except (BaseError, OSError) as error:
                raise self.make_error("lock", self.name, error) from None
            if self.clock() > deadline:
                raise self._explain_held(place, holder, until)
            time.sleep(_POLL_SECONDS)
            holder, until, tag = self._read_terms()

    def _explain_held(self, place: str, holder: str, until: float) -> Locked:
        """Return the error that names the holder, and how long its lease lasts."""
        end = datetime.fromtimestamp(until, UTC)
        left = max(0, round(until - self.clock()))
        return Locked(
            f"{place}/{self.name}: held by {holder} until {end:%H:%M:%S}Z, {left} s from now;"
            " a live run renews it before that; if it was killed, try again then",
            holder,
        )

    def release(self) -> None:
        """Release the lock, unless it expired and another machine has it. Raises StoreError."""
        self._done.set()
        self._renewer.join()
        if self._read_terms()[2] != self._tag:
            return
        try:
            with suppress(FileNotFoundError):
                obstore.delete(self.store, self.name)
        except (BaseError, OSError) as error:
            raise self.make_error("remove", self.name, error) from None

    def _start_renewing(self, tag: str | None) -> None:
        self._tag = tag
        self._renewer.start()

    def _renew_until_done(self) -> None:
        ends = self.clock() + LEASE_SECONDS
        while not self._done.wait(_RENEW_SECONDS):
            try:
                self._tag = self._put({"e_tag": self._tag})
                ends = self.clock() + LEASE_SECONDS
            except (AlreadyExistsError, PreconditionError):
                break
            except (BaseError, OSError) as error:
                log.warning("%s: cannot renew it: %s", self.name, str(error).splitlines()[0])
                if self.clock() > ends:
                    break
        else:
            return
        log.warning("%s: it has expired, and another machine may hold it now", self.name)
        self._lost.set()

    def _read_terms(self) -> tuple[str | None, float, str | None]:
        """Return the holder, the expiry time and the entity tag; None if there is no lock."""
        try:
            there = obstore.get(self.store, self.name)
            tag = there.meta["e_tag"]
            terms = decode_json(bytes(there.bytes()), LeaseTerms)
        except FileNotFoundError:
            return None, 0.0, None
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return "an unknown run", 0.0, tag
        except (BaseError, OSError) as error:
            raise self.make_error("lock", self.name, error) from None
        return terms.holder, terms.until, tag

    def _put(self, mode: object) -> str | None:
        terms = msgspec.json.encode(LeaseTerms(self._holder, self.clock() + LEASE_SECONDS))
        return obstore.put(self.store, self.name, terms, mode=mode)["e_tag"]  # type: ignore[arg-type]  # TypedDict
