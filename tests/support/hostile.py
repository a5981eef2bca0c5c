"""A server on loopback that sends raw bytes, so that it can break every rule of HTTP.

It is bounded: a connection lasts a few seconds and a few megabytes at most, and the server ends
with its test.
"""

from __future__ import annotations

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.support.site import SAMPLES

GOOD = (SAMPLES / "2024-04/stacks.html").read_bytes()
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n"
ZIPPED = OK + b"Content-Encoding: gzip\r\n"

Talk = Callable[[socket.socket], None]


@contextmanager
def speaking(talk: Talk) -> Iterator[str]:
    """Yield the URL of a server that calls `talk` after the first bytes of each connection."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.02)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(2)
                try:
                    connection.recv(65536)
                    talk(connection)
                except OSError:
                    pass  # the client has hung up, as it should

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    finally:
        stop.set()
        thread.join()
        server.close()


def saying(answer: bytes) -> Talk:
    """Send the whole answer at once, then close the connection."""
    return lambda connection: connection.sendall(answer)


def dripping(head: bytes, drop: bytes, times: int = 100, pause: float = 0.03) -> Talk:
    """Send a few bytes now and then: never silent for long, and never done."""

    def drip(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(times):
            connection.sendall(drop)
            time.sleep(pause)

    return drip


def flooding(head: bytes, piece: bytes, times: int = 256) -> Talk:
    """Send much more than expected, as fast as it is read."""

    def flood(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(times):
            connection.sendall(piece)

    return flood


def bomb(size: int) -> bytes:
    """Return `size` zero bytes, compressed to a thousandth; made in pieces to save memory."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    piece = bytes(2**20)
    return b"".join(packer.compress(piece) for _ in range(size >> 20)) + packer.flush()


def counted(body: bytes, head: bytes = OK) -> bytes:
    """Return a whole answer with its length."""
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """Return a whole answer in chunks; another `end` breaks it."""
    parts = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return OK + b"Transfer-Encoding: chunked\r\n\r\n" + parts + end


PACKED = gzip.compress(GOOD)
HALF = len(GOOD) // 2
TWO_MEMBERS = gzip.compress(GOOD[:HALF]) + gzip.compress(GOOD[HALF:])

# Forms of addresses that are not public, as a URL may spell them.
PRIVATE = (
    *("127.0.0.1", "127.1", "0x7f.1", "0177.0.0.1", "2130706433", "0x7f000001", "0", "0.0.0.0"),
    *("10.0.0.1", "10.1", "172.16.0.1", "172.31.255.254", "192.168.0.1", "169.254.169.254"),
    *("2852039166", "100.64.0.1", "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1"),
    *("198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1"),
    *("255.255.255.255", "[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]"),
    *("[::7f00:1]", "[64:ff9b::7f00:1]", "[64:ff9b::10.0.0.1]", "[64:ff9b:1::a00:1]"),
    *("[2002:7f00:1::]", "[2002:c0a8:1::1]", "[2001::1]", "[2001:db8::1]", "[3fff::1]"),
    *("[fc00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fec0::1]", "[ff02::1]", "[100::1]"),
    *("[4000::1]", "[5f00::1]"),
)
