"""Packets in a network namespace that holds nothing but `lo`: what gets through, what not.

Every address is on `lo`, and nothing listens: what gets through is refused by the far end,
what the user's own last rule stops never comes back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.formats.netns import run

PROBE = """
import socket, sys
from concurrent.futures import ThreadPoolExecutor
kind = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
def probed(line):
    protocol, source, target, port = line.split()
    family = socket.AF_INET6 if ":" in target else socket.AF_INET
    with socket.socket(family, kind[protocol]) as probe:
        probe.settimeout(0.6)
        try:
            probe.bind((source, 0))
            probe.connect((target, int(port)))
            probe.send(b"x")
            probe.recv(1)
        except ConnectionRefusedError:
            return "through"
        except (TimeoutError, PermissionError):
            return "stopped"
with ThreadPoolExecutor(64) as pool:
    print(*pool.map(probed, sys.stdin.read().splitlines()), sep="\\n")
"""


@dataclass(frozen=True, order=True)
class Packet:
    """One packet."""

    protocol: str
    source: str
    target: str
    port: int

    def __str__(self) -> str:
        return f"{self.protocol} {self.source} {self.target} {self.port}"


def through(packets: Iterable[Packet], setup: str, folder: Path) -> set[Packet]:
    """Which packets get through after a shell script that loads rules."""
    packets = sorted(packets)
    addresses = sorted({end for each in packets for end in (each.source, each.target)})
    (folder / "probe.py").write_text(PROBE)
    (folder / "packets").write_text("\n".join(map(str, packets)))
    script = ["ip link set lo up", *map(_added, addresses), setup]
    done = run("\n".join([*script, '"$PYTHON" probe.py < packets']), folder)
    assert done.returncode == 0, done.stderr
    answers = done.stdout.split()[-len(packets) :]
    assert {*answers} <= {"through", "stopped"}
    return {each for each, said in zip(packets, answers, strict=True) if said == "through"}


def _added(address: str) -> str:
    if ":" in address:
        return f"ip address add {address}/128 dev lo nodad"
    return f"ip address add {address}/32 dev lo"
