"""A secret pasted where its place belongs: refused when loaded, and shown nowhere."""

from __future__ import annotations

import logging
import re
import tomllib
from datetime import UTC, datetime
from itertools import cycle

import pytest

import notifiers
from tests.site.readings import entry, stored
from tests.support.servers import HookServer
from tracker import config
from tracker.config.tables import GeneralConfig, TokenConfig, VerifyConfig
from tracker.config.validation import is_path, is_variable_name
from tracker.errors import UsageError
from tracker.scheduler.service import SchedulerService, ServeOptions

PASTED = (
    "https://hooks.example/services/T0CANARY1/CANARY2",
    "hooks.slack.com/services/T0CANARY1/B0CANARY2/canary3",
    "xoxb-canary-4-5678901234",
    "ghp_canaryCanaryCanaryCanaryCanaryCanary",
    "canary correct horse",
    "canary!Password7",
    "Canary4p4ssw0rd",
    "canary0e1b2c3d4e5f60718293a4b5c6",
)
OTHERS = {  # what else a channel needs, beside the key that is tried
    "email": 'host = "mail.example"\nsender = "a@x.io"\nto = ["b@x.io"]\n',
}
BESIDE = {
    "secret": 'url_env = "A"\n',
    "user": 'password_env = "A"\n',
    "password": 'user_env = "A"\n',
}


def place_keys(kind) -> list[str]:
    return [key for key in kind.__struct_fields__ if key.endswith(("_env", "_file"))]


def every_table() -> dict[str, str]:
    """A configuration for each key that names a place, with VALUE there."""
    found = {}
    for name in notifiers.names():
        for key in place_keys(notifiers.load(name).settings_type):
            more = OTHERS.get(name, "") + BESIDE.get(key.rpartition("_")[0], "")
            start = f'[[channels]]\nname = "new"\ntype = "{name}"\n{more}'
            found[f"{name}.{key}"] = f"{start}{key} = VALUE\n"
    for table, kind in (("fwtracker", GeneralConfig), ("verify", VerifyConfig)):
        found |= {f"{table}.{key}": f"[{table}]\n{key} = VALUE\n" for key in place_keys(kind)}
    for key in place_keys(TokenConfig):
        found[f"tokens.{key}"] = f'[[serve.tokens]]\npath = "/"\n{key} = VALUE\n'
    return found


TABLES = every_table()
OWN = '[[channels]]\nname = "ops"\ntype = "slack"\nurl_env = "HOOK"\n'


def written(table: str, value: str) -> str:
    return table.replace("VALUE", f'"{value}"')


def leaks(folder, *texts) -> list[str]:
    """What is left of a canary in texts, and in all files but the configuration."""
    files = [
        file.read_bytes().decode("latin-1")
        for file in folder.rglob("*")
        if file.is_file() and file.name != "c.toml"
    ]
    return re.findall(r"\w*canary\w*", " ".join([*map(str, texts), *files]), re.IGNORECASE)


def test_every_channel_and_table_is_here():
    assert len(TABLES) == 22
    for key, table in TABLES.items():
        usual = "FWTRACKER_SLACK_URL" if key.endswith("_env") else "/etc/fwtracker/slack-url"
        assert config.parse(tomllib.loads(written(table, usual)))


@pytest.mark.parametrize("value", PASTED)
@pytest.mark.parametrize("key", TABLES)
def test_it_is_refused_when_loaded_without_being_shown(key, value, tmp_path):
    (tmp_path / "c.toml").write_text(written(TABLES[key], value))
    with pytest.raises(UsageError, match=r"c\.toml: .* is not shown") as caught:
        config.load(tmp_path / "c.toml")
    assert f"] {key.partition('.')[2]}: the value is not" in str(caught.value)
    assert leaks(tmp_path, caught.value) == []


# Each key with one of the values, in turn.
IN_TURN = list(zip(TABLES, cycle(PASTED)))


@pytest.mark.parametrize(("key", "value"), IN_TURN)
def test_it_is_refused_by_every_command_without_being_shown(
    key, value, fwtracker, tmp_path, caplog
):
    caplog.set_level(logging.DEBUG)
    (tmp_path / "c.toml").write_text(written(TABLES[key], value))
    for command in ("run", "run --json", "doctor", "notify test", "serve"):
        ran = fwtracker(*command.split(), "--config", "c.toml")
        assert (ran.status, ran.out) == (2, "")
        assert "is not shown" in ran.err
        assert ran.err.count("\n") == 1
        assert leaks(tmp_path, ran.err, caplog.text) == []


@pytest.mark.parametrize(("key", "value"), IN_TURN)
def test_a_service_that_reads_it_again_keeps_the_old_one(
    key, value, tmp_path, monkeypatch, caplog
):
    caplog.set_level(logging.DEBUG)
    place = tmp_path / "snapshots"
    tree = stored(place, [entry()], now=datetime.now(UTC))
    tree.remember("channels/ops", {"since": 1})
    with HookServer() as hook:
        monkeypatch.setenv("HOOK", hook.url)
        (tmp_path / "c.toml").write_text(OWN)
        service = SchedulerService(ServeOptions(tmp_path / "c.toml", str(place)))
        before = service.config
        (tmp_path / "c.toml").write_text(OWN + written(TABLES[key], value))
        service.reload()
        service._tick("action1")
        assert service.config is before
        sent = [request.body for request in hook.requests]
        assert b"is not shown" in sent[0]
        said = [service.status.config_error, vars(service.status), caplog.text, *sent]
    assert "is not shown" in said[0]
    assert leaks(tmp_path, *said) == []


@pytest.mark.parametrize("value", PASTED)
@pytest.mark.parametrize(
    "option", ["--slack-env", "--slack-file", "--mail-user-env", "--mail-password-env"]
)
def test_init_writes_no_such_file(option, value, fwtracker, tmp_path):
    mail = ("--mail-host", "m.example", "--mail-from", "a@x.io", "--mail-to", "b@x.io")
    login = {"--mail-user-env": "U", "--mail-password-env": "P"}
    ran = fwtracker("init", *mail, *sum({**login, option: value}.items(), ()))
    assert (ran.status, ran.out) == (2, "")
    assert "the value is not" in ran.err
    assert leaks(tmp_path, ran.err) == []
    assert list(tmp_path.rglob("*.toml")) == []


@pytest.mark.parametrize(
    "name",
    [
        *(
            "FWTRACKER_SLACK_URL",
            "HOOK",
            "_A1",
            "slack_url",
            "SMTP2_PASSWORD",
            "url",
            "B2B_URL",
        ),
        *("SmtpPassword2", "OAUTH2_TOKEN", "K8S_S3_KEY", "FWTRACKER_OPS_WEBHOOK_URL_2026"),
    ],
)
def test_the_usual_names_of_variables_are_taken(name):
    assert is_variable_name(name)


@pytest.mark.parametrize(
    "name", ["$HOOK", "${HOOK}", "HOOK URL", "1HOOK", "A-B", "ÄRGER", "a.b"]
)
def test_other_names_are_not(name):
    assert not is_variable_name(name)


@pytest.mark.parametrize(
    "path",
    [
        *("/etc/fwtracker/slack-url", "/run/secrets/slack_url", "~/slack", "./p@ss", "../a/b"),
        *("slack-url", "slack.url", "token", "secrets/slack.2026-11-29", "conf.d/slack", "b"),
        *(
            "C:\\fwtracker\\slack.txt",
            "secrets/netops at work",
            "/nix/store/0c1d2e3f4a5b6c7d-x",
        ),
        *("/run/credentials/fwtracker.service/slack", "k8s/slack.v2", "corp-ca.pem"),
    ],
)
def test_the_usual_paths_are_taken(path):
    assert is_path(path)


@pytest.mark.parametrize(
    "value",
    [
        *("file:///etc/slack", "a\nb", "p@ssword", "hooks.slack.com/services/T/B/x", "a+b/c=="),
        *("wJalrXUtnFEMIK7MDENGbPxRfiCYEXAM", "0f9e8d7c-1234-4abc-9def-0123456789ab"),
        *("AKIAIOSFODNN7EXAMPLE", "eyJhbGciOiJub25lIn0.e30.", "T0A1B2C3D/B0E1F2A3B/x"),
    ],
)
def test_what_is_rather_a_secret_is_no_path(value):
    assert not is_path(value)


def test_a_password_that_could_be_a_name_is_not_shown_where_it_is_looked_for(
    monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("canary2", raising=False)
    for env, file in (("canary2", None), (None, "canary2")):
        with pytest.raises(UsageError) as caught:
            config.load_secret(env, file, "the SMTP password")
        assert leaks(tmp_path, caught.value) == []
    (tmp_path / "canary2").write_text("x")
    assert config.load_secret(None, "canary2", "the SMTP password") == "x"
