"""A DNS server on loopback whose answers a test changes while it runs."""

from __future__ import annotations

import socket
import struct
import threading
from typing import Self

A, AAAA = 1, 28
NO_SUCH_NAME, FAILURE = 3, 2


class NameServer:
    """Answers by UDP at 127.0.0.1; `names` is what it knows, a number is an error code.

    `failing` are record types (A, AAAA) that it answers with SERVFAIL whatever the name.
    """

    def __init__(self) -> None:
        self.names: dict[str, list[str] | int] = {}
        self.failing: set[int] = set()
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def address(self) -> str:
        """As [drift] resolvers names it."""
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        self._thread.join(10)
        self._socket.close()

    def _serve(self) -> None:
        while data := (received := self._socket.recvfrom(2000))[0]:
            self._socket.sendto(self._answer(data), received[1])

    def _answer(self, data: bytes) -> bytes:
        labels, at = [], 12
        while data[at]:
            labels.append(data[at + 1 : at + 1 + data[at]].decode())
            at += 1 + data[at]
        name, kind = ".".join(labels).lower(), struct.unpack(">H", data[at + 1 : at + 3])[0]
        self.asked.append(name)
        found = FAILURE if kind in self.failing else self.names.get(name, NO_SUCH_NAME)
        code, addresses = (found, []) if isinstance(found, int) else (0, found)
        packed = [_packed(each) for each in addresses if (":" in each) == (kind == AAAA)]
        packed = packed if kind in {A, AAAA} else []
        head = data[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(packed), 0, 0)
        fixed = (struct.pack(">HHHIH", 0xC00C, kind, 1, 1, len(each)) + each for each in packed)
        records = b"".join(fixed)
        return head + data[12 : at + 5] + records


def _packed(address: str) -> bytes:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.inet_pton(family, address)
