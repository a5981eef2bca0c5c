"""What cannot be proved is not published; the rest is."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from tests.formats.samples import entry
from tests.support.site import MAIN
from tests.support.versions import snapshots_of
from tracker import formats
from tracker.config import parse
from tracker.publish.grace import PendingRemovals
from tracker.publish.publish import derive
from tracker.publish.render import group_exclusions, render_state
from tracker.publish.rule_state import RuleState
from tracker.store import open_store
from tracker.store.tree import Tree

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CONFIG = parse({})
PAGE = [msgspec.to_builtins(entry("192.0.2.1", "example.com", ports=(443, 445)))]


@pytest.fixture
def snapshot():
    [found] = snapshots_of([PAGE], NOW, NOW - NOW)
    return found


@pytest.fixture
def broken(monkeypatch):
    """A format whose files read back as something else."""

    def refuse() -> None:
        whole = formats.load("endpoints-csv")
        wrong = msgspec.structs.replace(whole, read_back=lambda _: frozenset({"other"}))
        monkeypatch.setattr("tracker.formats.endpoints_csv.FORMAT", wrong)

    return refuse


def test_a_file_that_reads_back_otherwise_is_the_only_one_not_written(
    snapshot, broken, tmp_path
) -> None:
    broken()
    made = derive(Tree(open_store(str(tmp_path)), "action1"), CONFIG, NOW, snapshot)
    finding = made.findings[0]
    assert [each.message.split()[0] for each in made.findings] == [
        f"rules/{folder}/endpoints.csv" for folder in ("europe", "all")
    ]
    assert (finding.name, finding.verdict) == ("rule-file-not-made", "publish")
    assert finding.message.startswith(
        "rules/europe/endpoints.csv is not written: read back, it does not say what version 1"
    )
    files = made.artifacts.files
    assert "rules/europe/endpoints.csv" not in files
    assert "rules/europe/ips.txt" in files
    assert ("rules/europe/endpoints.csv", finding.message, ()) in made.artifacts.exclusions


def test_it_stays_what_it_was_when_it_could_be_proved(
    site, fwtracker, monkeypatch, tmp_path
) -> None:
    site.show_sample("2024-04/stacks.html")
    assert fwtracker("run", "--url", site.url).status == 0
    file = tmp_path / "snapshots/action1/rules/europe/endpoints.csv"
    before, lists = file.read_bytes(), file.with_name("ips.txt").read_bytes()
    whole = formats.load("endpoints-csv")

    def wrong_since_version_2(text: str) -> frozenset[str]:
        return frozenset() if "54.210.188.99" in text else whole.read_back(text)

    wrong = msgspec.structs.replace(whole, read_back=wrong_since_version_2)
    monkeypatch.setattr("tracker.formats.endpoints_csv.FORMAT", wrong)
    page = site.pages[MAIN].body.replace(b"54.210.188.13<", b"54.210.188.99<")
    site.show(page.replace(b"3.74.63.86", b"3.74.63.87"))
    ran = fwtracker("run", "--url", site.url, "--json")
    assert (ran.status, ran.json[0]["outcome"]) == (0, "published"), ran.out
    told = [each for each in ran.json[0]["findings"] if each["name"] == "rule-file-not-made"]
    assert told[0]["message"].startswith("rules/")
    assert "endpoints.csv is still that of version 1 of " in told[0]["message"]
    folder = told[0]["message"].split("/")[1]
    kept = tmp_path / "snapshots/action1/rules" / folder / "endpoints.csv"
    assert b"54.210.188.99" not in kept.read_bytes()
    assert (before, lists) != (b"", file.with_name("ips.txt").read_bytes())
    files = {path: path.read_bytes() for path in kept.parent.iterdir()}
    assert fwtracker("store", "rebuild").status == 0
    assert {path: path.read_bytes() for path in kept.parent.iterdir()} == files


def test_equal_rule_sets_give_the_same_files_whatever_objects_they_are(snapshot) -> None:
    one, other = (
        render_state(RuleState(each, PendingRemovals(), CONFIG), ())
        for each in (
            snapshot,
            msgspec.json.decode(msgspec.json.encode(snapshot), type=type(snapshot)),
        )
    )
    assert one.files == other.files
    assert group_exclusions(one.exclusions) == group_exclusions(other.exclusions)
    assert len(one.files) > 20
