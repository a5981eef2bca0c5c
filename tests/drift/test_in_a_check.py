"""Drift as a part of `run`: a name server with answers that change, and a channel."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from tests.drift.names import AAAA, FAILURE, NO_SUCH_NAME, A, NameServer
from tests.support.servers import HookServer

HOST = "server.eu.action1.com"
EUROPE = ["3.74.63.86", "3.124.175.10"]
AMERICA = ["54.210.188.13", "54.227.102.112", "3.210.54.212", "3.213.90.174"]


@pytest.fixture
def names():
    with NameServer() as server:
        yield server


@pytest.fixture
def agreed(names, site, first_runs, tmp_path):
    """A version whose hosts DNS knows as the page lists them."""
    first_runs("2024-04/stacks.html", config="[drift]\nenabled = false\n")
    configured(tmp_path, site, enabled=False)
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
    shown = fwtracker("drift")
    assert (shown.status, "never looked up" in shown.out) == (1, True)


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
    assert sighting["resolvers"] == [agreed.address]
    assert agreed.address in fwtracker("drift").out
    # And it is over when DNS says what the page says, and has said so for long enough.
    agreed.names[HOST] = EUROPE
    ended = [drift(fwtracker("run", "--json")) for _ in range(5)]
    assert ended[:4] == [[], [], [], []]
    assert ended[4][0].startswith(f"no longer: DNS has 3.74.63.99 for {HOST}")
    assert fwtracker("drift").status == 0
    assert "DNS and the page agree" in fwtracker("drift").out


def test_an_address_that_dns_does_not_have_any_more(agreed, site, fwtracker, tmp_path) -> None:
    configured(tmp_path, site, names=agreed)
    for _ in range(5):  # a host that gives all of its addresses each time
        fwtracker("run")
    agreed.names[HOST] = EUROPE[:1]
    assert drift(fwtracker("run", "--json")) == []
    assert fwtracker("drift").status == 0  # it may be another choice of addresses
    assert f"{HOST} {EUROPE[1]}, in 1 check" in fwtracker("drift").out
    [told] = drift(fwtracker("run", "--json"))
    assert told.startswith(f"the page lists {EUROPE[1]} for {HOST}, which DNS does not have")


def test_a_name_that_is_gone(agreed, site, fwtracker, tmp_path) -> None:
    configured(tmp_path, site, names=agreed)
    agreed.names["eu-cdn.action1.com"] = NO_SUCH_NAME
    fwtracker("run")
    [told] = drift(fwtracker("run", "--json"))
    assert told.startswith("the page names eu-cdn.action1.com, which DNS does not know")


def test_nothing_looked_up_is_never_agreed(
    agreed, site, fwtracker, tmp_path, monkeypatch
) -> None:
    with HookServer() as hook:
        monkeypatch.setenv("HOOK", hook.url)
        configured(tmp_path, site, names=agreed, hook=hook)
        known, agreed.names = agreed.names, dict.fromkeys(agreed.names, FAILURE)
        ran = fwtracker("run", "--json")
        assert (ran.status, drift(ran)) == (0, [])
        assert f"cannot be compared for {HOST}: A records: SERVFAIL" in ran.err
        shown = fwtracker("drift")
        assert shown.status == 1
        assert f"{HOST}, A and AAAA: SERVFAIL, by {agreed.address}" in shown.out
        assert "nothing could be looked up" in shown.out
        assert "agree" not in shown.out
        report = fwtracker("drift", "--json").json
        assert (report["hosts"], report["answered"]) == (14, 0)
        assert {each["record"] for each in report["failures"]} == {"A", "AAAA"}
        [told] = drift(fwtracker("run", "--json"))
        assert told.startswith("14 hosts (")
        agreed.names = known
        fwtracker("run")
        [over] = drift(fwtracker("run", "--json"))
        assert over.endswith("can be looked up again")
        assert fwtracker("drift").status == 0
        begun, ended = hook.bodies()
    assert (begun["kind"], begun["name"]) == ("drift", "dns-failing")
    assert "names cannot be looked up in DNS" in begun["subject"]
    assert (ended["kind"], ended["ends"]) == ("over", ["drift"])


def test_a_record_type_that_fails_beside_a_good_one_is_said(
    agreed, site, fwtracker, tmp_path
) -> None:
    configured(tmp_path, site, names=agreed)
    agreed.failing = {AAAA}
    shown = fwtracker("drift", "--now")
    assert shown.status == 1
    assert f"{HOST}, AAAA: SERVFAIL, by {agreed.address}" in shown.out
    assert "14 of 14 names were answered" in shown.out
    assert "agree" not in shown.out


def test_an_empty_answer_is_not_an_unknown_name(agreed, site, fwtracker, tmp_path) -> None:
    configured(tmp_path, site, names=agreed)
    agreed.names |= {HOST: [], "eu-cdn.action1.com": NO_SUCH_NAME}
    found = fwtracker("drift", "--now", "--json").json["sightings"]
    assert {(each["kind"], each["host"]) for each in found} == {
        ("empty", HOST),
        ("nameless", "eu-cdn.action1.com"),
    }


def test_each_resolver_is_named_and_one_that_fails_counts_for_nothing(
    agreed, site, fwtracker, tmp_path
) -> None:
    with NameServer() as inner, NameServer() as down:
        inner.names = {**agreed.names, HOST: [*EUROPE, "3.74.63.99"]}
        down.failing = {A, AAAA}
        inner.names["eu-cdn.action1.com"] = agreed.names["eu-cdn.action1.com"] = NO_SUCH_NAME
        configured(tmp_path, site, names=agreed)
        path = tmp_path / "config/fwtracker.toml"
        all_three = '", "'.join(each.address for each in (down, agreed, inner))
        path.write_text(path.read_text().replace(agreed.address, all_three))
        report = fwtracker("drift", "--now", "--json").json
        known = (agreed.address, inner.address)
    by = {(each["kind"], each["host"]): each["resolvers"] for each in report["sightings"]}
    assert by == {
        ("unlisted", HOST): [known[1]],
        ("nameless", "eu-cdn.action1.com"): [*known],
    }
    assert report["failures"] == []


def test_a_resolver_that_never_answers_is_not_waited_for_each_time(
    agreed, site, fwtracker, tmp_path
) -> None:
    configured(tmp_path, site)
    path = tmp_path / "config/fwtracker.toml"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        path.write_text(f'{path.read_text()}\nresolvers = ["{address}"]\ntimeout = 0.2\n')
        report = fwtracker("drift", "--now", "--json").json
    reasons = [each["reason"] for each in report["failures"]]
    assert len(reasons) == 28
    assert {"no answer in 0.2 s", "not asked, after 8 look-ups without an answer"} == {*reasons}
    assert reasons.count("no answer in 0.2 s") < 16


def test_names_that_are_left_out_are_not_looked_up(agreed, site, fwtracker, tmp_path) -> None:
    configured(tmp_path, site, names=agreed)
    path = tmp_path / "config/fwtracker.toml"
    path.write_text(f'{path.read_text()}\nignore = ["{HOST}", "*.s3.amazonaws.com"]\n')
    fwtracker("drift", "--now")
    assert "eu-cdn.action1.com" in agreed.asked
    assert not [each for each in agreed.asked if each == HOST or "amazonaws" in each]
    path.write_text(path.read_text().replace(HOST, "https://a.example/"))
    ran = fwtracker("drift")
    assert (ran.status, "[drift.ignore" in ran.err) == (2, True)


def test_the_channels_are_alerted_once_and_of_the_end_of_each(
    agreed, site, fwtracker, tmp_path, monkeypatch
) -> None:
    with HookServer() as hook:
        monkeypatch.setenv("HOOK", hook.url)
        configured(tmp_path, site, names=agreed, hook=hook)
        for _ in range(5):
            fwtracker("run")
        agreed.names |= {HOST: [*EUROPE, "3.74.63.99"], "eu-cdn.action1.com": NO_SUCH_NAME}
        for _ in range(3):
            assert fwtracker("run").status == 0
        [body] = hook.bodies()
        assert (body["type"], body["kind"]) == ("notice", "drift")
        names = [each["name"] for each in body["findings"]]
        assert sorted(names) == ["dns-nameless", "dns-unlisted"]
        agreed.names[HOST] = EUROPE
        for _ in range(2):
            assert fwtracker("run").status == 0
        _, one = hook.bodies()
        assert (one["kind"], one["ends"], one["name"]) == ("drift", [], "dns-over")
        assert "3.74.63.99" in one["findings"][0]["message"]
        agreed.names["eu-cdn.action1.com"] = ["203.0.113.1"]
        for _ in range(2):
            assert fwtracker("run").status == 0
        *_, over = hook.bodies()
        assert (over["kind"], over["ends"]) == ("over", ["drift"])
        assert "eu-cdn.action1.com" in over["text"]


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
