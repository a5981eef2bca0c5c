"""`as-of`, `blame`, `history`'s filters, `diff --format`, `store`: the past, read back."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from tests.pages import GENERATIONS, expected
from tests.support.versions import snapshots_of
from tracker.config import parse
from tracker.errors import UsageError
from tracker.history.archive import parse_user_time
from tracker.history.blame import find_occurrences
from tracker.publish.publish import publish
from tracker.store import open_store
from tracker.store.tree import Tree

START = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
TREE = Path("snapshots/action1")
OLD, MID = expected(GENERATIONS["2024-04"]), expected(GENERATIONS["2024-11"])


def store(tmp_path, readings, step=timedelta(days=10)) -> Tree:
    """A published store with these readings as versions, one each `step` from START."""
    tree = Tree(open_store(str(tmp_path / "snapshots")), "action1")
    for snapshot in snapshots_of(readings, START, step):
        body = b"page %d" % snapshot.version

        page = msgspec.structs.replace(
            snapshot.pages[0], sha256=hashlib.sha256(body).hexdigest()
        )
        tree.commit(msgspec.structs.replace(snapshot, pages=(page,)), {page.sha256: body})
        publish(tree, parse({}), START + (snapshot.version - 1) * step)
    return tree


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    place = tmp_path_factory.mktemp("published")
    store(place, [OLD, MID, OLD])
    return place / "snapshots"


@pytest.fixture
def three(published, tmp_path):
    """Version 1 without the new relays, 2 with them, 3 without them again."""
    shutil.copytree(published, tmp_path / "snapshots", symlinks=True)
    return Tree(open_store(str(tmp_path / "snapshots")), "action1")


@pytest.mark.parametrize(
    ("time", "version"),
    [
        ("2026-01-10", 1),
        ("2026-01-10T12:00:00Z", 1),
        ("2026-01-20T11:59:59Z", 1),
        ("2026-01-20", 2),
        ("2026-01-20T13:00+01:00", 2),
        ("2035-01-01", 3),
    ],
)
def test_as_of_is_what_was_in_force_then(fwtracker, three, time, version):
    assert fwtracker("as-of", time, "--json").json["version"] == version
    assert f"action1 version {version}, captured" in fwtracker("as-of", time).out


def test_as_of_before_the_first_version_and_for_no_time(fwtracker, three):
    ran = fwtracker("as-of", "2026-01-09")
    assert (ran.status, "the first version is of 2026-01-10T12:00:00Z" in ran.err) == (2, True)
    ran = fwtracker("as-of", "last week")
    assert (ran.status, "2026-03-01" in ran.err) == (2, True)


def test_numbers_order_the_versions_also_where_a_clock_went_back(fwtracker, tmp_path):
    store(tmp_path, [OLD, MID, OLD], step=timedelta(days=-1))
    assert fwtracker("as-of", "2026-01-09", "--json").json["version"] == 3
    assert fwtracker("as-of", "2026-01-08", "--json").json["version"] == 3


def test_blame_tells_when_a_value_came_and_went(fwtracker, three, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    (span,) = fwtracker("blame", "3.104.236.56", "--json").json
    assert span == {
        "region": "North America",
        "resource": "Action1 Remote Desktop relay servers in Australia",
        "matched": ["3.104.236.56"],
        "first": 2,
        "since": "2026-01-20T12:00:00Z",
        "last": 2,
        "gone": "2026-01-30T12:00:00Z",
        "labels": [],
        "listed_since": 2,
        "id": None,
    }
    assert "version 2, gone 2026-01-30" in " ".join(
        fwtracker("blame", "3.104.236.56").out.split()
    )


def test_blame_tells_when_a_value_was_back(tmp_path):
    readings = snapshots_of([MID, OLD, MID], START, timedelta(days=1))
    spans = find_occurrences(readings, "3.104.236.56")
    assert [(span.first, span.last) for span in spans] == [(1, 1), (3, None)]


@pytest.mark.parametrize(
    ("value", "matched"),
    [
        ("server.eu.action1.com", {"server.eu.action1.com"}),
        ("SERVER.EU.ACTION1.COM", {"server.eu.action1.com"}),
        ("a.b.windowsupdate.com", {"*.windowsupdate.com"}),
        ("windowsupdate.com", {"*.windowsupdate.com"}),
        ("22543", {"tcp/22543"}),
        ("udp/6771", {"udp/6771"}),
        ("50000", {"tcp/49152-65535"}),
        ("3.74.63.86", {"3.74.63.86"}),
        ("3.74.63.0", set()),
        ("xwindowsupdate.com", set()),
        ("udp/22543", set()),
    ],
)
def test_blame_finds_what_covers_a_value(three, value, matched):
    found = {
        text for span in find_occurrences([three.snapshot(1)], value) for text in span.matched
    }
    assert found == matched


def test_blame_of_an_address_in_a_listed_network():
    entry = OLD[0] | {"addresses": ["198.51.100.0/24"]}
    readings = snapshots_of([[entry]], START, timedelta(days=1))
    assert find_occurrences(readings, "198.51.100.7")[0].matched == ("198.51.100.0/24",)
    assert find_occurrences(readings, "198.51.101.7") == []


def test_blame_of_nothing(fwtracker, three):
    assert "was never on the page" in fwtracker("blame", "192.0.2.1").out
    ran = fwtracker("blame", "what?")
    assert (ran.status, "tcp/22543" in ran.err) == (2, True)


def test_history_is_filtered(fwtracker, three):
    def versions(*args):
        return [item["version"] for item in fwtracker("history", "--json", *args).json]

    assert versions() == [3, 2, 1]
    assert versions("--since", "2026-01-20T12:00Z") == [3, 2]
    assert versions("--until", "2026-01-20") == [2, 1]
    assert versions("--region", "Europe") == [1]
    assert versions("--region", "North America", "--impact", "breaking") == [2, 1]
    assert versions("--impact", "action") == [3, 2, 1]


def test_diff_as_markdown_and_html_is_inert(fwtracker, tmp_path):
    hostile = OLD[0] | {"resource": "<script>alert(1)</script> | `x` [a](http://b)"}
    store(tmp_path, [OLD, [hostile, *OLD[1:]]])
    text = fwtracker("diff", "--format", "md").out
    assert "\\<script\\>" in text
    assert "\\[a\\]\\(http" in text
    assert all(line.count(" | ") == 4 for line in text.splitlines() if line.startswith("| rel"))
    page = fwtracker("diff", "--format", "html").out
    tags = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, _: tags.append(tag)
    parser.feed(page)
    assert "script" not in tags
    assert "table" in tags


def test_an_export_answers_questions_in_sql(fwtracker, three, tmp_path):
    ran = fwtracker("store", "export", "--out", "all.sqlite")
    assert ran.out == "all.sqlite: 3 versions\n"
    with sqlite3.connect("all.sqlite") as database:
        found = database.execute(
            "select version from endpoints where target = '3.104.236.56'"
        ).fetchall()
        rows = database.execute("select count(*) from entries").fetchone()
    assert found == [(2,)]
    assert rows == (120,)
    assert fwtracker("store", "export", "--out", "nowhere/all.sqlite").status == 1


def test_rebuild_gives_every_byte_back(fwtracker, three, tmp_path):
    tree = tmp_path / "snapshots/action1"
    before = {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()}
    for name in ("changes/000002.json", "latest.json", "rules/europe/ips.txt"):
        (tree / name).unlink()
    (tree / "index.json").write_text("{}")
    (tree / "rules/europe/domains.txt").write_text("example.com\n")
    (tree / "changes/000009.json").write_text("{}")
    ran = fwtracker("store", "rebuild")
    assert ran.status == 0, ran.err
    after = {path: path.read_bytes() for path in tree.rglob("*") if path.is_file()}
    for path, data in before.items():
        assert after[path].decode("latin-1") == data.decode("latin-1")
    assert after.keys() == before.keys()


def test_a_sound_store_verifies(fwtracker, three):
    ran = fwtracker("store", "verify")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == "action1: 3 versions, every file is as it was written\n"


def test_any_flipped_byte_is_found_and_its_file_named(fwtracker, three, tmp_path):
    rng = random.Random(20260110)
    tree = tmp_path / "snapshots/action1"
    files = [
        p for folder in ("versions", "changes", "pages") for p in (tree / folder).iterdir()
    ]
    for _ in range(100):
        path = rng.choice(files)
        good = path.read_bytes()
        at, bit = rng.randrange(len(good)), 1 << rng.randrange(8)
        path.write_bytes(good[:at] + bytes([good[at] ^ bit]) + good[at + 1 :])
        ran = fwtracker("store", "verify", "--json")
        named = {fault["file"] for fault in ran.json}
        path.write_bytes(good)
        assert ran.status == 1
        assert str(path.relative_to(tree)) in named


def test_missing_and_unknown_files_are_named(fwtracker, three, tmp_path):
    tree = tmp_path / "snapshots/action1"
    (tree / "versions/000002.json").unlink()
    next((tree / "pages").iterdir()).unlink()
    (tree / "rules/europe/extra.txt").write_text("x")
    ran = fwtracker("store", "verify")
    assert ran.status == 1
    assert "versions/000002.json: missing; restore it from a backup" in ran.err
    assert "rules/europe/extra.txt: unknown" in ran.err
    assert "pages/" in ran.err
    assert "Traceback" not in ran.err


def test_a_time_is_read_as_users_write_it():
    assert parse_user_time("2026-03-01") == datetime(2026, 3, 1, 23, 59, 59, 999999, tzinfo=UTC)
    assert parse_user_time("2026-03-01T12:00") == datetime(2026, 3, 1, 12, tzinfo=UTC)
    with pytest.raises(UsageError):
        parse_user_time("soon")


def test_the_stored_changes_say_what_history_says(fwtracker, three):
    newest = fwtracker("history", "--json").json[0]
    stored = json.loads((TREE / "changes/000003.json").read_text())
    assert newest["summary"] == stored["summary"]
