"""Which channel gets what: by region, component, requirement and impact."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.support import announcements as made
from tests.support.servers import HookServer
from tracker.alerts import outbox
from tracker.alerts.spans import select_changes, wants
from tracker.config.tables import Channel
from tracker.model import flatten
from tracker.store import open_store
from tracker.store.tree import Tree


def channel(**keys) -> Channel:
    return Channel(name="ops", type="slack", **keys)


def told(change_set, **keys) -> list[str]:
    return [change.kind for change in select_changes(change_set, channel(**keys)).changes]


@pytest.mark.parametrize(
    ("keys", "kinds"),
    [
        ({}, ["changed", "removed", "changed", "relabelled", "reworded"]),
        ({"regions": ("North America",)}, ["removed", "relabelled"]),
        ({"min_impact": "action"}, ["changed", "removed", "changed"]),
        ({"min_impact": "breaking"}, ["changed"]),
        ({"components": ("Deployer",)}, ["changed"]),
        ({"components": ("Agent",)}, []),
        ({"requirement": ("recommended",)}, ["removed"]),
        ({"requirement": ("recommended",), "regions": ("Europe",)}, []),
        ({"requirement": ("optional",)}, ["changed"]),
    ],
)
def test_a_channel_is_told_of_its_choice(keys, kinds):
    assert told(made.change().change_set, **keys) == kinds


def test_an_entry_without_a_requirement_counts_as_required():
    unstated = made.entry(requirement=None)
    assert wants(channel(requirement=("required",)), unstated)
    assert not wants(channel(requirement=("recommended", "optional")), unstated)


def test_what_left_the_choice_is_told_but_not_its_new_endpoints():
    before = made.entry(components=("Agents",))
    after = replace(before, components=("Deployer",), addresses=made.NEW_RELAYS)
    change_set = made.announce(made._changed("changed", "breaking", before, after, ()))
    change_set = replace(change_set.change_set, endpoints_added=tuple(flatten(after)))
    for_agents = select_changes(change_set, channel(components=("Agents",)))
    assert (len(for_agents.changes), for_agents.endpoints_added) == (1, ())
    for_deployer = select_changes(change_set, channel(components=("Deployer",)))
    assert for_deployer.endpoints_added == change_set.endpoints_added


def test_a_channel_with_nothing_for_it_is_silent_and_marked_so(
    site, fwtracker, tmp_path, monkeypatch
):
    (tmp_path / "config").mkdir()
    (tmp_path / "config/fwtracker.toml").write_text(
        f'[sources.action1]\nurl="{site.url}"\n'
        '[[channels]]\nname="deploy"\ntype="slack"\nurl_env="HOOK"\ncomponents=["Deployer"]\n'
        '[[channels]]\nname="none"\ntype="slack"\nurl_env="HOOK"\nrequirement=["optional"]\n'
        "health=false\n"
    )
    with HookServer() as hook:
        monkeypatch.setenv("HOOK", hook.url)
        for sample in ("2024-04/stacks.html", "2024-11/stacks.html"):
            site.show_sample(sample)
            assert fwtracker("run").status == 0
        assert len(hook.requests) == 1
        assert b"watching 12 entries" in hook.requests[0].body
    deploy, none = fwtracker("notify", "status", "--json").json
    assert (deploy["delivered"], deploy["silent"], deploy["owed"]) == ([1], [2], [])
    assert (none["delivered"], none["silent"], none["owed"]) == ([], [1, 2], [])
    tree = Tree(open_store(str(tmp_path / "snapshots")), "action1")
    assert outbox.channel_status(tree, Channel(name="none", type="slack")).dead == {}
