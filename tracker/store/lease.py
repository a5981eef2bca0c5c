"""The lock of object storage: a lease that its holder renews for as long as it lives.

There is no lock that a machine's death would free, so the lock is an object that names its
holder and when it ends. A holder that is cut off, or sleeps longer than the lease, has lost it;
it can ask, and a commit does not rely on it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import msgspec
import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import ObjectStore

from tracker.errors import Locked, StoreError

log = logging.getLogger(__name__)

LEASE = 120.0  # seconds; another machine waits so long for one that died
_RENEWED = 30.0  # seconds between two renewals
_POLL = 0.5

Failed = Callable[[str, str, Exception], StoreError]


class Terms(msgspec.Struct, frozen=True):
    """Who holds the lock, and until when (seconds since the epoch, by the holder's clock)."""

    holder: str
    until: float


class Lease:
    """One lock, taken and given back once. `failed` makes the error for a person."""

    def __init__(
        self, store: ObjectStore, name: str, clock: Callable[[], float], failed: Failed
    ) -> None:
        self.store, self.name, self.clock, self.failed = store, name, clock, failed
        self._holder = f"process {os.getpid()} on {os.uname().nodename}"
        self._tag: str | None = None
        self._lost = threading.Event()
        self._done = threading.Event()
        self._renewer = threading.Thread(target=self._renewing, name="lease", daemon=True)

    @property
    def held(self) -> bool:
        """Whether it is still ours, as far as we know."""
        return not self._lost.is_set()

    def take(self, wait: float, place: str) -> None:
        """Create it, or replace one that has ended. Raises Locked or StoreError."""
        deadline = self.clock() + wait
        while True:
            holder, until, tag = self._found()
            try:
                if holder is None:
                    return self._taken(self._put("create"))
                if until < self.clock():
                    return self._taken(self._put({"e_tag": tag}))
            except (AlreadyExistsError, PreconditionError):
                continue  # another machine was faster; look again
            except (BaseError, OSError) as error:
                raise self.failed("lock", self.name, error) from None
            if self.clock() > deadline:
                raise Locked(f"{place}/{self.name}: held by {holder}")
            time.sleep(_POLL)

    def release(self) -> None:
        """Give it back, unless it ended and is another machine's by now."""
        self._done.set()
        self._renewer.join()
        if self._found()[2] != self._tag:
            return
        try:
            with suppress(FileNotFoundError):
                obstore.delete(self.store, self.name)
        except (BaseError, OSError) as error:
            raise self.failed("remove", self.name, error) from None

    def _taken(self, tag: str | None) -> None:
        self._tag = tag
        self._renewer.start()

    def _renewing(self) -> None:
        ends = self.clock() + LEASE
        while not self._done.wait(_RENEWED):
            try:
                self._tag = self._put({"e_tag": self._tag})
                ends = self.clock() + LEASE
            except (AlreadyExistsError, PreconditionError):
                break
            except (BaseError, OSError) as error:
                log.warning("%s: cannot renew it: %s", self.name, str(error).splitlines()[0])
                if self.clock() > ends:
                    break
        else:
            return
        log.warning("%s: it ended and may be another machine's by now", self.name)
        self._lost.set()

    def _found(self) -> tuple[str | None, float, str | None]:
        """The holder, the end and the entity tag of what is there; no holder for nothing."""
        try:
            there = obstore.get(self.store, self.name)
            tag = there.meta["e_tag"]
            terms = msgspec.json.decode(bytes(there.bytes()), type=Terms)
        except FileNotFoundError:
            return None, 0.0, None
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return "an unknown run", 0.0, tag
        except (BaseError, OSError) as error:
            raise self.failed("lock", self.name, error) from None
        return terms.holder, terms.until, tag

    def _put(self, mode: object) -> str | None:
        terms = msgspec.json.encode(Terms(self._holder, self.clock() + LEASE))
        return obstore.put(self.store, self.name, terms, mode=mode)["e_tag"]  # type: ignore[arg-type]  # TypedDict
