"""`fwtracker serve` from the outside: start, signals, standby, and what it leaves behind."""

from __future__ import annotations

import signal
import socket

import pytest

from tests.scheduler.rig import Slow, serve, until
from tests.support.servers import HookServer
from tests.support.site import SAMPLES
from tracker.store import open_store
from tracker.store.tree import Tree

CHANGED = (
    (SAMPLES / "2024-04/stacks.html").read_bytes().replace(b"54.210.188.13<", b"54.210.188.99<")
)


class Place:
    """A folder with a configuration; checks are due on New Year's night, or at once."""

    def __init__(self, folder, site):
        self.folder, self.site = folder, site
        self.file = folder / "c.toml"
        self.configure()

    def configure(self, more=""):
        self.file.write_text(
            f'[fwtracker]\nschedule = "17 3 1 1 *"\nformats = ["ips"]\n{more}\n'
            f'[sources.action1]\nurl = "{self.site.url}"\n'
        )

    @property
    def tree(self):
        return Tree(open_store(str(self.folder / "snapshots")), "action1")

    def serve(self, *args, **more):
        return serve(self.folder, "--config", "c.toml", *args, **more)


@pytest.fixture
def place(tmp_path, site):
    site.show_sample("2024-04/stacks.html")
    return Place(tmp_path, site)


def test_it_checks_at_once_where_nothing_is_known_and_serves_what_it_found(place):
    with place.serve() as served, served.client as client:
        served.says("action1: published, version 1")
        assert client.get("/v1/action1/version").json()["version"] == 1
        assert client.get("/action1/rules/europe/ips.txt").text.count("\n") > 2
        assert "leading" in client.get("/readyz").text
        assert served.stop() == 0
    assert place.tree.versions() == [1]
    assert len(place.site.asked) == 1


def test_a_check_that_is_not_due_is_not_made(place):
    with place.serve() as served:
        served.says("published, version 1")
        assert served.stop() == 0
    with place.serve() as served, served.client as client:
        served.says("leading")
        assert client.get("/readyz").status_code == 200
        assert served.stop() == 0
    assert len(place.site.asked) == 1


def test_sigterm_finishes_the_running_check_and_answers_meanwhile(place):
    place.site.pages = slow = Slow(place.site.pages)
    with place.serve() as served, served.client as client:
        assert slow.asked.wait(20)
        served.send(signal.SIGTERM)
        served.says("stopping after the running check")
        assert client.get("/healthz").status_code == 200
        slow.go.set()
        served.says("published, version 1")
        assert served.ends() == 0
    assert place.tree.versions() == [1]
    assert place.tree.manifest().version == 1


def test_a_second_sigterm_waits_for_nothing(place):
    place.site.pages = slow = Slow(place.site.pages)
    with place.serve() as served:
        assert slow.asked.wait(20)
        served.send(signal.SIGTERM)
        served.says("stopping")
        served.send(signal.SIGTERM)
        served.says("ending now")
        assert served.ends() == 0
        slow.go.set()
    with place.serve() as served:
        served.says("published, version 1")
        assert served.stop() == 0


def test_sigusr1_checks_now(place):
    with place.serve() as served:
        served.says("published, version 1")

        def asked() -> bool:  # until the first check is quite done, which leaves it out
            served.send(signal.SIGUSR1)
            return 304 in place.site.statuses()

        until(asked)
        served.says("unchanged, version 1")
        assert served.stop() == 0
    assert place.site.statuses()[:2] == [200, 304]


def test_sighup_reads_the_configuration_and_a_broken_one_changes_nothing(place):
    env = {"TOKEN": "sesame"}
    with place.serve(env=env) as served, served.client as client:
        served.says("published, version 1")
        place.file.write_text("[fwtracker]\nschedul = 1\n")
        served.send(signal.SIGHUP)
        served.says('not taken, the old one stays: .*did you mean "schedule"')
        assert "fwtracker_config_reload_failed 1.0" in client.get("/metrics").text
        place.configure('[[serve.tokens]]\npath = "/action1/"\ntoken_env = "NOT_SET"\n')
        served.send(signal.SIGHUP)
        served.says("the old tokens stay: .*NOT_SET")
        assert client.get("/action1/latest.json").status_code == 200
        place.configure('[[serve.tokens]]\npath = "/action1/"\ntoken_env = "TOKEN"\n')
        served.send(signal.SIGHUP)
        served.says("was read again")
        assert client.get("/action1/latest.json").status_code == 401
        assert "fwtracker_config_reload_failed 0.0" in client.get("/metrics").text
        assert "sesame" not in "".join(served.lines)
        assert served.stop() == 0


CHANNEL = '[[channels]]\nname = "ops"\ntype = "webhook"\nurl_env = "OPS_URL"\n'


def test_a_broken_configuration_is_told_by_the_old_channels_and_its_end_too(place):
    place.configure(CHANNEL)
    right = place.file.read_text()
    broken = right.replace("schedule", "schedul").replace("OPS_URL", "OTHER_URL")
    with HookServer() as hook, place.serve(env={"OPS_URL": hook.url}) as served:
        served.says("published, version 1")
        place.file.write_text(broken)
        served.send(signal.SIGHUP)
        until(lambda: len(hook.requests) == 2)
        place.file.write_text(right)
        served.send(signal.SIGHUP)
        until(lambda: len(hook.requests) == 3)
        assert served.stop() == 0
    _, told, over = hook.bodies()
    assert (told["kind"], over["kind"], over["ends"]) == ("config", "over", ["config"])
    assert 'did you mean "schedule"' in told["reason"]
    assert "systemctl reload" in told["text"]


def test_what_was_broken_and_is_right_at_the_next_start_is_told_then(place):
    place.configure(CHANNEL)
    right = place.file.read_text()
    with HookServer() as hook:
        env = {"OPS_URL": hook.url}
        with place.serve(env=env) as served:
            served.says("published, version 1")
            place.file.unlink()
            served.send(signal.SIGHUP)
            served.says("not taken.*cannot be read")
            until(lambda: len(hook.requests) == 2)
            assert served.stop() == 0
        place.file.write_text(right)
        with place.serve(env=env) as served:
            served.says("leading")
            until(lambda: len(hook.requests) == 3)
            assert served.stop() == 0
        assert hook.bodies()[2]["ends"] == ["config"]


def test_a_second_process_stands_by_and_takes_over(place):
    with place.serve() as first:
        first.says("published, version 1")
        with place.serve() as second, second.client as client:
            second.says("standing by: .*process")
            assert client.get("/readyz").text == "action1: version 1\nstanding by\n"
            first.send(signal.SIGKILL)
            first.ends()
            second.says("leading")
            assert "leading" in client.get("/readyz").text
            assert second.stop() == 0
    assert len(place.site.asked) == 1


def test_only_answering_leaves_the_checks_to_others(place):
    with place.serve("--no-check") as served, served.client as client:
        assert client.get("/readyz").status_code == 503
        assert served.stop() == 0
    assert place.site.asked == []


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--config", "none.toml"], "none.toml: cannot be read"),
        (["--host", "203.0.113.1"], "cannot listen on 203.0.113.1"),
        (["--config", "bad.toml"], "is not a schedule"),
        (["--config", "token.toml"], "NOT_SET"),
    ],
)
def test_what_cannot_be_used_is_one_line(place, args, said):
    (place.folder / "bad.toml").write_text('[fwtracker]\nschedule = "soon"\n')
    (place.folder / "token.toml").write_text(
        '[[serve.tokens]]\npath = "/"\ntoken_env = "NOT_SET"\n'
    )
    with serve(place.folder, *args) as served:
        assert served.ends() == 2
        assert len(served.lines) == 1
        assert said in served.lines[0]


def test_a_port_that_is_taken_is_one_line(place):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with place.serve("--port", port) as served:
            assert served.ends() == 2
            assert "choose others with --host and --port" in served.lines[0]


def test_systemd_hears_when_it_is_ready_and_when_it_stops(place):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(place.folder / "notify"))
        channel.settimeout(20)
        env = {"NOTIFY_SOCKET": str(place.folder / "notify"), "WATCHDOG_USEC": "30000000"}
        with place.serve(env=env) as served:
            heard = [channel.recv(100), channel.recv(100)]
            assert served.stop() == 0
            heard.append(channel.recv(100))
    assert heard == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_on_object_storage_it_leads_publishes_and_gives_the_lead_back(place, bucket):
    with place.serve("--snapshots", bucket) as served, served.client as client:
        served.says("published, version 1")
        place.site.show_sample("2024-11/stacks.html")
        assert client.get("/action1/rules/europe/ips.txt").status_code == 200
        assert client.get("/action1/", headers={"Accept": "text/html"}).status_code == 200
        assert "leading" in client.get("/readyz").text
        assert served.stop() == 0
    assert open_store(bucket).read(".state/serve/lock") is None
    assert Tree(open_store(bucket), "action1").versions() == [1]


def test_all_sources_are_checked_also_those_in_files_of_their_own(tmp_path, site):
    """The process that reads a page is given the definitions, and reads no file."""
    for path in ("/one/", "/two/"):
        site.show((SAMPLES / "2024-04/stacks.html").read_bytes(), path)
    (tmp_path / "sources").mkdir()
    file = tmp_path / "sources/two.toml"
    right = f'use = "action1"\ntitle = "The second"\nurl = "{site.root}/two/"\n'
    file.write_text(right)
    (tmp_path / "c.toml").write_text(
        "[sources.action1]\nenabled = false\n"
        f'[sources.one]\nuse = "action1"\nurl = "{site.root}/one/"\n'
    )
    with serve(tmp_path, "--config", "c.toml") as served, served.client as client:
        served.says("one: published, version 1")
        served.says("two: published, version 1")
        listed = client.get("/v1/sources").json()
        assert [(each["name"], each["version"]) for each in listed] == [
            ("one", 1),
            ("two", 1),
        ]
        assert "The second" in client.get("/").text
        assert client.get("/two/rules/europe/ips.txt").text.count("\n") > 2
        assert client.get("/v1/action1/version").status_code == 404
        metrics = client.get("/metrics").text
        assert 'source="one"' in metrics
        assert 'source="two"' in metrics
        assert 'source="action1"' not in metrics
        assert client.get("/readyz").text == "one: version 1\ntwo: version 1\nleading\n"
        file.write_text("ulr = 1\n")
        served.send(signal.SIGHUP)
        served.says(r'not taken.*sources/two.toml: unknown key "ulr"; did you mean "url"')
        site.show(CHANGED, "/two/")
        served.send(signal.SIGUSR1)
        served.says("one: unchanged, version 1")
        served.says("two: published, version 2")
        file.write_text(right + 'select = "main["\n')
        served.send(signal.SIGHUP)
        served.says("the configuration was read again")
        served.send(signal.SIGUSR1)
        served.says("one: unchanged, version 1", count=2)
        served.says("two: failed: sources/two.toml select: ")
        assert served.stop() == 0
    assert Tree(open_store(str(tmp_path / "snapshots")), "two").versions() == [1, 2]
