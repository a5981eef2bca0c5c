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
with ThreadPoolExecutor(200) as pool:
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


def through_each(
    packets: Iterable[Packet], setups: Iterable[str], folder: Path
) -> list[set[Packet]]:
    """Which packets get through after each of some shell scripts, one after the other."""
    packets = sorted(packets)
    addresses = sorted({end for each in packets for end in (each.source, each.target)})
    (folder / "probe.py").write_text(PROBE)
    (folder / "packets").write_text("\n".join(map(str, packets)))
    script = ["ip link set lo up", *map(_added, addresses)]
    for setup in setups:
        script += [setup, "echo ====", '"$PYTHON" probe.py < packets', "echo ===="]
    done = run("\n".join(script), folder)
    assert done.returncode == 0, done.stderr
    answers = [said.split() for said in done.stdout.split("====\n")[1::2]]
    assert all(len(said) == len(packets) for said in answers)
    assert {word for said in answers for word in said} <= {"through", "stopped"}
    return [
        {each for each, word in zip(packets, said, strict=True) if word == "through"}
        for said in answers
    ]


def _added(address: str) -> str:
    if ":" in address:
        return f"ip address add {address}/128 dev lo nodad"
    return f"ip address add {address}/32 dev lo"
