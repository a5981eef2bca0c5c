"""A change of 10,000 endpoints, sent to Slack and by mail: what arrives, and what it costs.

`python -m tests.support.big_alert` prints the figures; the tests check only what arrives.
"""

from __future__ import annotations

import os
import tempfile
import time
from datetime import timedelta
from ipaddress import IPv4Address

import msgspec

from tests.support import announcements as made
from tests.support.servers import HookServer, Mail, MailServer
from tests.support.versions import snapshots_of
from tests.support.watched import START, context_of
from tracker.alerts import outbox
from tracker.alerts.delivery import deliver_owed
from tracker.config import parse
from tracker.model import Entry
from tracker.store import open_store
from tracker.store.tree import Tree

ENDPOINTS = 10_000
FIRST = IPv4Address("20.0.0.0")


class SentAlert(msgspec.Struct):
    """What arrived, and the time that it took: wall and processor time (s)."""

    slack: list[bytes]
    mails: list[Mail]
    failures: list[object]
    seconds: float
    cpu: float


def send_alert(per_entry: int, place: str) -> SentAlert:
    """Deliver version 2 with ENDPOINTS new endpoints, in rows of `per_entry`."""
    with HookServer() as hook, MailServer() as mail:
        os.environ["BIG_ALERT_URL"] = hook.url
        config = parse({"channels": [_slack(), _mail(mail.port)]})
        tree = Tree(open_store(place), "action1")
        rows = [_row(number, per_entry) for number in range(ENDPOINTS // per_entry)]
        first = msgspec.to_builtins(made.entry())
        one, two = snapshots_of([[first], [first, *rows]], START, timedelta(hours=1))
        tree.commit(one, {})
        outbox.register_channels(tree, config.channels)
        tree.commit(two, {})
        seconds, cpu = time.perf_counter(), time.process_time()
        failures = deliver_owed(context_of(tree, config), config.channels)
        return SentAlert(
            slack=[request.body for request in hook.requests],
            mails=list(mail.mails),
            failures=list(failures),
            seconds=time.perf_counter() - seconds,
            cpu=time.process_time() - cpu,
        )


def _slack() -> dict:
    return {"name": "ops", "type": "slack", "url_env": "BIG_ALERT_URL"}


def _mail(port: int) -> dict:
    server = {"host": "127.0.0.1", "port": port, "security": "none"}
    return {"name": "mail", "type": "email", "sender": "a@b.example", "to": ["c@d.example"]} | (
        server
    )


def _row(number: int, size: int) -> dict:
    start = FIRST + number * size
    entry: Entry = made.entry(
        resource=f"Servers {number}",
        hosts=(),
        addresses=tuple(str(start + offset) for offset in range(size)),
        services=made.TLS[:1],
    )
    return msgspec.to_builtins(entry)


def main() -> None:
    """Print the figures for one address per row, and for fifty."""
    for per_entry in (1, 50):
        with tempfile.TemporaryDirectory() as place:
            sent = send_alert(per_entry, place)
        print(
            f"{ENDPOINTS:,} endpoints in {ENDPOINTS // per_entry:,} rows:"
            f" {len(sent.slack)} Slack message of {len(sent.slack[0]):,} bytes,"
            f" {len(sent.mails)} mail of {len(sent.mails[0].data):,} bytes"
            f" in {sent.seconds:.2f} s, {sent.cpu:.2f} s of them at work"
        )


if __name__ == "__main__":
    main()
