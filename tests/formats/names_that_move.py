"""Run in a network namespace: a name gets another address, and the old one is closed.

A name server of our own on loopback answers every name with the address that is set, dnsmasq
fills the sets of nftables, and packets try both addresses. Prints what got through, a line a
step: what the step is, and the addresses.
"""

from __future__ import annotations

import re
import socket
import struct
import subprocess
import sys
import threading
import time

from tests.formats.names_in_sets import UPSTREAM, ask

NAME = "a.windowsupdate.com"
OLD, NEW = "198.51.100.1", "198.51.100.2"
SECONDS = 1.5  # that the set keeps an address for
answer = OLD


def main() -> None:
    global answer  # noqa: PLW0603  what the name server says from then on
    threading.Thread(target=serve, daemon=True).start()
    options = ["--port=53", "--listen-address=127.0.0.1", "--bind-interfaces", "--no-resolv"]
    options += ["--no-hosts", "--server=127.0.0.1#5300", "--pid-file=", "--cache-size=0"]
    with subprocess.Popen(["dnsmasq", "-d", f"--conf-file={sys.argv[1]}", *options]) as dnsmasq:
        say("before")
        ask(NAME, 4)
        say("asked")
        before = left(OLD)
        time.sleep(0.1)
        ask(NAME, 4)
        print("longer" if left(OLD) > before else "not longer", flush=True)
        answer = NEW
        ask(NAME, 4)
        say("changed")
        # In use without a question, the new one stays; without use the old one goes.
        end = time.monotonic() + SECONDS + 0.3
        while time.monotonic() < end:
            assert passes(NEW)
            time.sleep(0.2)
        say("used")
        time.sleep(SECONDS + 0.3)
        say("idle")
        ask(NAME, 4)
        say("asked again")
        dnsmasq.terminate()


def say(step: str) -> None:
    print(f"{step}:", *(each for each in (OLD, NEW) if passes(each)), flush=True)


def passes(address: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        try:
            probe.connect((address, 443))
        except ConnectionRefusedError:
            return True
        except (TimeoutError, PermissionError):
            return False
    raise AssertionError("nothing listens here")


def left(address: str) -> int:
    """Milliseconds that the set still keeps an address for."""
    listed = subprocess.run(
        ["nft", "list", "ruleset"], capture_output=True, text=True, check=True
    )
    [found] = re.findall(rf"{address} expires (?:(\d+)s)?(?:(\d+)ms)?", listed.stdout)
    seconds, milliseconds = (int(each or 0) for each in found)
    return 1000 * seconds + milliseconds


def serve() -> None:
    """Answers with the address that is set (RFC 1035 section 4)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(UPSTREAM)
        while True:
            query, client = server.recvfrom(2048)
            end = query.index(0, 12) + 5
            head = query[:2] + struct.pack("!5H", 0x8180, 1, 1, 0, 0)
            record = struct.pack("!3HIH", 0xC00C, 1, 1, 60, 4) + socket.inet_aton(answer)
            server.sendto(head + query[12:end] + record, client)


if __name__ == "__main__":
    main()
