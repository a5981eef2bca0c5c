"""The few words that systemd wants to hear of a service (sd_notify(3)); elsewhere nothing."""

from __future__ import annotations

import os
import socket
from contextlib import suppress


def tell(state: str) -> None:
    """Send `READY=1`, `STOPPING=1` or `WATCHDOG=1` to who started us, if it asked."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place.startswith(("/", "@")):
        return
    address = "\0" + place[1:] if place.startswith("@") else place
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto(state.encode(), address)


def watched() -> bool:
    """Whether systemd ends us when it hears nothing (WatchdogSec=)."""
    return bool(os.environ.get("WATCHDOG_USEC"))
