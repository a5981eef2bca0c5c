"""Packets against nftables.nft: through what it opens, and through nothing beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.formats.netns import need, run
from tests.formats.samples import SAMPLES, entry, rule_set
from tracker.formats import load
from tracker.model import Service

# In the namespace every address is on its `lo`, and nothing listens: what gets through is
# refused by the far end, what the user's own last rule stops never comes back.
PROBE = """
import socket, sys
kind = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
for line in sys.stdin:
    protocol, source, target, port = line.split()
    family = socket.AF_INET6 if ":" in target else socket.AF_INET
    with socket.socket(family, kind[protocol]) as probe:
        probe.settimeout(0.3)
        try:
            probe.bind((source, 0))
            probe.connect((target, int(port)))
            probe.send(b"x")
            probe.recv(1)
        except ConnectionRefusedError:
            print("through")
        except (TimeoutError, PermissionError):
            print("stopped")
"""
ADDRESSES = ("3.74.63.86", "3.74.63.87", "192.168.9.9", "192.168.9.8", "203.0.113.5")
SIX = ("2001:db8::1", "2001:db8::2")
# (protocol, from, to, port) -> does it get through?
OUT = {
    ("tcp", "192.168.9.9", "3.74.63.86", 22543): True,
    ("tcp", "192.168.9.9", "3.74.63.86", 22542): False,
    ("tcp", "192.168.9.9", "3.74.63.87", 22543): False,
    ("udp", "192.168.9.9", "3.74.63.86", 22543): False,
    ("tcp", "192.168.9.9", "3.74.63.86", 445): False,
    ("udp", "192.168.9.9", "203.0.113.5", 3478): True,
    ("udp", "192.168.9.9", "203.0.113.5", 3482): False,
    ("tcp", "2001:db8::2", "2001:db8::1", 443): True,
    ("tcp", "2001:db8::1", "2001:db8::2", 443): False,
}
IN = {
    ("tcp", "192.168.9.9", "192.168.9.8", 22551): True,
    ("udp", "192.168.9.9", "192.168.9.8", 6771): True,
    ("tcp", "192.168.9.9", "192.168.9.8", 6771): False,
    ("tcp", "192.168.9.9", "192.168.9.8", 445): False,
    ("tcp", "203.0.113.5", "192.168.9.8", 22551): False,
}
HOOK = """
table inet filter {{
	chain mine {{
		type filter hook {hook} priority filter; policy drop;
		ct state established,related accept
		{jump}
	}}
}}
"""


def probed(cases, hook: str, jump: str, folder: Path) -> list[bool]:
    service = Service("udp", 3478, 3481)
    more = entry("203.0.113.5", services=(service,)), entry("2001:db8::1")
    of = rule_set(*SAMPLES["2024-04-europe"].entries, *more)
    (folder / "it.nft").write_text(load("nftables").render(of).text or "")
    (folder / "own.nft").write_text(HOOK.format(hook=hook, jump=jump))
    (folder / "probe.py").write_text(PROBE)
    lines = [" ".join(map(str, case)) for case in cases]
    (folder / "cases").write_text("\n".join(lines))
    added = [f"ip address add {each}/32 dev lo" for each in ADDRESSES]
    added += [f"ip address add {each}/128 dev lo nodad" for each in SIX]
    script = ["ip link set lo up", *added, "nft -f it.nft", "nft -f own.nft"]
    done = run("\n".join([*script, '"$PYTHON" probe.py < cases']), folder)
    assert done.returncode == 0, done.stderr
    return [line == "through" for line in done.stdout.split()]


@pytest.mark.parametrize(
    ("cases", "hook", "chain"),
    [(OUT, "output", "action1_europe_out"), (IN, "input", "action1_europe_in")],
    ids=["out", "in"],
)
def test_packets_get_through_as_written(cases, hook, chain, tmp_path: Path) -> None:
    need("nft", "ip")
    found = probed(cases, hook, f"jump {chain}", tmp_path)
    assert dict(zip(cases, found, strict=True)) == cases
    # Without the jump nothing does, and with all open everything does: the probe can tell.
    assert not any(probed(cases, hook, "", tmp_path))
    assert all(probed(cases, hook, "accept", tmp_path))
