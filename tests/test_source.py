"""`source list`, `source new` and `source check`, as a user has them."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.support.shipped import sample_of
from tracker.sources import list_shipped, read_shipped

PAGE = """<!doctype html><html><head><title>Firewall</title></head><body>
<main><h1>Firewall</h1>
<h2>Hosts</h2>
<table><tr><th>Name</th><th>Host</th><th>Port</th></tr>
<tr><td>Sync</td><td>a.vendor.com</td><td>443 TCP</td></tr>
<tr><td>News</td><td>b.vendor.com</td><td>80 TCP</td></tr></table>
<h2>Mirrors</h2><ul><li>c.vendor.com</li></ul>
<h2>Log</h2><table><tr><th>Day</th><th>What</th></tr><tr><td>1</td><td>old.vendor.com</td></tr>
<tr><td>2</td><td>Nothing</td></tr><tr><td>3</td><td>Rest</td></tr></table>
</main></body></html>"""
FEED = json.dumps({"site": "www.vendor.com", "nets": [{"net": "8.8.8.0/24", "region": "eu"}]})
DEFINITION = """title = "Vendor"
url = "{url}"
select = "main"
defaults = {{ direction = "outbound", ports = "443 TCP" }}
[[tables]]
header = ["Name", "Host"]
columns = {{ Name = "ignore" }}
[[tables]]
heading = "^Log$"
action = "ignore"
[[lists]]
heading = "^Mirrors$"
"""


def define(text: str, name: str = "vendor") -> Path:
    """A definition in a file of its own."""
    path = Path(f"config/sources/{name}.toml")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def configure(text: str) -> None:
    Path("config").mkdir(exist_ok=True)
    Path("config/fwtracker.toml").write_text(text)


class TestList:
    def test_it_names_those_of_the_configuration_and_those_that_ship(self, fwtracker):
        ran = fwtracker("source", "list")
        assert ran.status == 0
        assert "action1: Action1; no version yet; [sources.action1]\n" in ran.out
        for name in list_shipped():
            assert f"\n{name}: " in ran.out

    def test_it_says_where_each_is_defined_and_how_far_it_is(self, fwtracker, site):
        site.show(PAGE)
        define(DEFINITION.format(url=site.url))
        configure("[sources.action1]\nenabled = false\n")
        assert fwtracker("run").status == 0
        shown = fwtracker("source", "list").out
        assert "vendor: Vendor; version 1; config/sources/vendor.toml\n" in shown
        assert f"    {site.url}\n" in shown
        assert "action1: Action1; disabled; config/fwtracker.toml: [sources.action1]\n" in shown

    def test_as_json(self, fwtracker, site):
        define(DEFINITION.format(url=site.url))
        found = fwtracker("source", "list", "--json").json
        (vendor,) = (one for one in found["sources"] if one["name"] == "vendor")
        assert vendor == {
            "name": "vendor",
            "title": "Vendor",
            "place": "config/sources/vendor.toml",
            "url": site.url,
            "enabled": True,
            "version": None,
        }
        assert [one["name"] for one in found["shipped"]] == list(list_shipped())


class TestNew:
    def test_it_shows_the_page_and_writes_a_definition_that_reads_it(self, fwtracker, site):
        site.show(PAGE)
        ran = fwtracker("source", "new", "vendor", "--url", site.url)
        assert ran.status == 0, ran.err
        assert 'table 1, under "Hosts", 2 rows: Name | Host | Port\n' in ran.out
        assert "  Sync | a.vendor.com | 443 TCP\n" in ran.out
        assert 'below "Mirrors": 1 line with a host or an address\n  c.vendor.com\n' in ran.out
        assert (
            "config/sources/vendor.toml is written\nIt reads 3 entries; 1 value ignored"
            in ran.out
        )
        table = tomllib.loads(Path("config/sources/vendor.toml").read_text("utf-8"))
        assert table["url"] == site.url
        assert fwtracker("run", "vendor").status == 0

    def test_it_stands_beside_the_configuration_that_is_named(self, fwtracker, site):
        site.show(PAGE)
        Path("elsewhere").mkdir()
        Path("elsewhere/fw.toml").write_text("")
        ran = fwtracker(
            "source", "new", "vendor", "--url", site.url, "--config", "elsewhere/fw.toml"
        )
        assert ran.status == 0, ran.err
        assert Path("elsewhere/sources/vendor.toml").is_file()

    def test_a_file_is_as_good_as_a_page(self, fwtracker):
        Path("saved.html").write_text(PAGE)
        assert fwtracker("source", "new", "vendor", "--url", "saved.html").status == 0
        assert fwtracker("source", "check", "vendor").status == 0

    def test_a_feed(self, fwtracker, site):
        site.show(FEED, headers={"Content-Type": "application/json"})
        ran = fwtracker("source", "new", "vendor", "--url", site.url)
        assert ran.status == 0, ran.err
        assert "a feed (json); hosts and addresses stand at:\n" in ran.out
        assert "  $.nets[*].net: 1, as 8.8.8.0/24\n" in ran.out
        assert fwtracker("source", "check", "vendor").status == 0

    def test_out_of_another_place_says_where_it_belongs(self, fwtracker, site):
        site.show(PAGE)
        ran = fwtracker("source", "new", "vendor", "--url", site.url, "--out", "draft.toml")
        assert ran.status == 0
        assert "draft.toml is written; move it to sources/vendor.toml" in ran.out

    def test_one_that_ships_is_written_out_as_it_is(self, fwtracker):
        assert fwtracker("source", "new", "mine", "--from", "amazon-chime").status == 0
        assert Path("config/sources/mine.toml").read_text("utf-8") == read_shipped(
            "amazon-chime"
        )

    def test_or_for_another_page(self, fwtracker, site):
        site.show(sample_of("amazon-quicksight").read_text("utf-8"))
        args = ("source", "new", "mine", "--from", "amazon-quicksight", "--url", site.url)
        assert fwtracker(*args).status == 0
        ran = fwtracker("source", "check", "mine", "--json")
        assert ran.status == 0, ran.err
        assert len(ran.json["entries"]) == 13

    def test_it_says_what_the_first_definition_cannot_read_yet(self, fwtracker, site):
        site.show(PAGE.replace("c.vendor.com", "c.vendor.com</li><li>d.&lt;you&gt;.vendor.com"))
        ran = fwtracker("source", "new", "vendor", "--url", site.url)
        assert ran.status == 0
        assert "It does not read the page yet: " in ran.out

    def test_one_that_is_not_enabled_is_defined_all_the_same(self, fwtracker):
        configure('[sources.vendor]\nurl = "https://www.example.com/"\nenabled = false\n')
        Path("page.html").write_text(PAGE)
        ran = fwtracker("source", "new", "vendor", "--url", "page.html")
        assert ran.status == 2
        assert '"vendor" is already defined in config/fwtracker.toml: [sour' in ran.err

    @pytest.mark.parametrize(
        ("args", "says"),
        [
            (["Vendor"], "must be lower-case"),
            (["../up"], "must be lower-case"),
            (["vendor"], "--url, or the definition with --from"),
            (["vendor", "--from", "acme"], 'no definition called "acme" ships'),
            (["action1", "--url", "page.html"], '"action1" is already defined in'),
            (["vendor", "--url", "page.html", "--out", "page.html"], "already exists"),
        ],
    )
    def test_what_cannot_be_done_is_one_line(self, fwtracker, args, says):
        Path("page.html").write_text(PAGE)
        ran = fwtracker("source", "new", *args)
        assert (ran.status, ran.err.count("\n")) == (2, 1)
        assert says in ran.err
        assert not Path("config").exists()

    @pytest.mark.parametrize(
        ("body", "status", "says"),
        [
            ("<html><body><p>We are moving.</p></body></html>", 200, "nothing is written"),
            (PAGE, 404, "there is no such page"),
            (PAGE, 403, "access is forbidden"),
            (b"\x00\x01", 200, "NUL"),
        ],
    )
    def test_a_page_that_is_none_is_one_line(self, fwtracker, site, body, status, says):
        site.show(body, status=status)
        ran = fwtracker("source", "new", "vendor", "--url", site.url)
        assert (ran.status, ran.err.count("\n")) == (1, 1), ran.err
        assert says in ran.err
        assert not Path("config").exists()

    def test_without_a_network_it_is_one_line(self, fwtracker):
        ran = fwtracker("source", "new", "vendor", "--url", "http://127.0.0.1:9/page")
        assert (ran.status, ran.err.count("\n")) == (1, 1)
        assert "127.0.0.1:9" in ran.err

    def test_a_file_that_is_there_is_never_overwritten(self, fwtracker, site):
        site.show(PAGE)
        path = define("enabled = false\nurl = 'https://vendor.com/'\n")
        ran = fwtracker("source", "new", "vendor", "--url", site.url)
        assert ran.status == 2
        assert "already exists; remove it, or choose another file with --out" in ran.err
        assert "enabled = false" in path.read_text()

    def test_text_of_the_page_is_made_safe_for_the_terminal(self, fwtracker, site):
        site.show(PAGE.replace("Sync", "\u202eSync&#27;[31m"))
        ran = fwtracker("source", "new", "vendor", "--url", site.url)
        assert ran.status == 0
        assert "\x1b" not in ran.out
        assert "\u202e" not in ran.out


class TestCheck:
    def test_it_says_what_each_rule_did(self, fwtracker, site):
        site.show(PAGE)
        define(DEFINITION.format(url=site.url))
        ran = fwtracker("source", "check", "vendor")
        assert ran.status == 0, ran.err
        assert 'table 1, under "Hosts": read by tables[0], 2 rows\n' in ran.out
        assert 'the list, under "Mirrors": read by lists[0], 1 row\n' in ran.out
        assert 'the table, under "Log": ignored by tables[1], 8 lines\n' in ran.out
        assert "  tables[1] takes away a value\n" in ran.out
        assert "a.vendor.com" in ran.out
        assert "vendor: 3 entries; a run would publish or keep them\n" in ran.out
        assert not Path("snapshots").exists()

    def test_as_json(self, fwtracker, site):
        site.show(PAGE)
        define(DEFINITION.format(url=site.url))
        found = fwtracker("source", "check", "vendor", "--json").json
        assert (found["source"], found["outcome"], found["error"]) == (
            "vendor",
            "published",
            None,
        )
        assert [(p["fate"], p["rule"], p["amount"]) for p in found["parts"]] == [
            ("read", "tables[0]", 2),
            ("read", "lists[0]", 1),
            ("ignored", "tables[1]", 8),
        ]
        assert found["removals"] == [{"page": site.url, "rule": "tables[1]", "values": 1}]

    def test_a_page_is_asked_for_once(self, fwtracker, site):
        site.show(PAGE)
        define(DEFINITION.format(url=site.url))
        fwtracker("source", "check", "vendor")
        assert site.statuses() == [200]

    def test_a_feed(self, fwtracker, site):
        site.show(FEED, headers={"Content-Type": "application/json"})
        define(
            f'url = "{site.url}"\nitems = "$.nets[*]"\nexclude = "$.site"\n'
            'fields = { resource = "$.net", region = "$.region" }\n'
            'defaults = { direction = "outbound", ports = "443 TCP" }\n'
        )
        ran = fwtracker("source", "check", "vendor")
        assert ran.status == 0, ran.err
        assert "  the feed: read by items, 1 row\n" in ran.out
        assert "  exclude takes away a value\n" in ran.out

    def test_a_table_that_no_rule_takes_is_named_and_stops_it(self, fwtracker, site):
        site.show(PAGE)
        text = DEFINITION.format(url=site.url)
        define(text.replace('[[tables]]\nheading = "^Log$"\naction = "ignore"\n', ""))
        ran = fwtracker("source", "check", "vendor")
        assert ran.status in {1, 3}
        assert 'table 2, under "Log": no rule takes it, and it has values\n' in ran.out

    def test_what_holds_it_comes_with_the_lines_that_settle_it(self, fwtracker, site):
        site.show(PAGE)
        text = DEFINITION.format(url=site.url)
        path = define(text.replace('[[lists]]\nheading = "^Mirrors$"\n', ""))
        ran = fwtracker("source", "check", "vendor")
        assert ran.status == 3
        assert "hold host-outside-tables: " in ran.err
        _, _, lines = ran.err.partition(
            "to resolve this, add to the definition of the source:\n"
        )
        path.write_text(path.read_text() + lines)
        assert fwtracker("source", "check", "vendor").status == 0

    def test_what_stops_a_run_stops_it_with_what_settles_it(self, fwtracker, site):
        site.show(PAGE.replace("80 TCP", "eighty"))
        define(DEFINITION.format(url=site.url))
        ran = fwtracker("source", "check", "vendor")
        assert ran.status == 1
        assert "eighty" in ran.err
        assert "[[reads]]" in ran.err
        found = fwtracker("source", "check", "vendor", "--json")
        assert (found.status, found.json["outcome"], found.json["entries"]) == (1, "failed", [])
        assert "eighty" in found.json["error"]["message"]

    def test_what_a_run_would_hold_is_three(self, fwtracker, site):
        site.show(PAGE)
        text = DEFINITION.format(url=site.url)
        define(text.replace('title = "Vendor"', 'title = "Vendor"\nexpect = { at_least = 9 }'))
        ran = fwtracker("source", "check", "vendor")
        assert ran.status == 3
        assert "a run would hold them for review" in ran.out
        assert "hold expectation-failed" in ran.err

    def test_what_the_last_version_says_counts(self, fwtracker, site):
        site.show(PAGE)
        define(DEFINITION.format(url=site.url))
        assert fwtracker("run", "vendor").status == 0
        site.show(
            PAGE.replace("<tr><td>Sync</td><td>a.vendor.com</td><td>443 TCP</td></tr>", "")
        )
        assert fwtracker("source", "check", "vendor").status == 3

    @pytest.mark.parametrize(
        ("rule", "says"),
        [
            ('select = "main["', 'select: "main[" is not a CSS selector'),
            ('items = "$.nets[*"', 'items: "$.nets[*" is not a JSONPath'),
            ('region_titles = ["Region"]', "has no group"),
        ],
    )
    def test_a_rule_that_is_wrong_is_named(self, fwtracker, site, rule, says):
        site.show(PAGE)
        define(f'url = "{site.url}"\n{rule}\n')
        ran = fwtracker("source", "check", "vendor")
        assert (ran.status, ran.err.count("\n")) == (2, 1)
        assert says in ran.err
        assert "config/sources/vendor.toml" in ran.err

    def test_one_that_is_not_checked_is_named(self, fwtracker):
        define('url = "https://vendor.com/"\nenabled = false\n')
        ran = fwtracker("source", "check", "vendor")
        assert (ran.status, ran.err.count("\n")) == (2, 1)
        assert "enabled" in ran.err

    def test_pages_of_one_source_are_told_apart(self, fwtracker, site):
        site.show(PAGE)
        site.show(PAGE.replace("a.vendor", "d.vendor"), "/more")
        text = DEFINITION.replace('"{url}"', '["{url}", "{root}/more"]')
        define(text.format(url=site.url, root=site.root))
        found = fwtracker("source", "check", "vendor", "--json").json
        assert {part["page"] for part in found["parts"]} == {site.url, f"{site.root}/more"}

    def test_an_unknown_name_and_a_broken_definition_are_one_line(self, fwtracker):
        ran = fwtracker("source", "check", "acme")
        assert (ran.status, ran.err.count("\n")) == (2, 1)
        define('url = "https://vendor.com/"\nselekt = "main"\n')
        ran = fwtracker("source", "check", "vendor")
        assert (ran.status, ran.err.count("\n")) == (2, 1)
        assert "config/sources/vendor.toml" in ran.err

    def test_without_a_network_it_is_one_line(self, fwtracker):
        define(DEFINITION.format(url="http://127.0.0.1:9/page"))
        ran = fwtracker("source", "check", "vendor")
        assert (ran.status, ran.err.count("\n")) == (1, 1)
        assert "127.0.0.1:9" in ran.err
