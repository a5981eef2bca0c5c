"""The lists of endpoints in a change set: each change that asks for work has rows in them."""

from __future__ import annotations

import random
from itertools import pairwise

import msgspec
import pytest
from msgspec.structs import replace

from tests.history.test_since_when import entry, make_history, versions_of
from tests.support import announcements as made
from tracker.change_set import ChangeSet, FieldChange
from tracker.diff.diff import diff
from tracker.diff.endpoint_changes import collect_uses, to_endpoint
from tracker.model import Endpoint, Entry, endpoints_of, flatten

PUBLIC = Endpoint("Europe", "outbound", "20.0.0.1", "tcp", 443, 443)


def between(old: list[Entry], new: list[Entry]) -> ChangeSet:
    before, after = versions_of([old, new])
    return diff(before, after)


@pytest.mark.parametrize("seed", range(40))
def test_a_change_that_asks_for_work_has_rows_and_the_lists_replay(seed: int) -> None:
    chance = random.Random(seed)
    pages = make_history(chance)
    for page in pages:
        words = {"requirement": ["required", "recommended", "optional", None]}
        words |= {"only_for": [None, "Resellers"]}
        for name in words:
            at = chance.randrange(len(page))
            page[at] = replace(page[at], **{name: chance.choice(words[name])})
    versions = versions_of(pages)
    for before, after in pairwise(versions):
        changes = diff(before, after)
        changed = set(map(to_endpoint, changes.endpoints_changed))
        listed = {*changes.endpoints_added, *changes.endpoints_removed, *changed}
        for change in changes.changes:
            own = {
                end for side in (change.before, change.after) if side for end in flatten(side)
            }
            assert change.impact == "info" or own & listed
        old, new = (collect_uses(each.entries) for each in (before, after))
        assert (
            old.keys() - {*changes.endpoints_removed} | {*changes.endpoints_added} == new.keys()
        )
        assert changed == {end for end in old.keys() & new.keys() if old[end] != new[end]}


@pytest.mark.parametrize(
    ("fields", "said", "impact"),
    [
        (
            ({"requirement": "recommended"}, {"requirement": "required"}),
            FieldChange("requirement", before="recommended", after="required"),
            "breaking",
        ),
        (
            ({"requirement": None}, {"requirement": "optional"}),
            FieldChange("requirement", before="required", after="optional"),
            "info",
        ),
        (
            ({"only_for": "Resellers"}, {"only_for": None}),
            FieldChange("only_for", before="Resellers"),
            "action",
        ),
        (
            ({"components": ("Agents",)}, {"components": ("Agents", "Browser")}),
            FieldChange("components", added=("Browser",)),
            "info",
        ),
    ],
)
def test_what_is_said_of_an_endpoint_that_stays_is_in_a_list_of_its_own(
    fields: tuple[dict[str, object], dict[str, object]], said: FieldChange, impact: str
) -> None:
    one, other = (replace(entry(requirement="optional"), **each) for each in fields)
    changes = between([one], [other])
    (row,) = changes.endpoints_changed
    assert (row.fields, row.id) == ((said,), PUBLIC.id)
    assert changes.changes[0].impact == impact
    assert changes.summary.endpoints_changed == 1
    assert not changes.endpoints_added + changes.endpoints_removed


def test_of_several_rows_the_strictest_requirement_counts() -> None:
    required, optional = entry(resource="A"), entry(resource="B", requirement="optional")
    changes = between([required, optional], [optional])
    (row,) = changes.endpoints_changed
    assert row.fields == (FieldChange("requirement", before="required", after="optional"),)
    assert not between([required], [required, optional]).endpoints_changed


def test_what_only_moves_to_another_row_asks_for_nothing() -> None:
    one, other = entry(resource="A"), entry(resource="B", purpose="Other words.")
    changes = between([one, other], [other])
    assert [change.impact for change in changes.changes] == ["info"]


@pytest.mark.parametrize(
    ("target", "first", "last", "scope"),
    [
        ("20.0.0.1", 443, 443, "internet"),
        ("a.example.com", 1, 1024, "lan"),
        ("a.example.com", 135, 135, "lan"),
        ("20.0.0.1", 49152, 65535, "lan"),
        ("20.0.0.1", 50000, 50010, "internet"),
        ("lan", 6771, 6771, "lan"),
        ("lan", None, None, "unstated"),
        ("a.example.com", None, None, "unstated"),
        ("0.0.0.0/0", 443, 443, "lan"),
        ("::/0", 443, 443, "lan"),
    ],
)
def test_the_scope_says_what_an_endpoint_is_good_for(
    target: str, first: int | None, last: int | None, scope: str
) -> None:
    assert Endpoint("Europe", "outbound", target, "tcp", first, last).scope == scope


@pytest.mark.parametrize(
    ("end", "spelling"),
    [
        (PUBLIC, "outbound tcp/443 20.0.0.1 Europe"),
        (replace(PUBLIC, target="20.0.0.1/32"), "outbound tcp/443 20.0.0.1 Europe"),
        (replace(PUBLIC, target="2001:db8::1/128"), "outbound tcp/443 2001:db8::1 Europe"),
        (replace(PUBLIC, target="10.0.0.0/8"), "outbound tcp/443 10.0.0.0/8 Europe"),
        (replace(PUBLIC, target="A.example.com"), "outbound tcp/443 a.example.com Europe"),
        (replace(PUBLIC, region=None, to_port=450), "outbound tcp/443-450 20.0.0.1"),
        (
            replace(PUBLIC, direction="inbound", from_port=None, to_port=None),
            "inbound tcp/unstated 20.0.0.1 Europe",
        ),
    ],
)
def test_an_endpoint_has_one_spelling(end: Endpoint, spelling: str) -> None:
    assert end.id == spelling


def test_an_endpoint_of_an_older_file_is_the_same() -> None:
    """Change sets of the first release have neither id nor scope."""
    stored = {name: getattr(PUBLIC, name) for name in PUBLIC.__struct_fields__[:6]}
    assert msgspec.convert(stored, Endpoint) == PUBLIC


def test_every_endpoint_of_a_version_has_its_own_id() -> None:
    ends = endpoints_of(made.entry() for _ in range(2))
    assert len({end.id for end in ends}) == len(ends)
