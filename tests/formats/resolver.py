"""A real Unbound on loopback, before a name server that knows an address for everything."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from tests.support import checkers

_ADDRESS: Final = bytes([192, 0, 2, 53])
_CONFIG: Final = """
server:
    interface: 127.0.0.1
    port: {port}
    do-daemonize: no
    do-not-query-localhost: no
    username: ""
    chroot: ""
    directory: "{folder}"
    pidfile: ""
    use-syslog: no
    logfile: "{folder}/log"
    num-threads: 1
    module-config: "respip iterator"
{more}
forward-zone:
    name: "."
    forward-addr: 127.0.0.1@{upstream}
"""
_ADDRESS_QUESTION: Final = struct.pack("!HH", 1, 1)
_REFUSED, _NO_SUCH_NAME = 5, 3
_TRIES: Final = 5
_TAKEN: Final = "in use"


@contextmanager
def unbound(folder: Path, more: str) -> Iterator[int]:
    """The port of an Unbound with `more` in its configuration."""
    checkers.need("unbound")
    with upstream() as above:
        config = partial(_CONFIG.format, folder=folder, upstream=above, more=more)
        daemon, port = _started(folder, lambda port: config(port=port))
        with daemon:
            try:
                yield port
            finally:
                daemon.terminate()
                daemon.wait(20)


def _started(folder: Path, config: Callable[[int], str]) -> tuple[subprocess.Popen[bytes], int]:
    """An Unbound that answers, and its port: it takes none of the system's choosing.

    So another process may have the port that was free a moment ago; then one more is tried.
    """
    path, log, early = folder / "unbound.conf", folder / "log", folder / "stderr"
    for _ in range(_TRIES):
        port = _free_port()
        path.write_text(config(port))
        env = os.environ | {"PATH": checkers.PATH}
        with early.open("wb") as errors:  # what it says before it opens its log
            daemon = subprocess.Popen(["unbound", "-d", "-c", path], env=env, stderr=errors)
        try:
            if _answers(port, daemon):
                return daemon, port
        except BaseException:
            daemon.kill()
            daemon.wait(20)
            raise
        if daemon.poll() is None:
            daemon.kill()
        daemon.wait(20)
        said = "".join(each.read_text() for each in (early, log) if each.exists())
        if _TAKEN not in said:
            break
    return pytest.fail(said)


def lets_through(port: int, name: str) -> bool:
    """Whether the resolver says an address for a name, or that there is none."""
    code, answers = _ask(port, name)
    assert (code, answers) in {(0, 1), (_NO_SUCH_NAME, 0), (_REFUSED, 0)}, (name, code, answers)
    return code == 0


@contextmanager
def upstream() -> Iterator[int]:
    """A name server that answers every question for an address with the same one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.2)
        done = threading.Event()
        thread = threading.Thread(target=_serve, args=(server, done))
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            done.set()
            thread.join()


def _serve(server: socket.socket, done: threading.Event) -> None:
    while not done.is_set():
        try:
            query, client = server.recvfrom(2000)
        except TimeoutError:
            continue
        end = query.index(b"\0", 12) + 5
        record = b"\xc0\x0c" + _ADDRESS_QUESTION + struct.pack("!IH", 60, 4) + _ADDRESS
        asked = query[end - 4 : end] == _ADDRESS_QUESTION
        head = query[:2] + struct.pack("!HHHHH", 0x8180, 1, int(asked), 0, 0)
        server.sendto(head + query[12:end] + (record if asked else b""), client)


def _ask(port: int, name: str) -> tuple[int, int]:
    """The answer's code and number of records."""
    labels = b"".join(bytes([len(each)]) + each.encode() for each in name.split("."))
    query = struct.pack("!HHHHHH", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + _ADDRESS_QUESTION
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.connect(("127.0.0.1", port))
        client.send(query)
        answer = client.recv(2000)
    _, flags, _, answers = struct.unpack("!HHHH", answer[:8])
    return flags & 15, answers


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int, daemon: subprocess.Popen[bytes]) -> bool:
    """Whether it answers in time; not so where it has ended."""
    for _ in range(200):
        if daemon.poll() is not None:
            return False
        try:
            _ask(port, "ready.example")
        except (ConnectionRefusedError, TimeoutError):
            time.sleep(0.05)
        else:
            return daemon.poll() is None
    return False
