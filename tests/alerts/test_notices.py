"""Notices are committed like versions: killed anywhere, on many machines, at what cost."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from tests.support.servers import Answer, HookServer
from tests.support.site import SAMPLES
from tests.support.watched import Watched, configured, identity
from tracker.alerts import outbox
from tracker.store.blobs import Blobs, Stamp

GOOD = (SAMPLES / "2024-04/stacks.html").read_bytes()
HELD = GOOD.replace(b"</body>", b"<p>198.41.0.4</p></body>")


class Killed(BaseException):
    """Not caught by any handler, like a kill."""


@dataclass
class Counting:
    """A store that notes what is read and written, and dies before write number `last`."""

    inner: Blobs
    last: int | None = None
    reads: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    tags_prove_bytes: bool = False
    is_remote: bool = False

    def read(self, name: str) -> bytes | None:
        self.reads.append(name)
        return self.inner.read(name)

    def read_many(self, names: Sequence[str]) -> dict[str, bytes | None]:
        return {name: self.read(name) for name in names}

    def create(self, name: str, data: bytes) -> None:
        self._write(name)
        self.inner.create(name, data)

    def replace(self, files: Mapping[str, bytes], *, lasting: bool = True) -> None:
        for name, data in files.items():
            self._write(name)
            self.inner.replace({name: data}, lasting=lasting)

    def delete(self, *names: str) -> None:
        for name in names:
            self._write(name)
            self.inner.delete(name)

    def names(self, folder: str) -> Iterator[str]:
        self.reads.append(f"{folder}/")
        return self.inner.names(folder)

    def walk(self, folder: str) -> Iterator[str]:
        return self.inner.walk(folder)

    def stamps(self, folder: str, names: Collection[str]) -> dict[str, Stamp]:
        return self.inner.stamps(folder, names)

    def exclusive(self, name: str, wait: float):
        return self.inner.exclusive(name, wait)

    def _write(self, name: str) -> None:
        self.writes.append(name)
        if len(self.writes) == self.last:
            raise Killed(name)


@pytest.fixture
def hook(monkeypatch):
    with HookServer() as server:
        monkeypatch.setenv("URL_OPS", server.url)
        yield server


@pytest.fixture
def dead(monkeypatch):
    with HookServer(Answer(404)) as server:
        monkeypatch.setenv("URL_DEAD", server.url)
        yield server


@pytest.fixture
def watched(site, tmp_path, hook, dead, first_checks):
    """A source with one good check; the next failed one is reported."""
    config = configured({"name": "ops"}, health={"failures": 1})
    made = Watched(site, config, str(tmp_path / "snapshots"))
    first_checks.make(made, GOOD)
    hook.requests.clear()
    return made


def failing(watched: Watched) -> None:
    watched.site.pages.clear()


def held(watched: Watched) -> None:
    watched.site.show(HELD)


def over(watched: Watched) -> None:
    failing(watched)
    watched.check()
    watched.site.show(GOOD)


def gap(watched: Watched) -> None:
    watched.now = watched.now.replace(day=watched.now.day + 2)


def stale(watched: Watched) -> None:
    gap(watched)
    failing(watched)


def refused(watched: Watched) -> None:
    """A version is owed, and one of two channels refuses whatever it is sent."""
    more = b"<li>54.79.23.166</li><li>3.104.236.1</li>"
    watched.site.show(GOOD.replace(b"<li>54.79.23.166</li>", more))
    watched.config = configured({"name": "dead"}, {"name": "ops"}, health={"failures": 1})
    watched.check(notify=False)


SCENES = {
    failing: ["failing"],
    held: ["held"],
    over: ["over"],
    gap: ["over"],
    stale: ["failing", "stale"],
    refused: ["channel"],
}


@pytest.mark.parametrize("scene", SCENES)
def test_a_kill_anywhere_loses_no_notice_and_repeats_none(watched, hook, scene):
    scene(watched)
    prepared, now = Path(watched.place), watched.now
    before = len(outbox.notice_numbers(watched.tree))
    killed_at = []
    while True:
        watched.place, watched.now = f"{prepared}-{len(killed_at)}", now
        shutil.copytree(prepared, watched.place)
        hook.requests.clear()
        watched.wrap = partial(Counting, last=len(killed_at) + 1)
        try:
            watched.check()
        except Killed as killed:
            killed_at.append(str(killed))
        else:
            break
        watched.wrap = identity
        watched.check(2, hours=0.1)
        assert kinds(watched)[before:] == SCENES[scene], killed_at[-1]
        # Only between send and receipt is there a reason to send again.
        repeats = "receipts/ops" in killed_at[-1]
        told = len(SCENES[scene]) + (scene is refused)  # and of the version
        assert len(hook.requests) == told + repeats, killed_at[-1]
        assert (
            outbox.owed_numbers(watched.tree, watched.config.channels[-1], outbox.NOTICES) == []
        )
    assert kinds(watched)[before:] == SCENES[scene]
    assert {"notices", "notice-receipts", "health.json"} <= {
        part for name in killed_at for part in name.split("/")
    }


def kinds(watched: Watched) -> list[str]:
    """Of all notices, in order."""
    return [
        outbox.load_notice(watched.tree, each).kind
        for each in outbox.notice_numbers(watched.tree)
    ]


def test_an_unchanged_check_with_channels_reads_one_small_file_more(watched):
    made: list[Counting] = []

    def counting(blobs: Blobs) -> Counting:
        made.append(Counting(blobs))
        return made[-1]

    watched.check()  # notes the times of the files, which are those of a copy
    watched.wrap = counting
    assert watched.check().outcome == "unchanged"
    reads = [name.removeprefix(".state/") for name in made[0].reads]
    about_notices = [name for name in reads if "health" in name or "notice" in name]
    assert about_notices == ["action1/health.json"]
    assert made[0].writes == ["action1/manifest.json", "action1/version.json"]


def test_an_unchanged_check_with_channels_loads_nothing_of_it(site, fwtracker, tmp_path, hook):
    site.show(GOOD)
    (tmp_path / "config").mkdir()
    (tmp_path / "config/fwtracker.toml").write_text(
        f'[sources.action1]\nurl="{site.url}"\n'
        '[[channels]]\nname="ops"\ntype="slack"\nurl_env="URL_OPS"\n'
    )
    fwtracker("run")
    tell = (
        "import sys; sys.argv = ['fwtracker', 'run']\n"
        "from tracker.cli import main\n"
        "try: main()\n"
        "except SystemExit: print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", tell], check=True, cwd=tmp_path, capture_output=True, text=True
    )
    assert "unchanged" in done.stdout
    loaded = set(done.stdout.split())
    assert "tracker.alerts.outbox" in loaded
    unwanted = {"tracker.alerts.health", "tracker.alerts.notices"}
    assert not loaded & (
        unwanted | {"asyncio", "tracker.alerts.delivery", "tracker.alerts.messages"}
    )


def test_machines_on_one_object_store_count_together_and_tell_once(
    site, bucket, hook, monkeypatch
):
    config = configured({"name": "ops"})
    machines = [Watched(site, config, bucket) for _ in range(3)]
    site.show(GOOD)
    for machine in machines:
        machine.check()
    hook.requests.clear()
    site.pages.clear()
    for machine in machines:  # one check each, a quarter of an hour apart
        machine.now = max(each.now for each in machines)
        machine.check(hours=0.25)
    assert kinds(machines[0]) == ["failing"]
    site.show(GOOD)
    at_once([machine.check for machine in machines])
    assert kinds(machines[0]) == ["failing", "over"]
    assert len(hook.requests) == 2


def at_once(works) -> None:
    start = threading.Barrier(len(works))

    def work(each) -> None:
        start.wait()
        each()

    threads = [threading.Thread(target=work, args=(each,)) for each in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
