"""Try all endpoints, several at a time and up to a deadline.

TCP is connected and, where the page says TLS, a handshake made; by UDP goes a query that fits
the port, or a byte. Nothing else is sent, and nothing is read but certificates and the first
answer. Workers and look-ups are daemon threads: what is not done by the deadline is left.
"""

from __future__ import annotations

import errno
import ipaddress
import queue
import secrets
import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tracker.fetch.addresses import forbidden_reason
from tracker.verify.plan import ProbeTarget, ProbeTask
from tracker.verify.report import Attempt, Result, State, summarize_attempts
from tracker.verify.tls import TrustedAuthorities, check_handshake

_STUN_COOKIE = 0x2112A442
_MAX_ADDRESSES = 8  # of one name
# Errors by which the network or this machine's own firewall says that it stops packets.
_NETWORK_ERRORS = {
    errno.EHOSTUNREACH: "the network says that the host cannot be reached",
    errno.ENETUNREACH: "there is no route to it from here",
    errno.EACCES: "this machine's own firewall stops it",
    errno.EPERM: "this machine's own firewall stops it",
}


@dataclass(frozen=True, slots=True)
class ProbeOptions:
    """Seconds for each step, and whose certificates are trusted."""

    timeout: float
    authorities: TrustedAuthorities


Progress = Callable[[int, int], None]
FinishedProbe = tuple[int, int, list[Attempt]]  # numbers of task and probe, attempts


def run_probes(
    tasks: Sequence[ProbeTask],
    options: ProbeOptions,
    parallel: int,
    deadline: float,
    progress: Progress,
) -> list[Result]:
    """Return a result for each task, in their order. `deadline` is in seconds from now."""
    pending: queue.SimpleQueue[tuple[int, int, ProbeTarget]] = queue.SimpleQueue()
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
    return [_result_of_task(task, number, found) for number, task in enumerate(tasks)]


def _run_worker(
    pending: queue.SimpleQueue[tuple[int, int, ProbeTarget]],
    finished: queue.SimpleQueue[FinishedProbe],
    options: ProbeOptions,
) -> None:
    while True:
        try:
            number, at, probe = pending.get_nowait()
        except queue.Empty:
            return
        finished.put((number, at, try_probe(probe, options)))


def _collect_until(
    finished: queue.SimpleQueue[FinishedProbe], count: int, end: float, progress: Progress
) -> dict[tuple[int, int], list[Attempt]]:
    """Return what is finished by `end`, a time of the monotonic clock."""
    found: dict[tuple[int, int], list[Attempt]] = {}
    while len(found) < count:
        progress(len(found), count)
        try:
            number, at, tried = finished.get(timeout=max(end - time.monotonic(), 0))
        except queue.Empty:
            break
        found[number, at] = tried
    progress(len(found), count)
    return found


def _result_of_task(
    task: ProbeTask, number: int, found: dict[tuple[int, int], list[Attempt]]
) -> Result:
    tried: list[Attempt] = []
    for at, probe in enumerate(task.probes):
        late = [Attempt(None, probe.port, probe.target, "cannot-tell", "not tried in time")]
        tried += found.get((number, at), late)
    return summarize_attempts(task, tried)


def try_probe(probe: ProbeTarget, options: ProbeOptions) -> list[Attempt]:
    """Try all addresses of a target, one after the other. Never raises.

    IPv6 addresses beside others are skipped where this machine has no route to them.
    """
    if _is_address(probe.target):
        return [_try_address(probe, probe.target, options)]
    try:
        found = resolve(probe.target, options.timeout)
    except ResolveError as error:
        return [Attempt(None, probe.port, probe.target, "dns-fails", str(error))]
    if why := next((why for each in found if (why := _dns_filter_reason(each))), None):
        return [Attempt(found[0], probe.port, probe.target, "dns-fails", why)]
    usable = [each for each in found if ":" not in each or _has_route(each)] or found
    return [_try_address(probe, each, options) for each in usable[:_MAX_ADDRESSES]]


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _dns_filter_reason(address: str) -> str | None:
    """Say why an address is not the public server's; DNS filters answer with their own."""
    why = forbidden_reason(address.partition("%")[0])
    return f"DNS answers {address}, which is {why}: not the public server" if why else None


def _has_route(address: str) -> bool:
    """Return whether this machine has a route to an address; sends nothing."""
    with socket.socket(_family(address), socket.SOCK_DGRAM) as asked:
        try:
            asked.connect((address, 9))
        except OSError:
            return False
    return True


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _try_address(probe: ProbeTarget, address: str, options: ProbeOptions) -> Attempt:
    """Try one address. Never raises for what the network does."""
    attempt = _try_tcp if probe.protocol == "tcp" else _try_udp
    try:
        state, detail = attempt(probe, address, options)
    except TimeoutError:
        state, detail = "blocked", f"no answer in {options.timeout:g} s"
    except ConnectionRefusedError:
        state, detail = "refused", "connection refused"
    except OSError as error:
        state, detail = _network_failure(error, address)
    name = None if probe.target == address else probe.target
    return Attempt(address, probe.port, name, state, detail)


def _network_failure(error: OSError, address: str) -> tuple[State, str]:
    if error.errno in {errno.ENETUNREACH, errno.EADDRNOTAVAIL} and ":" in address:
        return "cannot-tell", "this machine has no route for IPv6"
    reason = _NETWORK_ERRORS.get(error.errno or 0) or error.strerror or type(error).__name__
    return "blocked", reason


def _try_tcp(probe: ProbeTarget, address: str, options: ProbeOptions) -> tuple[State, str]:
    """Connect, and where the page says TLS also shake hands. Raises OSError."""
    with socket.create_connection((address, probe.port), options.timeout):
        pass
    if not probe.tls:
        return "open", ""
    where = (address, probe.port)
    return check_handshake(where, probe.name, options.authorities, options.timeout)


def _try_udp(probe: ProbeTarget, address: str, options: ProbeOptions) -> tuple[State, str]:
    """Send a query and wait for an answer. Raises OSError, also where no port listens."""
    payload, must_answer = udp_payload(probe.port)
    with socket.socket(_family(address), socket.SOCK_DGRAM) as link:
        link.settimeout(options.timeout)
        link.connect((address, probe.port))
        link.send(payload)
        try:
            link.recv(1)
        except TimeoutError:
            if must_answer:
                raise
            return "cannot-tell", "no answer, and by UDP none is needed"
    return "open", "answered"


class ResolveError(Exception):
    """A name has no address; the text says why. Never leaves this package."""


def resolve(host: str, timeout: float) -> list[str]:
    """Return a host's addresses, each once. Raises ResolveError, also after `timeout` seconds.

    `getaddrinfo` cannot be interrupted, so it runs in a thread that is not waited for.
    """
    answers: queue.SimpleQueue[list[str] | ResolveError] = queue.SimpleQueue()
    threading.Thread(target=_look_up, args=(host, answers), daemon=True).start()
    try:
        found = answers.get(timeout=timeout)
    except queue.Empty:
        raise ResolveError(f"no answer from DNS in {timeout:g} s") from None
    if isinstance(found, ResolveError):
        raise found
    return found


def _look_up(host: str, answers: queue.SimpleQueue[list[str] | ResolveError]) -> None:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        answers.put(list(dict.fromkeys(str(each[4][0]) for each in found)))
    except (OSError, UnicodeError) as error:
        answers.put(ResolveError(_resolve_failure(error)))


def _resolve_failure(error: Exception) -> str:
    code = getattr(error, "errno", None)
    if code in {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None)}:
        return "DNS knows no address of it"
    if code == socket.EAI_AGAIN:
        return "DNS does not answer, or says that it cannot"
    return f"DNS: {error.strerror if isinstance(error, OSError) else error}"


def udp_payload(port: int) -> tuple[bytes, bool]:
    """Return what to send to a port, and whether a server there has to answer."""
    build = _PAYLOADS.get(port)
    return (build(), True) if build else (b"\0", False)


def _dns_query() -> bytes:
    """Ask for the root's name servers, which every server answers (RFC 1035, 4.1)."""
    return secrets.token_bytes(2) + struct.pack(">HHHHH", 0x0100, 1, 0, 0, 0) + b"\0\0\2\0\1"


def _ntp_request() -> bytes:
    """Return a client's request of version 4 (RFC 5905, 7.3)."""
    return bytes([0x23]) + bytes(39) + secrets.token_bytes(8)


def _stun_request() -> bytes:
    """Return a binding request without attributes (RFC 8489, 5)."""
    return struct.pack(">HHI", 1, 0, _STUN_COOKIE) + secrets.token_bytes(12)


_PAYLOADS = {53: _dns_query, 123: _ntp_request, 3478: _stun_request}
