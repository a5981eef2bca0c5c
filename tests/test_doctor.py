"""`doctor`: each thing that is wrong with a set-up is named, with what to do about it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from types import SimpleNamespace

import msgspec
import pytest

from tests.site.readings import entry, stored
from tracker.alerts import outbox
from tracker.config import parse
from tracker.store.records import Receipt, encode_pretty


@pytest.fixture
def examine(fwtracker, tmp_path, site):
    """Run doctor with a configuration; its lines by what they are about, and the status."""
    site.show_sample("2024-04/stacks.html")

    def run(more="", *options, url=None, status=None):
        (tmp_path / "c.toml").write_text(
            f'{more}\n[sources.action1]\nurl = "{url or site.url}"\n'
        )
        ran = fwtracker("doctor", "--config", "c.toml", "--json", *options)
        assert ran.err == ""
        assert status is None or ran.status == status
        return [
            (each["about"], each["verdict"], each["text"], each["advice"]) for each in ran.json
        ]

    return run


def found(lines, about, verdict):
    return " ".join(text for who, how, text, _ in lines if (who, how) == (about, verdict))


def test_a_good_set_up_has_nothing_bad(examine, fwtracker):
    lines = examine(status=0)
    assert "is writable" in found(lines, "store", "good")
    assert "MiB free" in found(lines, "disk", "good")
    assert "agrees" in found(lines, "clock", "good")
    assert "would publish version 1" in found(lines, "action1 page", "warning")
    assert "no version yet" in found(lines, "action1", "warning")
    fwtracker("run", "--config", "c.toml")
    lines = examine(status=0)
    assert "reached; it says the same as version 1" in found(lines, "action1 page", "good")
    assert "every file is as it was written" in found(lines, "action1", "good")


def test_looking_up_names_needs_a_library(examine, monkeypatch):
    assert "dnspython" not in str(examine("", "--offline"))
    enabled = '[drift]\nenabled = true\nresolvers = ["127.0.0.53"]\n'
    assert "127.0.0.53" in found(examine(enabled, "--offline", status=0), "drift", "good")
    monkeypatch.setitem(sys.modules, "dns", None)
    lines = examine(enabled, "--offline", status=1)
    assert "dnspython is not installed" in found(lines, "drift", "bad")


def test_for_people_each_line_has_its_advice_below(fwtracker):
    ran = fwtracker("doctor", "--offline")
    assert ran.status == 0
    assert "warning  channels: none is configured" in ran.out
    assert "         -> add [[channels]]" in ran.out


def test_it_leaves_nothing_behind(examine, tmp_path):
    examine()
    assert [path for path in (tmp_path / "snapshots").rglob("*") if path.is_file()] == []


def test_a_configuration_that_cannot_be_used_is_one_line(fwtracker, tmp_path):
    (tmp_path / "c.toml").write_text("[fwtracker]\nsnapshot = 1\n")
    ran = fwtracker("doctor", "--config", "c.toml")
    assert (ran.status, 'did you mean "snapshots"' in ran.err) == (2, True)


def test_secrets_that_are_missing_or_open_to_others(examine, tmp_path):
    (tmp_path / "secret").write_text("https://hooks.slack.com/services/T/B/X\n")
    (tmp_path / "secret").chmod(0o644)
    lines = examine(
        '[[channels]]\nname="a"\ntype="slack"\nurl_env="NOT_SET"\n'
        f'[[channels]]\nname="b"\ntype="slack"\nurl_file="{tmp_path}/secret"\n'
        '[[serve.tokens]]\npath="/"\ntoken_env="NO_TOKEN"\n'
        '[fwtracker]\nschedule="soon"\nheartbeat_url_env="NO_BEAT"\n',
        "--offline",
        status=1,
    )
    assert "NOT_SET" in found(lines, "channel a", "bad")
    assert "others can read" in found(lines, "channel b", "warning")
    assert "NO_TOKEN" in found(lines, "token of /", "bad")
    assert "not a schedule" in found(lines, "schedule", "bad")
    assert "NO_BEAT" in found(lines, "heartbeat", "bad")
    assert "T/B/X" not in json.dumps(lines)


def test_an_open_address_without_a_token(examine):
    lines = examine('[serve]\nhost = "0.0.0.0"\n', "--offline", status=0)
    assert "open to everyone" in found(lines, "serve", "warning")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_store_that_cannot_be_written(examine, tmp_path):
    (tmp_path / "snapshots").mkdir(mode=0o500)
    assert "check who owns it" in found(examine("", "--offline", status=1), "store", "bad")


def test_a_store_that_is_no_folder(examine, tmp_path):
    (tmp_path / "snapshots").write_text("")
    assert "move away" in found(examine("", "--offline", status=1), "store", "bad")


def test_a_bucket_is_tried_too(examine, bucket):
    lines = examine(f'[fwtracker]\nsnapshots = "{bucket}"\n', "--offline", status=0)
    assert "creates each file only once" in found(lines, "store", "good")


def test_a_full_disk(examine, monkeypatch):
    usage = SimpleNamespace(free=2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert "1 MiB free" in found(examine("", "--offline", status=1), "disk", "bad")


def test_damage_staleness_and_what_waits(examine, tmp_path):
    tree = stored(tmp_path / "snapshots", [entry()], now=datetime(2026, 3, 1, tzinfo=UTC))
    channel = '[[channels]]\nname="ops"\ntype="slack"\nurl_env="NOT_SET"\n'
    (ops,) = parse({"channels": [{"name": "ops", "type": "slack", "url_env": "X"}]}).channels
    tree.remember("channels/ops", {"since": 0})
    assert "1 still to be delivered" in found(examine(channel), "channel ops", "warning")
    outbox.record_dead_letter(tree, ops, Receipt(1, "2026-03-01T12:00:00Z", "no such hook"))
    (tmp_path / "snapshots/action1/rules/europe/ips.txt").write_text("1.1.1.1\n")
    lines = examine(channel, status=1)
    assert "no such hook" in found(lines, "channel ops", "bad")
    assert "rules/europe/ips.txt" in found(lines, "action1", "bad")
    assert "no good check since" in found(lines, "action1", "bad")


def test_a_check_from_the_future_is_a_wrong_clock(examine, tmp_path):
    tree = stored(tmp_path / "snapshots", [entry()])
    future = msgspec.structs.replace(tree.manifest(), checked_at="2099-01-01T00:00:00Z")
    tree.publish({"manifest.json": encode_pretty(future)})
    assert "in the future" in found(examine("", "--offline", status=1), "clock", "bad")


def test_a_server_whose_clock_disagrees(examine, monkeypatch):
    future = "Mon, 01 Jan 2035 00:00:00 GMT"
    monkeypatch.setattr(BaseHTTPRequestHandler, "date_time_string", lambda *_: future)
    assert "behind that of the page's server" in found(examine(), "clock", "bad")


def test_a_page_that_cannot_be_reached_or_read(examine, site):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    lines = examine(url=url, status=1)
    assert "cannot be reached" in found(lines, "action1 page", "bad")
    (advice,) = [advice for about, _, _, advice in lines if about == "action1 page"]
    assert "HTTPS_PROXY" in advice
    site.show("<html><body>Nothing here</body></html>")
    assert found(examine(status=1), "action1 page", "bad")


@pytest.fixture
def several(fwtracker, tmp_path, site):
    """Doctor with action1 switched off and two sources, one of them in a file of its own."""
    site.show_sample("2024-04/stacks.html")
    (tmp_path / "sources").mkdir()

    def run(*options, own="", more=""):
        (tmp_path / "sources/two.toml").write_text(f'url = "{site.url}"\n{own}')
        (tmp_path / "c.toml").write_text(
            "[sources.action1]\nenabled = false\n"
            f'[sources.one]\nuse = "action1"\nurl = "{site.url}"\n{more}'
        )
        return fwtracker("doctor", "--config", "c.toml", "--json", *options)

    return run


def lines_of(ran):
    return [(each["about"], each["verdict"], each["text"], each["advice"]) for each in ran.json]


def test_each_source_is_named_with_its_definition(several, examine):
    lines = lines_of(several("--offline"))
    assert found(lines, "sources", "good") == "one, two"
    assert found(lines, "one definition", "good") == (
        "c.toml: [sources.one], over the definition action1 that ships with fwtracker"
    )
    assert found(lines, "two definition", "good") == "sources/two.toml"
    assert found(lines, "action1 definition", "good") == (
        "c.toml: [sources.action1]: not checked (enabled = false)"
    )
    lines = examine("", "--offline")
    assert "over the definition action1" in found(lines, "action1 definition", "good")


def test_without_a_word_in_the_configuration_it_is_as_shipped(fwtracker):
    lines = lines_of(fwtracker("doctor", "--offline", "--json"))
    assert found(lines, "action1 definition", "good") == "as it ships with fwtracker"


def test_a_bad_selector_is_named_and_the_others_are_still_looked_at(several, site):
    ran = several(own='[[tables]]\ncss = "table["\n')
    lines = lines_of(ran)
    assert (ran.status, ran.err) == (1, "")
    assert found(lines, "two definition", "bad").startswith(
        'sources/two.toml tables[0].css: "table[" is not a CSS selector: malformed attribute'
    )
    assert "would publish version 1" in found(lines, "one page", "warning")
    assert not [line for line in lines if line[0] == "two page"]


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ("ulr = 1\n", 'sources/two.toml: unknown key "ulr"; did you mean "url"?'),
        ("url = 1\n", "sources/two.toml: not valid TOML: Cannot overwrite a value"),
        ("region_titles = '('\n", 'sources/two.toml region_titles: "(" is not a regular'),
        ("use = 'acme'\n", 'sources/two.toml use: no definition "acme" is shipped; there are:'),
    ],
)
def test_a_broken_definition_is_one_line(several, own, words):
    ran = several(own=own)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith(f"fwtracker: {words}")
    assert len(ran.err.splitlines()) == 1


def test_each_page_of_a_source_is_asked_for(several, site):
    ran = several()
    assert not [each for each in ran.json if each["verdict"] == "bad"]
    urls = f'"{site.url}", "{site.root}/gone/"'
    ran = several(more=f'[sources.three]\nuse = "action1"\nurl = [{urls}]\n')
    lines = lines_of(ran)
    assert (ran.status, "/gone/" in found(lines, "three page", "bad")) == (1, True)
    assert "would publish" in found(lines, "one page", "warning")
