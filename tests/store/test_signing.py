"""Signed manifests and probes, against OpenSSH itself; what a key cannot do is one line."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import documented
from tests.support.examples import examples
from tests.support.site import SAMPLES
from tracker.config.tables import SigningConfig
from tracker.publish import signing
from tracker.store.records import Manifest

GOOD = (SAMPLES / "2024-04/stacks.html").read_bytes()
NEXT = GOOD.replace(b"54.79.23.166", b"54.79.23.167")
TREE = Path("snapshots/action1")
SIGNED = ("manifest.json", "version.json")
MAKE_KEY, RECIPE = (
    block.text for block in documented.of_kind("sh") if block.note == "needs=signing"
)


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    options = ["-q", "-t", kind, "-N", passphrase, "-C", "test", "-f", str(path)]
    subprocess.run(["ssh-keygen", *options], check=True)
    return path


def public(key: Path) -> Path:
    return key.with_name(f"{key.name}.pub")


@pytest.fixture
def key(tmp_path):
    return make_key(tmp_path / "signing.key")


@pytest.fixture
def run(site, fwtracker, tmp_path, key):
    """Run a check of a page, signed by the key."""
    config = tmp_path / "signed.toml"
    config.write_text(f'[signing]\nkey_file = "{key}"\n')

    def check(page: bytes | None = None, *command: str):
        if page is not None:
            site.show(page)
        words = command or ("run", "--url", site.url)
        return fwtracker(*words, "--config", config)

    return check


def prove(fwtracker, key: Path):
    return fwtracker("store", "verify", "--public-key", public(key))


def run_recipe(key: Path) -> subprocess.CompletedProcess:
    """Prove both files by jq and ssh-keygen, as documented."""
    return documented.run_script(
        RECIPE.replace("signing.key.pub", str(public(key))), Path.cwd()
    )


def test_a_key_that_is_made_as_documented_signs(site, fwtracker, tmp_path):
    made = documented.run_script(MAKE_KEY.replace("/etc/fwtracker/", ""), tmp_path)
    assert (made.returncode, made.stderr) == (0, "")
    (table,) = (
        block.text
        for block in documented.of_kind("toml")
        if block.document == "docs/store.md" and "key_file" in block.text
    )
    config = tmp_path / "c.toml"
    config.write_text(table.replace("/etc/fwtracker", str(tmp_path)))
    site.show(GOOD)
    assert fwtracker("run", "--url", site.url, "--config", config).status == 0
    done = run_recipe(Path("signing.key"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count('Good "fwtracker" signature for fwtracker') == len(SIGNED)
    assert fwtracker("store", "verify", "--public-key", "signing.key.pub").status == 0


def test_ssh_keygen_proves_what_is_published_by_the_documented_lines(run, key, tmp_path):
    run(GOOD)
    done = run_recipe(key)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count('Good "fwtracker" signature for fwtracker') == len(SIGNED)
    other = make_key(tmp_path / "other.key")
    assert run_recipe(other).returncode != 0
    path = TREE / "version.json"
    path.write_text(path.read_text().replace('"version": 1', '"version": 2'))
    assert run_recipe(key).returncode != 0


def test_what_ssh_keygen_signs_is_proved_too(tmp_path, key):
    document = b'{"b": 1, "a": ["\xc3\xa9", "\\u007f", "<&>"]}'
    (tmp_path / "message").write_bytes(signing.canonical_bytes(document))
    options = ["-q", "-Y", "sign", "-f", str(key), "-n", "fwtracker", str(tmp_path / "message")]
    subprocess.run(["ssh-keygen", *options], check=True)
    signature = (tmp_path / "message.sig").read_text()
    signed = json.dumps({**json.loads(document), "signature": signature}).encode()
    keys = signing.load_public_keys(public(key))
    assert signing.find_fault(signed, keys) == ""
    assert signing.find_fault(signed.replace(b'"b": 1', b'"b": 2'), keys) == (
        "does not have the content that was signed"
    )
    for namespace in ("file", "git"):
        options[6] = namespace
        (tmp_path / "message.sig").unlink()
        subprocess.run(["ssh-keygen", *options], check=True)
        signature = (tmp_path / "message.sig").read_text()
        other = json.dumps({**json.loads(document), "signature": signature}).encode()
        assert signing.find_fault(other, keys) == "has a signature that cannot be read"


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@examples(25)
@given(st.dictionaries(texts, texts | st.integers(-(2**53), 2**53) | st.none(), max_size=4))
def test_what_is_signed_is_what_jq_prints(content):
    document = json.dumps({**content, "signature": "x"}).encode()
    command = ["jq", "-cS", "del(.signature)"]
    printed = subprocess.run(command, input=document, capture_output=True, check=True).stdout
    assert signing.canonical_bytes(document) == printed


def test_a_check_without_news_signs_again(run, fwtracker, key):
    run(GOOD)
    path = TREE / "version.json"
    unsigned = json.loads(path.read_bytes())
    path.write_text(json.dumps({k: v for k, v in unsigned.items() if k != "signature"}))
    assert run(GOOD).status == 0
    assert prove(fwtracker, key).status == 0


def test_the_signature_is_in_the_file_and_older_programs_read_it(run):
    run(GOOD)
    for name in SIGNED:
        assert json.loads((TREE / name).read_bytes())["signature"].startswith("-----BEGIN SSH")
    known = msgspec.json.decode((TREE / "manifest.json").read_bytes(), type=Manifest)
    assert known.version == 1


def test_the_public_key_proves_all_of_a_store(run, fwtracker, key):
    run(GOOD)
    run(NEXT)
    ran = prove(fwtracker, key)
    assert (ran.status, ran.err) == (0, "")
    assert f"2 versions, every file is as it was written, signed by the key in {key}" in ran.out


def test_a_list_of_allowed_signers_does_too(run, fwtracker, key, tmp_path):
    run(GOOD)
    other = public(make_key(tmp_path / "other.key")).read_text()
    listed = tmp_path / "allowed_signers"
    listed.write_text(f"# who may\nold {other}fwtracker {public(key).read_text()}")
    assert fwtracker("store", "verify", "--public-key", listed).status == 0


def test_what_is_not_signed_is_one_line_and_status_1(site, run, fwtracker, key):
    site.show(GOOD)
    fwtracker("run", "--url", site.url)
    ran = prove(fwtracker, key)
    assert ran.status == 1
    first, second = ran.err.splitlines()
    assert first.startswith("fwtracker: action1/manifest.json: is not signed; find out what")
    assert second.startswith("fwtracker: action1/version.json: is not signed; ")
    assert first.endswith("set [signing] there, and run: fwtracker store rebuild")


def test_another_key_is_named(run, fwtracker, key, tmp_path):
    run(GOOD)
    other = make_key(tmp_path / "other.key")
    ran = prove(fwtracker, other)
    assert ran.status == 1
    (own,) = signing.load_public_keys(public(key))
    assert f"manifest.json: is signed by another key, {own.fingerprint};" in ran.err
    shown = subprocess.run(
        ["ssh-keygen", "-l", "-f", str(public(key))], capture_output=True, text=True, check=True
    )
    assert own.fingerprint in shown.stdout


def replace_hashes(before: bytes, after: bytes) -> None:
    """Make index and manifest agree with another content, as who can write everything may."""
    old, new = (hashlib.sha256(data).hexdigest() for data in (before, after))
    for name in ("index.json", *SIGNED):
        path = TREE / name
        was = path.read_bytes()
        path.write_bytes(was.replace(old.encode(), new.encode()))
        if name == "index.json":
            replace_facts(was, path.read_bytes())


def replace_facts(before: bytes, after: bytes) -> None:
    path = TREE / "manifest.json"
    old, new = (hashlib.sha256(data).hexdigest() for data in (before, after))
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize("number", [1, 2])
def test_history_cannot_be_rewritten_unseen(run, fwtracker, key, number):
    run(GOOD)
    run(NEXT)
    path = TREE / f"versions/{number:06d}.json"
    before = path.read_bytes()
    path.write_bytes(before.replace(b'"etag": ', b'"etag" : ', 1))
    replace_hashes(before, path.read_bytes())
    if number == 2:
        (TREE / "latest.json").write_bytes(path.read_bytes())
    ran = prove(fwtracker, key)
    assert ran.status == 1
    assert "manifest.json: does not have the content that was signed" in ran.err


@pytest.mark.parametrize("name", SIGNED)
def test_a_check_signs_nothing_that_something_else_wrote(run, fwtracker, key, name):
    run(GOOD)
    path = TREE / name
    text = path.read_text()
    path.write_text(text.replace("2026", "2096").replace('"signature": "', '"signature": "x'))
    ran = run(GOOD)
    if name == "manifest.json":
        assert ran.status == 1
        assert ran.err.count("\n") == 1
        assert "action1/manifest.json has a signature that cannot be read; find out" in ran.err
        assert "sign what is there now by: fwtracker store rebuild" in ran.err
        assert prove(fwtracker, key).status == 1
        assert run(None, "store", "rebuild").status == 0
    assert run(GOOD).status == 0
    assert prove(fwtracker, key).status == 0


def test_a_version_that_the_signed_manifest_does_not_name_is_not_signed(run):
    run(GOOD)
    path = TREE / "versions/000001.json"
    path.write_bytes(path.read_bytes().replace(b'"etag": ', b'"etag" : ', 1))
    ran = run(GOOD)
    assert ran.status == 1
    assert "versions/000001.json is not the file that the signed manifest names; " in ran.err


def test_a_store_without_a_key_is_signed_once_by_a_rebuild(site, run, fwtracker, key):
    site.show(GOOD)
    fwtracker("run", "--url", site.url)
    ran = run(GOOD)
    assert (ran.status, "action1/manifest.json is not signed; " in ran.err) == (1, True)
    assert run(None, "store", "rebuild").status == 0
    assert run(GOOD).status == 0
    assert prove(fwtracker, key).status == 0


def test_without_a_key_any_more_nothing_is_signed(site, run, fwtracker):
    run(GOOD)
    site.show(GOOD)
    assert fwtracker("run", "--url", site.url).status == 0
    assert not any("signature" in json.loads((TREE / name).read_bytes()) for name in SIGNED)


def test_a_key_in_the_environment(site, fwtracker, tmp_path, key, monkeypatch):
    monkeypatch.setenv("SIGNING_KEY", key.read_text())
    config = tmp_path / "env.toml"
    config.write_text('[signing]\nkey_env = "SIGNING_KEY"\n')
    site.show(GOOD)
    assert fwtracker("run", "--url", site.url, "--config", config).status == 0
    assert prove(fwtracker, key).status == 0


SAID = {
    "missing": "No such file",
    "open": "so it proves nothing; run: chmod 600 ",
    "public": "it is the public key; name the private one",
    "empty": "is empty",
    "other": "it is not a private key of OpenSSH; make one with: ssh-keygen -t ed25519",
    "rsa": "it is not an Ed25519 key",
    "encrypted": "it asks for a passphrase, which a check cannot give",
}
OTHER = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0LWNhbmFyeQ==\n-----END"


def damage(key: Path, how: str) -> None:
    texts = {"public": public(key).read_text(), "empty": "", "other": OTHER}
    if how == "open":
        key.chmod(0o644)
    elif how in texts:
        key.write_text(texts[how])
    else:
        key.unlink()
    if how == "rsa":
        make_key(key.with_name("rsa.key"), "rsa").rename(key)
    elif how == "encrypted":
        make_key(key.with_name("locked.key"), passphrase="secret-canary").rename(key)


@pytest.mark.parametrize("how", SAID)
def test_a_key_that_cannot_sign_is_one_line_and_nothing_is_written(run, key, how):
    run(GOOD)
    before = [(TREE / name).read_bytes() for name in SIGNED]
    damage(key, how)
    ran = run(NEXT)
    assert (ran.status, ran.err.count("\n")) == (2, 1), ran.err
    assert SAID[how] in ran.err
    assert "the key of [signing]" in ran.err
    assert [(TREE / name).read_bytes() for name in SIGNED] == before
    assert not (TREE / "versions/000002.json").exists()
    secrets = key.read_text().splitlines()[1:-1] if key.exists() else []
    assert not any(line in ran.err + ran.out for line in secrets if line)
    assert "canary" not in ran.err


def test_a_key_that_is_pasted_where_its_place_belongs_is_refused_unseen(
    fwtracker, tmp_path, key
):
    config = tmp_path / "pasted.toml"
    for name in ("key_file", "key_env"):
        config.write_text(f"[signing]\n{name} = '''{key.read_text()}'''\n")
        ran = fwtracker("run", "--config", config)
        assert ran.status == 2
        assert f"[signing] {name}: the value is not" in ran.err
        assert key.read_text().splitlines()[1] not in ran.err


def test_both_places_at_once_are_refused():
    with pytest.raises(ValueError, match="set one of `key_env` and `key_file`"):
        SigningConfig(key_env="A", key_file="b")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory; check it"),
        ("hello", "holds no Ed25519 public key"),
        ("ssh-ed25519 AAAA", "holds no Ed25519 public key"),
        ("private", "holds a private key; name the public one"),
    ],
)
def test_a_public_key_that_is_none_is_one_line(run, fwtracker, key, tmp_path, content, said):
    run(GOOD)
    path = tmp_path / "some.pub"
    if content:
        path.write_text(key.read_text() if content == "private" else content)
    ran = fwtracker("store", "verify", "--public-key", path)
    assert (ran.status, ran.err.count("\n")) == (2, 1)
    assert said in ran.err


def test_a_signature_of_any_shape_is_a_fault_and_no_crash(key):
    keys = signing.load_public_keys(public(key))
    armour = "-----BEGIN SSH SIGNATURE-----\n%s\n-----END SSH SIGNATURE-----"
    for value in (1, [], "", "x", armour % "", armour % "AAAA", armour % "U1NIU0lHAAAAAQ=="):
        document = json.dumps({"a": 1, "signature": value}).encode()
        assert signing.find_fault(document, keys) == "has a signature that cannot be read"
    for document in (b"", b"{", b"[]", b'"x"'):
        assert signing.find_fault(document, keys) == "is damaged"


def test_doctor_proves_that_it_can_sign(run, key):
    ran = run(None, "doctor", "--offline")
    (own,) = signing.load_public_keys(public(key))
    assert f"as {own.fingerprint}: {own.line}" in ran.out
    assert " ".join(public(key).read_text().split()[:2]) == own.line
    key.chmod(0o640)
    assert f"chmod 600 {key}" in run(None, "doctor", "--offline").out
    key.unlink()
    assert "the key of [signing]: cannot read the file" in run(None, "doctor", "--offline").out


def test_what_signs_is_loaded_only_where_a_key_is_configured(site, run, tmp_path):
    code = (
        "import sys; from tracker.cli import main\n"
        "try:\n    main()\nexcept SystemExit as stop:\n"
        "    print('cryptography' in sys.modules, stop.code)\n"
    )
    site.show(GOOD)
    for options, found in (((), "False 0"), (("--config", "signed.toml"), "True 0")):
        done = subprocess.run(
            [
                os.sys.executable,
                "-c",
                code,
                "run",
                "--url",
                site.url,
                "--snapshots",
                str(tmp_path / found),
                *options,
            ],
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(documented.ROOT)},
        )
        assert done.stdout.splitlines()[-1] == found
