"""Which endpoints a rule set holds: assumed ports, choices, and limits of platforms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tests.formats.samples import entry, rule_set
from tests.support.versions import left_out, snapshots_of
from tracker import formats
from tracker.check.context import CheckContext
from tracker.config import parse
from tracker.config.tables import Rules
from tracker.errors import UsageError
from tracker.fetch.fetcher import Fetcher
from tracker.formats import Limit
from tracker.model import LAN, Endpoint, Service, endpoints_of
from tracker.pipeline import run_check
from tracker.publish.grace import PendingRemovals, find_pending_removals
from tracker.publish.rule_files import render_rule_file
from tracker.publish.rule_sets import build_region_sets, read_settings, require_known_values
from tracker.publish.rule_state import RuleState, render_rule_files
from tracker.sources import load_source
from tracker.store import open_store
from tracker.store.tree import Tree

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
UPDATES = "*.windowsupdate.com"


def snapshot(*entries):
    [made] = snapshots_of([[msgspec.to_builtins(each) for each in entries]], NOW, timedelta())
    return made


def europe(*entries, config=None, late=None):
    config = parse(config or {})
    return build_region_sets(
        snapshot(*entries), read_settings(config), late or PendingRemovals()
    )[0]


def ports(of) -> set[tuple[str, str, int | None]]:
    return {(each.target, each.protocol, each.from_port) for each in endpoints_of(of.entries)}


def test_windows_update_is_assumed_on_two_ports_and_nothing_else_is() -> None:
    of = europe(entry(UPDATES, "b.example", "192.0.2.1", ports=(None, 8443)))
    assert ports(of) == {
        *((UPDATES, "tcp", port) for port in (80, 443, 8443)),
        *((each, "tcp", port) for each in ("b.example", "192.0.2.1") for port in (None, 8443)),
    }
    assert {(each.target, each.from_port) for each in of.assumed} == {
        (UPDATES, 80),
        (UPDATES, 443),
    }


def test_an_assumption_of_another_protocol_does_not_count() -> None:
    udp = entry(UPDATES, services=(Service("udp", None, None),))
    assert ports(europe(udp)) == {(UPDATES, "udp", None)}
    config = {"assumed_ports": [{"target": UPDATES.upper(), "ports": ["udp/3478-3481"]}]}
    [endpoint] = endpoints_of(europe(udp, config=config).entries)
    assert (endpoint.from_port, endpoint.to_port) == (3478, 3481)


def test_assumed_ports_can_be_taken_away() -> None:
    of = europe(entry(UPDATES, ports=(None,)), config={"assumed_ports": []})
    assert (ports(of), of.assumed) == ({(UPDATES, "tcp", None)}, frozenset())


def test_what_another_row_states_is_not_assumed() -> None:
    of = europe(entry(UPDATES, ports=(None,)), entry(UPDATES, ports=(443,)))
    assert [each.from_port for each in of.assumed] == [80]


def test_an_assumed_port_of_the_lan_is_still_withheld() -> None:
    config = {"assumed_ports": [{"target": "192.0.2.1", "ports": ["tcp/445"]}]}
    of = europe(entry("192.0.2.1", ports=(None,)), config=config)
    made = formats.load("ips").render(of)
    assert (made.text, made.left_out[0].reason) == (None, formats.WITHHELD)


def test_a_port_that_becomes_stated_is_not_leaving_and_the_assumed_one_is() -> None:
    before, after = snapshots_of(
        [
            [msgspec.to_builtins(entry(UPDATES, ports=(None,)))],
            [msgspec.to_builtins(entry(UPDATES, ports=(443,)))],
        ],
        NOW,
        timedelta(days=1),
    )
    late = find_pending_removals([after, before], 7, NOW + timedelta(days=1))
    [of] = build_region_sets(after, read_settings(parse({})), late)
    assert {each.from_port: date for each, date in of.until.items()} == {
        80: "2026-03-09T12:00:00Z"
    }
    assert [each.from_port for each in of.assumed] == [80]


def test_an_assumed_port_is_marked_in_comments_and_data() -> None:
    of = europe(entry("192.0.2.1", ports=(None,)), config=assumed("192.0.2.1", "tcp/8080"))
    assert "# port assumed: Servers (required)" in (
        formats.load("nftables").render(of).text or ""
    )
    assert '"assumed": true' in (formats.load("endpoints-json").render(of).text or "")


def assumed(target: str, *ports: str) -> dict:
    return {"assumed_ports": [{"target": target, "ports": list(ports)}]}


@pytest.mark.parametrize("port", ["443", "tcp/", "tcp/0", "tcp/70000", "sctp/1", "tcp/9-8", ""])
def test_a_port_that_is_none_is_a_usage_error(port: str) -> None:
    with pytest.raises(
        UsageError, match=r'\[assumed_ports\] ".*" is not a port: write "tcp/443"'
    ):
        parse(assumed("a.example", port))


def test_a_target_given_twice_is_a_usage_error() -> None:
    tables = [{"target": each, "ports": ["tcp/1"]} for each in ("A.example", "a.example")]
    with pytest.raises(UsageError, match=r'the target "a\.example" is given twice'):
        parse({"assumed_ports": tables})


EVERYBODY = entry("192.0.2.1", components=("Agents",))
IN_EUROPE = entry("192.0.2.2", only_for="Europe", requirement=None, components=("Agents",))
CONSOLE = entry("192.0.2.3", only_for="India", components=("Console", "Deployer"))
SOUTH = entry("192.0.2.4", region="South", requirement="optional")
ALL = (EVERYBODY, IN_EUROPE, CONSOLE, SOUTH)


@pytest.mark.parametrize(
    ("choice", "kept"),
    [
        ({}, {1, 2, 3, 4}),
        ({"regions": ["South"]}, {4}),
        ({"components": ["Deployer", "Console"]}, {3}),
        ({"requirement": ["required"]}, {1, 2, 3}),
        ({"requirement": ["recommended", "optional"]}, {4}),
        ({"only_for": ["Europe"]}, {1, 2, 4}),
        ({"only_for": []}, {1, 4}),
        ({"only_for": ["India"], "requirement": ["required", "optional"]}, {1, 3, 4}),
    ],
)
def test_a_rules_table_chooses(choice, kept) -> None:
    config = parse({"rules": [{"name": "x", "format": "ips"} | choice]})
    of = {
        rules.name: rules
        for rules, _ in RuleState(snapshot(*ALL), PendingRemovals(), config).rule_sets
    }
    found = {int(each.addresses[0][-1]) for each in of["x"].entries}
    assert found == kept


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"regions": ["Eurpe"]}, 'no region is called "Eurpe"; there are: Europe, South'),
        (
            {"components": ["Agent"]},
            'no component is called "Agent"; there are: Agents, Console, Deployer',
        ),
        ({"only_for": ["europe"]}, 'no audience is called "europe"; there are: Europe, India'),
    ],
)
def test_a_choice_of_what_is_not_there_stops_that_rule_set_alone(choice, said: str) -> None:
    config = parse({"rules": [{"name": "x"} | choice, {"name": "y", "format": "ips"}]})
    state = RuleState(snapshot(*ALL), PendingRemovals(), config)
    folders = {file.path.split("/")[1] for file in render_rule_files(state)}
    assert folders == {"europe", "south", "all", "y"}
    [finding] = state.find_rule_set_problems()
    [key] = choice
    assert (finding.name, finding.message) == (
        "rule-set-stopped",
        f'[[rules]] "x" {key}: {said}; it has no files; change `{key}` in that table',
    )
    with pytest.raises(UsageError, match=f"^{said}"):
        require_known_values(Rules(name="x", **choice), ALL)


@pytest.mark.parametrize(
    ("most", "finding", "written"),
    [
        (100, None, True),
        (11, "near-limit", True),
        (10, "near-limit", True),
        (9, "over-limit", False),
    ],
)
def test_a_file_near_its_platforms_limit_is_told_and_one_beyond_is_not_written(
    most, finding, written
) -> None:
    limit = Limit(most, "addresses in a list", "https://vendor.example/limits")
    form = msgspec.structs.replace(formats.load("ips"), limit=limit)
    made = render_rule_file(rule_set(*(entry(f"192.0.2.{n}") for n in range(1, 11))), form)
    assert (made.rendered.text is not None) is written
    if finding is None:
        assert made.finding is None
        return
    assert made.finding is not None
    assert (made.finding.name, made.finding.verdict) == (finding, "publish")
    assert "https://vendor.example/limits" in made.finding.message
    assert made.excluded == ([] if written else [made.finding.message])


@pytest.mark.parametrize(("default", "said"), [(100, False), (11, True), (10, True), (5, True)])
def test_a_file_beyond_what_its_platform_takes_by_default_says_so_and_is_written(
    default, said
) -> None:
    limit = Limit(1000, "addresses", "https://vendor.example/limits", default=default)
    form = msgspec.structs.replace(formats.load("ips"), limit=limit)
    made = render_rule_file(rule_set(*(entry(f"192.0.2.{n}") for n in range(1, 11))), form)
    assert made.rendered.text is not None
    message = made.finding and (made.finding.name, made.finding.message)
    assert message == (
        (
            "near-limit",
            f"rules/europe/ips.txt has 10, and the platform takes {default} addresses, unless"
            " you ask for more (https://vendor.example/limits)",
        )
        if said
        else None
    )


def test_lan_services_keep_their_direction_and_region() -> None:
    of = rule_set(entry("192.0.2.1", ports=(445, 443)), entry("192.0.2.9", ports=(445,)))
    text = formats.load("nftables").render(of).text or ""
    assert "outbound lan tcp/445" in formats.load("nftables").read_back(text)
    assert "inbound lan tcp/445" not in formats.load("nftables").read_back(text)


def test_what_a_public_address_may_reach_is_not_turned_to_the_lan() -> None:
    of = rule_set(entry("192.0.2.1", ports=(445,), direction="inbound"))
    assert formats.load("nftables").render(of).text is None


def test_an_endpoint_for_the_lan_is_written_as_it_is() -> None:
    of = rule_set(entry(LAN, ports=(445,), direction="inbound"))
    assert formats.load("nftables").render(of).left_out == ()
    assert Endpoint("Europe", "inbound", LAN, "tcp", 445, 445) in endpoints_of(of.entries)


def test_a_check_tells_of_a_file_beyond_its_limit_and_publishes_the_rest(
    site, tmp_path, monkeypatch
) -> None:
    small = Limit(3, "addresses in a list", "https://vendor.example/limits")
    limited = msgspec.structs.replace(formats.load("ips"), limit=small)
    monkeypatch.setattr("tracker.formats.ips.FORMAT", limited)
    site.show_sample("2024-04/stacks.html")
    tree = Tree(open_store(str(tmp_path)), "action1")
    with Fetcher() as fetcher:
        outcome = run_check(
            CheckContext(load_source("action1"), tree, parse({}), fetcher, site.url)
        )
    assert outcome.outcome == "published"
    told = [each for each in outcome.findings if each.name == "over-limit"]
    assert {each.message.split()[0] for each in told} == {
        "rules/europe/ips.txt",
        "rules/north-america/ips.txt",
        "rules/all/ips.txt",
    }
    manifest = tree.manifest()
    assert manifest is not None
    assert list(manifest.findings) == told
    [europe] = [each for each in told if each.message.startswith("rules/europe/")]
    assert left_out(tree)["rules/europe/ips.txt"] == [europe.message]
    assert tree.read("rules/europe/ips.txt") is None
    assert tree.read("rules/europe/domains.txt") is not None


def published(site, place, raw: dict) -> set[str]:
    """The names of the rule files and deltas after a check with this configuration."""
    tree = Tree(open_store(str(place)), "action1")
    with Fetcher() as fetcher:
        outcome = run_check(
            CheckContext(parse(raw).source("action1"), tree, parse(raw), fetcher, site.url)
        )
    assert outcome.outcome in {"published", "unchanged"}
    assert set(tree.walk()) >= set(tree.manifest().files)
    ours = ("rules/", "deltas/000002/")
    return {
        name.rpartition("/")[2]
        for name in tree.manifest().files
        if name.startswith(ours) and not name.endswith("manifest.json")
    }


def test_only_the_chosen_formats_are_written_and_their_deltas(site, tmp_path) -> None:
    chosen = {"fwtracker": {"formats": ["ips", "nftables"]}}
    own = {"rules": [{"name": "edge", "format": "pac"}, {"name": "every"}]}
    site.show_sample("2024-04/stacks.html")
    assert published(site, tmp_path, chosen) == {"ips.txt", "nftables.nft"}
    site.show_sample("2024-11/stacks.html")
    both = {"ips.txt", "nftables.nft"}
    delta = {"ips-apply.txt", "ips-rollback.txt", "nftables-apply.nft", "nftables-rollback.nft"}
    assert published(site, tmp_path, chosen) == both | delta
    pac = {"proxy.pac", "proxy-apply.pac", "proxy-rollback.pac"}
    assert published(site, tmp_path, chosen | own) == both | delta | pac
    assert published(site, tmp_path, {"fwtracker": {"formats": []}}) == set()
    assert "None: the configuration" in (tmp_path / "action1/index.html").read_text("utf-8")
    assert (
        "rules/europe/ips.txt"
        in Tree(open_store(str(tmp_path)), "action1").manifest().withdrawn
    )
    assert len(published(site, tmp_path, {})) > 40


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"fwtracker": {"formats": ["fortyos"]}}, r"\[fwtracker\] formats: .*mean \"fortios\""),
        ({"rules": [{"name": "a", "format": "??"}]}, r"\[\[rules\]\] format: .*there are: adg"),
    ],
)
def test_a_format_that_there_is_not_is_an_error_that_names_the_nearest(raw, said) -> None:
    with pytest.raises(UsageError, match=said):
        parse(raw)
