"""`init`: a configuration that can be used, from options or from answers at a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker import config
from tracker.commands.init import Answers, MailAnswers, build_config

SHIPPED = (Path(__file__).parent.parent / "config/fwtracker.toml").read_text("utf-8")


def test_without_answers_it_says_what_no_file_says(fwtracker, tmp_path):
    ran = fwtracker("init", "--yes")
    assert (ran.status, ran.err) == (0, "")
    assert config.load(tmp_path / "config/fwtracker.toml") == config.load(None)


def test_every_option_is_in_the_file(fwtracker, tmp_path):
    ran = fwtracker(
        *("init", "--config", "x/c.toml", "--snapshots", "s3://b/p", "--schedule", "2h"),
        *("--url", "http://copy.example/page", "--region", "Europe", "--region", "Oceania"),
        *("--format", "fortios", "--format", "ips"),
        *("--slack-file", "/etc/slack", "--mail-host", "mail.example", "--mail-from", "a@x.io"),
        *("--mail-to", "b@x.io", "--mail-to", "c@x.io", "--mail-security", "tls"),
        *("--mail-user-env", "U", "--mail-password-env", "P"),
    )
    assert (ran.status, ran.err) == (0, "")
    made = config.load(tmp_path / "x/c.toml")
    assert (made.fwtracker.snapshots, made.fwtracker.schedule) == ("s3://b/p", "2h")
    assert made.sources["action1"].definition.regions == ("Europe", "Oceania")
    assert made.fwtracker.formats == ("fortios", "ips")
    assert made.sources["action1"].url == "http://copy.example/page"
    slack, mail = made.channels
    assert slack.settings.url_file == "/etc/slack"
    assert (mail.settings.to, mail.settings.security) == (("b@x.io", "c@x.io"), "tls")
    assert (mail.settings.user_env, mail.settings.password_env) == ("U", "P")
    assert (tmp_path / "x/c.toml").read_text().count("\n#") > 100


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--schedule", "soon"], "is not a schedule"),
        (["--format", "ip"], 'did you mean "ips"?'),
        (["--mail-host", "m"], "--mail-from and --mail-to"),
        (["--mail-security", "none of these"], "--mail-security"),
    ],
)
def test_what_cannot_be_used_is_not_written(fwtracker, tmp_path, options, said):
    ran = fwtracker("init", *options)
    assert (ran.status, said in ran.err, ran.err.count("\n")) == (2, True, 1)
    assert not (tmp_path / "config/fwtracker.toml").exists()


def test_a_file_that_is_there_is_only_replaced_by_force(fwtracker, tmp_path):
    file = tmp_path / "c.toml"
    file.write_text("mine")
    ran = fwtracker("init", "--config", file, "--yes")
    assert (ran.status, "--force" in ran.err, file.read_text()) == (2, True, "mine")
    assert fwtracker("init", "--config", file, "--yes", "--force").status == 0
    assert file.read_text() != "mine"


def test_a_folder_that_cannot_be_made_is_one_line(fwtracker, tmp_path):
    (tmp_path / "file").write_text("")
    ran = fwtracker("init", "--yes", "--config", "file/c.toml")
    assert (ran.status, "cannot be written" in ran.err, ran.err.count("\n")) == (2, True, 1)


@given(st.text(max_size=30), st.lists(st.text(min_size=1, max_size=20), max_size=3))
def test_any_answer_comes_back_from_the_file(text, regions):
    regions = tuple(regions)
    answers = Answers(
        snapshots=text, regions=regions, slack_env=text, mail=MailAnswers("m", text, regions)
    )
    made = tomllib.loads(build_config(SHIPPED, answers))
    assert made["fwtracker"].get("snapshots", "") == text
    assert tuple(made["sources"]["action1"].get("regions", ())) == regions
    assert made["channels"][-1]["sender"] == text


def test_questions_are_asked_at_a_terminal(tmp_path):
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "tracker", "init"],
        cwd=tmp_path,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        answers = (
            "",
            "Europe, Oceania",
            "mikrotik, pac",
            "SLACK",
            "mail.example",
            "a@x.io",
            "b@x.io",
            "",
            "30m",
        )
        os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
        said, _ = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 0, said
    made = config.load(tmp_path / "config/fwtracker.toml")
    assert made.sources["action1"].definition.regions == ("Europe", "Oceania")
    assert made.fwtracker.formats == ("mikrotik", "pac")
    assert [channel.type for channel in made.channels] == ["slack", "email"]
    assert made.fwtracker.schedule == "30m"
