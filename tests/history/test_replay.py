"""`replay`: the stored raw pages read again with the reader of today."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from tests.test_run import TREE

pytestmark = pytest.mark.usefixtures("few_formats")


def test_what_was_stored_is_read_the_same(site, fwtracker):
    for sample in ("2024-04/stacks.html", "2024-11/bare.html", "2026-02"):
        site.show_sample(sample)
        assert fwtracker("run", "--url", site.url).status == 0
    ran = fwtracker("replay")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines() == [f"version {n}: read the same" for n in (1, 2, 3)]
    assert [item["same"] for item in fwtracker("replay", "--json").json] == [True] * 3


def test_another_reading_is_told_with_its_difference(site, fwtracker):
    """As if an older reader had missed an address: version and page disagree."""
    site.show_sample("2024-04/stacks.html")
    fwtracker("run", "--url", site.url)
    path = TREE / "versions/000001.json"
    snapshot = json.loads(path.read_text())
    (page,) = snapshot["pages"]
    packed = TREE / f"pages/{page['sha256']}.gz"
    body = gzip.decompress(packed.read_bytes()).replace(b"54.79.23.166", b"54.79.23.167")
    page["sha256"] = hashlib.sha256(body).hexdigest()
    Path(TREE / f"pages/{page['sha256']}.gz").write_bytes(gzip.compress(body, mtime=0))
    path.write_text(json.dumps(snapshot))
    ran = fwtracker("replay", "1")
    assert ran.status == 1
    assert "version 1: read differently today" in ran.out
    assert "+ addresses: 54.79.23.167" in ran.out
    assert "- addresses: 54.79.23.166" in ran.out


def test_a_page_that_is_refused_today_or_gone_is_told(site, fwtracker):
    site.show_sample("2026-02")
    fwtracker("run", "--url", site.url)
    newest = max((TREE / "pages").iterdir(), key=lambda path: path.stat().st_size)
    newest.unlink()
    ran = fwtracker("replay")
    assert ran.status == 1
    assert "version 1: refused today:" in ran.out
    assert "not among the stored pages" in ran.out
