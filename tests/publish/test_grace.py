"""What leaves the page stays in rule files for its days of grace, marked, and no longer."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tests.pages import GENERATIONS, expected
from tests.support.site import SAMPLES
from tests.support.versions import snapshots_of
from tracker.check.context import CheckContext
from tracker.config import parse
from tracker.fetch.fetcher import Fetcher
from tracker.model import LAN, Endpoint
from tracker.pipeline import run_check
from tracker.publish.grace import find_pending_removals
from tracker.sources import load_source
from tracker.store import open_store
from tracker.store.tree import Tree

PAGE = (SAMPLES / "2024-04/stacks.html").read_text()
GONE = "54.79.23.166"
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def check(site, tmp_path, clock):
    """A check of the site whose clock the test moves; `rule(name)` reads a rule file."""
    with Fetcher() as fetcher:
        tree = Tree(open_store(str(tmp_path)), "action1")
        yield CheckContext(
            load_source("action1"), tree, parse({}), fetcher, site.url, now=clock
        )


def rule(check: CheckContext, name: str) -> str:
    return (check.tree.read(f"rules/north-america/{name}") or b"").decode()


def removed(site, check, clock) -> None:
    """Version 1 with the address, version 2 a day later without it."""
    site.show(PAGE)
    assert run_check(check).outcome == "published"
    clock.time += timedelta(days=1)
    assert PAGE.count(f"<li>{GONE}</li>") == 1
    site.show(PAGE.replace(f"<li>{GONE}</li>", ""))
    outcome = run_check(check)
    assert (outcome.outcome, outcome.version) == ("published", 2)


def test_the_snapshot_says_at_once_what_the_page_says(site, check, clock):
    removed(site, check, clock)
    assert GONE.encode() not in (check.tree.read("latest.json") or b"")
    changes = json.loads(check.tree.read("changes/000002.json") or b"")
    assert [end["target"] for end in changes["endpoints_removed"]] == [GONE]


def test_rule_files_keep_it_and_say_until_when(site, check, clock):
    removed(site, check, clock)
    assert GONE in rule(check, "ips.txt").split()
    assert f"{GONE} . tcp . 22543" in rule(check, "nftables.nft")
    assert "off the page - goes on 2026-03-09: Action1 Remote Desktop relay" in rule(
        check, "nftables.nft"
    )
    rows = json.loads(rule(check, "endpoints.json"))["endpoints"]
    assert {row["target"]: row["leaves"] for row in rows if row["leaves"]} == {
        GONE: "2026-03-09T12:00:00Z"
    }
    assert json.loads(check.tree.read("manifest.json") or b"")["due"] == "2026-03-09T12:00:00Z"


def test_after_the_days_of_grace_an_unchanged_check_takes_it_out(site, check, clock):
    removed(site, check, clock)
    clock.time = START + timedelta(days=8, seconds=-1)
    assert run_check(check).outcome == "unchanged"
    assert GONE in rule(check, "ips.txt").split()
    clock.time = START + timedelta(days=8)
    assert run_check(check).outcome == "unchanged"
    assert GONE not in rule(check, "ips.txt").split()
    assert GONE not in rule(check, "nftables.nft")
    assert json.loads(check.tree.read("manifest.json") or b"")["due"] is None


def test_back_on_the_page_it_is_not_leaving(site, check, clock):
    removed(site, check, clock)
    clock.time += timedelta(days=1)
    site.show(PAGE)
    assert run_check(check).version == 3
    assert GONE in rule(check, "ips.txt").split()
    assert "off the page" not in rule(check, "nftables.nft")


def test_no_grace_takes_it_out_at_once(site, check, clock):
    config = parse({"fwtracker": {"grace_days": 0}})
    check = msgspec.structs.replace(check, config=config)
    removed(site, check, clock)
    assert GONE not in rule(check, "ips.txt").split()


def test_other_ports_of_the_same_address_are_not_widened(site, check, clock):
    site.show(PAGE)
    run_check(check)
    clock.time += timedelta(hours=1)
    site.show(PAGE.replace("22551 TCP/UDP", "22552 TCP/UDP"))
    run_check(check)
    rows = json.loads(rule(check, "endpoints.json"))["endpoints"]
    inbound = {
        (row["protocol"], row["from_port"], bool(row["leaves"]))
        for row in rows
        if row["target"] == LAN
    }
    assert inbound == {
        *(("tcp", 22552, False), ("udp", 22552, False), ("udp", 6771, False)),
        *(("tcp", 22551, True), ("udp", 22551, True)),
    }


def test_a_second_removal_of_the_same_endpoint_counts_from_the_later_day():
    entries = expected(GENERATIONS["2024-04"])
    without = [e | {"addresses": [a for a in e["addresses"] if a != GONE]} for e in entries]
    versions = snapshots_of([entries, without, entries, without], START, timedelta(days=1))
    late = find_pending_removals(reversed(versions), 7, START + timedelta(days=4))
    ((end, until),) = late.until.items()
    assert end == Endpoint("North America", "outbound", GONE, "tcp", 22543, 22543)
    assert until == "2026-03-11T12:00:00Z"
