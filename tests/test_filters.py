"""Filters that match nothing: each is named by whatever looks at it, and stops itself only."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.support.renamed import replace_europe
from tests.support.servers import HookServer
from tests.support.site import SAMPLES
from tests.support.watched import Watched, configured, subjects
from tracker.alerts import outbox
from tracker.store.tree import Tree

PAGE = (SAMPLES / "2024-04/stacks.html").read_bytes()
GONE = replace_europe(PAGE)
DAYS = 24.0
EUROPE = {"name": "branch", "format": "ips", "regions": ["Europe"]}
# The guard would hold a page on which a region is gone.
LET_THROUGH = {
    "guard": {"publish": ["region-gone", "mass-removal", "mass-addition", "rollback"]}
}


def named(outcome, name: str) -> list[str]:
    return [each.message for each in outcome.findings if each.name == name]


@pytest.fixture
def hooks(monkeypatch):
    """Two channels' servers, by the name of the channel."""
    with HookServer() as eu, HookServer() as ops:
        monkeypatch.setenv("URL_EU", eu.url)
        monkeypatch.setenv("URL_OPS", ops.url)
        yield {"eu": eu, "ops": ops}


@pytest.fixture
def watched(site, tmp_path, hooks):
    """A rule set and a channel that name Europe, and a channel that gets everything."""
    config = configured(
        {"name": "eu", "regions": ["Europe"]},
        {"name": "ops"},
        rules=[EUROPE],
        fwtracker={"grace_days": 2},
        **LET_THROUGH,
    )
    site.show(PAGE)
    return Watched(site, config, str(tmp_path))


def rules_of(tree: Tree, name: str) -> dict[str, bytes]:
    return {path: tree.read(path) for path in tree.walk() if path.startswith(f"rules/{name}/")}


def notices(tree: Tree) -> list[tuple[str, str | None, tuple[str, ...]]]:
    found = (outbox.load_notice(tree, number) for number in outbox.notice_numbers(tree))
    return [(each.kind, each.channel, each.ends) for each in found]


def test_a_region_that_is_gone_stops_no_check_and_changes_no_file_of_the_rule_set(
    site, watched
):
    assert watched.check().findings == ()
    site.show(GONE)
    outcome = watched.check()
    assert (outcome.outcome, outcome.version) == ("published", 2)
    [rules, channel] = named(outcome, "filter-without-match")
    assert rules == (
        '[[rules]] "branch" regions: no region is called "Europe"; there are: Eurasia, North'
        " America; what left the page stays in its files until 2026-01-12T14:00:00Z; change"
        " `regions` in that table"
    )
    assert channel == (
        '[[channels]] "eu" regions: no region is called "Europe"; there are: Eurasia, North'
        " America; nothing of it is sent to this channel; change `regions` in that table"
    )
    in_grace = rules_of(watched.tree, "branch")
    assert in_grace
    for hours in (1, 24, 24, 24 * 7):  # the grace is over at the third
        outcome = watched.check(hours=hours)
        assert (outcome.outcome, outcome.error, outcome.usage) == ("unchanged", None, False)
        assert rules_of(watched.tree, "branch") == in_grace
        assert named(outcome, "filter-without-match")[-1] == channel
    [stopped] = named(outcome, "rule-set-stopped")
    assert stopped == (
        '[[rules]] "branch" regions: no region is called "Europe"; there are: Eurasia, North'
        " America; its files stay those of version 2 of 2026-01-10T14:00:00Z; change"
        " `regions` in that table"
    )
    assert rules_of(watched.tree, "europe") == {}
    site.show(GONE.replace(b"54.210.188.13<", b"54.210.188.99<"))
    outcome = watched.check()
    assert (outcome.outcome, outcome.version) == ("published", 3)
    assert b"54.210.188.99" in b"".join(rules_of(watched.tree, "north-america").values())
    assert rules_of(watched.tree, "branch") == in_grace


def test_it_is_told_once_to_each_that_it_concerns_and_once_when_it_is_over(
    site, watched, hooks
):
    watched.check()
    site.show(GONE)
    watched.check(20)
    before = subjects(hooks["eu"])
    assert "the filter of channel eu matches nothing" in before
    assert sum("rule set" in each for each in before) == 1
    assert not any("channel eu" in each for each in subjects(hooks["ops"]))
    assert sum("rule set" in each for each in subjects(hooks["ops"])) == 1
    watched.check(20, hours=24)  # over the grace: the rule set is stopped now
    assert [each for each in subjects(hooks["ops"]) if "rule set" in each] == [
        "a rule set needs a look: filter-without-match",
        "a rule set needs a look: rule-set-stopped",
    ]
    assert subjects(hooks["eu"]).count("the filter of channel eu matches nothing") == 1
    site.show(PAGE)
    watched.check(3)
    over = "what the filter names is on the page again"
    assert subjects(hooks["eu"]).count(over) == 2
    assert subjects(hooks["ops"]).count(over) == 1
    kinds = [kind for kind, *_ in notices(watched.tree) if kind != "grace"]
    assert kinds == ["filter"] * 3 + ["over"] * 2
    assert watched.check().findings == ()


def test_a_channel_without_health_gets_no_notice(site, tmp_path, hooks):
    config = configured(
        {"name": "eu", "components": ["Nothing"], "health": False}, {"name": "ops"}
    )
    site.show(PAGE)
    watched = Watched(site, config, str(tmp_path))
    assert len(named(watched.check(), "filter-without-match")) == 1
    assert len(named(watched.check(), "filter-without-match")) == 1
    assert notices(watched.tree) == []


def test_a_rebuild_gives_the_files_of_a_stopped_rule_set_again(
    site, watched, fwtracker, tmp_path
):
    watched.check()
    site.show(GONE)
    watched.check()
    watched.check(2, hours=48)
    site.show(GONE.replace(b"54.210.188.13<", b"54.210.188.99<"))
    watched.check()
    before = {path: watched.tree.read(path) for path in watched.tree.walk()}
    assert rules_of(watched.tree, "branch")
    from tracker.publish.publish import rebuild  # noqa: PLC0415

    for path in rules_of(watched.tree, "branch"):
        (tmp_path / "action1" / path).unlink()
    rebuild(watched.tree, watched.config, watched.now)
    assert {path: watched.tree.read(path) for path in watched.tree.walk()} == before


CONFIG = """
[fwtracker]
grace_days = 0
[guard]
publish = ["mass-removal", "mass-addition"]
[sources.action1]
url = "{url}"
[[rules]]
name = "branch"
format = "ips"
regions = ["Europe"]
[[channels]]
name = "eu"
type = "slack"
url_env = "URL_EU"
components = ["Nothing"]
"""
RULES = '[[rules]] "branch" regions: no region is called "Europe"; there are: Eurasia, North'
CHANNEL = '[[channels]] "eu" components: no component is called "Nothing"; there are: '


@pytest.fixture
def run(site, fwtracker, hooks, tmp_path):
    """Run a command with a rule set and a channel of which one names what is not there."""
    (tmp_path / "c.toml").write_text(CONFIG.format(url=site.url))
    return lambda *args: fwtracker(*args, "--config", "c.toml")


def test_a_page_that_is_held_names_them_at_once_and_approve_before_it_publishes(
    site, run, hooks, monkeypatch
):
    site.show(PAGE)
    assert CHANNEL in run("run").err
    site.show(GONE)
    ran = run("run")
    assert ran.status == 3  # region-gone
    assert f"publish rule-set-stopped: {RULES}" in ran.err
    assert "; this applies once the held page is approved" in ran.err
    assert any("rule set needs a look" in each for each in subjects(hooks["eu"]))
    assert f"publish rule-set-stopped: {RULES}" in run("held").out
    assert f"publish filter-without-match: {CHANNEL}" in run("held").out
    told = len(hooks["eu"].requests)
    assert f"publish rule-set-stopped: {RULES}" in run("run").err
    assert len(hooks["eu"].requests) == told
    digest = run("held", "--json").json[0]["digest"]
    said = []

    def publish(context, digest):
        said.append("published")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("tracker.check.review.approve", publish)
        stopped = run("approve", digest)
    assert (said, RULES in stopped.err) == (["published"], True)
    ran = run("approve", digest)
    assert (ran.status, ran.out) == (0, "action1: published version 2\n")
    assert ran.err.count(RULES) == 1


def test_every_command_names_what_is_wrong_and_none_is_stopped_by_it(site, run, tmp_path):
    site.show(PAGE)
    assert run("run").status == 0
    file = tmp_path / "snapshots/action1/rules/branch/ips.txt"
    before = file.read_bytes()
    site.show(GONE)
    dry = run("run", "--dry-run")
    assert RULES in dry.err
    online = run("doctor", "--json")
    assert {each["verdict"] for each in online.json if RULES in each["text"]} == {"bad"}
    run("run")
    run("approve", run("held", "--json").json[0]["digest"])
    for command in (("run",), ("run", "--dry-run")):
        ran = run(*command, "--json")
        assert (ran.status, ran.json[0]["outcome"]) == (0, "unchanged")
        told = {each["name"]: each["message"] for each in ran.json[0]["findings"]}
        assert told["rule-set-stopped"].startswith(RULES)
        assert "its files stay those of version 1 of 20" in told["rule-set-stopped"]
        assert told["filter-without-match"].startswith(CHANNEL)
    doctor = run("doctor", "--json", "--offline")
    bad = [each["text"] for each in doctor.json if each["verdict"] == "bad"]
    assert (doctor.status, [text[:20] for text in bad]) == (1, [RULES[:20], CHANNEL[:20]])
    rules = run("rules", "--format", "ips", "--region", "Eurasia")
    assert (rules.status, f"rule-set-stopped: {RULES}" in rules.err) == (0, True)
    assert file.read_bytes() == before
    manifest = json.loads((tmp_path / "snapshots/action1/manifest.json").read_text())
    assert "rules/branch/ips.txt" in manifest["files"]
    assert manifest["version"] == 2
    assert run("store", "verify").status == 0
    config = tmp_path / "c.toml"
    config.write_text(config.read_text().replace('["Europe"]', '["Eurasia"]'))
    ran = run("run", "--json")
    assert [each["name"] for each in ran.json[0]["findings"]] == ["filter-without-match"]
    assert b"9.71.193.26" in file.read_bytes()


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('components = ["Agents", "x"]', 'components: no component is called "x"; there are:'),
        ('only_for = ["Mars"]', 'only_for: no audience is called "Mars"; there are: '),
        (
            'requirement = ["optional"]',
            "requirement: no entry is optional; there are: recommended, required;",
        ),
    ],
)
def test_each_key_of_a_rule_set_is_named(site, run, tmp_path, keys, said):
    site.show(PAGE)
    config = tmp_path / "c.toml"
    config.write_text(config.read_text().replace('regions = ["Europe"]', keys))
    ran = run("run")
    assert ran.status == 0
    assert f'publish rule-set-stopped: [[rules]] "branch" {said}' in ran.err
    assert not (tmp_path / "snapshots/action1/rules/branch").exists()
    assert (tmp_path / "snapshots/action1/rules/europe/ips.txt").exists()


def test_a_filter_whose_keys_match_one_by_one_and_not_together(site, run, tmp_path):
    site.show(PAGE.replace(b"Europe", b"Eurasia"))
    config = tmp_path / "c.toml"
    text = config.read_text().replace('components = ["Nothing"]', 'regions = ["Eurasia"]')
    both = 'regions = ["Eurasia"]\ncomponents = ["Deployer"]\nrequirement = ["recommended"]'
    config.write_text(text.replace('regions = ["Europe"]', both))
    ran = run("run")
    together = '[[rules]] "branch": no entry of the page matches all of its keys together;'
    assert (ran.status, together in ran.err) == (0, True)


TWO = """
[guard]
publish = ["region-gone", "mass-removal", "mass-addition"]
[sources.action1]
enabled = false
[sources.alpha]
use = "action1"
url = "{root}/alpha/"
[sources.beta]
use = "action1"
url = "{root}/beta/"
[[rules]]
name = "branch"
format = "ips"
regions = ["Europe"]
[[channels]]
name = "eu"
type = "slack"
url_env = "URL_EU"
regions = ["Europe"]
"""


def test_of_several_sources_one_that_has_the_region_is_enough_for_a_channel(
    site, fwtracker, hooks, tmp_path
):
    (tmp_path / "c.toml").write_text(TWO.format(root=site.root))
    site.show(PAGE, "/alpha/")
    site.show(GONE, "/beta/")

    def run():
        ran = fwtracker("run", "--config", "c.toml", "--json")
        assert ran.status == 0, ran.out
        return {
            one["source"]: {each["message"] for each in one["findings"]} for one in ran.json
        }

    fwtracker("run", "alpha", "--config", "c.toml")
    for _ in range(2):
        told = run()
        assert told["alpha"] == set()
        [rules] = told["beta"]
        assert rules.startswith('[[rules]] "branch" regions: no region is called "Europe"')
        assert rules.endswith(", or say by `sources` which sources have it")
    silent = "the filter of channel eu matches nothing"
    assert not any(silent in body for body in map(str, hooks["eu"].bodies()))
    assert (tmp_path / "snapshots/alpha/rules/branch/ips.txt").exists()
    assert not (tmp_path / "snapshots/beta/rules/branch").exists()
    site.show(GONE, "/alpha/")
    for _ in range(3):
        told = run()
        assert any('[[channels]] "eu"' in each for each in told["alpha"])
    assert sum(silent in body for body in map(str, hooks["eu"].bodies())) == 1


def test_while_a_source_has_no_version_a_channel_is_not_called_silent(
    site, fwtracker, hooks, tmp_path
):
    (tmp_path / "c.toml").write_text(TWO.format(root=site.root))
    site.show(GONE, "/beta/")
    ran = fwtracker("run", "beta", "--config", "c.toml")
    assert (ran.status, "[[channels]]" in ran.err) == (0, False)


def test_a_configuration_edited_between_quick_checks_is_noticed(site, hooks, tmp_path):
    from tests.support.watched import START, context_of  # noqa: PLC0415
    from tracker.fetch.fetcher import Fetcher  # noqa: PLC0415
    from tracker.scheduler.jobs import quick_check  # noqa: PLC0415

    site.show(PAGE)
    good = configured({"name": "eu", "regions": ["Europe"]})
    watched = Watched(site, good, str(tmp_path))
    watched.check()
    quick = {"now": lambda: START + timedelta(hours=2), "url": site.url}
    with Fetcher() as fetcher:
        assert quick_check(context_of(watched.tree, good, fetcher=fetcher, **quick))
        wrong = configured({"name": "eu", "regions": ["Atlantis"]})
        assert not quick_check(context_of(watched.tree, wrong, fetcher=fetcher, **quick))
        whole = configured()
        assert quick_check(context_of(watched.tree, whole, fetcher=fetcher, **quick))


def test_a_problem_is_not_over_while_the_page_that_ends_it_is_held(site, run, hooks):
    site.show(GONE)
    run("run")
    over = "what the filter names is on the page again"
    site.show(PAGE.replace(b"</body>", b"<p>198.41.0.4</p></body>"))
    ran = run("run")
    assert (ran.status, RULES in ran.err) == (3, True)
    assert over not in subjects(hooks["eu"])
    run("approve", run("held", "--json").json[0]["digest"])
    run("run")
    assert subjects(hooks["eu"]).count(over) == 1


def test_a_first_page_that_is_held_names_them_too(site, run):
    site.show(GONE.replace(b"</body>", b"<p>198.41.0.4</p></body>"))
    ran = run("run")
    assert (ran.status, RULES in ran.err, CHANNEL in ran.err) == (3, True, True)
    ran = run("approve", run("held", "--json").json[0]["digest"])
    assert (ran.status, ran.out) == (0, "action1: published version 1\n")
    assert "it has no files" in ran.err


def test_a_damaged_version_of_another_source_stops_nothing_here(
    site, fwtracker, hooks, tmp_path
):
    (tmp_path / "c.toml").write_text(TWO.format(root=site.root))
    site.show(GONE, "/alpha/")
    site.show(GONE, "/beta/")
    assert fwtracker("run", "--config", "c.toml").status == 0
    (tmp_path / "snapshots/beta/versions/000001.json").write_text("{")
    ran = fwtracker("run", "alpha", "--config", "c.toml", "--json")
    assert (ran.status, ran.json[0]["outcome"]) == (0, "unchanged")
