"""rpz.zone in BIND: a primary that loads what is published, and a secondary that follows it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from msgspec import structs

from tests.publish.test_serials import CONFIG, DAY, PATH, START, A, B, C, serial
from tests.site.readings import add
from tests.support import checkers
from tests.support.versions import snapshots_of
from tracker.publish.publish import publish
from tracker.store import open_store
from tracker.store.tree import Tree
from tracker.times import format_utc

ZONE = "action1-europe.rpz"
_OPTIONS = """
options {{
    directory "{folder}";
    listen-on port {port} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    pid-file none;
    session-keyfile none;
    recursion no;
    dnssec-validation no;
    minimal-responses yes;
    notify-delay 0;
    {more}
}};
controls {{ }};
"""
_PRIMARY = """
zone "{zone}" {{
    type primary;
    file "{file}";
    also-notify {{ 127.0.0.1 port {secondary}; }};
    notify explicit;
}};
"""
_SECONDARY = """
zone "{zone}" {{
    type secondary;
    file "copy";
    primaries {{ 127.0.0.1 port {primary}; }};
    notify no;
}};
"""
_CNAME, _SOA = 5, 6


class Pair:
    """Two name servers, and the tree whose zone the first one loads."""

    def __init__(self, tree: Tree, folder: Path) -> None:
        self.tree, self.folder = tree, folder
        self.primary = self.secondary = 0
        self.daemon: subprocess.Popen[bytes] | None = None

    def follow(self) -> dict[str, bool]:
        """Load the published zone; return which names the secondary exempts then."""
        shutil.copyfile(self.folder / "store/action1" / PATH, self.folder / "zone")
        assert self.daemon is not None
        self.daemon.send_signal(signal.SIGHUP)
        wanted = serial(self.tree)
        for _ in range(200):
            if soa(self.secondary) == wanted:
                break
            time.sleep(0.05)
        assert soa(self.secondary) == wanted, (self.folder / "log").read_text()
        return {name: exempts(self.secondary, f"{name}.example.com") for name in "abc"}


def ask(port: int, name: str, kind: int) -> bytes:
    """The data of the first record of an answer; nothing where there is none."""
    labels = b"".join(bytes([len(each)]) + each.encode() for each in name.split("."))
    query = (
        struct.pack("!HHHHHH", 7, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", kind, 1)
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(2)
        client.connect(("127.0.0.1", port))
        client.send(query)
        answer = client.recv(2000)
    records = struct.unpack("!HHHHHH", answer[:12])[3]
    return answer[len(query) + 12 :] if records else b""


def soa(port: int) -> int | None:
    """The serial that a server has; None while it has no zone."""
    try:
        data = ask(port, ZONE, _SOA)
    except OSError:
        return None
    return struct.unpack("!I", data[-20:-16])[0] if data else None


def exempts(port: int, name: str) -> bool:
    """Whether the policy zone of a server has a rule for a name."""
    return bool(ask(port, f"{name}.{ZONE}", _CNAME))


def free_port() -> int:
    """A port that is free for UDP and for TCP: none that a client could be given meanwhile."""
    for port in random.sample(range(20_000, 32_000), 100):
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            socket.socket() as tcp,
            suppress(OSError),
        ):
            udp.bind(("127.0.0.1", port))
            tcp.bind(("127.0.0.1", port))
            return port
    pytest.fail("no port is free")


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    checkers.need("named")
    tree = Tree(open_store(str(tmp_path / "store")), "action1")
    made = Pair(tree, tmp_path)
    made.primary, made.secondary = free_port(), free_port()
    add(tree, snapshots_of([[A, B]], START, DAY)[0], CONFIG, START)
    shutil.copyfile(tmp_path / "store/action1" / PATH, tmp_path / "zone")
    policy = f'response-policy {{ zone "{ZONE}"; }};'
    texts = {
        "primary": (
            made.primary,
            "",
            _PRIMARY.format(zone=ZONE, file=tmp_path / "zone", secondary=made.secondary),
        ),
        "secondary": (
            made.secondary,
            policy,
            _SECONDARY.format(zone=ZONE, primary=made.primary),
        ),
    }
    # A copy: AppArmor's profiles go by the path, and keep that of a package to its folders.
    named = shutil.copy(shutil.which("named", path=checkers.PATH) or "", tmp_path / "named")
    daemons = []
    try:
        with (tmp_path / "log").open("wb") as log:
            for name, (port, more, zone) in texts.items():
                (folder := tmp_path / name).mkdir()
                options = _OPTIONS.format(folder=folder, port=port, more=more)
                (folder / "named.conf").write_text(options + zone)
                command = [named, "-g", "-n", "1", "-c", folder / "named.conf"]
                env = os.environ | {"PATH": checkers.PATH}
                daemons.append(subprocess.Popen(command, env=env, stderr=log))
                if name == "primary":
                    wait_for(port, tmp_path / "log")
        made.daemon = daemons[0]
        wait_for(made.secondary, tmp_path / "log")
        yield made
    finally:
        for daemon in daemons:
            daemon.terminate()
        for daemon in daemons:
            daemon.wait(20)


def wait_for(port: int, log: Path) -> None:
    for _ in range(200):
        if soa(port) is not None:
            return
        time.sleep(0.05)
    pytest.fail(log.read_text())


def test_a_secondary_follows_versions_ends_of_grace_and_what_was_put_back(pair: Pair) -> None:
    tree, copy = pair.tree, pair.folder / "copy"
    first, second, third = snapshots_of([[A, B], [A, C], [A, B]], START, DAY)
    assert pair.follow() == {"a": True, "b": True, "c": False}
    shutil.copytree(pair.folder / "store", copy)
    add(tree, second, CONFIG, START + DAY)
    assert pair.follow() == {"a": True, "b": True, "c": True}  # b stays its days of grace
    publish(tree, CONFIG, START + 3 * DAY)
    assert pair.follow() == {"a": True, "b": False, "c": True}
    # The vendor goes back to what the first version said.
    back = START + 4 * DAY
    add(tree, structs.replace(third, captured_at=format_utc(back)), CONFIG, back)
    assert pair.follow() == {"a": True, "b": True, "c": True}
    publish(tree, CONFIG, back + 2 * DAY)
    assert pair.follow() == {"a": True, "b": True, "c": False}
    # An operator takes the first version out of a backup.
    shutil.rmtree(pair.folder / "store")
    shutil.copytree(copy, pair.folder / "store")
    publish(tree, CONFIG, back + 3 * DAY, went_back=True)
    assert tree.latest().digest == first.digest
    assert pair.follow() == {"a": True, "b": True, "c": False}
