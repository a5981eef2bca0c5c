"""Polling firewalls: what `fwtracker serve` answers while versions are published, and how fast.

200 connections load a list of 5,000 addresses with wrk, which compares every body with the two
texts that are published in turn, and counts truncated, mixed and empty ones. Then the process
is restarted under load, and nginx serves the same file for comparison. Needs wrk and nginx:
    apt-get install wrk nginx-core
    make load
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tracker.store import open_store
from tracker.store.records import FileFact, Manifest, encode_pretty
from tracker.store.tree import Tree
from tracker.times import format_utc

ROOT = Path(__file__).parent.parent
LINES, CONNECTIONS, PORT = 5000, 200, 18377
FEED = "action1/rules/europe/ips.txt"

_CHECK = """
local function text(name)
  local f = io.open(name, "rb"); local t = f:read("*a"); f:close(); return t
end
local a, b = text("%s"), text("%s")
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() wrong = 0; seen_a = 0; seen_b = 0; other = 0 end
function response(status, headers, body)
  if status ~= 200 then other = other + 1
  elseif body == a then seen_a = seen_a + 1
  elseif body == b then seen_b = seen_b + 1
  else wrong = wrong + 1 end
end
function done()
  local sum = {wrong = 0, seen_a = 0, seen_b = 0, other = 0}
  for _, thread in ipairs(threads) do
    for name in pairs(sum) do sum[name] = sum[name] + thread:get(name) end
  end
  print(string.format("CHECKED wrong=%%d other=%%d first=%%d second=%%d",
                      sum.wrong, sum.other, sum.seen_a, sum.seen_b))
end
"""


class Publisher:
    """Publishes two lists in turn, in the usual order: the manifest last.

    It waits between the two writes, so that many requests fall in between.
    """

    def __init__(self, folder: Path) -> None:
        self.tree = Tree(open_store(str(folder)), "action1")
        self.count = 0

    def publish(self) -> bytes:
        """Publish another version; return the bytes of its feed."""
        self.count += 1
        network = self.count % 2 + 1
        text = "".join(
            f"20.{network}.{at // 250}.{at % 250 + 1}\n" for at in range(LINES)
        ).encode()
        now = datetime.now(UTC)
        fact = FileFact(hashlib.sha256(text).hexdigest(), len(text))
        manifest = Manifest(
            schema=1,
            source="action1",
            version=self.count,
            checked_at=format_utc(now),
            expires=format_utc(now + timedelta(days=1)),
            recipe="",
            due=None,
            files={FEED.removeprefix("action1/"): fact},
        )
        self.tree.publish({FEED.removeprefix("action1/"): text})
        time.sleep(0.02)
        self.tree.publish({"manifest.json": encode_pretty(manifest)})
        return text


def publish_for_ever(folder: Path) -> None:
    """Publish versions until the process ends."""
    publisher = Publisher(folder)
    while True:
        publisher.publish()
        print(publisher.count, flush=True)


@contextmanager
def serving(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the server as a process until the block ends. All clients have one address here."""
    config = folder / "load.toml"
    config.write_text(f"[serve]\nclient_connections = {CONNECTIONS + 56}\n")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tracker", "serve", "--no-check", "-q"),
            *("--port", str(PORT), "--snapshots", str(folder), "--config", str(config)),
        ],
        cwd=ROOT,
    )
    wait_until_it_answers()
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def wait_until_it_answers() -> None:
    """Wait until the port accepts connections."""
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", PORT), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("the server does not come up")


def wrk(seconds: int, script: Path | None = None) -> dict[str, str]:
    """Run wrk; return its figures by name."""
    command = ["wrk", "--threads", "1", "--connections", str(CONNECTIONS)]
    command += ["--duration", f"{seconds}s", "--latency"]
    command += ["--script", str(script)] if script else []
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{PORT}/{FEED}"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = dict(re.findall(r"(Requests/sec|99%|50%):?\s+(\S+)", done.stdout))
    found["errors"] = (re.findall(r"Socket errors: (.+)", done.stdout) or ["none"])[0]
    found["status"] = (re.findall(r"Non-2xx or 3xx responses: (\d+)", done.stdout) or ["0"])[0]
    found["checked"] = (re.findall(r"CHECKED (.+)", done.stdout) or [""])[0]
    return found


def memory(process: subprocess.Popen[bytes]) -> str:
    """Return the resident memory of a process, and its peak, in words."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    now, most = (int(re.search(rf"{name}:\s+(\d+)", text)[1]) for name in ("VmRSS", "VmHWM"))
    return f"{now / 1024:.0f} MiB resident, {most / 1024:.0f} at most"


@contextmanager
def nginx(folder: Path, scratch: Path) -> Iterator[None]:
    """Serve the same folder with Debian's nginx until the block ends."""
    config = scratch / "nginx.conf"
    config.write_text(
        f"worker_processes 1; pid {scratch}/pid; daemon off; error_log {scratch}/log crit;\n"
        + ("user root;\n" if os.geteuid() == 0 else "")
        + "events { worker_connections 1024; }\n"
        "http { access_log off; sendfile on; open_file_cache max=100;\n"
        f"  client_body_temp_path {scratch}/1; proxy_temp_path {scratch}/2;\n"
        f"  fastcgi_temp_path {scratch}/3; uwsgi_temp_path {scratch}/4;\n"
        f"  scgi_temp_path {scratch}/5;\n"
        f"  server {{ listen 127.0.0.1:{PORT}; root {folder}; }} }}\n"
    )
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    process = subprocess.Popen([program, "-c", str(config), "-p", str(scratch)])
    wait_until_it_answers()
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def restarted(folder: Path, seconds: int, script: Path) -> dict[str, str]:
    """Restart the server in the middle of a run of wrk; return the figures of the run."""
    found: dict[str, str] = {}
    worker = threading.Thread(target=lambda: found.update(wrk(seconds, script)))
    with serving(folder):
        worker.start()
        time.sleep(seconds / 2)
    began = time.monotonic()
    with serving(folder):
        found_gap = time.monotonic() - began
        worker.join()
    found["away"] = f"{found_gap:.1f} s"
    return found


def show(title: str, found: dict[str, str], more: str = "") -> None:
    """Print one line of the report."""
    figures = ", ".join(f"{name} {value}" for name, value in found.items() if value)
    print(f"{title}: {figures}{', ' + more if more else ''}", flush=True)


def main() -> int:
    """Run all phases; return 1 if any body was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="for each phase")
    parser.add_argument("--publish", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.publish:
        publish_for_ever(given.publish)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        folder = scratch / "store"
        publisher = Publisher(folder)
        texts = [scratch / "a", scratch / "b"]
        for text in texts:
            text.write_bytes(publisher.publish())
        script = scratch / "check.lua"
        script.write_text(_CHECK % tuple(texts))
        size = texts[0].stat().st_size
        print(f"{LINES} lines, {size} bytes, {CONNECTIONS} connections, {given.seconds} s each")
        wrong = phases(folder, scratch, script, given.seconds)
    print("wrong or lost answers:", wrong)
    return 1 if wrong else 0


def phases(folder: Path, scratch: Path, script: Path, seconds: int) -> int:
    """Run all phases; return how many answers were wrong or lost."""
    with serving(folder) as process:
        show("fwtracker", wrk(seconds), memory(process))
        beside = subprocess.Popen(
            [sys.executable, __file__, "--publish", str(folder)], stdout=subprocess.PIPE
        )
        checked = wrk(seconds * 2, script)
        beside.terminate()
        published = len((beside.communicate()[0] or b"").splitlines())
        show(f"fwtracker, {published} versions published", checked, memory(process))
    again = restarted(folder, seconds, script)
    show("fwtracker, stopped and started", again)
    with nginx(folder, scratch):
        show("nginx", wrk(seconds))
    texts = checked["checked"] + again["checked"]
    # For wrk a refused connection is a write error; connected clients must get an answer.
    lost = re.findall(r"(?:read|timeout) (\d+)", checked["errors"] + again["errors"])
    return sum(map(int, [*re.findall(r"(?:wrong|other)=(\d+)", texts), *lost]))


if __name__ == "__main__":
    sys.exit(main())
