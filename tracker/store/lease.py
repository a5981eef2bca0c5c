"""The lock of object storage: an object that names its holder, and until when it counts."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import msgspec
import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import ObjectStore

from tracker.decoding import decode_json
from tracker.errors import Locked, StoreError

log = logging.getLogger(__name__)

LEASE_SECONDS = 120.0  # another machine waits so long for one that died
_RENEW_SECONDS = 30.0  # between two renewals
_POLL_SECONDS = 0.5

# Makes the error for a person from what was tried, with which object, and why not.
MakeError = Callable[[str, str, Exception], StoreError]


class LeaseTerms(msgspec.Struct, frozen=True):
    """Who holds the lock, and until when (seconds since the epoch, by the holder's clock)."""

    holder: str
    until: float


class Lease:
    """The lock of object storage, taken and given back once, and renewed in between.

    There is no lock that a machine's death would free, so it is an object that names its holder
    and when it ends. A holder that is cut off, or sleeps longer than the lease, has lost it; it
    can ask.
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
        """Whether it is still ours, as far as we know."""
        return not self._lost.is_set()

    def take(self, wait: float, place: str) -> None:
        """Create it, or replace one that has ended. Raises Locked or StoreError."""
        deadline = self.clock() + wait
        # Mostly there is none: to look for one first would be a request more.
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
        """Return the error that says who has it, and how long that still counts."""
        end = datetime.fromtimestamp(until, UTC)
        left = max(0, round(until - self.clock()))
        return Locked(
            f"{place}/{self.name}: held by {holder} until {end:%H:%M:%S}Z, {left} s from now;"
            " a live run renews it before that; if it was killed, try again then",
            holder,
        )

    def release(self) -> None:
        """Give it back, unless it ended and is another machine's by now. Raises StoreError."""
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
        """Return the holder, the end and the entity tag; no holder where there is no lock."""
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
