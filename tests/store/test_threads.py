"""Threads that are all the first to read one kind of file: msgspec alone does not bear that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

MANIFEST = Path(__file__).parents[2] / "snapshots/example/action1/manifest.json"
TRIES = 4  # of which three broke down where nothing was done about it

_READ = """
import sys, threading
sys.setswitchinterval(1e-6)
from tracker.store.records import Manifest, WholeManifest, decode_derived
data = open(sys.argv[1], "rb").read()
start = threading.Barrier(8)
def work(kind):  # both have the facts of files inside
    start.wait()
    assert decode_derived(data, kind).source == "action1"
kinds = [Manifest, WholeManifest] * 4
threads = [threading.Thread(target=work, args=[kind]) for kind in kinds]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_the_first_files_are_read_by_many_threads_at_once():
    for _ in range(TRIES):
        command = [sys.executable, "-c", _READ, str(MANIFEST)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, "")
