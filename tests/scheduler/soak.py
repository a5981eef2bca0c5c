"""A day of serving on a clock that is set: the page, the channel and the disk fail at random.

The store is rewound, restored and edited by others meanwhile: the next good check says that it
went back, no other does, and leaves every published file as its manifest says.

    python -m tests.scheduler.soak [HOURS]

The service, its schedule and its HTTP server are the real ones; a check runs inside, not as a
process of its own, so that it sees the same clock, and so that what it leaves in memory is
seen. Polls in between, as firewalls do. Ends with an error where an invariant does not hold.
"""

from __future__ import annotations

import gc
import os
import random
import shutil
import sys
import tempfile
import threading
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import httpx
import time_machine

from tests.support.servers import Answer, HookServer
from tests.support.site import MAIN, SAMPLES, Reply, Site
from tracker.alerts import notices, outbox
from tracker.alerts.delivery import deliver_owed
from tracker.check.context import CheckContext
from tracker.check.rewind import WENT_BACK
from tracker.errors import FwtrackerError, StoreError
from tracker.fetch.fetcher import Fetcher
from tracker.pipeline import run_check
from tracker.publish.published_files import FILE_CHANGED
from tracker.scheduler import jobs
from tracker.scheduler.service import TICK, SchedulerService, ServeOptions
from tracker.scheduler.status import CheckReport
from tracker.site.web import runner as web
from tracker.site.web.app import WebApp
from tracker.site.web.app_state import AppState
from tracker.store.folder import Folder
from tracker.store.identity import load_seen
from tracker.store.records import compute_fact
from tracker.store.tree import Tree, version_name

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
GOOD = SAMPLES / "2024-04/stacks.html"
BAD = (
    Reply(status=503),
    Reply(status=404),
    Reply(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n<html>"),
    Reply(raw=b""),
    Reply(body=b"<html><body>Just a moment</body></html>"),
    Reply(body=(SAMPLES / "2024-01/stacks.html").read_bytes()[:9000] + b"</html>"),
)
# What is done to the store, and how often in a hundred hours.
HARMS = {
    "edit": 20,
    "copy": 25,
    "rewind": 20,
    "restore": 8,
    "restore without state": 4,
    "take back versions": 8,
    "nothing": 15,
}
FEEDS = ("rules/europe/ips.txt", "rules/north-america/domains.txt", "latest.json", "index.html")


class Breaking(Folder):
    """A disk that fails at random while `share` is above nought."""

    share = 0.0

    def _perhaps(self):
        if random.random() < Breaking.share:
            raise StoreError("the disk does not answer; look at it")

    def replace(self, files, *, lasting=True):
        self._perhaps()
        super().replace(files, lasting=lasting)

    def create(self, name, data):
        self._perhaps()
        super().create(name, data)


class Inside:
    """What `CheckRunner` does, in this process and on this clock."""

    def __init__(self, service, day):
        self.service, self.day = service, day
        self.folder, self.site = day.folder, day.site

    def tree(self):
        return Tree(Breaking(str(self.folder)), "action1")

    def check(self, source):
        with Fetcher(sleep=lambda _: None) as fetcher:
            check = CheckContext(
                self.service.config.source(source),
                self.tree(),
                self.service.config,
                fetcher,
                self.site.url,
                sleep=lambda _: None,
            )
            outcome = run_check(check)
        self.day.judge(outcome)
        return CheckReport(
            **{key: getattr(outcome, key) for key in CheckReport.__struct_fields__}
        )

    def deliver(self, _source):
        tree, config = self.tree(), self.service.config
        try:
            with tree.lock():
                context = CheckContext(
                    config.source(tree.source), tree, config, sleep=lambda _: None
                )
                notices.record_overdue(context)
                return not deliver_owed(context, config.channels)
        except FwtrackerError:
            return False

    def terminate_children(self):
        pass


class Day:
    """One service for some hours, and what was seen of it."""

    def __init__(self, folder, site, hook, clock):
        self.folder, self.site, self.hook, self.clock = folder, site, hook, clock
        self.page = 1
        self.rewound = self.edited = False  # and no check has said so
        self.seen: Counter[str] = Counter()
        self.memory: list[int] = []
        self.bodies: dict[str, set[bytes]] = {name: set() for name in FEEDS}

    def serve(self, hours):
        """Start, run so many hours, stop: as one life of the process."""
        file = self.folder.parent / "c.toml"
        file.write_text(
            '[fwtracker]\nschedule = "17 * * * *"\njitter = 0\ngrace_days = 0\n'
            '[[channels]]\nname = "ops"\ntype = "slack"\nurl_env = "SOAK_HOOK"\n'
        )
        service = SchedulerService(ServeOptions(file, str(self.folder)))
        service._build_runner = lambda: Inside(service, self)
        service._runner = service._build_runner()
        state = AppState(
            service.config, str(self.folder), Folder(str(self.folder)), service.status
        )
        http = web.build_server(WebApp(state))
        listening = web.open_socket("127.0.0.1", 0)
        thread = threading.Thread(target=web.run_server, args=(http, listening))
        thread.start()
        service.start()
        self.until(lambda: service.status.leads)
        with httpx.Client(
            base_url=f"http://127.0.0.1:{listening.getsockname()[1]}/action1/", timeout=30
        ) as client:
            for minute in range(hours * 60):
                if minute % 60 == 15:
                    self.fate()
                if minute % 60 == 45:
                    self.meddle()
                for _ in range(60 // TICK):
                    self.step(service)
                if minute % 10 == 0:
                    self.poll(client)
        service.stop()
        http.leave()
        thread.join()
        for outcome, count in service.status.checks_of("action1").outcomes.items():
            self.seen[outcome] += count

    def step(self, service):
        """So many seconds pass, and all that is due is done."""
        self.clock.shift(TICK)
        service.schedule.check_clock()
        service.schedule._scheduler.wakeup()
        names = ("check action1", "tick action1")
        self.until(
            lambda: (
                all(service.schedule.next_time(name) > datetime.now(UTC) for name in names)
                and not service._get_lock("action1").locked()
            )
        )

    @staticmethod
    def until(question):
        for _ in range(60_000):
            if question():
                return
            threading.Event().wait(0.001)
        raise AssertionError("it does not settle")

    def fate(self):
        """What fails in the next hour."""
        Breaking.share = random.choice((0.0, 0.0, 0.0, 0.2))
        sick = random.random()
        self.hook.answers[:] = [Answer(status=500) if sick < 0.3 else Answer()]
        if random.random() < 0.4:
            self.site.pages[MAIN] = random.choice(BAD)
        else:
            self.page += random.choice((0, 1))
            self.show()

    def meddle(self):
        """What others do to the store: edit a published file, or put an older tree back."""
        tree = Tree(Folder(str(self.folder)), "action1")
        with tree.lock():
            if tree.manifest() is None:
                return
            done = random.choices([*HARMS], [*HARMS.values()])[0]
            if getattr(self, f"_{done.replace(' ', '_')}")(tree):
                self.seen[done] += 1
            seen = load_seen(tree)
            self.rewound = bool(seen) and tree.version_digest(seen.version) != seen.digest

    def _edit(self, tree):
        """Cut, empty, delete or change a file that the manifest names."""
        listed = [name for name in tree.manifest().files if not name.startswith("versions/")]
        name = random.choice(listed)
        file = self.folder / "action1" / name
        if not file.exists():
            return False
        harms = (file.read_bytes() + b"# edited\n", file.read_bytes()[:-3], b"", None)
        harm = random.choice(harms[: 1 if name in FEEDS else 4])  # those are polled
        file.unlink() if harm is None else file.write_bytes(harm)
        self.edited = True
        return True

    def _nothing(self, _tree):
        return True

    def _copy(self, _tree):
        shutil.rmtree(self.copy, ignore_errors=True)
        shutil.copytree(self.folder, self.copy)
        return True

    def _rewind(self, _tree):
        """The published tree of before, with the state of now."""
        return self._put_back("action1")

    def _restore(self, _tree):
        """The published tree and the state of before."""
        return self._put_back("action1", ".state")

    def _restore_without_state(self, tree):
        if not self._put_back("action1"):
            return False
        for name in list(tree.blobs.walk(".state/action1")):
            if name != "lock":
                tree.blobs.delete(f".state/action1/{name}")
        return True

    def _take_back_versions(self, tree):
        """The newest version alone."""
        newest = tree.versions()[-1]
        if newest > 1:
            tree.blobs.delete(f"action1/{version_name(newest)}")
        return newest > 1

    def _put_back(self, *folders):
        if not self.copy.exists():
            return False
        for name in folders:
            shutil.rmtree(self.folder / name)
            shutil.copytree(self.copy / name, self.folder / name)
        return True

    @property
    def copy(self):
        return self.folder.parent / "copy"

    def judge(self, outcome):
        """A good check says what was done to the store, and has the files right."""
        said = {finding.name for finding in outcome.findings}
        good = outcome.outcome in ("unchanged", "published")
        self.seen["said that the store went back"] += WENT_BACK in said
        self.seen["said that files were changed"] += FILE_CHANGED in said
        assert WENT_BACK not in said or self.rewound, "it did not go back"
        assert not (good and self.rewound) or WENT_BACK in said, "that it went back is lost"
        assert FILE_CHANGED not in said or self.edited, "no file was changed"
        self.rewound = self.rewound and WENT_BACK not in said
        if good:
            self.edited = False
            tree = Tree(Folder(str(self.folder)), "action1")
            for name, fact in tree.manifest().files.items():
                assert compute_fact(tree.read(name) or b"") == fact, name

    def show(self):
        """The sample, with one address that is another one for each number."""
        other = (20 + self.page, 10 + self.page * 17 % 200, 5 + self.page * 29 % 200)
        self.site.show(GOOD.read_bytes().replace(b"3.74.63.86", b"%d.%d.7.%d" % other))

    def poll(self, client):
        """A firewall asks: with 200, from the first version on, and never nothing."""
        manifest = client.get("manifest.json")
        if manifest.status_code == 404:
            assert Tree(Folder(str(self.folder)), "action1").manifest() is None
            return
        for name in FEEDS:
            answer = client.get(name)
            assert answer.status_code == 200, (name, answer.text)
            assert answer.content
            self.bodies[name].add(answer.content)
        self.seen["polls"] += 1
        status = Path("/proc/self/statm").read_text().split()
        self.memory.append(int(status[1]) * 4096)

    def recovered(self):
        """Everything works again: what was committed has reached the channel, once."""
        Breaking.share = 0.0
        self.hook.answers[:] = [Answer()]
        self.page += 1
        self.show()


def check_the_end(day):
    """The invariants, once all is well again."""
    tree = Tree(Folder(str(day.folder)), "action1")
    versions = tree.versions()
    assert versions == list(range(1, len(versions) + 1))
    assert tree.manifest().version == versions[-1]
    (ops,) = SchedulerService(
        ServeOptions(day.folder.parent / "c.toml", str(day.folder))
    ).config.channels
    account = outbox.channel_status(tree, ops)
    done = {*account.delivered, *account.silent}
    due = {number for number in versions if number > account.since}
    assert due <= done <= set(versions), (account, versions)
    assert (account.owed, account.dead, account.notices_owed) == ((), {}, ())
    allowed = {tree.read(name) for name in FEEDS}
    assert allowed <= {body for bodies in day.bodies.values() for body in bodies}
    third = len(day.memory) // 3
    early, late = max(day.memory[third : 2 * third]), max(day.memory[2 * third :])
    assert late < early + 8 * 2**20, (early, late)
    return len(versions), early, late


def main(hours=24, seed=None):
    """Live through it; prints what was seen."""
    seed = random.randrange(10**6) if seed is None else seed
    random.seed(seed)
    print(f"seed {seed}", flush=True)
    with (
        tempfile.TemporaryDirectory() as name,
        Site() as site,
        HookServer() as hook,
        time_machine.travel(START, tick=False) as clock,
    ):
        os.environ["SOAK_HOOK"] = hook.url
        jobs.time = SimpleNamespace(monotonic=lambda: datetime.now(UTC).timestamp())
        day = Day(Path(name) / "store", site, hook, clock)
        day.show()
        lives = 4
        for life in range(lives):
            if life == lives - 1:
                day.recovered()
                day.fate = day.meddle = lambda: None
            day.serve(max(hours // lives, 1))
            gc.collect()
        count, early, late = check_the_end(day)
    print(
        f"{hours} hours, {count} versions, {dict(day.seen)}, {len(hook.requests)} posts,"
        f" resident {early >> 20} MiB at most in the second third, {late >> 20} in the last"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
