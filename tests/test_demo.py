"""The demo is the real job: same code, and what it prints is what is there."""

from __future__ import annotations

import json
from pathlib import Path


def test_the_demo_leaves_three_versions_and_tells_of_them(fwtracker):
    ran = fwtracker("demo")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.count("Slack received") == 4
    assert ran.out.count("Mail received") == 4
    assert ran.out.count("-> unchanged") == 2
    assert "published, version 2: 11 endpoints added, 5 entries changed" in ran.out
    assert "HELD Action1: a region is gone" in ran.out
    assert "fwtracker approve " in ran.out
    latest = json.loads(Path("demo/action1/latest.json").read_text())
    assert latest["version"] == 3
    assert fwtracker("demo").status == 0  # again, over its own folder


def test_what_the_demo_says_to_try_works(fwtracker):
    out = fwtracker("demo").out
    tried = [line.split() for line in out.splitlines() if " --snapshots demo" in line]
    assert len(tried) == 3
    for words in tried:
        if "--snapshots" in words:
            assert fwtracker(*words[1:]).status == 0
    shown = next(line.split()[1] for line in out.splitlines() if line.startswith("  cat "))
    assert Path(shown).is_file()
