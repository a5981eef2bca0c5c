"""The folder store beyond the contract: what a kill or a full disk leaves."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.checkers import need
from tracker.errors import StoreError
from tracker.store.folder import Folder

WRITE = """
import sys
from tracker.store.folder import Folder
store = Folder(sys.argv[1])
with store.exclusive(".state/x/lock", 5):
    store.create("x/versions/1", b"one" * 1000)
    store.replace({"x/latest": b"two" * 1000, "x/rules/ips.txt": b"three" * 1000})
"""

FINISH = """
import sys
from tracker.store.folder import Folder
with Folder(sys.argv[1]).exclusive(".state/x/lock", 5):
    pass
"""


@pytest.fixture
def strace():
    need("strace")


def test_leftover_temporary_files_are_swept(tmp_path):
    store = Folder(str(tmp_path))
    with store.exclusive(".state/x/lock", 0):
        pass
    left = tmp_path / ".state/x/tmp/999-1"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_bytes(b"half")
    with store.exclusive(".state/x/lock", 0):
        assert not left.exists()


def test_an_error_names_the_file_and_what_to_do(tmp_path):
    (tmp_path / "x").write_text("a file where a folder should be")
    with pytest.raises(StoreError, match=re.escape(f"{tmp_path}/x")):
        Folder(str(tmp_path)).create("x/y", b"")


def test_a_full_disk_leaves_the_old_file(tmp_path):
    store = Folder(str(tmp_path))
    store.create("a", b"old")
    (tmp_path / f".state/tmp/{os.getpid()}-2").symlink_to("/dev/full")
    with pytest.raises(StoreError, match="free some space"):
        store.replace({"a": b"new"})
    assert store.read("a") == b"old"


def test_every_final_name_comes_after_its_content_is_durable(tmp_path, strace):
    log = tmp_path / "log"
    calls = "trace=openat,fsync,link,linkat,rename,renameat,renameat2"
    subprocess.run(
        [
            "strace",
            "-f",
            "-y",
            "-e",
            calls,
            "-o",
            log,
            sys.executable,
            "-c",
            WRITE,
            tmp_path / "s",
        ],
        check=True,
        timeout=60,
    )
    synced: set[str] = set()
    waiting: set[str] = set()
    named = 0
    for line in log.read_text().splitlines():
        if match := re.search(r"fsync\(\d+<([^>]+)>", line):
            synced.add(match[1])
            waiting.discard(match[1])
        elif match := re.search(r'(?:link|rename)\w*\(.*?"([^"]+)".*?"([^"]+)"', line):
            assert match[1] in synced, line
            waiting.add(str(Path(match[2]).parent))
            named += 1
    assert named == 3
    assert waiting == set()


@pytest.mark.parametrize("call", ["fsync", "link,linkat", "rename", "unlink,unlinkat"])
def test_a_kill_at_any_call_leaves_whole_files(tmp_path, call, strace):
    """The interpreter itself makes none of these calls, so each kill hits the store."""
    whole = {"x/versions/1": b"one" * 1000, "x/latest": b"two" * 1000}
    killed = 0
    for when in range(1, 30):
        folder = tmp_path / f"killed-{when}"
        done = subprocess.run(
            [
                *("strace", "-f", "-o", "/dev/null", "-e", f"trace={call}"),
                *("-e", f"inject={call}:signal=KILL:when={when}"),
                *(sys.executable, "-B", "-c", WRITE, str(folder)),
            ],
            check=False,
            timeout=60,
        )
        store = Folder(str(folder))
        for name, data in whole.items():
            assert store.read(name) in {None, data}
        if done.returncode == 0:  # fewer calls than that
            break
        assert done.returncode in {-signal.SIGKILL, 128 + signal.SIGKILL}
        killed += 1
        subprocess.run([sys.executable, "-c", FINISH, folder], check=True, timeout=60)
        assert not list((folder / ".state/x/tmp").glob("*"))
    assert killed > 0


@pytest.mark.parametrize(
    ("mask", "folders", "files"),
    [(0o000, 0o755, 0o644), (0o022, 0o755, 0o644), (0o077, 0o700, 0o600)],
)
def test_only_the_owner_may_write_whatever_the_umask(
    mask, folders, files, site, fwtracker, tmp_path
):
    site.show_sample("2024-04/stacks.html")
    before = os.umask(mask)
    try:
        assert fwtracker("run", "--url", site.url, "--snapshots", "deep/er").status == 0
    finally:
        os.umask(before)
    made = [*(tmp_path / "deep").rglob("*"), tmp_path / "deep"]
    assert {path.stat().st_mode & 0o7777 for path in made if path.is_dir()} == {folders}
    assert {path.stat().st_mode & 0o7777 for path in made if path.is_file()} == {files}
    assert any(path.name == "lock" for path in made)
