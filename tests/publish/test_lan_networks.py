"""What the configuration says "the LAN" is, in every rule set and in one."""

from __future__ import annotations

import pytest

from tests.publish.test_rule_sets import entry, snapshot
from tracker.config import parse
from tracker.errors import UsageError
from tracker.formats.shared.lan import USUAL_LAN, Lan
from tracker.publish.freshness import compute_recipe
from tracker.publish.grace import PendingRemovals
from tracker.publish.rule_sets import build_chosen_set, build_region_sets, read_settings


def test_the_lan_is_the_private_and_link_local_networks() -> None:
    assert read_settings(parse({})).lan == USUAL_LAN


def test_a_gateway_has_no_use_for_link_local_networks() -> None:
    assert USUAL_LAN.routed == Lan(
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"), ("fc00::/7",)
    )


def test_the_configuration_narrows_it_for_all_rule_sets() -> None:
    config = parse({"lan": {"networks": ["10.2.0.0/16", "2001:db8:1::/48", "10.1.0.0/16"]}})
    [found] = build_region_sets(
        snapshot(entry("192.0.2.1")), read_settings(config), PendingRemovals()
    )
    assert found.lan == Lan(("10.1.0.0/16", "10.2.0.0/16"), ("2001:db8:1::/48",))


def test_a_rule_set_may_have_a_lan_of_its_own() -> None:
    config = parse(
        {
            "lan": {"networks": ["10.0.0.0/8"]},
            "rules": [{"name": "branch", "lan": ["10.7.0.0/16"]}, {"name": "other"}],
        }
    )
    branch, other = (
        build_chosen_set(snapshot(), read_settings(config), PendingRemovals(), rules)
        for rules in config.rules
    )
    assert branch.lan == Lan(("10.7.0.0/16",), ())
    assert other.lan == Lan(("10.0.0.0/8",), ())


def test_networks_inside_others_are_said_once() -> None:
    config = parse({"lan": {"networks": ["10.0.0.0/8", "10.1.0.0/16", "192.168.5.7"]}})
    assert read_settings(config).lan == Lan(("10.0.0.0/8", "192.168.5.7"), ())


@pytest.mark.parametrize(
    ("networks", "said"),
    [
        ([], "[lan] networks: no network is given; remove the key for the default ones"),
        (["lan"], '[lan] networks: "lan" is not a network: write "10.1.0.0/16"'),
        (
            ["10.1.2.3/16"],
            '"10.1.2.3/16" is a host address with a prefix length; write "10.1.0.0/16"',
        ),
        (["fe80::/10", "169.254.0.0/16"], '"fe80::/10" is link-local, and no gateway forwards'),
        (["0.0.0.0/0"], '"0.0.0.0/0" covers every address; name the networks of your LAN'),
    ],
)
def test_a_wrong_network_is_named(networks: list[str], said: str) -> None:
    with pytest.raises(UsageError) as error:
        parse({"lan": {"networks": networks}})
    assert said in str(error.value)


def test_a_wrong_network_of_a_rule_set_is_named_with_it() -> None:
    with pytest.raises(UsageError) as error:
        parse({"rules": [{"name": "branch", "lan": ["fe80::1%eth0"]}]})
    assert str(error.value).startswith('[[rules]] "branch" lan: "fe80::1%eth0" is')


def test_rule_files_are_made_again_where_another_lan_is_given() -> None:
    narrow, wide = (
        parse({"lan": {"networks": [each]}}) for each in ("10.1.0.0/16", "10.0.0.0/8")
    )
    recipes = {compute_recipe(each, "action1") for each in (narrow, wide, parse({}))}
    assert len(recipes) == 3
