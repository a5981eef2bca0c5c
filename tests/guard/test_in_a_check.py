"""The guard inside a check: what it knows of the past, and what the operator allows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.pages import GENERATIONS, expected
from tests.support.site import SAMPLES
from tests.support.versions import snapshots_of
from tracker.config import parse
from tracker.errors import UsageError
from tracker.guard.limits import FINDING_NAMES, GuardLimits
from tracker.store import open_store
from tracker.store.tree import Tree, version_name

pytestmark = pytest.mark.usefixtures("few_formats")

PAGE = (SAMPLES / "2024-04/stacks.html").read_text()
TREE = Path("snapshots/action1")
SHIPPED = Path(__file__).parents[2] / "config" / "fwtracker.toml"


def show(site, *changes: tuple[str, str]) -> str:
    page = PAGE
    for old, new in changes:
        assert old in page
        page = page.replace(old, new)
    site.show(page)
    return site.url


def configured(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "guard.toml"
    path.write_text(text)
    return path


def test_a_first_version_with_an_odd_value_is_held(site, fwtracker):
    ran = fwtracker("run", "--url", show(site, ("54.210.188.13", "10.210.188.13")))
    assert ran.status == 3
    assert "hold private-address: " in ran.err
    assert "lists 10.210.188.13: private" in ran.err
    assert not (TREE / "versions").exists()


def test_what_the_operator_wants_published_is_published_and_told(site, fwtracker, tmp_path):
    config = configured(tmp_path, '[guard]\npublish = ["private-address"]\n')
    url = show(site, ("54.210.188.13", "10.210.188.13"))
    ran = fwtracker("run", "--config", config, "--url", url)
    assert ran.status == 0
    assert "publish private-address: " in ran.err
    (found,) = json.loads((TREE / "latest.json").read_text())["findings"]
    assert (found["name"], found["verdict"]) == ("private-address", "publish")


def test_an_older_version_that_is_back_is_held(site, fwtracker):
    added = ("<li>54.210.188.13</li>", "<li>54.210.188.13</li><li>3.74.63.86</li>")
    fwtracker("run", "--url", show(site))
    assert fwtracker("run", "--url", show(site, added)).status == 0
    ran = fwtracker("run", "--url", show(site))
    assert ran.status == 3
    assert "hold rollback: the page says again exactly what version 1 said" in ran.err
    assert fwtracker("run", "--url", site.url, "--dry-run").status == 3
    (TREE / "index.json").unlink()
    assert fwtracker("run", "--url", site.url).status == 3


@pytest.mark.parametrize(
    "text",
    [
        "max_removed = 1.01",
        "max_removed = -0.1",
        "max_added = -1",
        "max_added = inf",
        "widest_v4 = 33",
        "widest_v4 = -1",
        "widest_v6 = 129",
        "most_ports = 0",
        "most_ports = 65536",
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(fwtracker, tmp_path, text):
    config = configured(tmp_path, f"[guard]\n{text}\n")
    ran = fwtracker("run", "--config", config)
    assert ran.status == 2
    assert f"[guard.{text.split()[0]}]" in ran.err


def test_the_limits_may_be_at_their_ends():
    low = {"max_removed": 0, "max_added": 0, "widest_v4": 0, "widest_v6": 0, "most_ports": 1}
    assert parse({"guard": low}).guard == GuardLimits(0.0, 0.0, 0, 0, 1)
    high = {"max_removed": 1, "widest_v4": 32, "widest_v6": 128, "most_ports": 65535}
    assert parse({"guard": high}).guard == GuardLimits(1.0, 1.0, 32, 128, 65535)


def test_an_unknown_finding_is_refused_with_the_nearest():
    with pytest.raises(UsageError) as caught:
        parse({"guard": {"publish": ["rollback", "private-adress"]}})
    assert str(caught.value) == (
        '[guard] publish: no finding is called "private-adress"; did you mean'
        ' "private-address"?'
    )
    with pytest.raises(UsageError, match=r'"xyz"; there are: region-gone, mass-rem'):
        parse({"guard": {"publish": ["xyz"]}})
    assert parse({"guard": {"publish": list(FINDING_NAMES)}}).guard.publish == FINDING_NAMES


def test_the_shipped_configuration_names_every_finding():
    text = SHIPPED.read_text()
    assert [name for name in FINDING_NAMES if name not in text] == []


@pytest.fixture
def tree(tmp_path):
    """Versions 1 to 4, of which the third is like the first."""
    one, two = expected(GENERATIONS["2024-04"]), expected(GENERATIONS["2024-11"])
    start = datetime(2026, 3, 1, tzinfo=UTC)
    made = snapshots_of([one, two, one, two[:-1]], start, timedelta(days=1))
    found = Tree(open_store(str(tmp_path)), "action1")
    for snapshot in made:
        found.commit(snapshot, {})
    return found


def index(tree: Tree, *numbers: int) -> dict[str, bytes]:
    listed = [{"version": number, "digest": f"{number:064}", "x": 1} for number in numbers]
    return {"index.json": json.dumps({"schema": 1, "versions": listed}).encode()}


def test_digests_are_of_the_versions_each_by_its_newest(tree):
    of = {number: tree.snapshot(number).digest for number in tree.versions()}
    assert of[1] == of[3]
    assert tree.digests() == {of[3]: 3, of[2]: 2, of[4]: 4}


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"\xff": 1}', b'{"versions": [{"version": 1}]}']
)
def test_a_damaged_index_is_not_asked(tree, data):
    before = tree.digests()
    tree.publish({"index.json": data})
    assert tree.digests() == before


def test_the_index_is_asked_before_the_versions(tree, monkeypatch):
    tree.publish(index(tree, 1, 2, 3, 4, 9))
    monkeypatch.setattr(tree, "snapshot", None)  # no version is read
    assert tree.digests() == {f"{number:064}": number for number in (1, 2, 3, 4)}


def test_what_the_index_does_not_list_is_read(tree):
    tree.publish(index(tree, 1, 2, 3))
    found = tree.digests()
    assert found.pop(tree.snapshot(4).digest) == 4
    assert found == {f"{number:064}": number for number in (1, 2, 3)}
    assert version_name(4) == "versions/000004.json"
