"""The far end of the lab, run inside its namespace: servers, and a DNS server that can fail.

Reads what to serve as JSON from its first argument, says "ready" and serves until it is ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
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
        found = self.names.get(name, "nxdomain")
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


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.transport.sendto(data, addr)


async def _hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, ssl.SSLError):
        await reader.read(1000)
        if writer.get_extra_info("ssl_object") is None:  # a page that says no, in place of TLS
            writer.write(b"HTTP/1.0 403 Forbidden\r\n\r\n")
        writer.close()


async def main(spec: dict[str, Any]) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda *_: None)  # a handshake that the client gives up
    contexts: dict[str, ssl.SSLContext] = {}
    for each in spec["servers"]:
        where, chain = (each["address"], each["port"]), each.get("chain")
        if chain and chain not in contexts:
            contexts[chain] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            contexts[chain].load_cert_chain(chain)
        if each["protocol"] == "udp":
            await loop.create_datagram_endpoint(Echo, local_addr=where)
        else:
            await asyncio.start_server(_hold, *where, ssl=contexts.get(chain), backlog=50)
    dns = spec["dns"]
    await loop.create_datagram_endpoint(
        lambda: Dns(dns["names"]), local_addr=(dns["address"], 53)
    )
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123  no need for more
        asyncio.run(main(json.load(file)))
