"""`init`: a configuration that can be used, from options or from answers at a terminal."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker import config
from tracker.commands.init_file import Answers, MailAnswers, build_config

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


def answer(folder: Path, *answers: str) -> str:
    """What `init` says at a terminal where these lines are typed."""
    ours, theirs = pty.openpty()
    os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
    with subprocess.Popen(
        [sys.executable, "-m", "tracker", "init"],
        cwd=folder,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            said, _ = process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 0, said
    return said


def test_questions_are_asked_at_a_terminal(tmp_path):
    said = answer(
        tmp_path,
        *("", "Europe, Oceania", "mikrotik, pac", "SLACK"),
        *("mail.example", "a@x.io", "b@x.io", "", "SMTP_USER", "/etc/fw/password", "30m"),
    )
    made = config.load(tmp_path / "config/fwtracker.toml")
    assert made.sources["action1"].definition.regions == ("Europe", "Oceania")
    assert made.fwtracker.formats == ("mikrotik", "pac")
    slack, mail = made.channels
    assert (slack.type, slack.settings.url_env) == ("slack", "SLACK")
    assert (mail.settings.user_env, mail.settings.password_file) == (
        "SMTP_USER",
        "/etc/fw/password",
    )
    assert made.fwtracker.schedule == "30m"
    assert "Next: fwtracker doctor, then fwtracker run\n" in said
    assert re.search(rf"For cron: 17 \* \* \* \* cd {tmp_path} && \S*fwtracker run -q\n", said)


def test_an_answer_that_cannot_be_used_is_asked_again_at_once(tmp_path):
    secret = "https://hooks.slack.com/services/T0/B0/abcdef"
    said = answer(
        tmp_path,
        *("", "", "ip", "ips", secret, "/etc/fw/slack"),
        *("smtp.example.com:25", "smtp.example.com", "me", "me@x.io", "-", "you@x.io"),
        *("ssl", "tls", "", "soon", "2h"),
    )
    for problem in (
        'did you mean "ips"?',
        "that is the URL itself, a secret",
        '"smtp.example.com:25" is not a host',
        '"me" is not a mail address',
        "at least one is needed",
        '"ssl" is not one of none, starttls and tls',
        "is not a schedule",
    ):
        assert problem in said
    text = (tmp_path / "config/fwtracker.toml").read_text()
    assert secret not in text
    assert 'url_file = "/etc/fw/slack"' in text


def test_a_second_time_proposes_what_was_answered_and_keeps_the_file_before(tmp_path):
    mail = ("mail.example", "a@x.io", "b@x.io", "", "", "")
    answer(tmp_path, "data", "Europe", "ips", "SLACK", *mail)
    first = config.load(tmp_path / "config/fwtracker.toml")
    text = (tmp_path / "config/fwtracker.toml").read_text()
    said = answer(tmp_path, *[""] * 10)
    assert config.load(tmp_path / "config/fwtracker.toml") == first
    assert "[data]" in said
    assert (tmp_path / "config/fwtracker.toml.before").read_text() == text
    answer(tmp_path, "", "-", "", "-", "-", "")
    changed = config.load(tmp_path / "config/fwtracker.toml")
    assert (changed.sources["action1"].definition.regions, changed.channels) == (None, ())


def test_another_file_is_named_for_the_next_step(fwtracker):
    ran = fwtracker("init", "--yes", "--config", "my fw.toml")
    assert "Next: fwtracker doctor --config 'my fw.toml', then fwtracker run" in ran.out
