"""`parse`, `history`, `show`, `diff`, `rules`: what is stored or on a page, read back."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from tests.pages import GENERATIONS, expected
from tests.support.site import SAMPLES
from tracker.commands.output import format_table


@pytest.fixture
def two_versions(first_runs):
    first_runs("2024-04/stacks.html", "2024-11/stacks.html")


def test_parse_a_file(fwtracker):
    ran = fwtracker("parse", SAMPLES / "2024-04/bare.html", "--json")
    assert ran.status == 0
    assert ran.json == {
        "source": "action1",
        "entries": expected(GENERATIONS["2024-04"]),
        "findings": [],
    }


def test_parse_a_url_with_its_region_pages(site, fwtracker):
    site.show_sample("2026-02")
    ran = fwtracker("parse", site.url, "--json")
    assert ran.json["entries"] == expected(GENERATIONS["2026-02"])
    assert not Path("snapshots").exists()


def test_parse_standard_input(fwtracker, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    page = io.BytesIO((SAMPLES / "2024-04/text.txt").read_bytes())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(page))
    ran = fwtracker("parse", "-")
    assert ran.status == 0
    assert ran.out.endswith("40 entries\n")
    assert "server.eu.action1.com" in "".join(ran.out.split())


def test_parse_says_with_v_what_became_of_each_cell(fwtracker):
    ran = fwtracker("parse", "-v", SAMPLES / "2024-04/stacks.html")
    said = ran.err.splitlines()
    assert ran.status == 0
    assert sum(line.startswith("  row ") for line in said) == 40
    assert sum(line.startswith("    ports: ") for line in said) == 40
    assert '    ports: "22551 TCP/UDP, 6771 UDP" -> tcp/22551, udp/22551, udp/6771' in said
    assert '    ports: "HTTP" -> tcp/80 HTTP (inferred)' in said
    assert "region Europe" in ran.err


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("nowhere.html", "nowhere.html: cannot be read"),
        (".", "cannot be read"),
        ("http://127.0.0.1:9/", "cannot be reached"),
    ],
)
def test_parse_of_nothing(fwtracker, page, words):
    ran = fwtracker("parse", page)
    assert ran.status == 1
    assert words in ran.err
    assert ran.err.count("\n") == 1


def test_tables_fit_the_width_they_are_given():
    cells = [("Relays", "20.0.0.1, 20.0.0.2, 20.0.0.3, 20.0.0.4", "tcp/443, tcp/22543")]
    for width in (40, 60, 80):
        lines = format_table(("Resource", "Addresses", "Ports"), cells, width).splitlines()
        assert max(map(len, lines)) <= width
        assert "20.0.0.4" in "".join(lines)


def test_history(fwtracker, two_versions):
    ran = fwtracker("history")
    lines = ran.out.splitlines()
    assert lines[0].split()[:2] == ["Version", "Captured"]
    assert lines[2].startswith("2 ")
    assert "11 endpoints added" in " ".join(ran.out.split())
    assert "baseline" in lines[-1]
    newest, oldest = fwtracker("history", "--json").json
    assert (newest["version"], newest["summary"]["endpoints_added"]) == (2, 11)
    assert (oldest["version"], oldest["entries"]) == (1, 40)


def test_show(fwtracker, two_versions):
    assert "action1 version 2, captured 20" in fwtracker("show").out
    assert fwtracker("show", "--json").json["version"] == 2
    stored = json.loads(Path("snapshots/action1/versions/000001.json").read_text())
    assert fwtracker("show", "1", "--json").json == stored
    ran = fwtracker("show", "7")
    assert (ran.status, ran.err) == (
        2,
        "fwtracker: there is no version 7 of action1; there are 1 to 2\n",
    )


def test_diff(fwtracker, two_versions):
    stored = json.loads(Path("snapshots/action1/changes/000002.json").read_text())
    assert fwtracker("diff", "--json").json == stored
    assert fwtracker("diff", "1", "2", "--json").json == stored
    assert fwtracker("diff", "1", "--json").json == stored
    text = fwtracker("diff", "1", "2").out
    assert "+ addresses: 3.104.236.56" in text
    assert "from version 1 to version 2: 11 endpoints added" in text
    back = fwtracker("diff", "2", "1", "--json").json
    assert back["endpoints_removed"] == stored["endpoints_added"]
    assert fwtracker("diff", "2", "2").out.endswith("no difference\n")


def test_rules_to_a_folder_equal_the_published_ones(fwtracker, two_versions):
    ran = fwtracker("rules", "--out", "out")
    assert ran.status == 0, ran.err
    made = {str(p.relative_to("out")): p.read_bytes() for p in Path("out").rglob("*.*")}
    tree = Path("snapshots/action1/rules")
    published = {str(p.relative_to(tree)): p.read_bytes() for p in tree.rglob("*.*")}
    assert made == published
    assert len(made) >= 10


def test_rules_of_an_older_version_to_stdout(fwtracker, two_versions):
    ran = fwtracker("rules", "--format", "ips", "--region", "North America", "--version", "1")
    assert ran.status == 0
    assert "3.104.236.56" not in ran.out
    assert "13.211.73.202" in ran.out.split()
    assert "left out: " in ran.err


def test_rules_of_all_regions_in_one_file(fwtracker, two_versions, tmp_path):
    one = fwtracker("rules", "--format", "ips", "--region", "all")
    assert one.status == 0
    ran = fwtracker("rules", "--format", "ips", "--out", tmp_path / "out")
    assert ran.status == 0
    lists = {path.parent.name: path.read_text() for path in (tmp_path / "out").rglob("ips.txt")}
    assert sorted(lists) == ["all", "europe", "north-america"]
    assert lists["all"] == one.out
    assert set(one.out.split()) == {
        *lists["europe"].split(),
        *lists["north-america"].split(),
    }
    since = fwtracker("rules", "--format", "ips", "--region", "all", "--since", "1")
    assert {"+ 3.104.236.56", "- 13.211.73.202"} & {*since.out.splitlines()}
    named = ("--region", "all", "--region", "Europe", "--out", tmp_path / "two")
    assert fwtracker("rules", "--format", "ips", *named).status == 0
    assert (tmp_path / "two/all/ips.txt").read_text() == one.out
    assert sorted(path.name for path in (tmp_path / "two").iterdir()) == ["all", "europe"]


def test_rules_list_and_errors(fwtracker, two_versions):
    listed = fwtracker("rules", "--list").out
    for word in ("ips.txt", "domains.txt", "endpoints.csv", "endpoints.json", "nftables.nft"):
        assert word in listed
    lines = listed.splitlines()
    assert max(map(len, lines)) <= 80
    assert "    load: nft -f FILE" in lines[lines.index("nftables           nftables.nft") :]
    assert sum(line.startswith("    load: ") for line in lines) == len(lines) / 3
    assert fwtracker("rules").status == 2
    ran = fwtracker("rules", "--format", "nft", "--out", "x")
    assert ran.status == 2
    assert "nftables" in ran.err
    ran = fwtracker("rules", "--region", "Atlantis", "--out", "x")
    assert ran.status == 2
    assert "Europe, North America" in ran.err


def test_options_stand_before_or_behind_the_command(fwtracker, two_versions, tmp_path):
    there = tmp_path / "snapshots"
    assert fwtracker("--snapshots", there, "show").status == 0
    assert fwtracker("show", "--snapshots", there).status == 0
    assert fwtracker("-q", "--snapshots", tmp_path / "other", "show").status == 2
    # Before a group as well, whose commands take them.
    assert fwtracker("--snapshots", there, "store", "verify").status == 0
    assert fwtracker(f"--snapshots={there}", "-v", "store", "verify").status == 0
    assert fwtracker("--snapshots", tmp_path / "other", "store", "verify").status == 2
    assert "--config" in fwtracker("--config", "none.toml", "source", "list").err
    assert "Usage: fwtracker store" in fwtracker("--snapshots", there, "store", "--help").out


def test_help_names_every_command(fwtracker):
    ran = fwtracker("--help")
    assert ran.status == 0
    for name in ("run", "parse", "history", "show", "diff", "rules", "held", "notify", "demo"):
        assert f"  {name} " in ran.out
        assert fwtracker(name, "--help").status == 0


def test_the_log_can_be_json(site, fwtracker):
    site.show_sample("2024-04/stacks.html")
    site.pages = {path: [type(page)(status=500), page] for path, page in site.pages.items()}
    ran = fwtracker("run", "-v", "--log-format", "json", "--url", site.url)
    assert ran.status == 0
    assert json.loads(ran.err.splitlines()[0])["level"] == "info"


def test_rules_since_a_version_say_what_to_change(two_versions, fwtracker):
    chosen = ("--format", "ips", "--region", "North America")
    there, back = (
        fwtracker("rules", *chosen, "--version", to, "--since", since).out.splitlines()
        for to, since in (("2", "1"), ("1", "2"))
    )
    before, after = (
        set(fwtracker("rules", *chosen, "--version", number).out.split()) for number in "12"
    )
    assert {f"+ {each}" for each in after - before} == set(there)
    assert {f"- {each}" for each in after - before} == set(back)
    written = fwtracker("rules", "--since", "1", "--out", "out")
    assert "out/north-america/nftables-apply.nft" in written.out
    assert not Path("out/europe").exists()


def test_rules_since_with_nothing_to_say_is_one_line(two_versions, fwtracker):
    same = fwtracker("rules", "--since", "2", "--out", "x")
    assert (same.status, same.err.count("\n")) == (2, 1)
    assert "these rule files are those of version 2" in same.err
    whole = fwtracker("rules", "--since", "1", "--format", "endpoints-csv", "--out", "x")
    assert (whole.status, "load the whole file" in whole.err) == (2, True)
    assert "there is no version 9" in fwtracker("rules", "--since", "9", "--out", "x").err


def test_rules_choose_by_component_requirement_and_audience(two_versions, fwtracker):
    chosen = ("--format", "domains", "--region", "Europe")
    everything = fwtracker("rules", *chosen).out.split()
    console = fwtracker("rules", *chosen, "--component", "Action1 Console (web browser)")
    assert console.out.split() == ["remote.eu.action1.com"]
    hosts = {
        of: set(fwtracker("rules", *chosen, "--requirement", of).out.split())
        for of in ("required", "recommended")
    }
    assert hosts["recommended"] < set(everything)
    assert hosts["required"] | hosts["recommended"] == set(everything)
    for everybody in fwtracker("rules", *chosen, "--only-for", "Europe").out.split():
        assert everybody in everything
    wrong = fwtracker("rules", *chosen, "--component", "Agent")
    assert wrong.status == 2
    assert 'no component is called "Agent"; there are: ' in wrong.err
