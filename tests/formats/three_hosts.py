"""A client, a gateway and a server, each in a network namespace: what gets from one to another.

Everything is within a namespace of its own, with private mounts and processes: whatever a
firewall's own program writes below /etc or leaves running there is gone afterwards.
Nothing listens: what gets through is refused by the far end, the rest comes back otherwise
or not at all.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.support import checkers

CLIENT, GATEWAY, OTHER_LAN, FAR = "192.168.9.9", "192.168.9.1", "10.9.0.9", "203.0.113.200"
CLIENT6, GATEWAY6, OTHER_LAN6, FAR6 = "fd00::9", "fd00::1", "fd09::9", "2001:db8:ffff::1"
_SANDBOX = (*checkers.ISOLATED, "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
_PROBE = """
import socket, sys
from concurrent.futures import ThreadPoolExecutor
kind = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
def probe(line):
    _, protocol, target, port = line.split()
    family = socket.AF_INET6 if ":" in target else socket.AF_INET
    with socket.socket(family, kind[protocol]) as one:
        one.settimeout(0.6)
        try:
            one.connect((target, int(port)))
            one.send(b"x")
            one.recv(1)
        except ConnectionRefusedError:
            return "through " + line
        except OSError:
            return "stopped " + line
with ThreadPoolExecutor(128) as pool:
    lines = [line for line in sys.stdin.read().splitlines() if line.startswith(sys.argv[1])]
    print(*pool.map(probe, lines), sep="\\n")
"""
_HOSTS = f"""
mount -t tmpfs tmpfs /run
mkdir /run/netns
for host in client gateway server; do
    ip netns add $host
    ip -n $host link set lo up
    ip netns exec $host sh -c 'echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad'
done
ip -n gateway link add lan0 type veth peer name eth0 netns client
ip -n gateway link add wan0 type veth peer name eth0 netns server
for link in "gateway lan0" "gateway wan0" "client eth0" "server eth0"; do
    ip -n ${{link% *}} link set ${{link#* }} up
done
ip -n gateway address add {GATEWAY}/24 dev lan0
ip -n gateway address add {GATEWAY6}/64 dev lan0
ip -n gateway address add 198.18.0.1/24 dev wan0
ip -n gateway address add 2001:db8:fffe::1/64 dev wan0
ip -n client address add {CLIENT}/24 dev eth0
ip -n client address add {CLIENT6}/64 dev eth0
ip -n server address add 198.18.0.2/24 dev eth0
ip -n server address add 2001:db8:fffe::2/64 dev eth0
ip -n client route add default via {GATEWAY}
ip -n client route add default via {GATEWAY6}
ip -n gateway route add default via 198.18.0.2
ip -n gateway route add default via 2001:db8:fffe::2
ip -n server route add default via 198.18.0.1
ip -n server route add default via 2001:db8:fffe::1
ip netns exec gateway sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
ip netns exec gateway sh -c 'echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'
"""


@dataclass(frozen=True, order=True)
class Probe:
    """A packet from one of the hosts, `client`, `gateway` or `server`."""

    host: str
    protocol: str
    target: str
    port: int

    def __str__(self) -> str:
        return f"{self.host} {self.protocol} {self.target} {self.port}"


def need(*programs: str) -> None:
    """Skips the test where hosts cannot be made, or a program is missing; fails it in CI."""
    checkers.need("unshare", "ip", *programs)
    if run(_HOSTS, Path("/tmp")).returncode:
        checkers.lacking("network namespaces with mounts and processes of their own")


def run(script: str, folder: Path):
    """Runs a shell script in the sandbox."""
    return checkers.run(*_SANDBOX, "sh", "-ec", script, folder=folder)


def through(probes: Iterable[Probe], setup: str, folder: Path) -> set[Probe]:
    """Which get through after a shell script that sets up the gateway."""
    [found] = through_each(probes, [setup], folder)
    return found


def through_each(
    probes: Iterable[Probe], setups: Iterable[str], folder: Path
) -> list[set[Probe]]:
    """Which get through after each of some scripts, one after the other on the same hosts."""
    probes = sorted(probes)
    (folder / "probe.py").write_text(_PROBE)
    (folder / "probes").write_text("\n".join(map(str, probes)))
    targets = sorted({each.target for each in probes} - {GATEWAY, GATEWAY6, CLIENT, CLIENT6})
    lengths = ((each, 128 if ":" in each else 32) for each in targets)
    script = [_HOSTS]
    script += [f"ip -n server address add {each}/{length} dev lo" for each, length in lengths]
    asked = [
        f"ip netns exec {host} {sys.executable} probe.py {host} < probes"
        for host in sorted({each.host for each in probes})
    ]
    for setup in setups:
        script += [setup, "echo ====", *asked, "echo ===="]
    done = run("\n".join(script), folder)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    found = []
    for answers in done.stdout.split("====\n")[1::2]:
        lines = set(answers.splitlines())
        assert len(lines) == len(probes), done.stderr
        found.append({each for each in probes if f"through {each}" in lines})
    return found
