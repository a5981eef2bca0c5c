"""`history` and `as-of` over 30 versions against a model of plain lists.

The model knows when each version was captured and which of two regions it changed; it knows
nothing of the store, the change sets or how times are read.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from tests.support import announcements as made
from tests.support.versions import snapshots_of
from tracker.store import open_store
from tracker.store.tree import Tree

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
REGIONS = ("Europe", "North America")


class Version:
    """What the model knows of a version: its time, and the regions that it changed."""

    def __init__(self, number: int, at: datetime, changed: set[str]) -> None:
        self.number, self.at, self.changed = number, at, changed


def page(addresses: dict[str, str]) -> list[dict]:
    entries = [
        made.entry(region=region, resource="Relays", hosts=(), addresses=(address,))
        for region, address in addresses.items()
    ]
    return [msgspec.to_builtins(each) for each in entries]


def build(seed: int) -> tuple[list[Version], list[list[dict]]]:
    """Versions some hours apart, several on some days, one at midnight; and their pages."""
    chance, at = random.Random(seed), FIRST
    addresses = dict.fromkeys(REGIONS, "20.0.0.1")
    versions, pages = [], []
    for number in range(1, 31):
        changed = set(REGIONS) if number == 1 else {chance.choice(REGIONS)}
        for region in changed if number > 1 else ():
            addresses[region] = f"20.0.0.{number + 1}"
        versions.append(Version(number, at, changed))
        pages.append(page(addresses))
        midnight = at.replace(hour=0, minute=0) + timedelta(days=1)
        at = midnight if chance.random() < 0.2 else at + timedelta(hours=chance.randint(1, 20))
    return versions, pages


@pytest.fixture(params=[1, 2])
def versions(request, fwtracker, tmp_path):
    """The model, with a store of the same versions in `snapshots/`."""
    known, pages = build(request.param)
    tree = Tree(open_store(str(tmp_path / "snapshots")), "action1")
    for model, snapshot in zip(known, snapshots_of(pages, FIRST, timedelta()), strict=True):
        when = model.at.strftime("%Y-%m-%dT%H:%M:%SZ")
        tree.commit(replace(snapshot, captured_at=when, pages=()), {})
    return known


def listed(ran) -> list[int]:
    assert ran.status == 0, ran.err
    return [item["version"] for item in ran.json]


def days(versions: list[Version]) -> list[datetime]:
    """The start of each day on which something was captured, and of one before and after."""
    found = {each.at.replace(hour=0, minute=0) for each in versions}
    return sorted({*found, min(found) - timedelta(days=1), max(found) + timedelta(days=1)})


@pytest.mark.parametrize("spelling", ["%Y-%m-%d", "%Y%m%d"])
def test_a_date_is_its_whole_day(versions, fwtracker, spelling):
    for day in days(versions):
        text, next_day = day.strftime(spelling), day + timedelta(days=1)
        since = [each.number for each in versions if each.at >= day]
        until = [each.number for each in versions if each.at < next_day]
        assert listed(fwtracker("history", "--json", "--since", text)) == since[::-1]
        assert listed(fwtracker("history", "--json", "--until", text)) == until[::-1]
        both = ("--since", text, "--until", text)
        that_day = [each.number for each in versions if day <= each.at < next_day]
        assert listed(fwtracker("history", "--json", *both)) == that_day[::-1]
        then = fwtracker("as-of", text, "--json")
        if until:
            assert then.json["version"] == until[-1]
        else:
            assert (then.status, "nothing was stored by then" in then.err) == (2, True)


def test_a_time_is_that_moment(versions, fwtracker):
    for model in versions[::4]:
        text = model.at.strftime("%Y-%m-%dT%H:%MZ")
        since = [each.number for each in versions if each.at >= model.at]
        assert listed(fwtracker("history", "--json", "--since", text)) == since[::-1]
        assert fwtracker("as-of", text, "--json").json["version"] == model.number


@pytest.mark.parametrize("region", REGIONS)
def test_a_region_has_the_versions_that_changed_it(versions, fwtracker, region):
    there = [each.number for each in versions if region in each.changed]
    assert listed(fwtracker("history", "--json", "--region", region)) == there[::-1]


def test_an_unknown_region_is_an_error_with_the_known_ones(versions, fwtracker):
    ran = fwtracker("history", "--region", "Erope")
    assert ran.status == 2
    assert ran.err == (
        'fwtracker: no version has a region "Erope"; there are: Europe, North America\n'
    )
