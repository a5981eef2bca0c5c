"""The first release and this program in turn on one store: `python -m tests.turns`.

Needs the history of git and a package index, from which the first release is installed into a
folder of its own. Pages change, are held and approved, and one of two webhooks fails at times;
every change must reach each of them once, whichever program made or found the version.

    python -m tests.turns [--steps N] [--seed N]
    python -m tests.turns --store FOLDER    make tests/store/first_release again; needs port 80
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.crash.figures import Figures, table
from tests.crash.harms import page
from tests.support.servers import Answer, HookServer
from tests.support.site import MAIN, Site

FIRST_RELEASE = "e976f2b"
ROOT = Path(__file__).parents[1]
START = datetime(2026, 1, 10, tzinfo=UTC)
STRAY = b"<p>198.41.%d.4</p></body>"  # an address outside the tables: the page is held
CHANNEL = '[[channels]]\nname = "{name}"\ntype = "{type}"\nurl_env = "URL_{name}"\n'
WRONG = (
    *("versions too many", "versions lost", "alerts lost", "alerts sent twice"),
    *("false notices", "runs that failed", "stores not sound"),
)


@dataclass(frozen=True)
class Program:
    """One of the two: its code, and the interpreter with what it needs."""

    name: str
    code: Path
    python: Path

    def run(self, folder: Path, clock: datetime, urls: dict[str, str], *arguments: str):
        """One command on the store below `folder`, at this time."""
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "PYTHONPATH": str(self.code),
            "PYTHONSAFEPATH": "1",
            "CRASH_CLOCK": clock.isoformat(),
            **urls,
        }
        options = ["--config", "fwtracker.toml", "--snapshots", "snapshots"]
        script = self.code / "tests/crash/frozen.py"
        return subprocess.run(
            [str(self.python), str(script), *arguments, *options],
            cwd=folder,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )


def install_first_release(folder: Path) -> Program:
    """The first release, from git, with a Python environment of its own.

    Raises CalledProcessError where there is no such commit, or no package index.
    """
    code = folder / "code"
    code.mkdir()
    archive = ["git", "-C", str(ROOT), "archive", FIRST_RELEASE]
    packed = subprocess.run(archive, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(code)], input=packed, check=True)
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv/bin/python"
    install = [str(python), "-m", "pip", "install", "--quiet", str(code)]
    subprocess.run(install, check=True, capture_output=True)
    return Program("the first release", code, python)


def configure(folder: Path, channels: dict[str, str]) -> None:
    tables = [CHANNEL.format(name=name, type=kind) for name, kind in channels.items()]
    head = '[fwtracker]\nformats = ["ips"]\n\n'
    (folder / "fwtracker.toml").write_text(head + "\n".join(tables))


@dataclass
class Turns:
    """One store, two programs, and what each webhook took."""

    programs: list[Program]
    folder: Path
    site: Site
    hooks: dict[str, HookServer]
    chance: random.Random
    clock: datetime = START
    shown: int = 1
    published: int = 0
    expected: int = 0
    held: bool = False
    digest: str = ""  # of the page that is held now
    taken: dict[str, list[dict]] = field(default_factory=lambda: {"one": [], "two": []})
    words: dict[str, Counter[str]] = field(default_factory=dict)
    figures: Figures = field(
        default_factory=lambda: Figures("in turn", Counter(), Counter(dict.fromkeys(WRONG, 0)))
    )

    def step(self) -> None:
        """Something changes, and one of the programs makes a check."""
        luck = self.chance.random()
        if self.held:
            self._decide()
        elif luck < 0.6:
            self.shown += 1
        self.held = not self.held and luck > 0.8
        self._show()
        failing = self.chance.random() < 0.3
        self.hooks["two"].answers[:] = [Answer(500 if failing else 200)]
        quiet = ["--no-notify"] if self.chance.random() < 0.1 else []
        self.check(*quiet)

    def _show(self) -> None:
        body = page(self.shown)
        self.site.show(body.replace(b"</body>", STRAY % self.shown) if self.held else body)

    def check(self, *options: str, program: Program | None = None) -> None:
        ran = self.run("run", "--url", self.site.url, *options, program=program)
        said = re.search(r"fwtracker approve ([0-9a-f]{12})", ran.stderr)
        self.digest = said[1] if said else ""
        if not self.held and self.shown != self.published:
            self.published, self.expected = self.shown, self.expected + 1
        self.figures.wrong["runs that failed"] += ran.returncode not in (0, 1, 3)

    def _decide(self) -> None:
        """Approve the page with the stray address, which changes nothing else; or leave it."""
        self.figures.tried["held pages"] += 1
        if self.digest and self.chance.random() < 0.5:
            ran = self.run("approve", self.digest)
            self.figures.wrong["runs that failed"] += ran.returncode not in (0, 1)
            self.figures.tried["of them approved"] += 1
            if self.shown != self.published:
                self.published, self.expected = self.shown, self.expected + 1
        self.shown += 1

    def run(self, *arguments: str, program: Program | None = None):
        """A command of one of the programs, and what the webhooks took meanwhile."""
        program = program or self.chance.choice(self.programs)
        self.clock += timedelta(hours=1)
        before = {name: len(hook.requests) for name, hook in self.hooks.items()}
        urls = {f"URL_{name}": hook.url for name, hook in self.hooks.items()}
        ran = program.run(self.folder, self.clock, urls, *arguments)
        for name, hook in self.hooks.items():
            if hook.answers[-1].status == 200:
                self.taken[name] += hook.bodies()[before[name] :]
        self.figures.tried[f"commands of {program.name}"] += 1
        for line in ran.stderr.splitlines():
            plain = re.sub(r"[0-9a-f]{12}|\d+", "N", line.strip())
            self.words.setdefault(program.name, Counter())[plain] += 1
        return ran

    def judge(self) -> None:
        """Count versions and what the webhooks took, once both programs had their last turn."""
        versions = sorted((self.folder / "snapshots/action1/versions").glob("*.json"))
        wrong, tried = self.figures.wrong, self.figures.tried
        tried["page changes"] = self.expected
        tried["versions"] = len(versions)
        wrong["versions too many"] += max(0, len(versions) - self.expected)
        wrong["versions lost"] += max(0, self.expected - len(versions))
        for name, taken in self.taken.items():
            covered = Counter(step for body in taken for step in _steps(body))
            tried[f"changes told to {name}"] = covered.total()
            wrong["alerts lost"] += len(set(range(1, len(versions) + 1)) - covered.keys())
            wrong["alerts sent twice"] += sum(number - 1 for number in covered.values())
            notices = Counter(each["kind"] for each in taken if each["type"] == "notice")
            tried[f"notices told to {name}"] = notices.total()
            wrong["false notices"] += notices["rewound"] + notices["files"]
        first, last = (self.run("store", "verify", program=each) for each in self.programs)
        if last.returncode:  # the manifest may be the first release's
            self.run("store", "rebuild", program=self.programs[1])
            last = self.run("store", "verify", program=self.programs[1])
        wrong["stores not sound"] += last.returncode != 0
        # The first release does not know the newer fields of change sets, nor newer files.
        known = re.compile(r"/changes/|/schema/|/(?:version\.json|changes\.csv|feed\.json):")
        others = [line for line in first.stderr.splitlines() if not known.search(line)]
        wrong["stores not sound"] += len(others)
        self.figures.notes += [*others, *last.stderr.splitlines()]


def _steps(body: dict) -> Iterator[int]:
    """The versions that a message reports."""
    if body["type"] == "version":
        first = body["change_set"]["from"] or 0
        yield from range(first + 1, body["version"] + 1)


def turns(programs: list[Program], steps: int, seed: int) -> Turns:
    """Both programs in turn, at random; in the end each makes a check where all is well."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Site() as site,
        HookServer() as one,
        HookServer() as two,
    ):
        configure(Path(folder), {"one": "webhook", "two": "webhook"})
        made = Turns(
            programs, Path(folder), site, {"one": one, "two": two}, random.Random(seed)
        )
        made._show()
        made.check(program=programs[0])
        for _ in range(steps):
            made.step()
        made.held = False
        made.shown += 1
        made._show()
        two.answers[:] = [Answer()]
        for program in (*programs, *programs):
            made.check(program=program)
        made.judge()
        return made


def make_store(old: Program, target: Path) -> None:
    """A store of the first release: a version owed to `more`, one refused by `gone`, a hold."""
    with (
        tempfile.TemporaryDirectory() as name,
        Site(80) as site,
        HookServer() as ops,
        HookServer() as more,
        HookServer() as gone,
    ):
        folder, clock = Path(name), START
        configure(folder, dict.fromkeys(("ops", "more", "gone"), "slack"))
        urls = {"URL_ops": ops.url, "URL_more": more.url, "URL_gone": gone.url}
        for number in (1, 2, 3, 4):
            if number == 3:
                more.answers[:], gone.answers[:] = [Answer(500)], [Answer(404)]
            body = page(number)
            site.show(body if number < 4 else body.replace(b"</body>", STRAY % 0))
            clock += timedelta(hours=1)
            ran = old.run(folder, clock, urls, "run", "--url", f"http://127.0.0.1{MAIN}")
            print(ran.stdout, ran.stderr)
        (folder / "snapshots/.state/action1/lock").unlink()
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(folder / "snapshots", target)


def main() -> int:
    """Install the first release, let both have their turns, and print figures and words."""
    parser = argparse.ArgumentParser(prog="python -m tests.turns", description=__doc__)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--store", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        try:
            old = install_first_release(Path(folder))
        except (OSError, subprocess.CalledProcessError) as error:
            said = (getattr(error, "stderr", b"") or b"").decode(errors="replace").strip()
            print(f"skipped: the first release cannot be installed: {error}\n{said}")
            return 0
        if options.store:
            make_store(old, options.store)
            return 0
        both = [old, Program("this program", ROOT, Path(sys.executable))]
        made = turns(both, options.steps, options.seed)
    for name, words in made.words.items():
        print(f"\n{name} said:")
        print("\n".join(f"{count:5}  {line}" for line, count in words.most_common()))
    print("\n", *made.figures.notes, sep="\n")
    print(table([made.figures]))
    print(f"\nseed {options.seed}: {'all is well' if made.figures.good else 'NOT well'}")
    return 0 if made.figures.good else 1


if __name__ == "__main__":
    sys.exit(main())
