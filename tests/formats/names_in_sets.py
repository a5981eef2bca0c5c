"""Run in a network namespace: dnsmasq fills sets of nftables, and packets try the addresses.

A name server of our own on loopback answers every name, each with addresses of its own. Reads
from stdin, a line each: name, port. Prints for each whether packets to its IPv4 and IPv6
address get through, before and after dnsmasq was asked for the name.
"""

from __future__ import annotations

import hashlib
import socket
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

UPSTREAM, DNSMASQ = ("127.0.0.1", 5300), ("127.0.0.1", 53)
TYPES = {4: 1, 6: 28}


def main() -> None:
    lines = [line.split() for line in sys.stdin.read().splitlines()]
    names = sorted({name for name, _ in lines})
    for name in names:
        for family in TYPES:
            add = ["ip", "address", "add", f"{text(name, family)}/{32 if family == 4 else 128}"]
            subprocess.run([*add, "dev", "lo", *(["nodad"] if family == 6 else [])], check=True)
    threading.Thread(target=answer, daemon=True).start()
    options = ["--port=53", "--listen-address=127.0.0.1", "--bind-interfaces", "--no-resolv"]
    options += ["--no-hosts", "--server=127.0.0.1#5300", "--pid-file="]
    # -d: in a namespace of its own it cannot become another user.
    with subprocess.Popen(["dnsmasq", "-d", f"--conf-file={sys.argv[1]}", *options]) as dnsmasq:
        before = all_tried(lines)
        for name in names:
            for family in TYPES:
                found = ask(name, family)
                assert found == packed(name, family), (name, found)
        for line, first, then in zip(lines, before, all_tried(lines), strict=True):
            print(*line, *first, *then)
        dnsmasq.terminate()


def all_tried(lines: list[list[str]]) -> list[list[str]]:
    with ThreadPoolExecutor(32) as pool:
        return list(pool.map(lambda line: tried(*line), lines))


def tried(name: str, port: str) -> list[str]:
    """Whether a packet to each address of a name gets through."""
    said = []
    for family, kind in ((4, socket.AF_INET), (6, socket.AF_INET6)):
        with socket.socket(kind, socket.SOCK_STREAM) as probe:
            probe.settimeout(0.6)
            try:
                probe.connect((text(name, family), int(port)))
            except ConnectionRefusedError:
                said.append("through")
            except (TimeoutError, PermissionError):
                said.append("stopped")
    return said


def packed(name: str, family: int) -> bytes:
    """The address of a name, of the networks for documentation."""
    mark = hashlib.sha256(name.encode()).digest()
    if family == 4:
        return bytes((198, 51, 100, mark[0]))
    return bytes.fromhex("20010db8") + mark[:12]


def text(name: str, family: int) -> str:
    kind = socket.AF_INET if family == 4 else socket.AF_INET6
    return socket.inet_ntop(kind, packed(name, family))


def answer() -> None:
    """The name server: one question, one answer (RFC 1035 section 4)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(UPSTREAM)
        while True:
            query, client = server.recvfrom(2048)
            end = query.index(0, 12) + 5
            (kind,) = struct.unpack("!H", query[end - 4 : end - 2])
            data = packed(spelled(query), 6 if kind == TYPES[6] else 4)
            head = query[:2] + struct.pack("!5H", 0x8180, 1, 1, 0, 0)
            record = struct.pack("!3HIH", 0xC00C, kind, 1, 60, len(data)) + data
            server.sendto(head + query[12:end] + record, client)


def spelled(query: bytes) -> str:
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    return ".".join(labels).lower()


def ask(name: str, family: int) -> bytes:
    """What dnsmasq answers; asked again until it is up."""
    labels = b"".join(bytes([len(each)]) + each.encode() for each in name.split("."))
    query = b"\x12\x34" + struct.pack("!5H", 0x0100, 1, 0, 0, 0) + labels
    query += b"\0" + struct.pack("!2H", TYPES[family], 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.5)
        for _ in range(20):
            client.sendto(query, DNSMASQ)
            try:
                return client.recv(2048)[-4 if family == 4 else -16 :]
            except (TimeoutError, ConnectionRefusedError):
                time.sleep(0.1)
    raise AssertionError(f"dnsmasq does not answer for {name}")


if __name__ == "__main__":
    main()
