"""Names to addresses, as this machine's own resolver has them, without waiting for it.

`getaddrinfo` cannot be interrupted, so each look-up has a thread that nobody has to wait for.
"""

from __future__ import annotations

import queue
import socket
import threading


class NoAddress(Exception):
    """A name leads nowhere; the text says why. Never leaves this package."""


def addresses(host: str, timeout: float) -> list[str]:
    """The addresses of a host, each once. Raises NoAddress, also after `timeout` seconds."""
    answers: queue.SimpleQueue[list[str] | NoAddress] = queue.SimpleQueue()
    threading.Thread(target=_look_up, args=(host, answers), daemon=True).start()
    try:
        found = answers.get(timeout=timeout)
    except queue.Empty:
        raise NoAddress(f"no answer from DNS in {timeout:g} s") from None
    if isinstance(found, NoAddress):
        raise found
    return found


def _look_up(host: str, answers: queue.SimpleQueue[list[str] | NoAddress]) -> None:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        answers.put(list(dict.fromkeys(str(each[4][0]) for each in found)))
    except (OSError, UnicodeError) as error:
        answers.put(NoAddress(_why(error)))


def _why(error: Exception) -> str:
    code = getattr(error, "errno", None)
    if code in {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None)}:
        return "DNS knows no address of it"
    if code == socket.EAI_AGAIN:
        return "DNS does not answer, or says that it cannot"
    return f"DNS: {error.strerror if isinstance(error, OSError) else error}"
