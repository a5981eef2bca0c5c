"""Regions of 300 letters, more than a folder may have, and alike but for the last word."""

from __future__ import annotations

import os
import re

import pytest

from tests.site.test_static import Strict
from tests.site.web.rig import serving
from tracker.text import slug

_LONG = ("Sites with very many words " * 12)[:290]
NORTH, SOUTH = f"{_LONG} of North", f"{_LONG} of South"
REGIONS = {"North": NORTH, "South": SOUTH, "Short": "Europe"}
PAGE = "<html><body><h1>Firewall</h1>%s</body></html>"
TABLE = """<h2>%s</h2>
<table><tr><th>Resource</th><th>Direction</th><th>Port</th></tr>
<tr><td>%s</td><td>Outbound</td><td>443 TCP</td></tr></table>"""
CONFIG = """[fwtracker]
grace_days = 0
[sources.action1]
enabled = false
[sources.long]
url = "%s"
columns = { Resource = "resource", Direction = "direction", Port = "ports" }
defaults = { components = ["Agents"] }
"""
RULE = '[[sources.long.tables]]\nheading = "^%s$"\ndefaults = { region = "%s" }\n'


def show(site, *addresses):
    """Put one table for each region on the page."""
    tables = "".join(TABLE % pair for pair in zip(REGIONS, addresses, strict=True))
    site.show((PAGE % tables).encode(), "/long")


@pytest.fixture
def ran(fwtracker, site, tmp_path):
    """Run two checks of the page, between which one long region got another address."""
    rules = "".join(RULE % pair for pair in REGIONS.items())
    config = tmp_path / "c.toml"
    config.write_text(CONFIG % f"{site.root}/long" + rules)

    def run(*args):
        return fwtracker(*args, "--config", config)

    show(site, "20.1.1.1", "20.2.2.2", "20.3.3.3")
    assert run("run").status == 0
    show(site, "20.1.1.1", "20.2.2.9", "20.3.3.3")
    assert run("run").status == 3
    held = run("held", "--json").json
    assert run("approve", held[0]["digest"][:12]).status == 0
    return run


def test_each_has_its_own_rule_files_and_deltas(ran, tmp_path):
    source = tmp_path / "snapshots/long"
    assert {each.name for each in (source / "rules").iterdir()} == {
        "all",
        *map(slug, REGIONS.values()),
    }
    for region, address in ((NORTH, "20.1.1.1"), (SOUTH, "20.2.2.9")):
        file = source / "rules" / slug(region) / "ips.txt"
        assert file.read_text() == f"{address}\n"
        assert ran("rules", "--format", "ips", "--region", region).out == f"{address}\n"
    (deltas,) = (source / "deltas").iterdir()
    changed = {each.name for each in deltas.iterdir() if each.is_dir()}
    assert changed == {"all", slug(SOUTH)}
    assert ran("store", "verify").status == 0
    longest = max(len(os.fsencode(each.name)) for each in source.rglob("*"))
    assert longest < 143, "some encrypted file systems take no more"


def test_the_names_are_shown_whole(ran):
    for region in (NORTH, SOUTH):
        assert f"{region}: 1 entry" in ran("show").out
    assert SOUTH in ran("diff").out
    assert SOUTH in ran("blame", "20.2.2.9").out


def test_the_service_shows_and_serves_each(ran, tmp_path):
    config = {
        "sources": {"long": {"url": "https://vendor.example/"}, "action1": {"enabled": False}}
    }
    with serving(tmp_path / "snapshots", config) as server:
        page = Strict(server.get("/long/").text)
        for region in (NORTH, SOUTH):
            assert f"region-{slug(region)}" in page.ids
            assert server.get(f"/long/rules/{slug(region)}/ips.txt").status_code == 200
            asked = {"format": "ips", "region": region}
            assert server.get("/v1/long/endpoints", params=asked).status_code == 200
        lists = re.findall(r'edit "(\S+)"', page.text)
        assert len(lists) == len(set(lists)) > len(REGIONS)
        assert max(map(len, lists)) <= 31
