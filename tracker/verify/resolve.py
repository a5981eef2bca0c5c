"""Look up names as absolute names, with the machine's own resolver.

A search list (`search` of resolv.conf, a DNS suffix) turns a name that does not resolve into
other names, and `ndots` even one that does: those answers are not for the page's name. A dot
at the end prevents that (RFC 1034, 3.1; resolv.conf(5)).
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
from collections.abc import Collection, Iterator
from pathlib import Path

from tracker.formats.shared.addresses import network_of

_HOSTS_FILE = Path("/etc/hosts")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052, 2.1


class ResolveError(Exception):
    """A name has no address; the text says why. Never leaves this package."""


def resolve(host: str, timeout: float) -> list[str]:
    """Return a host's addresses, each once. Raises ResolveError, also after `timeout` seconds.

    `getaddrinfo` cannot be interrupted, so it runs in a thread that is abandoned then.
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
    absolute = f"{host.rstrip('.')}."
    try:
        found = socket.getaddrinfo(absolute, None, type=socket.SOCK_STREAM)
        answers.put(list(dict.fromkeys(str(each[4][0]) for each in found)))
    except (OSError, UnicodeError) as error:
        answers.put(ResolveError(_failure_text(error)))


def _failure_text(error: Exception) -> str:
    code = getattr(error, "errno", None)
    if code in {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None)}:
        return "DNS has no address for it"
    if code == socket.EAI_AGAIN:
        return "DNS does not answer, or returns an error"
    return f"DNS: {error.strerror if isinstance(error, OSError) else error}"


def is_listed(address: str, listed: Collection[str]) -> bool:
    """Return whether an address is among those listed, or in a listed network.

    An address that NAT64 made from an IPv4 address counts as the latter.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if found in _NAT64:
        found = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return any(found in network for text in listed if (network := network_of(text)))


def names_in_hosts_file(names: Collection[str], path: Path = _HOSTS_FILE) -> Iterator[str]:
    """Yield the names in the machine's hosts file, which look-ups of absolute names ignore."""
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:  # on Windows it is elsewhere, and used for absolute names too
        return
    there = {word.lower() for line in lines for word in line.partition("#")[0].split()[1:]}
    yield from sorted(there.intersection(names))
