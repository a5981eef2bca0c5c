"""The published tree over HTTP: whole files of one version, whatever happens in the store."""

from __future__ import annotations

import gzip
import http.client
import json
from datetime import timedelta
from email.utils import formatdate

import msgspec
import pytest

from tests.site.readings import START, add, entry, stored, stored_in
from tests.site.web.rig import serving
from tracker.errors import StoreError
from tracker.model import Entry, digest
from tracker.site.web.files import PublishedFiles
from tracker.store import open_store
from tracker.store.folder import Folder
from tracker.store.records import encode_pretty
from tracker.store.tree import Tree

IPS = "/action1/rules/europe/ips.txt"


def names(place):
    """Published files: all but those of one folder of rules and of deltas for each kind."""
    folder = place / "action1"
    found = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return [name for name in found if not name.startswith(("rules/oceania/", "deltas/000002/"))]


def test_every_published_file_is_served_as_it_is(server, place):
    for name in names(place):
        answer = server.get(f"/action1/{name}", headers={"Accept-Encoding": "identity"})
        assert answer.status_code == 200, name
        assert answer.content == (place / "action1" / name).read_bytes()
        assert answer.headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("latest.json", "application/json"),
        ("rules/europe/ips.txt", "text/plain; charset=utf-8"),
        ("rules/europe/endpoints.csv", "text/csv; charset=utf-8"),
        ("rules/europe/nftables.nft", "text/plain; charset=utf-8"),
        ("index.html", "text/html; charset=utf-8"),
        ("page.css", "text/css; charset=utf-8"),
        ("page.js", "text/javascript; charset=utf-8"),
        ("feed.atom", "application/atom+xml; charset=utf-8"),
        ("feed.json", "application/feed+json"),
        ("changes.csv", "text/csv; charset=utf-8"),
    ],
)
def test_a_file_has_the_type_of_its_kind(server, name, kind):
    assert server.get(f"/action1/{name}").headers["content-type"] == kind


def test_head_says_what_get_does_without_the_body(server):
    got, head = server.get("/action1/latest.json"), server.head("/action1/latest.json")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("etag", "last-modified", "content-type", "content-encoding", "content-length"):
        assert head.headers[name] == got.headers[name]


def test_gzip_for_those_who_take_it(server, place):
    plain = (place / "action1/latest.json").read_bytes()
    for accepted, packed in [
        ("gzip", True),
        ("br, gzip;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("identity", False),
        ("br", False),
    ]:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        connection.request("GET", "/action1/latest.json", headers={"Accept-Encoding": accepted})
        answer = connection.getresponse()
        body = answer.read()
        assert (answer.getheader("Content-Encoding") == "gzip") == packed, accepted
        assert (gzip.decompress(body) if packed else body) == plain
        assert answer.getheader("Vary") == "Accept-Encoding"
        connection.close()


def test_what_a_client_has_is_not_sent_again(server):
    for accepted in ("gzip", "identity"):
        headers = {"Accept-Encoding": accepted}
        first = server.get("/action1/latest.json", headers=headers)
        for asked, status in [
            ({"If-None-Match": first.headers["etag"]}, 304),
            ({"If-None-Match": "W/" + first.headers["etag"]}, 304),
            ({"If-None-Match": '"other", ' + first.headers["etag"]}, 304),
            ({"If-None-Match": "*"}, 304),
            ({"If-None-Match": '"other"'}, 200),
            ({"If-None-Match": '"other"', "If-Modified-Since": formatdate(4e9)}, 200),
            ({"If-Modified-Since": first.headers["last-modified"]}, 304),
            ({"If-Modified-Since": formatdate(0, usegmt=True)}, 200),
            ({"If-Modified-Since": "yesterday"}, 200),
        ]:
            answer = server.get("/action1/latest.json", headers={**headers, **asked})
            assert answer.status_code == status, asked
            assert bool(answer.content) == (status == 200)
            assert answer.headers["etag"]


def test_what_never_changes_may_be_kept_for_ever(server):
    assert "immutable" in server.get("/action1/versions/000001.json").headers["cache-control"]
    assert server.get(IPS).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/.state/action1/lock",
        "/action1/.state/lock",
        "/action1/../.state/action1/lock",
        "/action1/%2e%2e/.state/action1/lock",
        "/action1/rules/../../.state/action1/lock",
        "/action1/rules/europe/.hidden",
        "/action1/rules//europe/ips.txt",
        "/action1//etc/passwd",
        "/action1/rules/europe/ips.txt%00.html",
        "/action1/notes.txt",
        "/action1/rules",
        "/other/latest.json",
        "/",
        "/nothing",
    ],
)
def test_nothing_else_is_served(server, place, path):
    (place / "action1/notes.txt").write_text("mine")
    (place / "action1/rules/europe/.hidden").write_text("mine")
    (place / "other").mkdir()
    (place / "other/latest.json").write_text("mine")
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.putrequest("GET", path, skip_host=False)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if path == "/":
        return  # a page, see test_pages.py
    assert answer.status == 404, path
    assert json.loads(body)["status"] == 404


def test_a_new_version_is_served_from_the_manifest_on(place):
    """Rule files are replaced one by one; readers see the set before, then the set after."""
    with serving(place) as server:
        tree = Tree(Folder(str(place)), "action1")
        before = {name: server.get(f"/action1/{name}").content for name in names(place)}
        manifest = tree.read("manifest.json")
        fourth = [entry(target="9.9.9.9", port=443)]
        stored_after(tree, fourth)
        whole = tree.read("manifest.json")
        (place / "action1/manifest.json").write_bytes(manifest)  # not written yet
        for name, body in before.items():
            if not name.startswith(("versions/", "changes/")):
                assert server.get(f"/action1/{name}").content == body, name
        tree.publish({"manifest.json": whole})
        assert server.get(IPS).text == "9.9.9.9\n"
        assert server.get("/action1/latest.json").json()["version"] == 4


def stored_after(tree, reading):
    last = tree.latest()
    entries = msgspec.convert(reading, tuple[Entry, ...])
    after = msgspec.structs.replace(
        last,
        version=last.version + 1,
        previous=last.version,
        entries=entries,
        digest=digest(entries),
    )
    add(tree, after, now=START + timedelta(days=40))


def test_a_restart_in_the_middle_of_a_publish_serves_whole_files(place):
    """The new rule files are there, the manifest is not yet: committed bytes, with 200."""
    tree = Tree(Folder(str(place)), "action1")
    manifest = tree.read("manifest.json")
    stored_after(tree, [entry(target="9.9.9.9", port=443)])
    (place / "action1/manifest.json").write_bytes(manifest)
    with serving(place) as server:
        assert (server.get(IPS).status_code, server.get(IPS).text) == (200, "9.9.9.9\n")


class Failing:
    """A store that can be broken."""

    def __init__(self, blobs):
        self.blobs, self.broken = blobs, False

    def __getattr__(self, name):
        if self.broken:
            raise StoreError("the disk is gone; look at it")
        return getattr(self.blobs, name)


def test_a_store_that_fails_takes_nothing_from_those_who_poll(place):
    blobs = Failing(open_store(str(place)))
    with serving(place, blobs=blobs) as server:
        before = server.get(IPS)
        blobs.broken = True
        after = server.get(IPS)
        assert (after.status_code, after.content) == (200, before.content)
        never = server.get("/action1/rules/oceania/ips.txt")
        assert never.status_code == 503
        assert "the disk is gone" in never.json()["detail"]
        assert never.headers["retry-after"]
        blobs.broken = False
        assert server.get("/action1/rules/oceania/ips.txt").status_code == 200


@pytest.mark.parametrize("damage", [b"", b"203.0.114.66\n", None])
def test_a_file_that_somebody_damaged_is_given_as_it_was(place, damage):
    with serving(place) as server:
        before = server.get(IPS).content
        file = place / "action1/rules/europe/ips.txt"
        file.unlink() if damage is None else file.write_bytes(damage)
        assert server.get(IPS).content == before


def test_an_empty_file_is_never_given(place):
    (place / "action1/rules/europe/ips.txt").write_bytes(b"")
    with serving(place) as server:
        answer = server.get(IPS)
        assert (answer.status_code, "store rebuild" in answer.text) == (503, True)


@pytest.mark.parametrize("damage", [b"", b"{", b"null", None])
def test_a_damaged_manifest_leaves_the_last_one_in_force(place, damage):
    with serving(place) as server:
        before = server.get("/action1/manifest.json").content
        file = place / "action1/manifest.json"
        file.unlink() if damage is None else file.write_bytes(damage)
        assert server.get("/action1/manifest.json").content == before
        assert server.get(IPS).status_code == 200


def test_what_was_withdrawn_says_so(place):
    with serving(place) as server:
        server.get(IPS)
        tree = Tree(Folder(str(place)), "action1")
        manifest = tree.manifest()
        files = {k: v for k, v in manifest.files.items() if "europe/ips" not in k}
        gone = msgspec.structs.replace(
            manifest, files=files, withdrawn=("rules/europe/ips.txt",)
        )
        tree.withdraw(["rules/europe/ips.txt"])
        tree.publish({"manifest.json": encode_pretty(gone)})
        answer = server.get(IPS)
        assert (answer.status_code, answer.json()["title"]) == (410, "Withdrawn")


def test_before_the_first_version(tmp_path):
    with serving(tmp_path / "empty") as server:
        assert server.get("/action1/latest.json").status_code == 404
        assert server.get("/readyz").status_code == 503
        assert server.get("/healthz").status_code == 200
        stored(tmp_path / "empty", [entry()])
        assert server.get("/action1/latest.json").status_code == 200
        assert server.get("/readyz").text == "action1: version 1\nstanding by\n"


def test_the_memory_for_files_is_bounded(place, monkeypatch):
    monkeypatch.setattr("tracker.site.web.files._CAPACITY", 20_000)
    with serving(place) as server:
        for name in names(place):
            assert server.get(f"/action1/{name}").status_code == 200
        kept = server.state.files("action1")._cache
        assert sum(len(file.body) for file in kept.values()) <= 20_000


def test_on_object_storage_too(bucket):
    tree = stored_in(open_store(bucket), [entry()])
    with serving(bucket) as server:
        assert server.get(IPS).content == tree.read("rules/europe/ips.txt")
        assert server.get("/v1/action1/version").json()["version"] == 1
        assert server.get("/action1/.state/lock").status_code == 404


def test_the_probe_is_asked_for_again_and_leads_to_the_files_of_its_version(place):
    """Also where a look at the store holds for a while."""
    files = PublishedFiles(Folder(str(place)), "action1", fresh=3600)
    before = json.loads(files.get("version.json").body)["version"]
    stored_after(Tree(Folder(str(place)), "action1"), [entry(target="9.9.9.9", port=443)])
    assert json.loads(files.get("version.json").body)["version"] == before
    files._probed = float("-inf")  # an hour later
    after = json.loads(files.get("version.json").body)["version"]
    assert after == json.loads(files.get("latest.json").body)["version"] == before + 1


def test_the_probe_may_be_kept_only_if_it_is_asked_for(server, place):
    answer = server.get("/action1/version.json")
    assert answer.headers["cache-control"] == "no-cache"
    tag = {"If-None-Match": answer.headers["etag"]}
    assert server.get("/action1/version.json", headers=tag).status_code == 304


def test_a_damaged_probe_is_given_as_it_was(place):
    with serving(place) as server:
        before = server.get("/action1/version.json").content
        (place / "action1/version.json").write_bytes(b"{")
        assert server.get("/action1/version.json").content == before
