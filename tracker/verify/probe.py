"""One address and port, tried: what came of it, in one of the states.

TCP is connected and, where the page says TLS, a handshake made; by UDP goes a fitting question
or a byte. Nothing else is sent, and nothing is read but certificates and the first answer.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from dataclasses import dataclass

from tracker.fetch.addresses import forbidden_reason
from tracker.verify.names import NoAddress, addresses
from tracker.verify.plan import Probe
from tracker.verify.result import Attempt, State
from tracker.verify.tls import Authorities, handshake
from tracker.verify.udp_payloads import question

_MOST_ADDRESSES = 8  # of one name
# What the network or this machine's own firewall says in place of silence.
_STOPPED = {
    errno.EHOSTUNREACH: "the network says that the host cannot be reached",
    errno.ENETUNREACH: "there is no route to it from here",
    errno.EACCES: "this machine's own firewall stops it",
    errno.EPERM: "this machine's own firewall stops it",
}


@dataclass(frozen=True, slots=True)
class Means:
    """How to try: seconds for each step, and whose certificates count."""

    timeout: float
    authorities: Authorities


def attempts(probe: Probe, means: Means) -> list[Attempt]:
    """All addresses of a probe's target, one after the other. Never raises.

    IPv6 addresses beside others are passed over where this machine has no way to them.
    """
    if _is_address(probe.target):
        return [_attempt(probe, probe.target, means)]
    try:
        found = addresses(probe.target, means.timeout)
    except NoAddress as error:
        return [Attempt(None, probe.port, probe.target, "dns-fails", str(error))]
    if why := next((why for each in found if (why := _false_answer(each))), None):
        return [Attempt(found[0], probe.port, probe.target, "dns-fails", why)]
    usable = [each for each in found if ":" not in each or _has_route(each)] or found
    return [_attempt(probe, each, means) for each in usable[:_MOST_ADDRESSES]]


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _false_answer(address: str) -> str | None:
    """DNS filters answer with an address of their own network, or with none at all."""
    why = forbidden_reason(address.partition("%")[0])
    return f"DNS answers {address}, which is {why}: not the public server" if why else None


def _has_route(address: str) -> bool:
    """Whether packets to it would leave this machine; sends nothing."""
    with socket.socket(_family(address), socket.SOCK_DGRAM) as asked:
        try:
            asked.connect((address, 9))
        except OSError:
            return False
    return True


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _attempt(probe: Probe, address: str, means: Means) -> Attempt:
    """One address. Never raises for what the network does."""
    way = _tcp if probe.protocol == "tcp" else _udp
    try:
        state, detail = way(probe, address, means)
    except TimeoutError:
        state, detail = "blocked", f"no answer in {means.timeout:g} s"
    except ConnectionRefusedError:
        state, detail = "refused", "connection refused"
    except OSError as error:
        state, detail = _network_says(error, address)
    name = None if probe.target == address else probe.target
    return Attempt(address, probe.port, name, state, detail)


def _network_says(error: OSError, address: str) -> tuple[State, str]:
    if error.errno in {errno.ENETUNREACH, errno.EADDRNOTAVAIL} and ":" in address:
        return "cannot-tell", "this machine has no route for IPv6"
    said = _STOPPED.get(error.errno or 0) or error.strerror or type(error).__name__
    return "blocked", said


def _tcp(probe: Probe, address: str, means: Means) -> tuple[State, str]:
    """Connect, and where the page says TLS also shake hands. Raises OSError."""
    with socket.create_connection((address, probe.port), means.timeout):
        pass
    if not probe.tls:
        return "open", ""
    where = (address, probe.port)
    return handshake(where, probe.name, means.authorities, means.timeout)


def _udp(probe: Probe, address: str, means: Means) -> tuple[State, str]:
    """A question, and whether somebody answers, or that nobody listens. Raises OSError."""
    said, expects = question(probe.port)
    with socket.socket(_family(address), socket.SOCK_DGRAM) as link:
        link.settimeout(means.timeout)
        link.connect((address, probe.port))
        link.send(said)
        try:
            link.recv(1)
        except TimeoutError:
            if expects:
                raise
            return "cannot-tell", "no answer, and by UDP none is needed"
    return "open", "answered"
