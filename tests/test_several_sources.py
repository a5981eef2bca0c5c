"""Several sources in one configuration, and a source of several pages: runs and commands."""

from __future__ import annotations

import json

import pytest

from tests.support.site import SAMPLES, Reply

PAGE = (SAMPLES / "2024-04/stacks.html").read_bytes()
OTHER = (SAMPLES / "2024-11/stacks.html").read_bytes()
CHANGED = PAGE.replace(b"54.210.188.13<", b"54.210.188.99<")
REGIONS = {
    name: (SAMPLES / f"2026-02/region-{name}/index.html").read_bytes()
    for name in ("europe", "australia")
}
FIRST = ("zeta", "alpha", "mid")
FORMATS = '[fwtracker]\nformats = ["ips"]\n'


@pytest.fixture
def three(site, tmp_path):
    """A configuration of three sources in an order of their own; action1 is switched off."""
    for name in FIRST:
        site.show(PAGE, f"/{name}/")
    (tmp_path / "sources").mkdir()
    tables = "".join(
        f'[sources.{name}]\nuse = "action1"\nurl = "{site.root}/{name}/"\n'
        for name in FIRST[:2]
    )
    (tmp_path / "sources/mid.toml").write_text(f'use = "action1"\nurl = "{site.root}/mid/"\n')
    (tmp_path / "c.toml").write_text(f"{FORMATS}[sources.action1]\nenabled = false\n{tables}")
    return "--config", tmp_path / "c.toml"


def outcomes(ran) -> list[tuple[str, str]]:
    return [(each["source"], each["outcome"]) for each in ran.json]


def test_all_are_checked_and_told_of_in_the_order_of_the_configuration(fwtracker, three):
    ran = fwtracker("run", *three)
    assert (ran.status, ran.err) == (0, "")
    assert [line.partition(":")[0] for line in ran.out.splitlines()] == list(FIRST)
    again = fwtracker("run", *three, "--json")
    assert outcomes(again) == [(name, "unchanged") for name in FIRST]


def test_those_that_are_named_are_checked_in_that_order_and_once(fwtracker, three):
    ran = fwtracker("run", "mid", "zeta", "mid", *three, "--json")
    assert outcomes(ran) == [("mid", "published"), ("zeta", "published")]


def test_the_exit_status_is_that_of_the_worst(fwtracker, three, site, tmp_path):
    fwtracker("run", *three)
    site.show(CHANGED, "/alpha/")
    site.show(PAGE.replace(b"3.124.175.10", b"10.1.2.3"), "/mid/")
    held = fwtracker("run", *three, "--exit-code", "--json")
    assert held.status == 3
    assert [what for _, what in outcomes(held)] == ["unchanged", "published", "held"]
    site.pages["/mid/"] = Reply(status=404)
    failed = fwtracker("run", *three, "--exit-code", "--json")
    assert failed.status == 1
    assert [what for _, what in outcomes(failed)] == ["unchanged", "unchanged", "failed"]
    with (tmp_path / "sources/mid.toml").open("a") as file:
        file.write('exclude = "p:is(nothing"\n')
    site.show(OTHER, "/mid/")
    wrong = fwtracker("run", *three, "--json")
    assert wrong.status == 2
    said = f'{tmp_path}/sources/mid.toml exclude: "p:is(nothing" is not a CSS selector'
    assert wrong.json[2]["error"]["message"].startswith(said)
    good = fwtracker("run", "zeta", "alpha", *three, "--exit-code")
    assert good.status == 0


def test_one_url_is_not_for_several(fwtracker, three, site):
    ran = fwtracker("run", *three, "--url", site.url)
    assert (ran.status, "exactly one source" in ran.err) == (2, True)


def test_each_has_a_tree_of_its_own(fwtracker, three, site, tmp_path):
    fwtracker("run", *three)
    site.show(CHANGED, "/alpha/")
    fwtracker("run", *three)
    versions = {
        name: json.loads((tmp_path / f"snapshots/{name}/latest.json").read_text())
        for name in FIRST
    }
    assert {name: each["version"] for name, each in versions.items()} == {
        "zeta": 1,
        "alpha": 2,
        "mid": 1,
    }
    assert {name: each["source"] for name, each in versions.items()} == {n: n for n in FIRST}


COMMANDS = (
    ("history",),
    ("show",),
    ("diff",),
    ("blame", "54.210.188.13"),
    ("as-of", "2026-01-01"),
    ("rules", "--format", "ips", "--region", "Europe"),
    ("parse", "page.html"),
    ("audit", "page.html", "--as", "ips"),
    ("verify",),
    ("drift",),
    ("replay",),
    ("store", "verify"),
    ("store", "rebuild"),
    ("store", "export"),
    ("notify", "status"),
    ("notify", "test"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_for_one_source_says_which_there_are(fwtracker, three, tmp_path, command):
    (tmp_path / "page.html").write_bytes(PAGE)
    ran = fwtracker(*command, *three)
    assert ran.status == 2, ran.err
    assert ran.err == (
        "fwtracker: several sources are configured; name one of them: alpha, mid, zeta\n"
    )


def test_and_takes_the_one_that_is_named(fwtracker, three):
    fwtracker("run", *three)
    reading = {"history", "show", "rules", "store", "blame"}
    chosen = [each for each in COMMANDS if each[0] in reading]
    assert len(chosen) == 7
    for command in chosen:
        ran = fwtracker(*command, "--source", "mid", *three)
        assert (ran.status, "fwtracker:" in ran.err) == (0, False), command


def test_what_is_held_is_shown_for_all(fwtracker, three, site):
    fwtracker("run", *three)
    few = PAGE.replace(b"3.124.175.10", b"10.1.2.3")
    site.show(few, "/alpha/")
    site.show(few, "/mid/")
    assert fwtracker("run", *three).status == 3
    shown = fwtracker("held", *three).out
    assert "alpha" in shown
    assert "mid" in shown
    assert "zeta" not in shown


# A source of several pages


@pytest.fixture
def pages(site, tmp_path):
    """A source of two pages, and the run of it."""
    for name, page in REGIONS.items():
        site.show(page, f"/{name}/")
    urls = [f"{site.root}/{name}/" for name in REGIONS]
    (tmp_path / "c.toml").write_text(
        "[sources.action1]\nenabled = false\n"
        f'[sources.two]\nuse = "action1"\nurl = {json.dumps(urls)}\n'
    )
    return "run", "--config", tmp_path / "c.toml", "--json"


def entries(tmp_path) -> list[dict]:
    return json.loads((tmp_path / "snapshots/two/latest.json").read_text())["entries"]


def test_all_pages_of_a_source_are_read_in_their_order(fwtracker, pages, site, tmp_path):
    ran = fwtracker(*pages)
    assert outcomes(ran) == [("two", "published")], ran.out
    regions = dict.fromkeys(entry["region"] for entry in entries(tmp_path))
    assert list(regions) == ["Europe", "Australia"]
    assert site.statuses() == [200, 200]


def test_unchanged_is_asked_of_each_page(fwtracker, pages, site):
    fwtracker(*pages)
    site.asked.clear()
    assert outcomes(fwtracker(*pages)) == [("two", "unchanged")]
    assert [(asked.path, asked.status) for asked in site.asked] == [
        ("/europe/", 304),
        ("/australia/", 304),
    ]


@pytest.mark.parametrize("name", REGIONS)
def test_a_change_on_any_page_is_found(fwtracker, pages, site, tmp_path, name):
    fwtracker(*pages)
    before = entries(tmp_path)
    old = next(a for e in before if e["region"].lower() == name for a in e["addresses"])
    new = f"{old.rpartition('.')[0]}.254"
    site.show(REGIONS[name].replace(old.encode(), new.encode()), f"/{name}/")
    site.asked.clear()
    assert outcomes(fwtracker(*pages)) == [("two", "published")]
    assert json.dumps(entries(tmp_path)) == json.dumps(before).replace(f'"{old}"', f'"{new}"')
    assert fwtracker(*pages).json[0]["outcome"] == "unchanged"


def test_a_page_that_fails_fails_the_source_and_keeps_what_is_in_force(
    fwtracker, pages, site, tmp_path
):
    fwtracker(*pages)
    before = entries(tmp_path)
    site.pages["/australia/"] = Reply(status=404)
    ran = fwtracker(*pages)
    assert (ran.status, outcomes(ran)) == (1, [("two", "failed")])
    assert f"{site.root}/australia/" in ran.json[0]["error"]["message"]
    assert entries(tmp_path) == before
    site.show(REGIONS["australia"], "/australia/")
    assert outcomes(fwtracker(*pages)) == [("two", "unchanged")]


def test_a_first_run_with_a_page_that_fails_stores_nothing(fwtracker, pages, site, tmp_path):
    site.pages["/australia/"] = Reply(status=404)
    assert fwtracker(*pages).status == 1
    assert not (tmp_path / "snapshots/two/latest.json").exists()


def test_a_page_more_or_less_is_read_at_once(fwtracker, pages, site, tmp_path):
    """Whatever the servers say of the pages that are known."""
    fwtracker(*pages)
    config = tmp_path / "c.toml"
    both = config.read_text()
    config.write_text(both.replace(f', "{site.root}/australia/"', ""))
    assert outcomes(fwtracker(*pages)) == [("two", "held")]  # a region is gone
    config.write_text(both)
    assert outcomes(fwtracker(*pages)) == [("two", "unchanged")]


def test_lines_that_settle_a_page_are_those_for_where_its_definition_stands(
    fwtracker, three, site
):
    odd = PAGE.replace(b"443 HTTPS", b"443 TCP (standard)", 1)
    for name in ("zeta", "mid"):
        site.show(odd, f"/{name}/")
    ran = fwtracker("run", "zeta", *three)
    assert "\n[[sources.zeta.reads]]\n" in ran.err
    ran = fwtracker("run", "mid", *three)
    assert "\n[[reads]]\n" in ran.err
    assert "sources.mid" not in ran.err


def test_a_rule_set_is_for_the_sources_that_it_names(fwtracker, three, site, tmp_path):
    config = tmp_path / "c.toml"
    text = config.read_text()
    rules = '[[rules]]\nname = "branch"\nformat = "ips"\nregions = ["Europe"]\n'
    site.show(PAGE.replace(b"Europe", b"Eurasia"), "/alpha/")
    config.write_text(f"{rules}{text}")
    ran = fwtracker("run", *three, "--json")
    assert (ran.status, {what for _, what in outcomes(ran)}) == (0, {"published"})
    assert [[each["message"] for each in one["findings"]] for one in ran.json] == [
        [],
        [
            '[[rules]] "branch" regions: no region is called "Europe"; there are: Eurasia,'
            " North America; it has no files; change `regions` in that table, or say by"
            " `sources` which sources have it"
        ],
        [],
    ]
    assert not (tmp_path / "snapshots/alpha/rules/branch").exists()
    config.write_text(f'{rules}sources = ["zeta"]\n{text}')
    ran = fwtracker("run", *three, "--json")
    assert ran.status == 0, ran.out
    sets = {
        name: (tmp_path / f"snapshots/{name}/rules/branch/ips.txt").exists() for name in FIRST
    }
    assert sets == {"zeta": True, "alpha": False, "mid": False}


def test_a_rule_set_for_a_source_that_is_not_there(fwtracker, three, tmp_path):
    config = tmp_path / "c.toml"
    config.write_text(f'[[rules]]\nname = "branch"\nsources = ["zet"]\n{config.read_text()}')
    ran = fwtracker("run", *three)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == (
        f'fwtracker: {config}: [[rules]] "branch": no source is called "zet";'
        " there are: action1, zeta, alpha, mid\n"
    )
