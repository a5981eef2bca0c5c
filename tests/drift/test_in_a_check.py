"""Drift as a part of `run`: a name server with answers that change, and a channel."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.drift.names import FAILURE, NO_SUCH_NAME, NameServer
from tests.support.servers import HookServer

HOST = "server.eu.action1.com"
EUROPE = ["3.74.63.86", "3.124.175.10"]
AMERICA = ["54.210.188.13", "54.227.102.112", "3.210.54.212", "3.213.90.174"]


@pytest.fixture
def names():
    with NameServer() as server:
        yield server


@pytest.fixture
def agreed(names, site, fwtracker, tmp_path):
    """A version whose hosts DNS knows as the page lists them."""
    site.show_sample("2024-04/stacks.html")
    configured(tmp_path, site, enabled=False)
    assert fwtracker("run").status == 0
    page = json.loads((tmp_path / "snapshots/action1/latest.json").read_text())
    for entry in page["entries"]:
        for host in entry["hosts"]:
            names.names.setdefault(host, list(entry["addresses"]) or ["203.0.113.1"])
    return names


def configured(folder: Path, site, *, enabled: bool = True, names=None, hook=None) -> None:
    (folder / "config").mkdir(exist_ok=True)
    lines = [f'[sources.action1]\nurl = "{site.url}"', "[drift]"]
    lines += [f"enabled = {'true' if enabled else 'false'}"]
    if names:
        lines += [f'resolvers = ["{names.address}"]', "checks = 2", "timeout = 2.0"]
    if hook:
        lines += ["[[channels]]", 'name="ops"', 'type="webhook"', 'url_env="HOOK"']
    (folder / "config/fwtracker.toml").write_text("\n".join(lines))


def drift(ran) -> list[str]:
    [outcome] = ran.json
    return [each["message"] for each in outcome["findings"] if each["name"].startswith("dns-")]


def test_without_the_setting_no_name_is_looked_up(agreed, fwtracker) -> None:
    assert fwtracker("run").status == 0
    assert agreed.asked == []
    assert "never looked up" in fwtracker("drift").out


def test_an_address_that_the_page_does_not_list_is_told_after_so_many_checks(
    agreed, site, fwtracker, tmp_path
) -> None:
    configured(tmp_path, site, names=agreed)
    rules = {each: each.read_bytes() for each in tmp_path.rglob("rules/**/*.txt")}
    assert drift(fwtracker("run", "--json")) == []
    assert fwtracker("drift").status == 0
    agreed.names[HOST] = [*EUROPE, "3.74.63.99"]
    assert drift(fwtracker("run", "--json")) == []
    [told] = drift(fwtracker("run", "--json"))
    assert told.startswith(f"DNS has 3.74.63.99 for {HOST}, which the page does not list")
    assert drift(fwtracker("run", "--json")) == []
    shown = fwtracker("drift", "--json")
    assert shown.status == 1
    [sighting] = shown.json["sightings"]
    assert (sighting["checks"], sighting["told"]) == (3, True)
    # It never reaches a rule file.
    assert {each: each.read_bytes() for each in rules} == rules
    assert not any(b"3.74.63.99" in data for data in rules.values())
    # And it is over when DNS says what the page says.
    agreed.names[HOST] = EUROPE
    fwtracker("run")
    assert fwtracker("drift").status == 0


def test_an_address_that_dns_does_not_have_any_more(agreed, site, fwtracker, tmp_path) -> None:
    configured(tmp_path, site, names=agreed)
    agreed.names[HOST] = EUROPE[:1]
    fwtracker("run")
    [told] = drift(fwtracker("run", "--json"))
    assert told.startswith(f"the page lists {EUROPE[1]} for {HOST}, which DNS does not have")


def test_a_name_that_is_gone(agreed, site, fwtracker, tmp_path) -> None:
    configured(tmp_path, site, names=agreed)
    agreed.names["eu-cdn.action1.com"] = NO_SUCH_NAME
    fwtracker("run")
    [told] = drift(fwtracker("run", "--json"))
    assert told.startswith("the page names eu-cdn.action1.com, which DNS does not know")


def test_a_server_that_fails_says_nothing(agreed, site, fwtracker, tmp_path) -> None:
    configured(tmp_path, site, names=agreed)
    agreed.names = dict.fromkeys(agreed.names, FAILURE)
    for _ in range(2):
        ran = fwtracker("run", "--json")
        assert ran.status == 0
        assert drift(ran) == []
        assert f"DNS cannot be compared for {HOST}" in ran.err


def test_the_channels_are_told_once_and_of_its_end(
    agreed, site, fwtracker, tmp_path, monkeypatch
) -> None:
    with HookServer() as hook:
        monkeypatch.setenv("HOOK", hook.url)
        configured(tmp_path, site, names=agreed, hook=hook)
        fwtracker("run")
        agreed.names[HOST] = [*EUROPE, "3.74.63.99"]
        for _ in range(3):
            assert fwtracker("run").status == 0
        [body] = hook.bodies()
        assert (body["type"], body["kind"]) == ("notice", "drift")
        assert [each["name"] for each in body["findings"]] == ["dns-unlisted"]
        agreed.names[HOST] = EUROPE
        for _ in range(2):
            assert fwtracker("run").status == 0
        _, over = hook.bodies()
        assert (over["kind"], over["ends"]) == ("over", ["drift"])


def test_now_looks_and_writes_nothing(agreed, site, fwtracker, tmp_path) -> None:
    configured(tmp_path, site, enabled=False, names=agreed)
    agreed.names[HOST] = [*EUROPE, "3.74.63.99"]
    before = sorted(tmp_path.rglob("*"))
    ran = fwtracker("drift", "--now")
    assert ran.status == 1
    assert "3.74.63.99" in ran.out
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("resolver", ["", "example.com", "1.2.3", "127.0.0.1:x", "::1:53:"])
def test_a_resolver_that_is_none(agreed, site, fwtracker, tmp_path, resolver: str) -> None:
    configured(tmp_path, site)
    path = tmp_path / "config/fwtracker.toml"
    path.write_text(path.read_text() + f'\nresolvers = ["{resolver}"]\n')
    ran = fwtracker("run")
    assert ran.status == 2
    assert f'[drift] resolvers: "{resolver}" is not an address; write 192.0.2.53' in ran.err
