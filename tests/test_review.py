"""What is held and what an operator decides, beyond the page that lost its addresses."""

from __future__ import annotations

import json
import re

import msgspec

from tests.support.site import SAMPLES
from tests.test_run import TREE, published
from tracker import formats
from tracker.formats import Limit

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
    assert ran.out == "action1: accepted; version 1 says the same already\n"
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


def test_what_cannot_be_published_is_said_and_not_committed(site, fwtracker, tmp_path):
    site.show(STRAY)
    assert fwtracker("run", "--url", site.url).status == 3
    config = tmp_path / "odd.toml"
    config.write_text('[[rules]]\nname = "x"\nregions = ["Atlantis"]\n')
    ran = fwtracker("--config", str(config), "held")
    assert 'hold not-publishable: [[rules]] "x": no region is called "Atlantis"' in ran.out
    ran = fwtracker("--config", str(config), "approve", held_digest(fwtracker))
    assert ran.status == 2
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
