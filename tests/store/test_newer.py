"""A store that a newer fwtracker has written to: named as that, and left as it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.site import SAMPLES

pytestmark = pytest.mark.usefixtures("few_formats")

GOOD = (SAMPLES / "2024-04/stacks.html").read_bytes()
HELD = GOOD.replace(b"</body>", b"<p>198.41.0.4</p></body>")
ROOT = Path("snapshots")
FILES = ["versions/000001.json", "latest.json", "index.json", "manifest.json"]


def contents() -> dict[Path, bytes]:
    return {
        path: path.read_bytes()
        for path in ROOT.rglob("*")
        if path.is_file() and path.name not in {"lock", "health.json"}
    }


def make_newer(path: Path) -> None:
    known = json.loads(path.read_bytes())
    (known if "schema" in known else known["candidate"])["schema"] = 2
    path.write_text(json.dumps(known | {"more": "of a later release"}))


@pytest.mark.parametrize("name", FILES)
def test_nothing_of_a_newer_schema_is_overwritten(site, fwtracker, name):
    site.show(GOOD)
    fwtracker("run", "--url", site.url)
    make_newer(ROOT / "action1" / name)
    before = contents()
    for command in (("run", "--url", site.url), ("store", "rebuild")):
        ran = fwtracker(*command)
        assert ran.status == 1
        said = f"action1/{name}: written by a newer fwtracker (schema 2); upgrade"
        assert said in ran.err
        assert "damaged" not in ran.err
        assert contents() == before


def test_so_it_is_with_a_held_page(site, fwtracker):
    site.show(GOOD)
    fwtracker("run", "--url", site.url)
    site.show(HELD)
    assert fwtracker("run", "--url", site.url).status == 3
    (held,) = (ROOT / ".state/action1/held").iterdir()
    make_newer(held)
    before = held.read_bytes()
    ran = fwtracker("run", "--url", site.url)
    assert (ran.status, held.read_bytes()) == (1, before)
    assert "written by a newer fwtracker (schema 2); upgrade" in ran.err


def test_another_source_is_checked_all_the_same(site, fwtracker, tmp_path):
    site.show(GOOD)
    config = tmp_path / "fwtracker.toml"
    config.write_text(
        f'[sources.action1]\nurl = "{site.url}"\n'
        f'[sources.other]\nuse = "action1"\nurl = "{site.url}"\n'
    )
    fwtracker("run", "--config", config)
    make_newer(ROOT / "action1/versions/000001.json")
    ran = fwtracker("run", "--config", config)
    assert ran.status == 1
    assert "other: unchanged, version 1" in ran.out


@pytest.mark.parametrize("command", ["show", "history", "rules", "doctor"])
def test_whoever_reads_it_is_told_to_upgrade(site, fwtracker, command):
    site.show(GOOD)
    fwtracker("run", "--url", site.url)
    for name in FILES:
        make_newer(ROOT / "action1" / name)
    ran = fwtracker(command)
    assert ran.status == 1
    assert "written by a newer fwtracker (schema 2); upgrade" in ran.out + ran.err
    assert "Traceback" not in ran.err
