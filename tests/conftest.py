"""Fixtures for all tests: a site on loopback, and the command line as a user has it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.support.examples import ASKS_ALL, share_of
from tests.support.schemas import assert_valid, name_schema
from tests.support.site import Site
from tests.support.watched import FEW, FirstChecks
from tracker import cli

# No test asserts a time; and CI judges the change at hand, not what chance finds on a day.
settings.register_profile(
    "fwtracker",
    deadline=None,
    max_examples=share_of(100),
    derandomize="CI" in os.environ and not ASKS_ALL,
)
settings.load_profile("fwtracker")


pytest_plugins = ["tests.support.objects"]


@pytest.fixture(scope="session")
def _site():
    with Site() as running:
        yield running


@pytest.fixture
def site(_site):
    """A site without pages, at the same address for all tests."""
    _site.forget()
    return _site


@pytest.fixture(scope="session")
def first_checks(tmp_path_factory) -> FirstChecks:
    """Make the first checks of a source, or copy what they made for an earlier test."""
    return FirstChecks(tmp_path_factory.mktemp("first-checks"))


@pytest.fixture
def few_formats(tmp_path):
    """Configure rule files of only a few formats, in the file that a run looks for.

    For tests about something else: all formats take half a second for each version.
    """
    file = tmp_path / "config/fwtracker.toml"
    file.parent.mkdir()
    file.write_text(f"[fwtracker]\nformats = {json.dumps(FEW)}\n")


@pytest.fixture(scope="session")
def _stores(tmp_path_factory):
    """The stores of `first_runs`: their pages and configuration, and where they are."""
    return tmp_path_factory.mktemp("first-runs"), {}


@pytest.fixture
def first_runs(site, fwtracker, tmp_path, _stores):
    """Fill `snapshots/` as a run of each of these pages does; once for all tests.

    A page is a sample by its name, or its bytes. `config` is written to `fwtracker.toml`.
    """
    folder, made = _stores

    def show(page: str | bytes) -> None:
        site.show(page) if isinstance(page, bytes) else site.show_sample(page)

    def run(*pages: str | bytes, config: str = "") -> None:
        (tmp_path / "fwtracker.toml").write_text(config)
        if (pages, config) not in made:
            for page in pages:
                show(page)
                ran = fwtracker("run", "--config", "fwtracker.toml", "--url", site.url)
                assert ran.status in {0, HELD}, ran.err
            made[pages, config] = folder / str(len(made))
            shutil.copytree(tmp_path / "snapshots", made[pages, config])
        else:
            shutil.copytree(made[pages, config], tmp_path / "snapshots")
            show(pages[-1])
        site.asked.clear()

    return run


@dataclass
class Ran:
    """The result of a command: exit status, stdout, stderr."""

    status: int
    out: str
    err: str
    args: tuple[str, ...]

    @property
    def json(self) -> Any:
        """The JSON that it printed, valid by its schema if it has one."""
        found = json.loads(self.out)
        if name := name_schema(self.args):
            assert_valid(name, found)
        return found


@pytest.fixture
def fwtracker(tmp_path, monkeypatch, capfd):
    """Run `fwtracker ARGS` in an empty folder, in this process; return its result."""
    monkeypatch.chdir(tmp_path)

    def run(*args: str | Path) -> Ran:
        capfd.readouterr()
        monkeypatch.setattr(sys, "argv", ["fwtracker", *map(str, args)])
        try:
            cli.main()
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 0
        out, err = capfd.readouterr()
        return Ran(status, out, err, tuple(map(str, args)))

    return run


HELD = 3  # the exit status of a run

HERE = frozenset({None, "", "localhost", "127.0.0.1", "::1", socket.gethostname()})


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch):
    """Prevent tests from looking up or dialling other machines."""
    look_up, connect = socket.getaddrinfo, socket.socket.connect

    def guarded(host, port, family=0, type=0, proto=0, flags=0):  # noqa: A002  as in socket
        name = host.decode() if isinstance(host, bytes) else host
        if name in HERE:
            return look_up(host, port, family, type, proto, flags)
        name.encode("idna")  # raises as the real one does for invalid names
        try:  # numbers need no DNS, and get the usual answer
            return look_up(name, port, family, type, proto, flags | socket.AI_NUMERICHOST)
        except socket.gaierror:
            raise socket.gaierror(f"a test asked for {name}, which is not loopback") from None

    def guarded_connect(self, address):
        if self.family != socket.AF_UNIX and address[0] not in HERE:
            raise ConnectionRefusedError(f"a test dialled {address[0]}, which is not loopback")
        return connect(self, address)

    monkeypatch.setattr(socket, "getaddrinfo", guarded)
    monkeypatch.setattr(socket.socket, "connect", guarded_connect)


_MEMORY = Path("/dev/shm")
_ENOUGH = 4 * 2**30  # bytes; all temporary files of a run take less than one of these


def _use_memory() -> None:
    """Put temporary files into memory, if there is room and programs may run there.

    Tests mostly wait for flushes to disk. What is flushed, and in which order, stays the same.
    """
    if "PYTEST_DEBUG_TEMPROOT" in os.environ or not _MEMORY.is_dir():
        return
    found = os.statvfs(_MEMORY)
    if found.f_bavail * found.f_frsize > _ENOUGH and not found.f_flag & os.ST_NOEXEC:
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(_MEMORY)


def pytest_configure(config: pytest.Config) -> None:
    """Prevent tests from leaving loopback through a proxy of the machine."""
    _use_memory()
    for name in (
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
    ):
        os.environ.pop(name, None)
