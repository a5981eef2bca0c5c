"""`store verify`: raw pages are those of the versions, `.state/` counts, each with one step."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.servers import HookServer
from tests.support.site import SAMPLES

GOOD = (SAMPLES / "2024-04/stacks.html").read_bytes()
HELD = GOOD.replace(b"</body>", b"<p>198.41.0.4</p></body>")
TREE = Path("snapshots/action1")
STATE = Path("snapshots/.state/action1")
CONFIG = '[[channels]]\nname = "ops"\ntype = "slack"\nurl_env = "URL_OPS"\n'


@pytest.fixture
def stored(first_runs, fwtracker, monkeypatch):
    """A version that a channel got, and a held page of which it got a notice."""
    with HookServer() as hook:
        monkeypatch.setenv("URL_OPS", hook.url)
        first_runs(GOOD, HELD, config=CONFIG)
    assert fwtracker("store", "verify").status == 0


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("index", [b"", b"{", b'{"schema": 1}', None])
def test_raw_pages_are_looked_up_in_the_versions(stored, fwtracker, index):
    path = TREE / "index.json"
    if index is None:
        known = json.loads(path.read_bytes())
        known["versions"][0] |= {"pages": {}, "sha256": "0" * 64}
        index = json.dumps(known).encode()
    path.write_bytes(index)
    ran = fwtracker("store", "verify")
    assert ran.status == 1
    assert "pages/" not in ran.err
    assert "versions/" not in ran.err
    assert "remove" not in ran.err
    assert "action1/index.json: " in ran.err
    assert "run: fwtracker store rebuild" in ran.err
    assert fwtracker("store", "rebuild").status == 0
    assert fwtracker("store", "verify").status == 0


@pytest.mark.parametrize("harm", [cut, Path.unlink])
def test_pages_of_a_version_that_cannot_be_read_are_to_be_kept(stored, fwtracker, harm, site):
    site.show(GOOD.replace(b"54.79.23.166", b"54.79.23.167"))
    fwtracker("run", "--url", site.url)
    assert (TREE / "versions/000002.json").is_file()
    harm(TREE / "versions/000001.json")
    err = fwtracker("store", "verify").err
    assert "of no version that can be read; keep it: restore versions/000001.json first" in err
    assert "remove" not in err


def test_an_unknown_file_is_to_be_removed(stored, fwtracker):
    (TREE / "pages/copy.gz").write_bytes(b"x")
    assert "pages/copy.gz: unknown: fwtracker did not make it; remove it" in (
        fwtracker("store", "verify").err
    )


def test_a_damaged_note_of_an_attempt_names_what_is_left_to_do(stored, fwtracker):
    path = STATE / "notice-attempts/ops/000001.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"version":1,"delivered_at":"2026-01-01T00:00:00Z","detail":"may have"}')
    assert fwtracker("store", "verify").status == 0
    cut(path)
    assert "remove it, and close by hand what the channel shows of that message" in (
        fwtracker("store", "verify").err
    )


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("validators.json", "run: fwtracker run, which recreates it"),
        ("published.json", "run: fwtracker run, which recreates it"),
        ("health.json", "run: fwtracker run, which recreates it"),
        ("held/*.json", "run: fwtracker run, which recreates it"),
        ("held-pages/*.gz", "run: fwtracker run, which recreates it"),
        ("channels/ops.json", "run: fwtracker run, which recreates it from the receipts"),
        ("receipts/ops/000001.json", "nothing to do: it counts as delivered"),
        ("notice-receipts/ops/000001.json", "nothing to do: it counts as delivered"),
        ("notices/000001.json", "remove it: that notice is not sent any more"),
    ],
)
def test_damage_below_the_state_is_named_with_one_step(stored, fwtracker, name, action):
    (path,) = STATE.glob(name)
    cut(path)
    ran = fwtracker("store", "verify")
    shown = path.relative_to("snapshots").as_posix()
    assert (ran.status, ran.err) == (1, f"fwtracker: {shown}: damaged; {action}\n")


def test_what_a_newer_release_wrote_is_named_as_that(stored, fwtracker):
    path = TREE / "versions/000001.json"
    path.write_text(path.read_text().replace('"schema": 1', '"schema": 2', 1))
    err = fwtracker("store", "verify").err
    assert "versions/000001.json: written by a newer fwtracker; upgrade" in err
    assert "remove" not in err


@pytest.mark.parametrize("harm", [cut, Path.unlink])
def test_the_next_run_makes_a_raw_page_again_that_is_held(stored, fwtracker, site, harm):
    (path,) = (STATE / "held-pages").iterdir()
    good = path.read_bytes()
    harm(path)
    fwtracker("run", "--url", site.url)
    assert path.read_bytes() == good
    assert fwtracker("store", "verify").status == 0
