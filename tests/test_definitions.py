"""Sources by definition, through the whole program: what is held, decided and shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.defined import html, table

BASE = """
[sources.action1]
enabled = false
[sources.vendor]
title = "Vendor"
url = "{url}"
{keys}
"""
BOTH = 'defaults = { direction = "outbound", ports = "443 TCP" }'
HOSTS = table("Host | Purpose", "api.vendor.com | API", "cdn.vendor.com | Files")
PROMO = '<div class="promo"><p>{}</p></div>'


@pytest.fixture
def vendor(site, fwtracker, tmp_path):
    """Show a page, write a definition, run; what `run` left."""

    def run(keys: str, *body: str, command: tuple[str, ...] = ("run",)):
        if body:
            site.show(html("".join(body)))
        (tmp_path / "c.toml").write_text(BASE.format(url=site.url, keys=keys))
        return fwtracker(*command, "--config", tmp_path / "c.toml")

    return run


def entries() -> set[str]:
    latest = json.loads(Path("snapshots/vendor/latest.json").read_text())
    return {
        target
        for entry in latest["entries"]
        for target in (*entry["hosts"], *entry["addresses"])
    }


def test_a_new_value_among_what_is_taken_away_is_held_until_it_is_approved(vendor):
    keys = f'exclude = ".promo"\n{BOTH}\ncolumns = {{ "Host" = "resource" }}'
    first = vendor(keys, HOSTS, PROMO.format("203.0.114.1"))
    assert first.status == 0, first.err
    same = vendor(keys, HOSTS, PROMO.format("203.0.114.1"), "<p>Other words.</p>")
    assert (same.status, same.out) == (0, "vendor: unchanged, version 1\n")
    new = vendor(keys, HOSTS, PROMO.format("203.0.114.1<br>203.0.114.2"))
    assert new.status == 3
    assert "the definition takes away what it did not the last time: 203.0.114.2" in new.err
    held = json.loads(vendor(keys, command=("held", "--json")).out)
    done = vendor(keys, command=("approve", held[0]["digest"][:12]))
    assert done.status == 0, done.err
    again = vendor(keys, HOSTS, PROMO.format("203.0.114.1<br>203.0.114.2"), "<p>New words.</p>")
    assert again.status == 0, again.err
    quiet = vendor(keys, HOSTS, PROMO.format("203.0.114.2"), "<p>Newer words.</p>")
    assert (quiet.status, quiet.out) == (0, "vendor: unchanged, version 1\n")


def test_the_first_reading_under_an_edited_definition_is_the_baseline(vendor):
    keys = f'{BOTH}\ncolumns = {{ "Host" = "resource" }}\n'
    assert vendor(keys, HOSTS).status == 0
    page = (HOSTS, PROMO.format("203.0.114.1"))
    assert vendor(keys, *page).status == 3
    edited = vendor(f'exclude = ".promo"\n{keys}', *page)
    assert (edited.status, entries()) == (0, {"api.vendor.com", "cdn.vendor.com"}), edited.err


def test_a_table_read_by_defaults_is_taken_at_first_and_asked_about_later(vendor):
    assert vendor(BOTH, HOSTS).status == 0
    new = vendor(BOTH, HOSTS, table("Server | Note", "dns.vendor.com | Resolver"))
    assert new.status == 3
    assert "table-read-by-defaults" in new.err
    assert entries() == {"api.vendor.com", "cdn.vendor.com"}


def test_decisions_are_findings_of_the_version_that_show_lists(vendor):
    keys = (
        f'{BOTH}\nreads = [{{ cell = "api.vendor.com (main)", as = "api.vendor.com" }}]\n'
        '[[sources.vendor.tables]]\nheading = "Cookies"\naction = "ignore"\n'
    )
    page = table("Host", "api.vendor.com (main)")
    cookies = f"<h2>Cookies</h2>{table('Name | Domain', 'id | track.vendor.com')}"
    done = vendor(keys, page, cookies)
    assert done.status == 0, done.err
    shown = vendor(keys, command=("show",))
    assert 'the cell "api.vendor.com (main)" is read as "api.vendor.com"' in shown.out
    assert "tables[0] of the definition ignores it" in shown.out
    assert "takes away a value: track.vendor.com" in shown.out


def test_a_failed_expectation_holds_and_guard_publish_lets_it_through(vendor):
    keys = f"{BOTH}\nexpect = {{ at_least = 3 }}"
    assert vendor(keys, HOSTS).status == 3
    guard = '[guard]\npublish = ["expectation-failed"]'
    assert vendor(f"{keys}\n{guard}", HOSTS).status == 0


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (f'select = "#gone"\n{BOTH}', 'select: "#gone" matches nothing on the page'),
        (f'exclude = "#gone"\n{BOTH}', 'exclude: "#gone" matches nothing on the page'),
        (f'select = ["main", "main table"]\n{BOTH}', "it takes a part of the page twice"),
        (f'select = "main[["\n{BOTH}', 'select: "main[[" is not a CSS selector'),
        ('defaults = { port = "443 TCP" }', 'unknown key "port"; did you mean "ports"?'),
        ('columns = { "Host" = "hosts" }', "columns"),
        (
            '[[sources.vendor.tables]]\nheading = "x"\n' * 2,
            "tables[0] takes the same",
        ),
        ('items = "$.prefixes[*]"', "HTML"),
    ],
)
def test_what_is_wrong_is_one_line_and_the_last_version_stays(vendor, keys, message):
    page = f"<main>{HOSTS}</main>"
    assert vendor(BOTH, page).status == 0
    bad = vendor(keys, page)
    assert bad.status in {1, 2}, bad.out + bad.err
    (line,) = [line for line in bad.err.splitlines() if line.startswith("fwtracker: ")]
    assert message in line
    assert vendor(BOTH, page).out == "vendor: unchanged, version 1\n"


def test_a_source_without_ports_opens_nothing_until_ports_are_assumed(vendor):
    keys = 'defaults = { direction = "outbound", ports = "TCP" }'
    assert vendor(keys, HOSTS).status == 0
    rules = Path("snapshots/vendor/rules")
    assert not list(rules.rglob("*.nft"))
    assert "api.vendor.com" in next(rules.rglob("endpoints.csv")).read_text()
    more = '[[assumed_ports]]\ntarget = "api.vendor.com"\nports = ["tcp/443"]'
    assert vendor(f"{keys}\n{more}", HOSTS).status == 0
    opened = {path.name for path in rules.rglob("*") if path.is_file()}
    assert {"domains.txt", "nftables.nft"} <= opened


def test_a_source_that_calls_in_is_read_and_published_as_such(vendor):
    keys = (
        'defaults = { direction = "inbound", ports = "443 TCP" }\n'
        'columns = { "From" = "resource" }'
    )
    page = table("From", "203.0.114.0/24", "198.51.99.7")
    assert vendor(keys, page).status == 0
    shown = json.loads(vendor(keys, command=("show", "--json")).out)
    assert {entry["direction"] for entry in shown["entries"]} == {"inbound"}
    index = Path("snapshots/vendor/index.html").read_text()
    assert "Vendor" in index
    assert "198.51.99.7" in index
    assert vendor(keys, command=("diff",)).status == 0
    assert vendor(keys, command=("rules", "--list")).status == 0
