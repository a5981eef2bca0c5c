"""A client, a router and servers in network namespaces, with no way out of them.

    client 10.77.1.2 -- 10.77.1.1 router 10.77.2.1 -- 10.77.2.2 servers

The servers' machine has every documented address, and a DNS server at 10.77.2.53. The router
has the rules of the test. Everything is inside one user, mount and network namespace, so
nothing of it can reach, or is left on, the machine.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support import checkers

DNS = "10.77.2.53"
_SERVERS = Path(__file__).with_name("lab_servers.py")
_NET = """
mount -t tmpfs none /run
for name in client router servers; do ip netns add $name; done
ip link add c0 netns client type veth peer name r0 netns router
ip link add s0 netns servers type veth peer name r1 netns router
ip -n client addr add 10.77.1.2/24 dev c0
ip -n router addr add 10.77.1.1/24 dev r0
ip -n router addr add 10.77.2.1/24 dev r1
ip -n servers addr add 10.77.2.2/24 dev s0
for pair in client:c0 router:r0 router:r1 servers:s0; do
    ip -n ${pair%:*} link set ${pair#*:} up
    ip -n ${pair%:*} link set lo up
done
ip -n client route add default via 10.77.1.1
ip -n router route add default via 10.77.2.2
ip -n servers route add default via 10.77.2.1
nsenter --net=/run/netns/router sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
ip -n servers -batch addresses
nsenter --net=/run/netns/router nft -f router.nft
mount --bind resolv.conf /etc/resolv.conf
rm -f ready; mkfifo ready
nsenter --net=/run/netns/servers "$PYTHON" lab_servers.py spec.json > ready &
read word < ready
[ "$word" = ready ]
"""
_CLIENT = """
nsenter --net=/run/netns/client "$PYTHON" -m tracker "$@" && status=0 || status=$?
kill %1 2>/dev/null || kill $!
exit $status
"""


@dataclass
class Lab:
    """What stands on the servers' machine, and what the router lets through."""

    folder: Path
    router: str = "table inet filter {}\n"
    names: dict[str, Any] = field(default_factory=dict)
    servers: list[dict[str, Any]] = field(default_factory=list)
    addresses: set[str] = field(default_factory=set)

    def serve(
        self, address: str, port: int, protocol: str = "tcp", chain: Path | None = None
    ) -> None:
        """A server; with a chain of certificates it speaks TLS."""
        self.addresses.add(address)
        made = {"address": address, "port": port, "protocol": protocol}
        self.servers.append(made | ({"chain": str(chain)} if chain else {}))

    def fwtracker(self, *args: str | Path) -> subprocess.CompletedProcess[str]:
        """Runs a command of ours on the client."""
        checkers.need("unshare", "nsenter", "ip", "nft", "mount")
        alone = ("unshare", "-rnm", "--kill-child", "--pid", "--fork")
        mount = ("mount", "-t", "tmpfs", "none", "/run")
        if checkers.run(*alone, *mount, folder=Path("/")).returncode:
            checkers.lacking("namespaces of one's own (unshare -rnm)")
        self._write()
        root = Path(__file__).parents[2]
        script = f"set -e; export PYTHONPATH={root}\n{_NET}{_CLIENT}"
        return checkers.run(*alone, "sh", "-c", script, "sh", *args, folder=self.folder)

    def _write(self) -> None:
        spec = {"servers": self.servers, "dns": {"address": DNS, "names": self.names}}
        addresses = sorted(self.addresses | {DNS})
        lines = "".join(f"addr add {each}/32 dev lo\n" for each in addresses)
        texts = {
            "spec.json": json.dumps(spec),
            "addresses": lines,
            "router.nft": self.router,
            "resolv.conf": f"nameserver {DNS}\noptions timeout:1 attempts:1\n",
            "lab_servers.py": _SERVERS.read_text(),
        }
        for name, text in texts.items():
            (self.folder / name).write_text(text)
