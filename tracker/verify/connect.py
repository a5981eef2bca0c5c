"""Connections to one address, direct or through a proxy, and what their errors mean.

If all of them fail, this machine's gateway may not respond: on Linux the kernel's tables show
it. The only name that is looked up here is that of the proxy, which the operator configures.
"""

from __future__ import annotations

import base64
import errno
import ipaddress
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tracker.errors import UsageError
from tracker.verify.states import State

SMALL_SEGMENTS = 500  # bytes: fits every path (RFC 791: 576 bytes with headers)
_MIN_OPEN_TIME = 0.5  # seconds that a connection must stay open
_MAX_HEAD = 8192  # bytes of a proxy's response
_LOCAL_ERRORS = {
    errno.ENETUNREACH: "this machine has no route to it",
    errno.EADDRNOTAVAIL: "this machine has no route to it",
}
_ICMP_ERRORS = {
    errno.EHOSTUNREACH: "the network says that the host cannot be reached",
    errno.ENETUNREACH: "the network says that it has no route to it",
    errno.ENETDOWN: "the network says that it is down",
}
_FIREWALL_ERRORS = {errno.EACCES, errno.EPERM}
# `/proc/net/route` has the default route, `/proc/net/arp` the neighbours that answer (proc(5)).
_PROC = Path("/proc/net")
_ARP_COMPLETE = 0x2  # ATF_COM of linux/if_arp.h: the neighbour has answered
_ROUTE_GATEWAY = 0x2  # RTF_GATEWAY of linux/route.h


class ProxyError(Exception):
    """The proxy did not connect; `state` is the result. Never leaves this package."""

    def __init__(self, state: State, detail: str) -> None:
        super().__init__(detail)
        self.state: State = state


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy that connects by CONNECT (RFC 9110, 9.3.6); `authorization` is a secret."""

    host: str
    port: int
    authorization: str = ""

    def __str__(self) -> str:
        """Return `proxy.example.net:3128`, without the secret."""
        return f"{self.host}:{self.port}"


def parse_proxy(url: str) -> Proxy:
    """Return the proxy of `http://[USER:PASSWORD@]HOST[:PORT]`. Raises UsageError."""
    try:
        parts = urlsplit(url if "//" in url else f"http://{url}")
        port = parts.port or 3128
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme != "http" or not parts.hostname or parts.path not in {"", "/"}:
        raise UsageError(
            "the proxy is not of the form http://HOST:PORT, the only kind that is supported"
        )
    if parts.username is None:
        return Proxy(parts.hostname, port)
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return Proxy(parts.hostname, port, f"Basic {base64.b64encode(pair.encode()).decode()}")


@dataclass(frozen=True, slots=True)
class Connector:
    """How to connect: seconds for each step, source address, proxy, segment size in bytes."""

    timeout: float
    source: str | None = None
    proxy: Proxy | None = None
    segments: int | None = None

    def connect(self, host: str, port: int) -> socket.socket:
        """Connect by TCP. `host` is an address; with a proxy it may also be a name.

        Raises OSError, and ProxyError if the proxy refuses or fails.
        """
        if self.proxy:
            return _connect_by_proxy(self.proxy, host, port, self.timeout)
        link = socket.socket(family_of(host), socket.SOCK_STREAM)
        try:
            link.settimeout(self.timeout)
            if self.segments and hasattr(socket, "TCP_MAXSEG"):
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, self.segments)
            if self.source:
                link.bind((self.source, 0))
            link.connect((host, port))
        except BaseException:
            link.close()
            raise
        return link


def _connect_by_proxy(proxy: Proxy, host: str, port: int, timeout: float) -> socket.socket:
    try:
        link = socket.create_connection((proxy.host, proxy.port), timeout)
    except OSError as error:
        why = (
            f"no answer in {timeout:g} s" if isinstance(error, TimeoutError) else error.strerror
        )
        raise ProxyError("proxy-fails", f"the proxy {proxy} is not reached: {why}") from None
    try:
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        secret = (
            f"Proxy-Authorization: {proxy.authorization}\r\n" if proxy.authorization else ""
        )
        link.sendall(f"CONNECT {where} HTTP/1.1\r\nHost: {where}\r\n{secret}\r\n".encode())
        _check_response(proxy, _read_head(link))
    except OSError:
        link.close()
        raise ProxyError("proxy-fails", f"the proxy {proxy} gives no answer") from None
    except ProxyError:
        link.close()
        raise
    return link


def _read_head(link: socket.socket) -> bytes:
    """Return the head of a response, read byte by byte: the bytes after it are the tunnel's."""
    head = b""
    while not head.endswith(b"\r\n\r\n") and len(head) < _MAX_HEAD:
        more = link.recv(1)
        if not more:
            break
        head += more
    return head


def _check_response(proxy: Proxy, head: bytes) -> None:
    """Raise ProxyError for an answer that is not 2xx."""
    words = head.split(b"\r\n")[0].decode("ascii", "replace").split(maxsplit=2)
    if len(words) < 2 or not words[0].startswith("HTTP/"):  # noqa: PLR2004  version and status
        problem = f"the proxy {proxy} does not speak HTTP, or breaks the connection"
        raise ProxyError("proxy-fails", problem)
    if not words[1].startswith("2"):
        raise ProxyError("proxy-refused", f"the proxy answers {' '.join(words[1:])}")


def family_of(address: str) -> socket.AddressFamily:
    """Return the family of an address."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def find_route_problem(address: str, source: str | None = None) -> str | None:
    """Return why packets to an address cannot leave this machine; None if they can.

    Sends nothing: connecting a UDP socket only looks up the route.
    """
    if source and family_of(source) != family_of(address):
        return f"the source address {source} is of the other IP version"
    with socket.socket(family_of(address), socket.SOCK_DGRAM) as link:
        try:
            if source:
                link.bind((source, 0))
            link.connect((address, 9))
        except OSError as error:
            here = _LOCAL_ERRORS.get(error.errno or 0, "a route of this machine forbids it")
            return "this machine has no route for IPv6" if ":" in address else here
    return None


def check_source(source: str) -> None:
    """Raise UsageError if this machine does not have the source address."""
    try:
        ipaddress.ip_address(source)  # a name would be looked up
        with socket.socket(family_of(source), socket.SOCK_DGRAM) as link:
            link.bind((source, 0))
    except (OSError, ValueError):
        raise UsageError(f"{source} is not an address of this machine") from None


def explain_failure(error: OSError, timeout: float) -> tuple[State, str]:
    """Return the state and a detail for the error of a connection that has a route."""
    if isinstance(error, TimeoutError):
        return "blocked", f"no answer in {timeout:g} s"
    if isinstance(error, ConnectionRefusedError):
        return "refused", "connection refused"
    if error.errno in _FIREWALL_ERRORS:
        return "blocked-here", "this machine's own firewall stops it"
    if words := _ICMP_ERRORS.get(error.errno or 0):
        return "unreachable", words
    return "blocked", error.strerror or type(error).__name__


def watch_connection(link: socket.socket, timeout: float) -> tuple[State, str]:
    """Return whether a connection stays open: a middlebox that accepts everything closes it."""
    link.settimeout(min(timeout, _MIN_OPEN_TIME))
    try:
        is_open = bool(link.recv(1))
    except TimeoutError:
        return "open", ""
    except OSError:
        return "accepted-closed", "accepted, then reset"
    return ("open", "") if is_open else ("accepted-closed", "accepted, then closed")


def find_silent_gateway(proc: Path = _PROC) -> str | None:
    """Return the default gateway if this machine sent it an ARP request that got no answer.

    None if it answered, if no request was sent, or if the files are missing: nothing is known
    on systems other than Linux, nor for IPv6.
    """
    try:
        routes = (proc / "route").read_text("ascii").splitlines()[1:]
        neighbours = (proc / "arp").read_text("ascii").splitlines()[1:]
    except (OSError, UnicodeError):
        return None
    asked = {line.split()[0]: int(line.split()[2], 16) for line in neighbours if line.split()}
    gateways = list(_default_gateways(routes))
    silent = [each for each in gateways if not asked.get(each, _ARP_COMPLETE) & _ARP_COMPLETE]
    return silent[0] if silent and len(silent) == len(gateways) else None


def _default_gateways(routes: list[str]) -> Iterator[str]:
    """Yield the gateways of all default routes; addresses are in the machine's byte order."""
    for line in routes:
        words = line.split()
        target, gateway, flags, mask = words[1], words[2], int(words[3], 16), words[7]
        if int(target, 16) == int(mask, 16) == 0 and flags & _ROUTE_GATEWAY:
            yield socket.inet_ntoa(struct.pack("=I", int(gateway, 16)))
