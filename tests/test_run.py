"""`fwtracker run`, end to end: a real site, a real folder, the command line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.support.hostile import GOOD
from tests.support.site import MAIN, SAMPLES
from tests.support.watched import Watched, configured

pytestmark = pytest.mark.usefixtures("few_formats")

TREE = Path("snapshots/action1")


def published(name: str):
    return json.loads((TREE / name).read_text())


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "lock"
    }


def test_the_first_run_publishes_version_1(site, fwtracker):
    site.show_sample("2024-04/table-spans.html")
    ran = fwtracker("run", "action1", "--url", site.url)
    assert ran.status == 0, ran.err
    assert ran.out == "action1: published version 1: the baseline, 40 entries\n"
    assert len(published("latest.json")["entries"]) == 40
    assert published("latest.json") == published("versions/000001.json")
    assert published("latest.json")["previous"] is None


def test_an_unchanged_page_is_answered_by_304_and_writes_no_version(site, fwtracker):
    site.show_sample("2024-04/table-spans.html")
    fwtracker("run", "--url", site.url)
    ran = fwtracker("run", "--url", site.url)
    assert ran.out == "action1: unchanged, version 1\n"
    assert site.statuses() == [200, 304]
    assert [p.name for p in (TREE / "versions").iterdir()] == ["000001.json"]


def test_without_validators_the_hash_tells(site, fwtracker):
    page = (SAMPLES / "2024-04/stacks.html").read_bytes()
    site.show(page, etag=False)
    fwtracker("run", "--url", site.url)
    ran = fwtracker("run", "--url", site.url)
    assert (ran.status, ran.out) == (0, "action1: unchanged, version 1\n")
    assert site.statuses() == [200, 200]


def test_a_check_notes_when_it_was_made(site, fwtracker):
    site.show_sample("2024-04/stacks.html")
    fwtracker("run", "--url", site.url)
    path = TREE / "manifest.json"
    manifest = published("manifest.json")
    path.write_text(json.dumps(manifest | {"checked_at": "2020-01-01T00:00:00Z"}))
    fwtracker("run", "--url", site.url)
    assert published("manifest.json")["checked_at"] > "2026"
    assert published("manifest.json")["expires"] > published("manifest.json")["checked_at"]


@pytest.mark.parametrize("markup", ["table-blanks", "stacks", "bare", "one-row"])
def test_another_markup_with_the_same_facts_writes_no_version(site, fwtracker, markup):
    site.show_sample("2024-04/table-spans.html")
    fwtracker("run", "--url", site.url)
    site.show_sample(f"2024-04/{markup}.html")
    ran = fwtracker("run", "--url", site.url)
    assert (ran.status, ran.out) == (0, "action1: unchanged, version 1\n")
    ran = fwtracker("run", "--url", site.url)
    assert site.statuses() == [200, 200, 304]


def test_a_change_is_a_version_a_change_set_and_new_rule_files(site, fwtracker):
    site.show_sample("2024-04/stacks.html")
    fwtracker("run", "--url", site.url)
    before = (TREE / "rules/europe/ips.txt").read_text()
    north = (TREE / "rules/north-america/ips.txt").read_text()
    site.show_sample("2024-11/bare.html")
    ran = fwtracker("run", "--url", site.url)
    assert ran.out == ("action1: published version 2: 11 endpoints added, 5 entries changed\n")
    changes = published("changes/000002.json")
    added = {end["target"] for end in changes["endpoints_added"]}
    assert added == {
        *("3.229.22.34", "44.212.254.73", "54.144.130.130"),
        *("13.41.182.195", "18.171.0.33", "35.179.20.122"),
        *("13.202.109.124", "43.205.156.38", "3.0.4.167", "13.213.228.50", "3.104.236.56"),
    }
    assert changes["endpoints_removed"] == []
    assert {change["kind"] for change in changes["changes"]} == {"changed"}
    assert (TREE / "rules/europe/ips.txt").read_text() == before
    gained = set((TREE / "rules/north-america/ips.txt").read_text().split()) - set(
        north.split()
    )
    assert gained == added


def test_exit_code_10_only_when_asked_and_only_for_a_new_version(site, fwtracker):
    site.show_sample("2024-04/stacks.html")
    assert fwtracker("run", "--url", site.url, "--exit-code").status == 10
    assert fwtracker("run", "--url", site.url, "--exit-code").status == 0


def test_an_index_is_followed_to_its_region_pages(site, fwtracker):
    site.show_sample("2026-02")
    ran = fwtracker("run", "--url", site.url)
    assert ran.status == 0, ran.err
    latest = published("latest.json")
    assert [page["url"].removeprefix(site.url) for page in latest["pages"]] == [
        "",
        "region-north-america/",
        "region-europe/",
        "region-australia/",
    ]
    assert list(dict.fromkeys(entry["region"] for entry in latest["entries"])) == [
        "North America",
        "North America 2",
        "Europe",
        "Australia",
    ]
    assert fwtracker("run", "--url", site.url).out == "action1: unchanged, version 1\n"
    assert site.statuses() == [200] * 4 + [304] * 4


def test_a_change_on_one_region_page_is_found(site, fwtracker):
    site.show_sample("2026-02")
    fwtracker("run", "--url", site.url)
    path = f"{MAIN}region-australia/"
    site.show(site.pages[path].body.replace(b"54.79.198.20", b"54.79.198.21"), path)
    ran = fwtracker("run", "--url", site.url)
    assert ran.status == 0, ran.err
    changes = published("changes/000002.json")
    assert {end["region"] for end in changes["endpoints_added"]} == {"Australia"}


def test_a_region_page_that_is_gone_fails_and_keeps_the_last_version(site, fwtracker):
    site.show_sample("2026-02")
    fwtracker("run", "--url", site.url)
    before = files_below(TREE)
    del site.pages[f"{MAIN}region-europe/"]
    ran = fwtracker("run", "--url", site.url)
    assert ran.status == 1
    assert "region-europe/: there is no such page (HTTP 404)" in ran.err
    assert files_below(TREE) == before


def test_a_region_gone_from_the_index_is_held(site, fwtracker):
    site.show_sample("2026-02")
    fwtracker("run", "--url", site.url)
    before = files_below(TREE)
    index = site.pages[MAIN].body.replace(b"region-australia", b"../elsewhere")
    site.show(index)
    ran = fwtracker("run", "--url", site.url)
    assert ran.status == 3
    assert "hold region-gone: Australia is not on the page any more" in ran.err
    assert files_below(TREE) == before


def test_run_json_is_the_contract(site, fwtracker):
    site.show_sample("2024-04/stacks.html")
    ran = fwtracker("run", "--url", site.url, "--json")
    (outcome,) = ran.json
    assert list(outcome) == [
        *("source", "outcome", "version", "summary", "findings", "error", "owed"),
        *("digest", "notes"),
    ]
    assert (outcome["source"], outcome["outcome"], outcome["version"]) == (
        "action1",
        "published",
        1,
    )
    assert outcome["error"] is None
    site.pages.clear()
    ran = fwtracker("run", "--url", site.url, "--json")
    assert ran.status == 1
    assert ran.json[0]["outcome"] == "failed"
    assert ran.json[0]["error"]["name"] == "moved"


def test_dry_run_writes_nothing(site, fwtracker):
    site.show_sample("2024-04/stacks.html")
    ran = fwtracker("run", "--url", site.url, "--dry-run")
    assert ran.status == 0
    assert ran.out.startswith("action1: would be published version 1")
    assert not Path("snapshots").exists()


def test_an_extra_rule_set_has_its_own_folder(site, fwtracker, tmp_path):
    config = tmp_path / "c.toml"
    config.write_text(
        '[[rules]]\nname = "branch"\nformat = "ips"\nregions = ["Europe"]\n'
        'components = ["Agents"]\nrequirement = ["required"]\n'
    )
    site.show_sample("2024-04/stacks.html")
    assert fwtracker("run", "--config", config, "--url", site.url).status == 0
    assert (TREE / "rules/branch/ips.txt").read_text().split() == [
        *("3.71.193.26", "3.74.63.86", "3.124.175.10", "18.185.175.163")
    ]


def test_a_changed_configuration_redoes_the_rule_files_without_a_new_version(
    site, fwtracker, tmp_path
):
    site.show_sample("2024-04/stacks.html")
    fwtracker("run", "--url", site.url)
    config = tmp_path / "c.toml"
    config.write_text('[[rules]]\nname = "branch"\nformat = "ips"\n')
    ran = fwtracker("run", "--config", config, "--url", site.url)
    assert ran.out == "action1: unchanged, version 1\n"
    assert (TREE / "rules/branch/ips.txt").is_file()
    fwtracker("run", "--url", site.url)
    assert not (TREE / "rules/branch/ips.txt").exists()


def test_what_an_earlier_run_left_undone_is_finished(site, fwtracker):
    site.show_sample("2024-04/stacks.html")
    fwtracker("run", "--url", site.url)
    whole = files_below(TREE)
    for name in ("latest.json", "manifest.json", "index.json", "rules/europe/ips.txt"):
        (TREE / name).unlink()
    assert fwtracker("run", "--url", site.url).status == 0
    again = files_below(TREE)
    assert again.keys() == whole.keys()
    with_times = {"manifest.json", "version.json"}
    assert {name for name in whole if whole[name] != again[name]} <= with_times


def test_the_raw_page_is_kept_with_its_version(site, fwtracker):
    site.show_sample("2024-04/stacks.html")
    fwtracker("run", "--url", site.url)
    sha256 = published("latest.json")["pages"][0]["sha256"]
    packed = (TREE / f"pages/{sha256}.gz").read_bytes()
    assert gzip.decompress(packed) == (SAMPLES / "2024-04/stacks.html").read_bytes()


def test_a_304_never_hides_a_page_that_was_not_read(site, fwtracker):
    good = (SAMPLES / "2024-04/stacks.html").read_bytes()
    site.show(good)
    fwtracker("run", "--url", site.url)
    site.show(good.replace(b"54.210.188.13", b"54.210.188.1333"))
    assert fwtracker("run", "--url", site.url).status == 1
    assert fwtracker("run", "--url", site.url).status == 1  # asked for whole again
    assert site.statuses() == [200, 200, 200]


def test_a_relabelled_resource_is_one_change_of_label(site, fwtracker):
    page = (SAMPLES / "2024-04/stacks.html").read_text()
    site.show(page)
    fwtracker("run", "--url", site.url)
    old, new = "Action1 Remote Desktop relay servers in Africa", "Action1 relays in Africa"
    assert page.count(f"{old}:") == 1
    site.show(page.replace(f"{old}:", f"{new}:"))
    ran = fwtracker("run", "--url", site.url)
    assert ran.out == "action1: published version 2: 1 relabelled\n"
    (change,) = published("changes/000002.json")["changes"]
    assert (change["kind"], change["impact"]) == ("relabelled", "info")
    assert change["fields"] == [{"field": "resource", "before": old, "after": new}]


def test_once_a_day_the_page_is_fetched_whole_whatever_the_server_says(site, tmp_path):
    site.show(GOOD)
    watched = Watched(site, configured(), str(tmp_path / "snapshots"))
    watched.check(times=24)
    assert site.statuses() == [200] + [304] * 23
    watched.check()
    assert site.statuses()[-1] == 200
    assert watched.check(times=3).outcome == "unchanged"
    assert site.statuses()[-3:] == [304] * 3
    watched.check(hours=-100)  # a clock that was set back
    assert site.statuses()[-1] == 200


def test_how_often_that_is_can_be_set(site, tmp_path):
    site.show(GOOD)
    config = configured(fwtracker={"full_fetch_hours": 2})
    watched = Watched(site, config, str(tmp_path / "snapshots"))
    watched.check(times=5)
    assert site.statuses() == [200, 304, 200, 304, 200]
