"""A rule file over its platform's limit stays that of the newest version that fits."""

from __future__ import annotations

import msgspec
import pytest

from tests.publish.test_deltas import DAY, START, plain, store, text
from tests.support.versions import left_out, snapshots_of
from tracker import formats
from tracker.config import Config, parse
from tracker.errors import Damaged
from tracker.formats import Limit
from tracker.history.integrity import verify_tree
from tracker.publish.grace import PendingRemovals
from tracker.publish.publish import publish, rebuild
from tracker.publish.rule_state import RuleState, render_rule_files
from tracker.store.tree import Tree

ONE, TWO, THREE, FOUR = (f"192.0.2.{number}" for number in range(1, 5))
OTHER = plain("a.example")
# Three addresses are one too many.
FITS, LESS = [plain(ONE), OTHER], [plain(THREE, FOUR), OTHER]
OVER, WORSE = [plain(ONE, TWO, THREE), OTHER], [plain(TWO, THREE, FOUR), OTHER]
NO_GRACE = parse({"fwtracker": {"grace_days": 0}})
PATH = "rules/europe/ips.txt"


def state(snapshot, config=None, earlier=tuple) -> RuleState:
    return RuleState(snapshot, PendingRemovals(), config or Config(), earlier)


def lines(tree: Tree) -> list[str]:
    said = text(tree, PATH) or ""
    return [line for line in said.splitlines() if not line.startswith("#")]


@pytest.fixture(autouse=True)
def _two_addresses_at_most(monkeypatch):
    whole = formats.load("ips")
    limit = Limit(2, "addresses in a list", "https://vendor.example/limits", count=_addresses)
    monkeypatch.setattr(
        "tracker.formats.ips.FORMAT", msgspec.structs.replace(whole, limit=limit)
    )


def _addresses(said: str) -> int:
    return sum(not line.startswith("#") for line in said.splitlines())


def test_it_keeps_its_last_good_bytes_until_a_version_fits_again(tmp_path) -> None:
    readings = [FITS]
    first = text(store(tmp_path / "0", readings, config=NO_GRACE), PATH)
    for number, reading in enumerate((OVER, WORSE), 1):
        readings.append(reading)
        tree = store(tmp_path / str(number), readings, config=NO_GRACE)
        assert text(tree, PATH) == first
        assert text(tree, "rules/europe/domains.txt") != first
        manifest = tree.manifest()
        assert manifest is not None
        [finding, of_all] = manifest.findings
        assert finding.name == "over-limit"
        assert f"{PATH} is still that of version 1 of 2026-03-01" in finding.message
        assert "it would have 3, and the platform takes 2 addresses" in finding.message
        assert finding.message in left_out(tree)[PATH]
        assert of_all.message.startswith("rules/all/ips.txt is still that of version 1")
        assert PATH in manifest.files
        assert PATH not in manifest.withdrawn
    tree = store(tmp_path / "all", [*readings, LESS], config=NO_GRACE)
    assert lines(tree) == [THREE, FOUR]
    manifest = tree.manifest()
    assert manifest is not None
    assert [each.name for each in manifest.findings] == ["near-limit"] * 2


def test_deltas_start_from_the_file_that_was_in_force(tmp_path) -> None:
    tree = store(tmp_path, [FITS, OVER, WORSE, LESS], config=NO_GRACE)
    for number in (2, 3):
        assert text(tree, f"deltas/00000{number}/europe/nftables-apply.nft") is not None
        assert text(tree, f"deltas/00000{number}/europe/ips-apply.txt") is None
        assert text(tree, f"deltas/00000{number}/europe/ips-rollback.txt") is None
    assert text(tree, "deltas/000004/europe/ips-apply.txt") == (
        f"+ {THREE}\n+ {FOUR}\n- {ONE}\n"
    )
    assert text(tree, "deltas/000004/europe/ips-rollback.txt") == (
        f"+ {ONE}\n- {THREE}\n- {FOUR}\n"
    )


@pytest.mark.parametrize("days", [0, 2])
@pytest.mark.parametrize(
    "readings", [[FITS, OVER], [OVER, FITS, WORSE], [FITS, LESS, OVER, WORSE], [OVER, WORSE]]
)
def test_a_rebuild_gives_the_same_bytes(tmp_path, readings, days: int) -> None:
    config = parse({"fwtracker": {"grace_days": days}})
    tree = store(tmp_path, readings, config=config)
    before = {name: tree.read(name) for name in tree.walk()}
    rebuild(tree, config, START + 90 * DAY)
    assert {name: tree.read(name) for name in tree.walk()} == before
    assert list(verify_tree(tree)) == []


def test_what_never_fitted_is_no_file(tmp_path) -> None:
    tree = store(tmp_path, [OVER, WORSE, LESS], config=NO_GRACE)
    assert text(tree, "deltas/000002/europe/ips-apply.txt") is None
    assert text(tree, "deltas/000003/europe/ips-apply.txt") == f"+ {THREE}\n+ {FOUR}\n"
    tree = store(tmp_path / "new", [OVER, WORSE], config=NO_GRACE)
    assert text(tree, PATH) is None
    manifest = tree.manifest()
    assert manifest is not None
    [finding, of_all] = manifest.findings
    assert f"{PATH} is not written: it would have 3" in finding.message
    assert of_all.message.startswith("rules/all/ips.txt is not written: it would have 3")


def test_a_set_that_was_not_there_in_between_starts_anew(tmp_path) -> None:
    tree = store(tmp_path, [FITS, [OTHER], OVER], config=NO_GRACE)
    assert text(tree, PATH) is None


def test_one_that_fits_when_its_grace_is_over_is_written_then(tmp_path) -> None:
    config = parse({"fwtracker": {"grace_days": 2}})
    # What left the page stays two days: with it there are three.
    tree = store(tmp_path, [FITS, LESS], config=config)
    assert lines(tree) == [ONE]
    publish(tree, config, START + 4 * DAY)
    assert lines(tree) == [THREE, FOUR]
    steps = [n for n in tree.walk() if n.startswith("deltas/000002-") and "/ips-apply" in n]
    assert [step.split("/")[2] for step in steps] == ["all", "europe"]
    for step in steps:
        assert text(tree, step) == f"+ {THREE}\n+ {FOUR}\n- {ONE}\n"
    assert text(tree, "deltas/000002/europe/ips-apply.txt") is None


def test_earlier_versions_are_read_for_a_file_over_its_limit_alone() -> None:
    def earlier():
        raise Damaged("an earlier version was read")

    few, many = snapshots_of([FITS, OVER], START, DAY)
    assert list(render_rule_files(state(few, earlier=earlier)))
    with pytest.raises(Damaged):
        list(render_rule_files(state(many, earlier=earlier)))


@pytest.mark.slow
def test_a_list_of_50001_addresses_stays_what_panos_takes() -> None:
    many = [f"198.18.{n // 256}.{n % 256}" for n in range(50_001)]
    old, new = snapshots_of([FITS, [plain(*many)]], START, DAY)
    config = parse({"fwtracker": {"formats": ["panos-edl-ip"]}})
    [file] = render_rule_files(state(new, config, lambda: [state(old, config)]))
    assert file.path == "rules/europe/panos-edl-ip.txt"
    assert file.rule_set.version == 1
    assert ONE in (file.rendered.text or "")
    assert file.finding is not None
    assert "it would have 50,001, and the platform takes 50,000" in file.finding.message
