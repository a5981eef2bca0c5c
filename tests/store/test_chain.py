"""Each version names the previous version's file, and the program that wrote it."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import msgspec
import pytest

from tests.support.site import SAMPLES
from tracker import __version__
from tracker.model import Snapshot

pytestmark = pytest.mark.usefixtures("few_formats")

GOOD = (SAMPLES / "2024-04/stacks.html").read_bytes()
HELD = GOOD.replace(b"</body>", b"<p>198.41.0.4</p></body>")
TREE = Path("snapshots/action1")


def page(last: int) -> bytes:
    return GOOD.replace(b"54.79.23.166", b"54.79.23.%d" % last)


def file(number: int) -> Path:
    return TREE / f"versions/{number:06d}.json"


def sha256(number: int) -> str:
    return hashlib.sha256(file(number).read_bytes()).hexdigest()


def load(number: int) -> dict:
    return json.loads(file(number).read_bytes())


@pytest.fixture
def three(site, fwtracker):
    """Three versions of the sample."""
    for last in (166, 167, 168):
        site.show(page(last))
        assert fwtracker("run", "--url", site.url).status == 0


def test_a_version_names_the_file_before_it_and_its_writer(three, fwtracker):
    assert "previous_sha256" not in load(1)
    assert [load(number)["previous_sha256"] for number in (2, 3)] == [sha256(1), sha256(2)]
    assert {load(number)["writer"] for number in (1, 2, 3)} == {f"fwtracker {__version__}"}
    assert fwtracker("store", "verify").status == 0


def test_after_a_rewind_it_names_the_file_that_is_there(three, site, fwtracker):
    old = sha256(2)
    file(3).unlink()
    file(2).unlink()
    site.show(page(169))
    assert fwtracker("run", "--url", site.url).status == 0
    assert load(2)["previous_sha256"] == sha256(1)
    assert sha256(2) != old
    assert "versions/" not in fwtracker("store", "verify").err  # pages are left over


def test_an_approved_page_names_the_file_that_came_while_it_was_held(site, fwtracker):
    for shown in (GOOD, HELD, page(167)):
        site.show(shown)
        fwtracker("run", "--url", site.url)
    (digest,) = [each["candidate"]["digest"] for each in fwtracker("held", "--json").json]
    assert fwtracker("approve", digest).status == 0
    assert load(3)["previous_sha256"] == sha256(2)


def test_a_rewritten_version_is_named_though_the_index_was_rewritten_too(three, fwtracker):
    path, before = file(2), sha256(2)
    path.write_bytes(path.read_bytes().replace(b"etag", b"etaG", 1))
    for name in ("index.json", "manifest.json"):
        text = (TREE / name).read_text()
        (TREE / name).write_text(text.replace(before, sha256(2)))
    ran = fwtracker("store", "verify")
    assert ran.status == 1
    assert (
        "action1/versions/000002.json: does not have the hash that versions/000003.json names;"
        " restore it from a backup" in ran.err
    )


def test_versions_of_older_programs_name_neither_and_are_in_order(three, fwtracker):
    """An older version's bytes stay; the first of this program vouches for them."""
    for number in (1, 2):
        whole = load(number)
        old = {k: v for k, v in whole.items() if k not in ("writer", "previous_sha256")}
        file(number).write_text(json.dumps(old, indent=2) + "\n")
        assert msgspec.json.decode(file(number).read_bytes(), type=Snapshot).writer is (
            msgspec.UNSET
        )
    newest = load(3) | {"previous_sha256": sha256(2)}
    file(3).write_text(json.dumps(newest, indent=2) + "\n")
    shutil.rmtree("snapshots/.state")
    assert fwtracker("store", "rebuild").status == 0
    assert fwtracker("store", "verify").status == 0
