"""Bad input: one line that says what, where and what to do; the right status; nothing lost."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.site import MAIN, SAMPLES, Reply
from tests.test_run import TREE, files_below

pytestmark = pytest.mark.usefixtures("few_formats")

GOOD = (SAMPLES / "2024-04/stacks.html").read_bytes()


@pytest.fixture
def stored(site, fwtracker):
    """A store with version 1, whose files a failing run must not touch."""
    site.show(GOOD)
    assert fwtracker("run", "--url", site.url).status == 0
    return files_below(TREE)


def refused(ran, status: int, *words: str) -> None:
    lines = ran.err.strip().splitlines()
    assert ran.status == status, ran.err
    assert "Traceback" not in ran.err
    assert lines[0].startswith("fwtracker: ") or status == 3
    for word in words:
        assert word in ran.err


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(status=404), ("there is no such page", "HTTP 404")),
        (Reply(status=403), ("access is forbidden (HTTP 403)", "HTTP 403")),
        (Reply(b""), ("the page is empty",)),
        (Reply(b"  \n"), ("the page is empty",)),
        (Reply(GOOD[: len(GOOD) // 2]), ("column",)),
        (Reply(b"%PDF-1.7", headers={"Content-Type": "application/pdf"}), ("application/pdf",)),
        (Reply(GOOD.replace(b"Europe", b"Eur\xffope")), ("is not utf-8",)),
        (Reply(GOOD.replace(b"Europe", b"Eur\x00ope")), ("a NUL byte",)),
        (Reply(GOOD.replace(b"54.210.188.13<", b"54.210.188.131.5<")), ("54.210.188.131.5",)),
        (Reply(GOOD.replace(b"54.210.188.13<", b"54.210.1888.13<")), ("54.210.1888.13",)),
        (Reply(GOOD.replace(b"us-cdn.action1.com", b"us-cdn.action1.c0m")), ("c0m",)),
        (Reply(GOOD.replace(b"443 HTTPS", b"4433333 HTTPS")), ("4433333",)),
        (Reply(GOOD.replace(b">Inbound<", b">Sideways<")), ("column",)),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "page",
)
def test_a_page_that_cannot_be_read_is_refused(site, fwtracker, stored, reply, words):
    site.pages[MAIN] = reply
    ran = fwtracker("run", "--url", site.url)
    refused(ran, 1, site.url.removesuffix("/"), *words)
    _, *settling = ran.err.strip().splitlines()
    assert not settling or settling[0].startswith("to resolve this, add to the")
    assert files_below(TREE) == stored


@pytest.mark.parametrize(
    "page",
    [
        b"<!doctype html><html><body><h1>Welcome</h1><p>Please log in.</p></body></html>",
        b"<html><body><table><tr><td>Opening hours</td><td>9-5</td></tr></table></body></html>",
        b"just some words",
    ],
)
def test_a_page_without_the_tables_is_refused(site, fwtracker, stored, page):
    site.show(page)
    ran = fwtracker("run", "--url", site.url)
    refused(ran, 1, "no table with the columns", site.url)
    assert fwtracker("held").out == "nothing is held\n"
    assert files_below(TREE) == stored


def test_a_page_without_tables_on_the_first_run_stores_nothing(site, fwtracker):
    site.show(b"<html><body>nothing here</body></html>")
    ran = fwtracker("run", "--url", site.url)
    assert ran.status == 1
    assert not TREE.exists()


def test_more_than_the_share_of_addresses_gone_is_held_until_approved(site, fwtracker, stored):
    page = GOOD
    for line in GOOD.split(b"<li"):
        if b">Action1" not in line and any(
            c in line for c in (b">18.1", b">13.", b">34.", b">52.", b">43.", b">54.")
        ):
            page = page.replace(b"<li" + line.split(b"</li>")[0] + b"</li>", b"", 1)
    assert page != GOOD
    site.show(page)
    ran = fwtracker("run", "--url", site.url)
    refused(ran, 3, "hold mass-removal", "North America", "more than 30%", "fwtracker approve")
    assert files_below(TREE) == stored
    shown = fwtracker("held")
    assert "mass-removal" in shown.out
    digest = shown.out.split("fwtracker approve ")[1].split()[0]
    assert fwtracker("approve", digest).out == "action1: published version 2\n"
    assert fwtracker("held").out == "nothing is held\n"
    assert fwtracker("run", "--url", site.url).out == "action1: unchanged, version 2\n"


def test_a_rejected_candidate_does_not_ask_again(site, fwtracker, stored):
    site.show_sample("2026-02")
    main = site.pages[MAIN].body
    fwtracker("run", "--url", site.url)
    site.show(main.replace(b"region-australia", b"../elsewhere"))
    assert fwtracker("run", "--url", site.url).status == 3
    digest = fwtracker("held").out.split("fwtracker approve ")[1].split()[0]
    assert fwtracker("reject", digest).status == 0
    ran = fwtracker("run", "--url", site.url)
    assert (ran.status, ran.out) == (0, "action1: unchanged, version 2\n")
    refused(fwtracker("approve", "0123456789"), 2, "no held candidate", "fwtracker held")


def test_a_url_nobody_answers(fwtracker):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ran = fwtracker("run", "--url", f"http://127.0.0.1:{port}/")
    refused(ran, 1, f"http://127.0.0.1:{port}/", "cannot be reached")


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "nonsense", "http://", "http://[::1", ""])
def test_a_url_that_is_none(fwtracker, url):
    ran = fwtracker("run", "--url", url)
    refused(ran, 2, "http")


def test_a_folder_that_cannot_be_written(site, fwtracker, tmp_path):
    (tmp_path / "file").write_text("a file where a folder should be")
    site.show(GOOD)
    ran = fwtracker("run", "--url", site.url, "--snapshots", tmp_path / "file/below")
    refused(ran, 1, "file", "cannot")


def test_a_read_only_folder(site, fwtracker):
    site.show(GOOD)
    ran = fwtracker("run", "--url", site.url, "--snapshots", "/proc/fwtracker")
    refused(ran, 1, "/proc/fwtracker", "cannot make it")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[fwtracker\n", ("not valid TOML", "line 1")),
        (
            "[fwtracker]\nsnapshot = 'x'\n",
            ('unknown key "snapshot"', 'did you mean "snapshots"'),
        ),
        ("[gaurd]\nmax_removed = 0.3\n", ('unknown key "gaurd"', 'did you mean "guard"')),
        (
            "[guard]\nmax_removed = 'much'\n",
            ("guard.max_removed", "expected a number, got a string"),
        ),
        ("[guard]\nmax_remove = 0.5\n", ('did you mean "max_removed"',)),
        ("[[channels]]\nname='x'\ntype='slak'\n", ("slak", 'did you mean "slack"')),
        ("[[channels]]\nname='x'\ntype='slack'\nurl='http://x'\n", ('unknown key "url"',)),
        ("[[channels]]\ntype='slack'\nurl_env='X'\n", ("name",)),
        ("[[channels]]\nname='A B'\ntype='slack'\nurl_env='X'\n", ("A B", "lower-case")),
        ("[channels]\nname='x'\n", ("[[channels]]",)),
        ("[[rules]]\nname='x'\nformat='nftable'\n", ("nftable",)),
        ("[fwtracker]\nformats = 'ips'\n", ("expected a list, got a string",)),
        ("[fwtracker]\njitter = true\n", ("expected a whole number, got true or false",)),
        ("[sources.acton1]\n", ("acton1", "action1")),
    ],
)
def test_a_broken_configuration_names_the_key(site, fwtracker, tmp_path, text, words):
    config = tmp_path / "broken.toml"
    config.write_text(text)
    site.show(GOOD)
    ran = fwtracker("run", "--config", config, "--url", site.url)
    refused(ran, 2, *words)
    assert len(ran.err.strip().splitlines()) == 1
    assert not TREE.exists()


def test_a_missing_configuration(fwtracker):
    refused(fwtracker("run", "--config", "nowhere.toml"), 2, "nowhere.toml")


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda _: b"",
        lambda data: data.replace(b"54.210.188.13", b"54.210.188.14"),
        lambda data: data.replace(b'"tcp"', b'"ftp"', 1),
    ],
)
@pytest.mark.parametrize("changed", [False, True])
def test_a_damaged_version_is_named_and_left_alone(site, fwtracker, stored, damage, changed):
    path = TREE / "versions/000001.json"
    path.write_bytes(damage(path.read_bytes()))
    damaged = files_below(TREE)
    if changed:
        site.show_sample("2024-11/stacks.html")
    ran = fwtracker("run", "--url", site.url)
    refused(ran, 1, "action1/versions/000001.json", "restore")
    assert files_below(TREE) == damaged
    for command in ("show", "history", "rules --out x"):
        refused(fwtracker(*command.split()), 1, "versions/000001.json")


def test_commands_without_any_version(fwtracker):
    for command in ("show", "history", "diff", "rules --out x"):
        refused(fwtracker(*command.split()), 2, "no version of action1", "fwtracker run")


def test_unknown_words_on_the_command_line(fwtracker):
    refused(fwtracker("rum"), 2, 'did you mean "run"')
    refused(fwtracker("run", "acton1"), 2, "acton1", "action1")
    refused(fwtracker("run", "--ulr", "x"), 2, "--ulr")
    refused(fwtracker("show", "seven"), 2, "seven")


def test_an_unexpected_folder_for_the_demo(fwtracker):
    Path("mine").mkdir()
    Path("mine/precious").write_text("x")
    refused(fwtracker("demo", "--out", "mine"), 2, "mine", "not made by a demo")
    assert Path("mine/precious").exists()


def test_output_that_nobody_takes_is_one_line():
    command = [sys.executable, "-m", "tracker", "parse", str(SAMPLES / "2024-04/stacks.html")]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == (
        "fwtracker: output: No space left on device; check that file and its disk\n"
    )


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_streams_that_the_caller_closed_are_no_error(closed):
    page = SAMPLES / "2024-04/stacks.html"
    done = subprocess.run(
        ["sh", "-c", f'"$0" -m tracker parse "$1" {closed}', sys.executable, page],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert bool(done.stdout) == (closed == "2>&-")


@pytest.mark.parametrize("args", [("--snapshot", "x", "show"), ("show", "--snapshot", "x")])
def test_a_near_option_is_named_before_and_behind_the_command(fwtracker, args):
    refused(fwtracker(*args), 2, "No such option '--snapshot'", "'--snapshots'")


def test_an_option_of_no_command_is_named(fwtracker):
    refused(fwtracker("--nope", "show"), 2, "No such option '--nope'")
