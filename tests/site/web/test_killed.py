"""A publisher that is killed at any moment: clients that poll get whole bytes of a version."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from pathlib import Path

from tests.site.web.rig import serving
from tracker.store.folder import Folder
from tracker.store.tree import Tree

ROOT = Path(__file__).parents[3]
FEED = "/action1/rules/europe/ips.txt"
KILLS = 4
_PUBLISH = """
import random
import sys
from datetime import timedelta
from tests.site.readings import START, add, entry
from tests.support.versions import snapshots_of
from tracker.store.folder import Folder
from tracker.store.tree import Tree
import msgspec
lists = [[entry(target=f"20.{n}.0.{at}", port=443) for at in range(1, 9)] for n in (1, 2)]
one, two = snapshots_of(lists, START, timedelta(0))
tree = Tree(Folder(sys.argv[1]), "action1")
while True:
    number = max(tree.versions(), default=0) + 1
    version = msgspec.structs.replace(
        random.choice((one, two)), version=number, previous=number - 1 or None
    )
    add(tree, version, now=START + timedelta(days=30))
    print(number, flush=True)
"""
TEXTS = {"".join(f"20.{n}.0.{at}\n" for at in range(1, 9)) for n in (1, 2)}


def killed_publisher(folder):
    """Let it publish once more, and kill it soon after."""
    process = subprocess.Popen(
        [sys.executable, "-c", _PUBLISH, str(folder)], cwd=ROOT, stdout=subprocess.PIPE
    )
    process.stdout.readline()
    threading.Event().wait(random.uniform(0, 0.5))
    process.kill()
    process.communicate()


def test_polls_get_whole_bytes_while_publishers_are_killed(tmp_path):
    folder = tmp_path / "s"
    killed_publisher(folder)
    seen, wrong, done = set(), [], threading.Event()
    with serving(folder) as server:

        def poll():
            while not done.is_set():
                answer = server.get(FEED)
                if answer.status_code != 200 or answer.text not in TEXTS:
                    wrong.append((answer.status_code, answer.text))
                seen.add(answer.text)

        thread = threading.Thread(target=poll)
        thread.start()
        try:
            for kill in range(3 * KILLS):
                if kill >= KILLS and seen == TEXTS:
                    break
                killed_publisher(folder)
        finally:
            done.set()
            thread.join()
    assert wrong == []
    assert seen == TEXTS
    assert len(Tree(Folder(str(folder)), "action1").versions()) > KILLS
