"""What is held and what an operator decides, beyond the page that lost its addresses."""

from __future__ import annotations

import json
import re

import msgspec
import pytest

from tests.support.site import SAMPLES
from tests.test_run import TREE, published
from tracker import formats
from tracker.formats import Limit

pytestmark = pytest.mark.usefixtures("few_formats")

PAGE = (SAMPLES / "2024-04/stacks.html").read_text()
STRAY = PAGE.replace("</body>", "<p>198.41.0.4</p></body>")


def held_digest(fwtracker) -> str:
    return fwtracker("held").out.split("fwtracker approve ")[1].split()[0]


def test_an_address_outside_the_tables_is_held_also_where_the_entries_are_the_same(
    site, fwtracker
):
    site.show(PAGE)
    fwtracker("run", "--url", site.url)
    site.show(STRAY)
    for _ in range(2):  # not only the first time
        ran = fwtracker("run", "--url", site.url)
        assert ran.status == 3
        assert "hold address-outside-tables" in ran.err


def test_accepted_findings_make_no_version_and_do_not_hold_again(site, fwtracker):
    site.show(PAGE)
    fwtracker("run", "--url", site.url)
    site.show(STRAY)
    fwtracker("run", "--url", site.url)
    ran = fwtracker("approve", held_digest(fwtracker))
    assert ran.out == "action1: accepted; version 1 already says the same\n"
    ran = fwtracker("run", "--url", site.url)
    assert (ran.status, ran.out) == (0, "action1: unchanged, version 1\n")
    site.show(STRAY.replace("<li>54.79.23.166</li>", "<li>54.79.23.167</li>"))
    ran = fwtracker("run", "--url", site.url)
    assert "hold address-outside-tables" not in ran.err


def test_a_finding_approved_with_a_version_does_not_hold_the_next(site, fwtracker):
    changed = STRAY.replace(
        "<li>54.79.23.166</li>", "<li>54.79.23.166</li><li>3.104.236.56</li>"
    )
    site.show(PAGE)
    fwtracker("run", "--url", site.url)
    site.show(changed)
    assert fwtracker("run", "--url", site.url).status == 3
    fwtracker("approve", held_digest(fwtracker))
    assert published("latest.json")["version"] == 2
    site.show(
        changed.replace("<li>3.104.236.56</li>", "<li>3.104.236.56</li><li>3.0.4.167</li>")
    )
    ran = fwtracker("run", "--url", site.url)
    assert (ran.status, published("latest.json")["version"]) == (0, 3), ran.err


def test_held_as_json_has_the_candidate_and_its_findings(site, fwtracker):
    site.show(STRAY)
    assert fwtracker("run", "--url", site.url).status == 3
    assert not (TREE / "versions").exists()
    (item,) = fwtracker("held", "--json").json
    assert item["digest"] == item["candidate"]["digest"]
    assert item["candidate"]["findings"][0]["name"] == "address-outside-tables"
    assert fwtracker("approve", item["digest"][:8]).out == "action1: published version 1\n"
    latest = json.loads((TREE / "latest.json").read_text())
    assert len(latest["entries"]) == 40
    assert (TREE / f"pages/{latest['pages'][0]['sha256']}.gz").is_file()


def test_held_and_approve_tell_of_rule_files_over_a_limit(site, fwtracker, monkeypatch):
    whole = formats.load("ips")
    limit = Limit(18, "addresses in a list", "https://vendor.example/limits")
    site.show(PAGE)
    fwtracker("run", "--url", site.url)
    before = (TREE / "rules/north-america/ips.txt").read_bytes()
    limited = msgspec.structs.replace(whole, limit=limit)
    monkeypatch.setattr("tracker.formats.ips.FORMAT", limited)
    site.show(STRAY.replace("<li>54.79.23.166</li>", "<li>54.79.23.166</li><li>3.0.4.167</li>"))
    assert fwtracker("run", "--url", site.url).status == 3
    said = "publish over-limit: rules/north-america/ips.txt is still that of version 1 of"
    assert said in fwtracker("held").out
    (item,) = fwtracker("held", "--json").json
    assert {each["name"] for each in item["rule_findings"]} == {"over-limit"}
    ran = fwtracker("approve", held_digest(fwtracker))
    assert (ran.status, ran.out) == (0, "action1: published version 2\n")
    assert said in ran.err
    assert (TREE / "rules/north-america/ips.txt").read_bytes() == before


def test_what_cannot_be_published_is_said_and_not_committed(
    site, fwtracker, tmp_path, monkeypatch
):
    site.show(STRAY)
    assert fwtracker("run", "--url", site.url).status == 3
    monkeypatch.setattr("tracker.publish.rule_sets.slug", lambda _: "one")
    shown = fwtracker("held").out
    assert "hold not-publishable: two regions would share one folder: one, one" in shown
    ran = fwtracker("approve", held_digest(fwtracker))
    assert ran.status == 1
    assert not (TREE / "versions").exists()


def test_many_findings_alike_are_counted_by_run_and_listed_by_held(site, fwtracker):
    site.show(PAGE)
    fwtracker("run", "--url", site.url)
    mistyped = re.sub(
        r"(\d+\.\d+\.\d*)(\d)(\.\d+)",
        lambda found: f"{found[1]}{abs(int(found[2]) - 1)}{found[3]}",
        PAGE,
    )
    site.show(mistyped)
    ran = fwtracker("run", "--url", site.url)
    assert ran.status == 3
    held = fwtracker("held").out.count("hold typing-error: ")
    assert held > 10
    assert ran.err.count("hold typing-error: ") == 11
    assert f"  hold typing-error: and {held - 10} more like these\n" in ran.err


TWO = """
[sources.action1]
url = "{root}/documentation/firewall-configuration/"
[sources.other]
use = "action1"
url = "{root}/other/"
"""


def two_sources(site, tmp_path) -> str:
    """A configuration of two sources, each with a page that is held."""
    config = tmp_path / "two.toml"
    config.write_text(TWO.format(root=site.root))
    site.show(STRAY)
    site.show(STRAY.replace("198.41.0.4", "198.41.0.5"), "/other/")
    return str(config)


def test_held_shows_what_is_held_of_all_sources(site, fwtracker, tmp_path):
    config = two_sources(site, tmp_path)
    assert fwtracker("run", "--config", config).status == 3
    shown = fwtracker("held", "--config", config)
    assert shown.status == 0
    assert " of action1, first seen" in shown.out
    assert " of other, first seen" in shown.out
    items = fwtracker("held", "--config", config, "--json").json
    assert [item["source"] for item in items] == ["action1", "other"]
    only = fwtracker("held", "--config", config, "--source", "other", "--json").json
    assert [item["source"] for item in only] == ["other"]


def test_a_digest_is_found_in_the_source_that_holds_it(site, fwtracker, tmp_path):
    config = two_sources(site, tmp_path)
    site.show(STRAY.replace("<li>54.79.23.166</li>", "<li>54.79.23.167</li>"), "/other/")
    fwtracker("run", "--config", config)
    first, second = fwtracker("held", "--config", config, "--json").json
    ran = fwtracker("approve", "--config", config, second["digest"][:12])
    assert (ran.status, ran.out) == (0, "other: published version 1\n")
    ran = fwtracker("reject", "--config", config, first["digest"][:12])
    assert (ran.status, ran.out.split(":")[0]) == (0, "action1")
    assert fwtracker("held", "--config", config).out == "nothing is held\n"


def test_a_digest_of_two_sources_needs_the_name_of_one(site, fwtracker, tmp_path):
    config = two_sources(site, tmp_path)  # the same entries, so the same digest
    fwtracker("run", "--config", config)
    digest = fwtracker("held", "--config", config, "--json").json[0]["digest"]
    ran = fwtracker("approve", "--config", config, digest)
    assert ran.status == 2
    assert "is held for action1, other; choose one with --source" in ran.err
    assert fwtracker("approve", "--config", config, "--source", "other", digest).status == 0


def test_a_damaged_candidate_of_one_source_hides_no_other(site, fwtracker, tmp_path):
    config = two_sources(site, tmp_path)
    fwtracker("run", "--config", config)
    (file,) = (TREE.parent / ".state/action1/held").glob("*.json")
    file.write_text("{")
    shown = fwtracker("held", "--config", config)
    assert shown.status == 1
    assert shown.err.startswith("fwtracker: action1: .state/action1/held/")
    assert " of other, first seen" in shown.out


def test_held_shows_the_part_of_the_page(site, fwtracker):
    page = PAGE.replace("</body>", "<h2>Elsewhere</h2><p>198.41.0.4</p></body>")
    site.show(page)
    assert fwtracker("run", "--url", site.url).status == 3
    shown = fwtracker("held").out
    assert "        Elsewhere\n      > 198.41.0.4\n" in shown
    (item,) = fwtracker("held", "--json").json
    (excerpt,) = item["excerpts"]
    assert excerpt["name"] == "address-outside-tables"
    assert excerpt["lines"] == ["  Elsewhere", "> 198.41.0.4"]


def test_held_without_its_raw_page_still_shows_the_rest(site, fwtracker):
    site.show(STRAY)
    fwtracker("run", "--url", site.url)
    for file in (TREE.parent / ".state/action1/held-pages").iterdir():
        file.unlink()
    shown = fwtracker("held")
    assert shown.status == 0
    assert "hold address-outside-tables" in shown.out
    assert fwtracker("held", "--json").json[0]["excerpts"] == []
    ran = fwtracker("approve", held_digest(fwtracker))
    assert ran.status == 1
    assert "is gone; run again" in ran.err


def test_a_wrong_digest_says_what_to_do(site, fwtracker):
    for command in ("approve", "reject"):
        ran = fwtracker(command, "0123456789ab")
        assert ran.status == 2
        assert "no held candidate has a digest" in ran.err
        assert "see: fwtracker held" in ran.err
        assert "at least 8 characters" in fwtracker(command, "0123").err
    site.show(STRAY)
    fwtracker("run", "--url", site.url)
    digest = held_digest(fwtracker)
    assert fwtracker("approve", digest).status == 0
    ran = fwtracker("approve", digest)
    assert ran.status == 2
    assert "it is version 1 of action1" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_candidate_rejected_before_any_version_leaves_nothing_stored(site, fwtracker):
    site.show(STRAY)
    fwtracker("run", "--url", site.url)
    digest = held_digest(fwtracker)
    assert fwtracker("reject", digest).status == 0
    ran = fwtracker("run", "--url", site.url)
    assert (ran.status, ran.out) == (0, "action1: unchanged, nothing stored\n")
    assert fwtracker("approve", digest).out == "action1: published version 1\n"
