"""A change set says exactly what changed: endpoints by set algebra, entries by identity."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.pages import GENERATIONS, expected
from tests.support.readings import endpoint, entry, services
from tracker.change_set import Change, ChangeSet, FieldChange, RegionRename, Summary
from tracker.diff.diff import diff
from tracker.model import Entry, Snapshot, canonical, digest, endpoint_key, endpoints_of

A, B, C, D = "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"


def snapshot(entries: list[Entry] | tuple[Entry, ...], version: int = 2) -> Snapshot:
    return Snapshot(
        schema=1,
        source="action1",
        version=version,
        captured_at=f"2024-04-{version:02}T10:00:00Z",
        previous=version - 1 or None,
        digest=digest(entries),
        pages=(),
        entries=tuple(entries),
    )


def between(old: list[Entry], new: list[Entry]) -> ChangeSet:
    return diff(snapshot(old, 1), snapshot(new, 2))


def generation(name: str) -> list[Entry]:
    return msgspec.convert(expected(GENERATIONS[name]), list[Entry])


def test_nothing_changed_where_nothing_changed() -> None:
    entries = generation("2025-06")
    found = between(entries, entries)
    assert found.changes == found.endpoints_added == found.endpoints_removed == ()
    assert found.summary == Summary()


def test_the_change_set_names_its_versions_and_time() -> None:
    found = diff(snapshot([], 3), snapshot([entry()], 7))
    assert (found.schema, found.source, found.from_, found.to) == (1, "action1", 3, 7)
    assert found.detected_at == "2024-04-07T10:00:00Z"
    assert b'"from":3,"to":7' in msgspec.json.encode(found)


def test_the_first_version_only_adds() -> None:
    found = diff(None, snapshot([entry(), entry(resource="Other")], 1))
    assert found.from_ is None
    assert found.summary == Summary(added=2, endpoints_added=1)
    assert [change.kind for change in found.changes] == ["added", "added"]


def test_order_on_the_page_and_in_lists_does_not_count() -> None:
    one = entry(addresses=(A, B, C), components=("Agents", "Deployer"))
    two = entry(resource="Other", services=services("tcp/80", "udp/53"))
    turned = replace(one, addresses=(C, A, B), components=("Deployer", "Agents"))
    other = replace(two, services=two.services[::-1])
    assert between([one, two], [other, turned]).summary == Summary()


def test_a_new_label_is_one_change_and_no_endpoint() -> None:
    old = entry(resource="Action1 servers in Europe (Remote Desktop)")
    new = replace(old, resource="Action1 Remote Desktop relay servers in Europe")
    found = between([old], [new])
    assert found.summary == Summary(relabelled=1)
    assert found.changes == (
        Change(
            kind="relabelled",
            impact="info",
            region="Europe",
            resource=new.resource,
            before=old,
            after=new,
            fields=(FieldChange("resource", before=old.resource, after=new.resource),),
        ),
    )


def test_new_labels_on_a_whole_page_are_changes_of_label_only() -> None:
    old = generation("2024-01")
    new = [replace(entry, resource=f"New {entry.resource}") for entry in old]
    found = between(old, new)
    assert found.summary == Summary(relabelled=len(old))
    assert found.endpoints_added == found.endpoints_removed == ()


def test_an_added_address_is_one_changed_entry_with_that_address() -> None:
    found = between([entry(addresses=(A, B))], [entry(addresses=(B, C, A))])
    (change,) = found.changes
    assert (change.kind, change.impact) == ("changed", "breaking")
    assert change.fields == (FieldChange("addresses", added=(C,)),)
    assert found.endpoints_added == (endpoint(C),)
    assert found.endpoints_removed == ()


@pytest.mark.parametrize(
    ("field", "value", "kind", "change"),
    [
        ("purpose", "Other.", "reworded", {"before": "Connection.", "after": "Other."}),
        ("requirement", None, "changed", {"before": "required"}),
        ("only_for", "Asia", "changed", {"after": "Asia"}),
        ("components", (), "changed", {"removed": ("Agents",)}),
        ("components", ("Agents", "X"), "changed", {"added": ("X",)}),
        ("hosts", ("a.com",), "changed", {"added": ("a.com",)}),
        (
            "services",
            services("udp/53"),
            "changed",
            {"added": ("udp/53",), "removed": ("tcp/443 HTTPS",)},
        ),
        (
            "services",
            services("tcp/443 HTTPS?"),
            "changed",
            {"added": ("tcp/443 HTTPS (inferred)",), "removed": ("tcp/443 HTTPS",)},
        ),
        (
            "services",
            services("tcp/443 HTTPS", "tcp/-"),
            "changed",
            {"added": ("tcp/not stated",)},
        ),
    ],
)
def test_a_changed_field_is_told_with_what_came_and_went(
    field: str, value: Any, kind: str, change: dict[str, Any]
) -> None:
    (found,) = between([entry()], [entry(**{field: value})]).changes
    assert (found.kind, found.fields) == (kind, (FieldChange(field, **change),))


def test_deepdiff_finds_the_field_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it reports is what the change set says: nothing where it sees no difference."""
    old, new = [entry(purpose="x")], [entry(purpose="y")]
    assert between(old, new).changes[0].fields == (
        FieldChange("purpose", before="x", after="y"),
    )
    monkeypatch.setattr("deepdiff.DeepDiff", lambda *_, **__: {})
    assert between(old, new).changes[0].fields == ()


def test_fields_stand_in_the_order_of_the_contract_and_values_in_that_of_the_page() -> None:
    old = entry(resource="R", addresses=(A, B), purpose="x", only_for="Asia")
    new = replace(old, addresses=(D, B, C), purpose="y", only_for=None, requirement=None)
    (change,) = between([old], [new]).changes
    assert change.fields == (
        FieldChange("addresses", added=(D, C), removed=(A,)),
        FieldChange("requirement", before="required"),
        FieldChange("only_for", before="Asia"),
        FieldChange("purpose", before="x", after="y"),
    )


@pytest.mark.parametrize(
    ("old", "new", "impact"),
    [
        ([], [entry()], "breaking"),
        ([], [entry(requirement=None)], "breaking"),
        ([], [entry(requirement="recommended")], "action"),
        ([entry()], [], "action"),
        ([entry(addresses=(A, B))], [entry(addresses=(A,))], "action"),
        ([entry()], [entry(services=services("tcp/444"))], "breaking"),
        ([entry()], [entry(purpose="x", components=())], "info"),
        ([entry(requirement="optional")], [entry(requirement="required")], "breaking"),
        ([entry(requirement=None)], [entry(requirement="required")], "info"),
        ([entry(requirement="required")], [entry(requirement="optional")], "info"),
        ([entry(only_for="Asia")], [entry(only_for="Europe")], "action"),
    ],
)
def test_the_impact_is_what_it_means_for_a_firewall(
    old: list[Entry], new: list[Entry], impact: str
) -> None:
    (change,) = between(old, new).changes
    assert change.impact == impact


def test_two_entries_that_swap_labels_are_two_changes_of_address() -> None:
    old = [entry(resource="X", addresses=(A,)), entry(resource="Y", addresses=(B,))]
    new = [entry(resource="X", addresses=(B,)), entry(resource="Y", addresses=(A,))]
    found = between(old, new)
    assert found.endpoints_added == found.endpoints_removed == ()
    assert found.summary == Summary(changed=2)


def test_a_resource_that_keeps_half_of_its_addresses_is_the_same() -> None:
    old = entry(resource="X", addresses=(A, B), purpose="x")
    assert between([old], [entry(resource="Y", addresses=(A, B, C, D))]).summary.changed == 1
    found = between([old], [entry(resource="Y", addresses=(B, C, D))])
    assert (found.summary.added, found.summary.removed) == (1, 1)


def test_an_entry_that_moves_to_another_region_is_an_addition_and_a_removal() -> None:
    stays = [
        entry(resource=f"{region} relays", addresses=(A,), region=region)
        for region in ("Europe", "Asia")
    ]
    found = between([*stays, entry()], [*stays, entry(region="Asia")])
    assert [change.kind for change in found.changes] == ["added", "removed"]
    assert found.endpoints_added == (endpoint("3.74.63.86", region="Asia"),)
    assert found.endpoints_removed == (endpoint("3.74.63.86"),)


def test_another_name_of_a_region_changes_no_rule() -> None:
    old = [entry(), entry(resource="Other", addresses=(A,), purpose="y")]
    found = between(old, [replace(each, region="Eurasia") for each in old])
    assert found.regions_renamed == (RegionRename("Europe", "Eurasia", 2, 2),)
    assert [(each.kind, each.impact, each.region) for each in found.changes] == [
        ("relabelled", "info", "Eurasia")
    ] * 2
    assert [each.fields for each in found.changes] == [
        (FieldChange("region", before="Europe", after="Eurasia"),)
    ] * 2
    # A region is part of an endpoint, so that the flat lists lead from one version to the next.
    assert {each.region for each in found.endpoints_removed} == {"Europe"}
    assert {each.region for each in found.endpoints_added} == {"Eurasia"}
    assert (found.summary.endpoints_removed, found.summary.endpoints_added) == (2, 2)


def test_what_changes_beside_the_name_of_a_region_counts_as_ever() -> None:
    same = entry(resource="Same", addresses=(A, B, C, D), purpose="y")
    old = [same, entry(), entry(resource="Gone", addresses=("1.1.1.1",), purpose="z")]
    changed = entry(region="Eurasia", addresses=("3.74.63.86", "3.74.63.87"))
    words = replace(same, region="Eurasia", resource="Label")
    found = between(old, [words, changed])
    told = {each.resource: (each.kind, each.impact) for each in found.changes}
    assert told == {
        "Label": ("relabelled", "info"),
        "Servers": ("changed", "breaking"),
        "Gone": ("removed", "action"),
    }


def test_without_a_rename_the_change_set_has_no_word_of_it() -> None:
    found = between([entry()], [entry(addresses=("3.74.63.86", A))])
    assert "regions_renamed" not in msgspec.to_builtins(found)


def test_an_endpoint_that_another_entry_still_has_is_not_removed() -> None:
    found = between([entry(), entry(resource="Other", purpose="y")], [entry()])
    assert found.summary == Summary(removed=1)
    assert found.endpoints_removed == ()


def test_new_relays_of_late_2024_are_exactly_these_endpoints() -> None:
    found = between(generation("2024-04"), generation("2024-11"))
    added = (
        *("3.229.22.34", "44.212.254.73", "54.144.130.130"),
        *("13.41.182.195", "18.171.0.33", "35.179.20.122"),
        *("13.202.109.124", "43.205.156.38", "3.0.4.167", "13.213.228.50", "3.104.236.56"),
    )
    assert found.summary == Summary(changed=5, endpoints_added=11)
    assert set(found.endpoints_added) == {
        endpoint(address, 22543, region="North America") for address in added
    }
    assert all(change.impact == "breaking" for change in found.changes)


def test_relays_of_mid_2025_are_exactly_these_endpoints() -> None:
    found = between(generation("2024-11"), generation("2025-06"))
    region = "North America"
    in_region = [end for end in found.endpoints_added if end.region == region]
    assert set(in_region) == {
        *(endpoint(a, 22543, region=region) for a in ("100.24.103.37", "3.88.244.142")),
        endpoint("54.79.198.20", 22543, region=region),
        *(endpoint(a, 22543, region=region) for a in ("15.229.170.56", "18.230.233.136")),
        *(endpoint(a, 22543, region=region) for a in ("18.231.231.56", "54.207.116.27")),
        endpoint("sa.remote.app.action1.com", region=region),
    }
    assert found.endpoints_removed == ()
    kinds = Counter((change.region, change.kind) for change in found.changes)
    assert kinds == {(region, "added"): 2, (region, "changed"): 2, ("Australia", "added"): 15}


def test_a_region_that_is_added_only_adds() -> None:
    old = generation("2024-04")
    found = between([e for e in old if e.region == "North America"], old)
    assert found.summary.added == 15
    assert {change.region for change in found.changes} == {"Europe"}
    assert {end.region for end in found.endpoints_added} == {"Europe"}


def test_a_row_in_front_of_all_others_is_one_change() -> None:
    old = generation("2025-06")
    assert between(old, [entry(region="Asia"), *old]).summary.added == 1


ENTRIES = st.lists(
    st.builds(
        entry,
        region=st.sampled_from(["Europe", "Asia", None]),
        resource=st.sampled_from(["Servers", "Relays"]),
        hosts=st.sampled_from([(), ("a.com",)]),
        addresses=st.permutations((A, B, C)).flatmap(
            lambda all_: st.integers(1, 3).map(lambda count: tuple(all_[:count]))
        ),
        services=st.sampled_from(
            [services("tcp/443"), services("tcp/443", "udp/53"), services("tcp/-")]
        ),
        only_for=st.sampled_from([None, "Asia"]),
        purpose=st.sampled_from(["x", "y"]),
    ),
    max_size=8,
    unique_by=canonical,
)


@given(ENTRIES, ENTRIES)
def test_endpoints_are_those_of_set_algebra(old: list[Entry], new: list[Entry]) -> None:
    found = between(old, new)
    before, after = set(endpoints_of(old)), set(endpoints_of(new))
    assert found.endpoints_added == tuple(sorted(after - before, key=endpoint_key))
    assert found.endpoints_removed == tuple(sorted(before - after, key=endpoint_key))
    assert found.summary.endpoints_added == len(after - before)
    assert found.summary.endpoints_removed == len(before - after)


@given(ENTRIES, ENTRIES)
def test_the_changes_turn_the_old_entries_into_the_new_ones(
    old: list[Entry], new: list[Entry]
) -> None:
    found = between(old, new)
    result = Counter(map(canonical, old))
    result.subtract(canonical(change.before) for change in found.changes if change.before)
    result.update(canonical(change.after) for change in found.changes if change.after)
    assert +result == Counter(map(canonical, new))
    assert not -result


@given(ENTRIES, ENTRIES)
def test_the_summary_counts_the_changes_and_each_says_what_differs(
    old: list[Entry], new: list[Entry]
) -> None:
    found = between(old, new)
    counts = Counter(change.kind for change in found.changes)
    for kind in ("added", "removed", "changed", "relabelled", "reworded"):
        assert getattr(found.summary, kind) == counts[kind]
    for change in found.changes:
        assert bool(change.fields) == bool(change.before and change.after)


@given(ENTRIES)
def test_the_same_entries_in_any_order_are_no_change(entries: list[Entry]) -> None:
    found = between(entries, entries[::-1])
    assert found.changes == found.endpoints_added == found.endpoints_removed == ()
