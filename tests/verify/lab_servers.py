"""The far end of the lab, run inside its namespace: servers, and a DNS server that can fail.

Reads what to serve as JSON from its first argument; the second is "dns" or "servers". Says
"ready", and serves until it is ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import socket
import ssl
import struct
import sys
from typing import Any

_A, _AAAA = 1, 28
_NAME_ERROR, _SERVER_FAILURE = 3, 2


class Dns(asyncio.DatagramProtocol):
    """Answers A and AAAA from a table; a word in place of addresses says how it fails."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        name, end = _question(data)
        found = self.names.get(name) or next(
            (each for key, each in self.names.items() if _is_below(name, key)), "nxdomain"
        )
        if found == "silent":
            return
        kind = struct.unpack(">H", data[end : end + 2])[0]
        self.transport.sendto(_answer(data, end + 4, kind, found), addr)


def _question(data: bytes) -> tuple[str, int]:
    labels, at = [], 12
    while data[at]:
        labels.append(data[at + 1 : at + 1 + data[at]].decode())
        at += 1 + data[at]
    return ".".join(labels).lower(), at + 1


def _answer(data: bytes, end: int, kind: int, found: Any) -> bytes:
    failure = {"nxdomain": _NAME_ERROR, "servfail": _SERVER_FAILURE}.get(str(found), 0)
    addresses = [] if failure else [ipaddress.ip_address(each) for each in found]
    version = {_A: 4, _AAAA: 6}.get(kind)
    fitting = [each.packed for each in addresses if each.version == version]
    head = data[:2] + struct.pack(">HHHHH", 0x8180 | failure, 1, len(fitting), 0, 0)
    records = [struct.pack(">HHHIH", 0xC00C, kind, 1, 1, len(each)) + each for each in fitting]
    return head + data[12:end] + b"".join(records)


def _is_below(name: str, wildcard: str) -> bool:
    return wildcard.startswith("*.") and name.endswith(wildcard[1:])


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.transport.sendto(data, addr)


async def _hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Waits for the client; a plain server answers with a page that says no."""
    with contextlib.suppress(OSError, ssl.SSLError):
        await reader.read(1000)
        if writer.get_extra_info("ssl_object") is None:  # in place of TLS
            writer.write(b"HTTP/1.0 403 Forbidden\r\n\r\n")
        writer.close()


async def _close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accepts, and closes at once."""
    writer.close()


async def _reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accepts, and resets at once."""
    _reset_now(writer)


async def _cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reads the first message of the handshake, and resets."""
    await reader.read(1000)
    _reset_now(writer)


async def _mute(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Reads, and never answers."""
    while await reader.read(1000):
        pass


async def _proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Connects where CONNECT says, but for ports below 443."""
    head = await reader.readuntil(b"\r\n\r\n")
    host, _, port = head.split()[1].decode().rpartition(":")
    if int(port) < 443:
        writer.write(b"HTTP/1.1 403 Not that one\r\n\r\n")
        writer.close()
        return
    absolute = f"{host}{'.' if host[-1].isalpha() else ''}"  # no search list
    onward = await asyncio.open_connection(absolute, int(port))
    writer.write(b"HTTP/1.1 200 fine\r\n\r\n")
    await asyncio.gather(_copy(reader, onward[1]), _copy(onward[0], writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()


def _reset_now(writer: asyncio.StreamWriter) -> None:
    link = writer.get_extra_info("socket")
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Flaky:
    """Closes every other connection at once, beginning with the first."""

    def __init__(self) -> None:
        self.count = 0

    async def __call__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.count += 1
        await (_close if self.count % 2 else _hold)(reader, writer)


class Once:
    """Speaks TLS with the first client, and resets the next ones in the handshake."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context: ssl.SSLContext | None = context

    async def __call__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        context, self.context = self.context, None
        if context is None:
            await _cut(reader, writer)
            return
        with contextlib.suppress(OSError, ssl.SSLError):
            await writer.start_tls(context)
            writer.close()


PLAIN = {
    "hold": _hold,
    "close": _close,
    "reset": _reset,
    "cut": _cut,
    "mute": _mute,
    "proxy": _proxy,
}


async def _serve(how: str, where: Any, context: ssl.SSLContext | None) -> None:
    if how == "once" and context:
        await asyncio.start_server(Once(context), *where)
    elif how == "flaky":
        await asyncio.start_server(Flaky(), *where)
    else:
        await asyncio.start_server(PLAIN[how], *where, ssl=context, backlog=50)


async def serve_all(spec: dict[str, Any]) -> None:
    """Start every server of the specification."""
    contexts: dict[str, ssl.SSLContext] = {}
    for each in spec["servers"]:
        where, chain = (each["address"], each["port"]), each.get("chain")
        if chain and chain not in contexts:
            contexts[chain] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            contexts[chain].load_cert_chain(chain)
        if each["protocol"] == "udp":
            loop = asyncio.get_running_loop()
            await loop.create_datagram_endpoint(Echo, local_addr=where)
        else:
            await _serve(each["how"], where, contexts.get(chain))


async def main(spec: dict[str, Any], what: str) -> None:
    """Serve DNS or all else: apart, so that handshakes keep no answer of DNS waiting."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda *_: None)  # a handshake that the client gives up
    if what == "dns":
        names, where = spec["dns"]["names"], (spec["dns"]["address"], 53)
        await loop.create_datagram_endpoint(lambda: Dns(names), local_addr=where)
    else:
        await serve_all(spec)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123  no need for more
        asyncio.run(main(json.load(file), sys.argv[2]))
