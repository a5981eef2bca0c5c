"""Try all endpoints, several at a time, until a deadline.

TCP is connected, with a handshake if the page says TLS; over UDP a query that fits the port
is sent, or a single byte. Nothing else is sent, and only certificates and the first byte of an
answer are read. Workers and look-ups are daemon threads, abandoned at the deadline.
"""

from __future__ import annotations

import queue
import secrets
import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import msgspec

from tracker.fetch.addresses import forbidden_reason
from tracker.formats.shared.addresses import network_of
from tracker.verify.connect import (
    SMALL_SEGMENTS,
    Connector,
    Proxy,
    ProxyError,
    explain_failure,
    family_of,
    find_route_problem,
    watch_connection,
)
from tracker.verify.plan import ProbeTarget, ProbeTask
from tracker.verify.report import Attempt
from tracker.verify.resolve import ResolveError, is_listed, resolve
from tracker.verify.states import TO_RETRY, State
from tracker.verify.tls import Connect, Peer, TrustedAuthorities, check_handshake

_STUN_COOKIE = 0x2112A442
_MAX_ADDRESSES = 8  # of one name
# Addresses for documentation (RFC 5737, RFC 3849): used only to find out if there is a route.
_SAMPLE_ADDRESSES = ("192.0.2.1", "2001:db8::1")

_HAS_CERTIFICATE: frozenset[State] = frozenset(
    {"open", "tls-unknown-authority", "tls-wrong-name", "tls-incomplete", "tls-expired"}
)


@dataclass(frozen=True, slots=True)
class ProbeOptions:
    """Seconds for each step, the trusted authorities, and the ways to try.

    `retries` is how often a failed probe is repeated.
    """

    timeout: float
    authorities: TrustedAuthorities
    source: str | None = None
    proxy: Proxy | None = None
    retries: int = 0


class Tried(NamedTuple):
    """The attempts for one target: direct, and through the proxy if there is one."""

    direct: list[Attempt]
    by_proxy: list[Attempt]


Progress = Callable[[int, int], None]
FinishedProbe = tuple[int, int, Tried]  # numbers of task and probe, attempts
Pending = queue.SimpleQueue[tuple[int, int, ProbeTarget]]


def run_probes(
    tasks: Sequence[ProbeTask],
    options: ProbeOptions,
    parallel: int,
    deadline: float,
    progress: Progress,
) -> list[Tried]:
    """Return the attempts for each task, in order. `deadline` is in seconds from now."""
    pending: Pending = queue.SimpleQueue()
    for number, task in enumerate(tasks):
        for at, probe in enumerate(task.probes):
            pending.put((number, at, probe))
    count = pending.qsize()
    finished: queue.SimpleQueue[FinishedProbe] = queue.SimpleQueue()
    for _ in range(min(parallel, count)):
        threading.Thread(
            target=_run_worker, args=(pending, finished, options), daemon=True
        ).start()
    found = _collect_until(finished, count, time.monotonic() + deadline, progress)
    return [_join_attempts(task, number, found) for number, task in enumerate(tasks)]


def _run_worker(
    pending: Pending, finished: queue.SimpleQueue[FinishedProbe], options: ProbeOptions
) -> None:
    while True:
        try:
            number, at, probe = pending.get_nowait()
        except queue.Empty:
            return
        direct = try_probe(probe, options)
        by_proxy = _try_by_proxy(probe, options)
        finished.put((number, at, Tried(direct, by_proxy)))


def _collect_until(
    finished: queue.SimpleQueue[FinishedProbe], count: int, end: float, progress: Progress
) -> dict[tuple[int, int], Tried]:
    """Return what is finished by `end`, a time of the monotonic clock, or an interrupt."""
    found: dict[tuple[int, int], Tried] = {}
    try:
        while len(found) < count:
            progress(len(found), count)
            number, at, tried = finished.get(timeout=max(end - time.monotonic(), 0))
            found[number, at] = tried
    except (queue.Empty, KeyboardInterrupt):
        pass  # what is finished is reported
    progress(len(found), count)
    return found


def _join_attempts(task: ProbeTask, number: int, found: dict[tuple[int, int], Tried]) -> Tried:
    direct: list[Attempt] = []
    by_proxy: list[Attempt] = []
    for at, probe in enumerate(task.probes):
        late = [Attempt(None, probe.port, probe.target, "cannot-tell", "not tried in time")]
        tried = found.get((number, at), Tried(late, []))
        direct += tried.direct
        by_proxy += tried.by_proxy
    return Tried(direct, by_proxy)


def has_network(tasks: Sequence[ProbeTask]) -> bool:
    """Return whether this machine has a route to a target or to the internet. Sends nothing."""
    targets = {probe.target for task in tasks for probe in task.probes}
    addresses = (*_SAMPLE_ADDRESSES, *filter(network_of, targets))
    return any(find_route_problem(each) is None for each in addresses)


def try_probe(probe: ProbeTarget, options: ProbeOptions) -> list[Attempt]:
    """Try all addresses of a target, one after the other. Never raises.

    Failures are retried as often as the options say; the last try counts.
    """
    found = _try_target(probe, options)
    for number in range(2, options.retries + 2):
        if not any(each.state in TO_RETRY for each in found):
            break
        found = [
            msgspec.structs.replace(each, tries=number) for each in _try_target(probe, options)
        ]
    return found


def _try_target(probe: ProbeTarget, options: ProbeOptions) -> list[Attempt]:
    """Try an address, or each public address of a name.

    IPv6 addresses without a route are skipped if the name has other addresses.
    """
    if network_of(probe.target) is not None:
        return [_try_address(probe, probe.target, options)]
    try:
        found = resolve(probe.target, options.timeout)
    except ResolveError as error:
        return [Attempt(None, probe.port, probe.target, "dns-fails", str(error))]
    filtered = [attempt for each in found if (attempt := _find_filtered(probe, each))]
    public = [each for each in found if each not in {one.address for one in filtered}]
    usable = [
        each
        for each in public
        if ":" not in each or find_route_problem(each, options.source) is None
    ] or public
    return filtered + [_try_address(probe, each, options) for each in usable[:_MAX_ADDRESSES]]


def _find_filtered(probe: ProbeTarget, address: str) -> Attempt | None:
    """Return the attempt for an address like those of DNS filters, without connecting."""
    why = forbidden_reason(address.partition("%")[0])
    if why is None or is_listed(address, probe.listed):
        return None
    detail = f"DNS answers {address}, which is {why}: not the public server"
    return Attempt(address, probe.port, probe.target, "dns-filtered", detail)


def _try_address(probe: ProbeTarget, address: str, options: ProbeOptions) -> Attempt:
    """Try one address. Never raises for errors of the network."""
    clock = _Clock()
    state: State
    if why := find_route_problem(address, options.source):
        state, detail = "no-route", why
    else:
        state, detail = _try_direct(probe, address, options, clock)
    if probe.listed and probe.target != address and not is_listed(address, probe.listed):
        state, detail = mark_unlisted(address, state, detail)
    return _build_attempt(probe, address, (state, detail), clock)


def mark_unlisted(address: str, state: State, detail: str) -> tuple[State, str]:
    """Return the result with a note that the page does not list the address."""
    if state == "open":
        more = f", {detail}" if detail else ""
        return "open-unlisted", f"open at {address}, which the page does not list{more}"
    return state, f"{detail}, at {address}, which the page does not list"


class _Clock:
    """The duration of the steps of one attempt, in seconds."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self.connected: float | None = None
        self.done: float | None = None

    def note_connected(self) -> None:
        """Record when the first connection was made."""
        if self.connected is None:
            self.connected = time.monotonic() - self._start

    def note_done(self) -> None:
        """Record when the handshake was done."""
        self.done = time.monotonic() - self._start


def _build_attempt(
    probe: ProbeTarget, address: str | None, found: tuple[State, str], clock: _Clock
) -> Attempt:
    is_host = probe.target != address
    certified = msgspec.UNSET if is_host or not probe.name else probe.name
    shaken = clock.done is not None and clock.connected is not None
    return Attempt(
        address,
        probe.port,
        probe.target if is_host else None,
        *found,
        certified=certified,
        seconds=msgspec.UNSET if clock.connected is None else round(clock.connected, 4),
        tls_seconds=(
            round((clock.done or 0) - (clock.connected or 0), 4) if shaken else msgspec.UNSET
        ),
    )


def _try_direct(
    probe: ProbeTarget, address: str, options: ProbeOptions, clock: _Clock
) -> tuple[State, str]:
    link = Connector(options.timeout, options.source)
    try:
        if probe.protocol == "udp":
            return _try_udp(probe, address, link, clock)
        return _try_tcp(probe, address, link, options.authorities, clock)
    except OSError as error:
        return explain_failure(error, options.timeout)


def _try_by_proxy(probe: ProbeTarget, options: ProbeOptions) -> list[Attempt]:
    """Try a target through the proxy, which looks names up itself. Never raises."""
    if options.proxy is None or probe.protocol != "tcp":
        return []
    clock, link = _Clock(), Connector(options.timeout, proxy=options.proxy)
    found: tuple[State, str]
    try:
        found = _try_tcp(probe, probe.target, link, options.authorities, clock)
    except ProxyError as error:
        found = error.state, str(error)
    except OSError as error:
        found = explain_failure(error, options.timeout)
    address = probe.target if network_of(probe.target) is not None else None
    return [_build_attempt(probe, address, found, clock)]


def _try_tcp(
    probe: ProbeTarget, host: str, link: Connector, trusted: TrustedAuthorities, clock: _Clock
) -> tuple[State, str]:
    """Connect, and make a handshake if the page says TLS. Raises OSError and ProxyError."""

    def connect(way: Connector = link) -> socket.socket:
        """Open a new connection in the same way."""
        made = way.connect(host, probe.port)
        clock.note_connected()
        return made

    if not probe.tls:
        with connect() as connected:
            return watch_connection(connected, link.timeout)
    peer = Peer(host, probe.name)
    found = check_handshake(connect, peer, trusted)
    if found[0] == "tls-silent" and link.proxy is None:
        small = replace(link, segments=SMALL_SEGMENTS)
        found = _try_small_packets(lambda: connect(small), peer, trusted) or found
    clock.note_done()
    return found


def _try_small_packets(
    connect: Connect, peer: Peer, trusted: TrustedAuthorities
) -> tuple[State, str] | None:
    """Return the state `mtu` if a handshake with small packets succeeds, else None."""
    try:
        state, _ = check_handshake(connect, peer, trusted)
    except OSError:
        return None
    if state not in _HAS_CERTIFICATE:
        return None
    return "mtu", f"the TLS handshake gets through only in packets of {SMALL_SEGMENTS} bytes"


def _try_udp(
    probe: ProbeTarget, address: str, way: Connector, clock: _Clock
) -> tuple[State, str]:
    """Send a query and wait for an answer. Raises OSError, also if the port is closed."""
    payload, must_answer = udp_payload(probe.port)
    with socket.socket(family_of(address), socket.SOCK_DGRAM) as link:
        link.settimeout(way.timeout)
        if way.source:
            link.bind((way.source, 0))
        link.connect((address, probe.port))
        link.send(payload)
        try:
            link.recv(1)
        except TimeoutError:
            if must_answer:
                raise
            return "cannot-tell", "no answer, and by UDP none is needed"
    clock.note_connected()
    return "open", "answered"


def udp_payload(port: int) -> tuple[bytes, bool]:
    """Return the payload for a port, and whether a server on it must answer."""
    build = _PAYLOADS.get(port)
    return (build(), True) if build else (b"\0", False)


def _dns_query() -> bytes:
    """Return a query for the root's name servers, which all servers answer (RFC 1035, 4.1)."""
    return secrets.token_bytes(2) + struct.pack(">HHHHH", 0x0100, 1, 0, 0, 0) + b"\0\0\2\0\1"


def _ntp_request() -> bytes:
    """Return a client request of NTP version 4 (RFC 5905, 7.3)."""
    return bytes([0x23]) + bytes(39) + secrets.token_bytes(8)


def _stun_request() -> bytes:
    """Return a binding request without attributes (RFC 8489, 5)."""
    return struct.pack(">HHI", 1, 0, _STUN_COOKIE) + secrets.token_bytes(12)


_PAYLOADS = {53: _dns_query, 123: _ntp_request, 3478: _stun_request}
