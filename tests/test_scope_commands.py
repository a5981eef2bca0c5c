"""The regions that a source chooses, in the commands, over HTTP, and on linked pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.readings import page, row, table
from tests.support.site import MAIN, SAMPLES, Reply

TREE = Path("snapshots/action1")
PAGE = (SAMPLES / "2024-04/stacks.html").read_text()


@pytest.fixture
def config(site, tmp_path):
    """A configuration that chooses Europe."""
    path = tmp_path / "c.toml"
    path.write_text(f'[sources.action1]\nurl = "{site.url}"\nregions = ["Europe"]\n')
    return path


def rules(region: str, address: str) -> str:
    cells = row(address, "Outbound", "443 HTTPS", "x", "Agents")
    return page(f"<h1>Region: {region}</h1>{table(cells)}")


def show_linked(site, **pages: str | Reply) -> None:
    links = " ".join(f'<a href="region-{name}/">{name.title()}</a>' for name in pages)
    site.show(page(f"<h1>Firewall configuration</h1><p>{links}</p>"))
    for name, text in pages.items():
        path = f"{MAIN}region-{name}/"
        if isinstance(text, Reply):
            site.pages[path] = text
        else:
            site.show(text, path)


def test_a_linked_page_of_another_region_that_cannot_be_had_stops_nothing(
    site, fwtracker, config
):
    show_linked(
        site, europe=rules("Europe", "3.74.63.86"), canada=rules("Canada", "15.222.1.7")
    )
    assert fwtracker("run", "--config", config).status == 0
    show_linked(
        site, europe=rules("Europe", "3.74.63.86, 3.74.63.99"), canada=Reply(status=404)
    )
    ran = fwtracker("run", "--config", config, "--json")
    assert (ran.status, ran.json[0]["outcome"]) == (0, "published")
    [said] = [e for e in ran.json[0]["findings"] if e["name"] == "region-not-read"]
    assert said["message"].startswith("Canada is not chosen, and could not be read: ")
    assert f"{MAIN}region-canada/" in said["message"]
    text = (TREE / "latest.json").read_text()
    assert "15.222.1.7" in text
    assert "3.74.63.99" in text
    again = fwtracker("run", "--config", config, "--json").json[0]
    assert [e["name"] for e in again["findings"]] == ["region-not-read"]
    show_linked(site, europe=Reply(status=404), canada=rules("Canada", "15.222.1.7"))
    assert fwtracker("run", "--config", config).status == 1


def test_commands_take_the_chosen_regions_and_any_that_is_named(site, fwtracker, config):
    site.show(PAGE)
    fwtracker("run", "--config", config)
    made = fwtracker("rules", "--config", config, "--format", "ips")
    assert "3.124.175.10" in made.out
    assert "34.203.184.16" not in made.out
    named = fwtracker(
        "rules", "--config", config, "--format", "ips", "--region", "North America"
    )
    assert "34.203.184.16" in named.out
    tried = fwtracker("verify", "--config", config, "--dry-run")
    assert "3.124.175.10" in tried.out
    assert "34.203.184.16" not in tried.out
    Path("ips.txt").write_text(made.out)
    audited = fwtracker("audit", "--config", config, "--json", "--as", "ips", "ips.txt")
    assert audited.json["regions"] == ["Europe"]


def test_a_choice_of_no_region_is_refused(fwtracker, config):
    config.write_text("[sources.action1]\nregions = []\n")
    ran = fwtracker("run", "--config", config)
    assert ran.status == 2
    assert "regions: it names none; leave the key out for all regions" in ran.err
