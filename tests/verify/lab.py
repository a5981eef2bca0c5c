"""A client, a router and servers in network namespaces, with no way out of them.

    client 10.77.1.2 -- 10.77.1.1 router 10.77.2.1 -- 10.77.2.2 servers

The servers' machine has every documented address, and a DNS server at 10.77.2.53. The router
has the rules of the test. Everything is inside one user, mount and network namespace, so
nothing of it can reach, or is left on, the machine.
"""

from __future__ import annotations

import json
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support import checkers

DNS = "10.77.2.53"
_SERVERS = Path(__file__).with_name("lab_servers.py")
_CAPTURER = Path(__file__).with_name("lab_capture.py")
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
rm -f ready captured.json; mkfifo ready
running=
for what in dns servers; do
    nsenter --net=/run/netns/servers "$PYTHON" lab_servers.py spec.json $what > ready &
    running="$running $!"
    read word < ready
    [ "$word" = ready ]
done
"""
_CAPTURE = """
nsenter --net=/run/netns/client "$PYTHON" lab_capture.py captured.json > /dev/null &
running="$running $!"
while [ ! -e captured.json ]; do sleep 0.02; done
"""
_CLIENT = """
for script in $SCRIPTS; do
    nsenter --net=/run/netns/client sh "$script" > "$script.out" 2> "$script.err" \
        && status=0 || status=$?
    echo $status > "$script.status"
done
kill $running
exit 0
"""


@dataclass
class Lab:
    """What stands on the servers' machine, and what the router lets through."""

    folder: Path
    router: str = "table inet filter {}\n"
    names: dict[str, Any] = field(default_factory=dict)
    servers: list[dict[str, Any]] = field(default_factory=list)
    addresses: set[str] = field(default_factory=set)
    resolver: str = f"nameserver {DNS}\noptions timeout:1 attempts:1\n"
    client: str = ""  # lines of shell that prepare the client's network

    def serve(
        self,
        address: str,
        port: int,
        protocol: str = "tcp",
        chain: Path | None = None,
        how: str = "hold",
    ) -> None:
        """A server; with a chain of certificates it speaks TLS. `how` is in lab_servers.py."""
        self.addresses.add(address)
        made = {"address": address, "port": port, "protocol": protocol, "how": how}
        self.servers.append(made | ({"chain": str(chain)} if chain else {}))

    def fwtracker(self, *args: str | Path) -> subprocess.CompletedProcess[str]:
        """Runs one of our commands on the client."""
        words = " ".join(shlex.quote(str(each)) for each in args)
        return self.run(f'"$PYTHON" -m tracker {words}')[0]

    def run(self, *scripts: str) -> list[subprocess.CompletedProcess[str]]:
        """Runs shell scripts on the client, one after the other, in one set-up.

        What the client sent meanwhile is in `sent` afterwards.
        """
        checkers.need("unshare", "nsenter", "ip", "nft", "mount")
        alone = ("unshare", "-rnm", "--kill-child", "--pid", "--fork")
        mount = ("mount", "-t", "tmpfs", "none", "/run")
        if checkers.run(*alone, *mount, folder=Path("/")).returncode:
            checkers.lacking("namespaces of one's own (unshare -rnm)")
        self._write()
        root = Path(__file__).parents[2]
        for number, text in enumerate(scripts):
            (self.folder / f"script{number}").write_text(text)
        names = " ".join(f"script{number}" for number in range(len(scripts)))
        head = f"set -e; export PYTHONPATH={root} SCRIPTS='{names}'"
        script = f"{head}\n{_NET}{self.client}{_CAPTURE}{_CLIENT}"
        whole = checkers.run(*alone, "sh", "-c", script, folder=self.folder)
        assert whole.returncode == 0, whole.stderr
        return [self._done(f"script{number}") for number in range(len(scripts))]

    @property
    def sent(self) -> set[tuple[str, str, int]]:
        """Protocol, address and port of each packet that the client sent."""
        found = json.loads((self.folder / "captured.json").read_text())
        return {(protocol, address, port) for protocol, address, port in found}

    def _done(self, name: str) -> subprocess.CompletedProcess[str]:
        """What a script of the client left."""
        out, err, status = (
            (self.folder / f"{name}.{kind}").read_text() for kind in ("out", "err", "status")
        )
        return subprocess.CompletedProcess(name, int(status), out, err)

    def _write(self) -> None:
        spec = {"servers": self.servers, "dns": {"address": DNS, "names": self.names}}
        addresses = sorted(self.addresses | {DNS})
        lines = "".join(f"addr add {each}/32 dev lo\n" for each in addresses)
        texts = {
            "spec.json": json.dumps(spec),
            "addresses": lines,
            "router.nft": self.router,
            "resolv.conf": self.resolver,
            "lab_servers.py": _SERVERS.read_text(),
            "lab_capture.py": _CAPTURER.read_text(),
        }
        for name, text in texts.items():
            (self.folder / name).write_text(text)
