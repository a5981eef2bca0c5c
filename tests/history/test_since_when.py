"""Since when something is on the page: worked out in three ways, over random histories.

From the versions themselves, from `blame`, and from the change sets as the webhook has it.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from tests.support import announcements as made
from tests.support.versions import snapshots_of
from tracker.alerts.spans import load_span
from tracker.diff.diff import diff
from tracker.diff.pairing import carry_ids, follow_ids
from tracker.history.blame import EarlierLabel, find_occurrences
from tracker.model import Endpoint, Entry, Snapshot, endpoints_of
from tracker.notifications import VersionAt
from tracker.store import open_store
from tracker.store.tree import Tree

START, DAY = datetime(2026, 1, 10, 12, 0, tzinfo=UTC), timedelta(days=1)
TARGETS = [f"20.0.0.{number}" for number in range(1, 6)]
LABELS = ["Sessions", "Updates", "Relays"]


def entry(**facts: object) -> Entry:
    own = {"hosts": (), "services": made.TLS[:1], "addresses": ("20.0.0.1",), **facts}
    return made.entry(**own)  # type: ignore[arg-type]


def versions_of(pages: list[list[Entry]], *, named_from: int = 1) -> list[Snapshot]:
    """Versions of these pages; entries have ids from version `named_from` on."""
    found: list[Snapshot] = []
    for snapshot in snapshots_of([msgspec.to_builtins(page) for page in pages], START, DAY):
        entries = tuple(replace(each, id=msgspec.UNSET) for each in snapshot.entries)
        if snapshot.version >= named_from:
            entries = carry_ids(found[-1].entries if found else (), entries)
        found.append(replace(snapshot, entries=entries))
    return found


def make_history(chance: random.Random) -> list[list[Entry]]:
    """Pages of which each changes one before: labels, words, ports, targets, rows."""
    page = [entry(resource=label, addresses=(TARGETS[at],)) for at, label in enumerate(LABELS)]
    pages = [page]
    for _ in range(9):
        page = [_edit(each, chance) if chance.random() < 0.4 else each for each in page]
        if chance.random() < 0.3 and len(page) > 1:
            gone = chance.randrange(len(page))
            page = [*page[:gone], *page[gone + 1 :]]
        if chance.random() < 0.3:
            page = [*page, entry(resource="New", addresses=(chance.choice(TARGETS),))]
        if chance.random() < 0.3:
            page = page[::-1]
        pages.append(page)
    return pages


def _edit(one: Entry, chance: random.Random) -> Entry:
    fields = {
        "resource": chance.choice([*LABELS, "Other"]),
        "purpose": chance.choice(["Connection.", "Needed."]),
        "services": (chance.choice(made.TLS),),
        "addresses": tuple(sorted(chance.sample(TARGETS, chance.randint(1, 2)))),
        "region": chance.choice(["Europe", "Canada"]),
    }
    name = chance.choice(list(fields))
    return replace(one, **{name: fields[name]})


def list_stretches(versions: list[Snapshot]) -> dict[Endpoint, list[tuple[int, int | None]]]:
    """The first and last versions of each stretch that has an endpoint, from the versions."""
    found: dict[Endpoint, list[tuple[int, int | None]]] = {}
    before: set[Endpoint] = set()
    for snapshot in versions:
        now = set(endpoints_of(snapshot.entries))
        for end in now - before:
            found.setdefault(end, []).append((snapshot.version, None))
        for end in before - now:
            found[end][-1] = (found[end][-1][0], snapshot.version - 1)
        before = now
    return found


@pytest.mark.parametrize("named_from", [1, 5, 99])
@pytest.mark.parametrize("seed", range(12))
def test_versions_blame_and_webhook_agree(tmp_path, seed, named_from):
    versions = versions_of(make_history(random.Random(seed)), named_from=named_from)
    tree = Tree(open_store(str(tmp_path)), "action1")
    for snapshot in versions:
        tree.commit(snapshot, {})
    for end, stretches in list_stretches(versions).items():
        spans = find_occurrences(versions, end.id)
        assert {span.listed_since for span in spans} == {first for first, _ in stretches}
        gone = {span.last for span in spans if span.gone}
        assert gone == {last for _, last in stretches if last}
        assert any(span.last is None for span in spans) == (stretches[-1][1] is None)
    for number in range(2, len(versions) + 1):
        _check_webhook(tree, versions, number)


def _check_webhook(tree: Tree, versions: list[Snapshot], number: int) -> None:
    """Hold the dates of one version's message against the versions."""
    stays = load_span(tree, [number], 7).dates.endpoints
    changes = diff(versions[number - 2], versions[number - 1])
    before = list_stretches(versions[: number - 1])
    for end in changes.endpoints_added:
        assert _number(stays[end].came) == number
    for end in changes.endpoints_removed:
        assert _number(stays[end].came) == before[end][-1][0]
        assert _number(stays[end].went) == number


def _number(at: VersionAt | None) -> int | None:
    return at and at.version


@pytest.mark.parametrize("named_from", [1, 2, 3, 99])
def test_another_label_or_another_row_ends_nothing(named_from):
    one = entry(resource="Servers")
    pages = [
        [one],
        [replace(one, resource="Hosts")],
        [replace(one, resource="Hosts", purpose="New words.")],
        [replace(one, resource="Hosts", services=made.TLS[1:2])],
    ]
    (span,) = find_occurrences(versions_of(pages, named_from=named_from), "20.0.0.1")
    assert (span.first, span.last, span.resource) == (1, None, "Hosts")
    assert span.labels == (EarlierLabel(one.region, "Servers", 1),)


def test_a_value_that_another_row_of_the_region_still_lists_is_not_gone():
    one, other = entry(resource="Servers"), entry(resource="Relays", services=made.TLS[1:2])
    spans = find_occurrences(versions_of([[one], [one, other], [other]]), "20.0.0.1")
    assert [(each.resource, each.first, each.last, each.gone) for each in spans] == [
        ("Servers", 1, 2, None),
        ("Relays", 2, None, None),
    ]
    assert {each.listed_since for each in spans} == {1}


def test_an_entry_keeps_its_id_whatever_changes_and_another_never_gets_it():
    one = entry(resource="Servers", addresses=("20.0.0.1", "20.0.0.2"))
    pages = [
        [one],
        [replace(one, resource="Hosts")],
        [replace(one, resource="Hosts", addresses=("20.0.0.1", "20.0.0.3"))],
        [replace(one, resource="Hosts", addresses=("20.0.0.1", "20.0.0.3")), one],
    ]
    versions = versions_of(pages)
    first = {version.entries[0].id for version in versions}
    assert len(first) == 1
    assert versions[-1].entries[1].id not in first
    assert [ids for _, ids in follow_ids(versions)] == [
        tuple(each.id for each in version.entries) for version in versions
    ]


def test_two_equal_rows_have_two_ids_and_one_that_comes_back_has_its_old_one():
    one, other = entry(resource="Servers"), entry(resource="Relays", addresses=("20.0.0.9",))
    versions = versions_of([[one, one], [other], [one]])
    both = [each.id for each in versions[0].entries]
    assert len(set(both)) == 2
    assert versions[2].entries[0].id == both[0]
