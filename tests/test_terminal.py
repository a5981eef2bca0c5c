"""What a terminal shows and what a pipe gets: width, colour, plurals, words of errors."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.support.site import SAMPLES
from tracker.demo.story import play

COLOURED = re.compile(r"\x1b\[\d+m")
HOST = "a1-backend-packages-434810787744-eu-central-1.s3.amazonaws.com"


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    """The store of the demo."""
    folder = tmp_path_factory.mktemp("terminal") / "demo"
    play(folder, lambda _: None)
    return folder


def in_terminal(*args: str, columns: int = 80, **env: str) -> str:
    """What a command prints in a terminal of so many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [sys.executable, "-m", "tracker", *args]
    plain = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "COLUMNS"}}
    with subprocess.Popen(
        command, stdout=theirs, stderr=theirs, env={**plain, "TERM": "xterm", **env}
    ):
        os.close(theirs)
        printed = b""
        try:
            while data := os.read(ours, 65536):
                printed += data
        except OSError:  # the other end is closed
            pass
    os.close(ours)
    return printed.decode().replace("\r\n", "\n")


def test_a_host_is_whole_in_a_narrow_terminal(store):
    assert HOST in in_terminal("show", "--snapshots", str(store))


def test_a_cell_wraps_between_words_where_that_fits(store):
    """A row of several addresses takes several lines of a terminal."""
    shown = in_terminal("history", "--snapshots", str(store), columns=100)
    assert max(map(len, shown.splitlines())) <= 100
    assert len(shown.splitlines()) > 2 + 3


def test_in_a_pipe_each_row_is_one_line(store, fwtracker):
    ran = fwtracker("history", "--snapshots", store)
    assert len(ran.out.splitlines()) == 2 + 3
    assert not COLOURED.search(ran.out)


def test_a_terminal_has_colour_unless_it_is_not_wanted(store):
    diff = ("diff", "--snapshots", str(store))
    assert COLOURED.search(in_terminal(*diff))
    assert not COLOURED.search(in_terminal(*diff, NO_COLOR="1"))
    assert not COLOURED.search(in_terminal(*diff, TERM="dumb"))


def test_one_is_singular(site, fwtracker):
    row = "<tr><td>x</td><td>example.com</td><td>443 TCP</td><td>Outbound</td></tr>"
    head = "<tr><th>Purpose</th><th>Resource</th><th>Port</th><th>Direction</th></tr>"
    site.show(f"<html><body><table>{head}{row}</table></body></html>")
    ran = fwtracker("run", "--url", site.url)
    assert ", 1 entry\n" in ran.out, ran
    assert "No region: 1 entry\n" in fwtracker("show").out
    assert "1 version, every file" in fwtracker("store", "verify").out


def test_a_mark_of_an_editor_before_the_configuration_is_no_error(fwtracker, tmp_path):
    path = tmp_path / "marked.toml"
    path.write_text('[fwtracker]\nsnapshots = "here"\n', "utf-8-sig")
    assert "here" in fwtracker("doctor", "--offline", "--config", path).out


def test_an_unknown_name_says_what_to_check(fwtracker):
    ran = fwtracker("run", "--url", "https://fwtracker-test.invalid/")
    assert ran.status == 1
    assert "check the spelling, this machine's resolvers" in ran.err
    assert "HTTPS_PROXY" in ran.err


def test_a_refused_connection_says_what_to_check(fwtracker):
    ran = fwtracker("run", "--url", "http://127.0.0.1:9/")
    assert "check this machine's network and firewall, and HTTPS_PROXY" in ran.err


def test_a_log_of_json_is_json_on_every_line(site, fwtracker):
    """A failure, a held page with what settles it, an error of the command line."""
    good = (SAMPLES / "2024-04/stacks.html").read_bytes()
    json_log = ("--log-format", "json")
    site.show(good)
    assert fwtracker("run", *json_log, "--url", site.url).err == ""
    site.show(good.replace(b"</body>", b"<p>198.41.0.4</p></body>"))
    for command, status in (
        (("run", "--url", site.url), 3),
        (("run", "-vv", "--url", "http://127.0.0.1:9/"), 1),
        (("show", "99"), 2),
        (("rules", "--format", "ips", "--region", "Europe"), 0),
    ):
        ran = fwtracker(*command, *json_log)
        lines = ran.err.splitlines()
        assert (ran.status, lines == []) == (status, False)
        assert {"time", "level", "logger", "message"} == set.union(
            *(set(json.loads(line)) for line in lines)
        )


def test_quiet_says_only_what_is_new_or_wrong(site, fwtracker):
    site.show((SAMPLES / "2024-04/stacks.html").read_bytes())
    assert "published version 1" in fwtracker("run", "-q", "--url", site.url).out
    again = fwtracker("run", "-q", "--url", site.url)
    assert (again.status, again.out, again.err) == (0, "", "")
    assert fwtracker("run", "-v", "--url", site.url).err != ""
