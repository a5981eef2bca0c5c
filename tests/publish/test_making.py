"""What is made before a version is committed: in several processes, or on the disk."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.site import Site
from tests.test_run import files_below
from tracker.errors import StoreError
from tracker.publish.spool import Files

# A check that takes a rule set of so many endpoints for a big one, on two processors; before a
# format is rendered something happens, in the process that was started or in the other one.
_CHECK = """
import os, sys, time, msgspec
from functools import partial
from tracker import formats
from tracker.publish import render, workers
from tracker.cli import main
from tracker.errors import RuleError
making.MANY, workers.processors, parent, calm = {many}, lambda: 2, os.getpid(), []
def rendered(render, rule_set):
    if os.getpid() != parent:
        {started}
    elif not calm:
        calm.append(time.sleep({wait}))  # until the other has begun
    return render(rule_set)
for form in map(formats.load, formats.names()):
    msgspec.structs.force_setattr(form, "render", partial(rendered, form.render))
sys.argv = ["fwtracker", "run", "action1", "--url", sys.argv[1]]
main()
"""
_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@contextlib.contextmanager
def check(site: Site, folder: Path, *, many: int = 1, started: str = "pass", wait: float = 0):
    folder.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [
            *(sys.executable, "-W", "error", "-c"),
            *(_CHECK.format(many=many, started=started, wait=wait), site.url),
        ],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process
        process.kill()


def done(site: Site, folder: Path, **how) -> tuple[int, str, str]:
    with check(site, folder, **how) as process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_several_processes_make_the_bytes_that_one_makes(site, tmp_path):
    began = "os.write(2, b'another process\\n')"
    for sample in ("2024-04/stacks.html", "2024-11/stacks.html"):
        site.show_sample(sample)
        alone = done(site, tmp_path / "alone", many=10**6, started=began)
        both = done(site, tmp_path / "both", started=began, wait=0.5)
        assert (alone[0], alone[2]) == (0, "")
        assert both[:2] == alone[:2]
        assert "another process" in both[2]
    one, other = (timeless(tmp_path / name / "snapshots/action1") for name in ("alone", "both"))
    assert one == other
    assert sum(name.startswith("deltas/000002/") for name in one) > 20


def timeless(tree: Path) -> dict[str, bytes]:
    """Rule files and deltas without times: the two checks were not of the same second."""
    return {
        name: _TIME.sub(b"TIME", data)
        for name, data in files_below(tree).items()
        if name.startswith(("rules/", "deltas/")) and not name.endswith("/manifest.json")
    }


def test_a_process_that_is_killed_is_an_error_and_nothing_is_published(site, tmp_path):
    site.show_sample("2024-04/stacks.html")
    status, out, err = done(site, tmp_path, started="os.kill(os.getpid(), 9)", wait=0.5)
    assert status == 1
    assert "a process that made rule files was ended (Killed)" in out + err
    assert "Traceback" not in err
    assert not list(tmp_path.glob("snapshots/action1/versions/*"))


def test_what_is_wrong_in_another_process_is_told_as_in_this_one(site, tmp_path):
    site.show_sample("2024-04/stacks.html")
    status, out, err = done(
        site, tmp_path, started="raise RuleError('what is read back differs')", wait=0.5
    )
    assert status == 1
    assert "what is read back differs" in out + err
    assert "Traceback" not in err
    assert not list(tmp_path.glob("snapshots/action1/versions/*"))


def test_no_process_stays_behind_when_the_one_that_waits_is_killed(site, tmp_path):
    site.show_sample("2024-04/stacks.html")
    slow = "os.write(2, b'%d\\n' % os.getpid()); time.sleep(60)"
    with check(site, tmp_path, started=slow, wait=60) as process:
        pid = int(process.stderr.readline())
        process.send_signal(signal.SIGKILL)
        last = time.monotonic() + 30
        while is_alive(pid):
            assert time.monotonic() < last
            time.sleep(0.1)


def is_alive(pid: int) -> bool:
    """Whether it runs; one that nobody has asked about yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("most", [0, 5, 100])
def test_files_are_the_same_in_memory_and_on_the_disk(most):
    files = Files(most)
    for name, data in (("a", b"one"), ("b", b""), ("c", b"three")):
        files.add(name, data)
    files.add("a", b"another")
    files.note("d", files.keep(b"four"))
    assert dict(files) == {"a": b"another", "b": b"", "c": b"three", "d": b"four"}
    assert (len(files), "d" in files, "e" in files) == (4, True, False)
    assert files.fact("d").size == 4


def test_a_folder_that_takes_no_more_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(StoreError, match=r"gone: no room for what is being made: .*TMPDIR"):
        Files(0).add("a", b"one")
