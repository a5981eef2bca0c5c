"""Loads rule sets one after the other in a network namespace, and sends packets through each.

It runs by itself in the namespace: cases as JSON on stdin, what got through as JSON on stdout.
Packets are built by hand and have a source port each. A table of our own behind all others
collects the source ports that it sees, so nothing waits for what was dropped.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import struct
import subprocess
import sys
from typing import Any

MAC = "02:00:00:00:00:02"
SETUP = f"""
ip link set lo up
ip link add inside address {MAC} type veth peer name sender
ip link add outside type veth peer name beyond
ip link set outside arp off
for name in inside sender outside beyond; do ip link set $name up; done
ip address add 10.9.9.9/32 dev outside
ip address add fd00:9::9/128 dev outside nodad
ip route add default dev outside
ip -6 route add default dev outside
for name in all inside outside; do echo 0 > /proc/sys/net/ipv4/conf/$name/rp_filter; done
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
"""
PROBE = """
add set inet probe seen { type inet_service; flags dynamic; }
add chain inet probe passed%(number)s { type filter hook %(hook)s priority 2000; }
add rule inet probe passed%(number)s meta l4proto { tcp, udp } add @seen { th sport }
"""
SOURCES = {"output": ("10.9.9.9", "fd00:9::9"), "forward": ("192.168.50.5", "fd00:50::5")}
HOOKS = {"output": "postrouting", "forward": "postrouting", "input": "input"}


def shell(script: str, given: str = "") -> str:
    """What a shell script prints. Raises CalledProcessError."""
    done = subprocess.run(
        ["sh", "-ec", script], input=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{done.stderr}\n{given}")
    return done.stdout


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    words = struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2))
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip_packet(packet: dict[str, Any], source: str, target: str, sport: int) -> bytes:
    """A whole packet: the first of a TCP connection, or one of UDP."""
    six = ":" in target
    family = socket.AF_INET6 if six else socket.AF_INET
    ends = socket.inet_pton(family, source) + socket.inet_pton(family, target)
    tcp = packet["protocol"] == "tcp"
    number, size = (6, 20) if tcp else (17, 8)

    def segment(summed: int) -> bytes:
        if tcp:
            return struct.pack(
                "!HHIIBBHHH", sport, packet["port"], 1, 0, 0x50, 2, 1024, summed, 0
            )
        return struct.pack("!HHHH", sport, packet["port"], size, summed)

    pseudo = ends + (
        struct.pack("!IxxxB", size, number) if six else struct.pack("!xBH", number, size)
    )
    body = segment(checksum(pseudo + segment(0)))
    if six:
        return struct.pack("!IHBB", 6 << 28, size, number, 64) + ends + body
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + size, sport, 0, 64, number, 0)
    summed = checksum(head + ends)
    return head[:10] + struct.pack("!H", summed) + ends + body


class Sender:
    """Sends packets from this machine, or as another on the link `inside`."""

    def __init__(self) -> None:
        self.sport = 1024
        self.raw = {
            4: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW),
            6: socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW),
        }
        self.link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.link.bind(("sender", 0))
        self.ethernet = bytes.fromhex(MAC.replace(":", "")) + b"\2\0\0\0\0\1"

    def send(self, packet: dict[str, Any]) -> int:
        """Send a packet; return its source port."""
        self.sport = self.sport + 1 if self.sport < 65000 else 1025
        six = ":" in packet["far"]
        if packet["hook"] == "input":
            source, target = packet["far"], "fd00:9::9" if six else "10.9.9.9"
        else:
            source, target = SOURCES[packet["hook"]][six], packet["far"]
        data = ip_packet(packet, source, target, self.sport)
        if packet["hook"] == "output":
            with contextlib.suppress(PermissionError):  # a rule has dropped it
                self.raw[6 if six else 4].sendto(data, (target, 0))
        else:
            self.link.send(self.ethernet + (b"\x86\xdd" if six else b"\x08\0") + data)
        return self.sport


def load(command: str, text: str) -> None:
    """Load a rule set without the random rules that contradict themselves: nft names them."""
    lines = text.splitlines(keepends=True)
    while True:
        try:
            shell(command, "".join(lines))
        except RuntimeError as error:
            named = re.findall(r"/dev/stdin:(\d+):", str(error))
            if not named:
                raise
            for number in {int(each) - 1 for each in named}:
                lines[number] = "\n"
        else:
            return


def run_case(case: dict[str, Any], sender: Sender) -> dict[str, Any]:
    """Load a case, and return what it is shown as and which of its packets get through."""
    load(case["load"], case["text"])
    shown = [shell(each) for each in case["show"]]
    hooks = {HOOKS[each["hook"]] for each in case["packets"]}
    chains = [PROBE % {"number": at, "hook": hook} for at, hook in enumerate(sorted(hooks))]
    shell("nft -f -", "\n".join(["add table inet probe", *chains]))
    sent = {sender.send(each): at for at, each in enumerate(case["packets"])}
    [seen] = [
        each["set"]
        for each in json.loads(shell("nft -j list set inet probe seen"))["nftables"]
        if "set" in each
    ]
    through = sorted(sent[port] for port in seen.get("elem", ()) if port in sent)
    return {"shown": shown, "through": through}


def main() -> None:
    """Run all cases of stdin."""
    shell(SETUP)
    sender = Sender()
    json.dump([run_case(case, sender) for case in json.load(sys.stdin)], sys.stdout)


if __name__ == "__main__":
    main()
