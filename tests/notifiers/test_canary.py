"""No secret gets out: every channel with every kind of problem, with debug logging.

Each scenario has secrets of its own in every slot, and a server that repeats them in its
answer. None may be in a log record, the receipt, the error, its traceback or its context, on
stdout or stderr, or in a request to the host that a redirect names.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace

import msgspec
import pytest

import notifiers
from notifiers import apprise
from notifiers.shared import http_post, smtp
from tests.support import announcements as made
from tests.support import noticed
from tests.support.servers import Answer, HookServer, MailServer, SilentServer, free_port
from tracker.alerts.notify import send_heartbeat
from tracker.config.tables import GeneralConfig
from tracker.errors import FwtrackerError

PATH, QUERY = "/services/T0CANARY1/CANARY2", "sig=canary-three-3"
KEY, SIGNING = "canaryrouting4key", "canary-signing-5"
USER, PASSWORD, HEADER = "canary-user-6", "canary-password-7", "canary-header-8"
IN_URL = (PATH, PATH.rpartition("/")[2], QUERY, QUERY.partition("=")[2])
SECRETS = {  # of each channel, as its server could repeat them
    "apprise": (*IN_URL, USER, PASSWORD, HEADER),
    "email": (USER, PASSWORD),
    "pagerduty": (KEY,),
    "slack": IN_URL,
    "teams": IN_URL,
    "webhook": (*IN_URL, SIGNING),
}
PLACES = {
    "slack": {"url_env": "URL"},
    "teams": {"url_env": "URL"},
    "webhook": {"url_env": "URL", "secret_env": "SIGNING"},
    "pagerduty": {"routing_key_env": "KEY", "server": "HERE"},
    "apprise": {"urls_env": "URLS"},
}
FINE = {"teams": Answer(202, b""), "pagerduty": Answer(202, b"")}
STATUSES = (400, 401, 403, 404, 410, 413, 429, 500, 503)
HTTP = (
    *(f"status {status}" for status in STATUSES),
    *("success", "retry-after", "bad JSON", "not UTF-8", "login page", "broken off"),
    *("hang-up", "time-out", "redirect", "refused", "TLS", "DNS", "no URL"),
)
MAIL = (
    *("success", "login", "451 to MAIL", "550 to RCPT", "554 to DATA", "421 to DATA"),
    *("refused", "TLS", "DNS", "time-out", "no SMTP", "hang-up"),
)
SCENARIOS = [
    *((name, trouble) for name in PLACES for trouble in HTTP),
    *(("email", trouble) for trouble in MAIL),
]
# What differs for a notice is its words, and on PagerDuty what is resolved with it.
NOTICED = [
    (name, trouble, kind)
    for name in (*PLACES, "email")
    for trouble, kind in (("success", "held"), ("TLS", "over"), ("refused", "channel"))
] + [("pagerduty", f"status {status}", "over") for status in (400, 429, 500)]


@pytest.fixture(autouse=True)
def _loud(monkeypatch, caplog):
    """Every logger tells all."""
    for name in ("httpx", "httpcore", "urllib3", "requests", "apprise", "asyncio"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.NOTSET)
    caplog.set_level(logging.DEBUG)


@pytest.fixture
def impatient(monkeypatch, trouble):
    """A test does not wait for what will not come."""
    if trouble == "time-out":
        for module in (http_post, smtp, apprise):
            monkeypatch.setattr(module, "LIMIT_SECONDS", 0.3)
        monkeypatch.setattr(http_post, "HEARTBEAT_SECONDS", 0.3)


def echo(name: str) -> str:
    return f"no {' '.join(SECRETS[name])}"


def answers(name: str, elsewhere: str) -> dict[str, Answer]:
    """What a server of this channel answers, by the kind of trouble."""
    said = echo(name).encode()
    return {
        **{f"status {status}": Answer(status, said) for status in STATUSES},
        "retry-after": Answer(429, said, {"Retry-After": echo(name)}),
        "bad JSON": Answer(202, b'{"ok": ' + said),
        "not UTF-8": Answer(500, b"\xff\xfe" + said),
        "login page": Answer(200, b"<html>" + said),
        "broken off": Answer(500, said, {"Transfer-Encoding": "chunked"}),
        "hang-up": Answer(hang_up=True),
        "time-out": Answer(delay=30),
        "redirect": Answer(307, said, {"Location": f"{elsewhere}/elsewhere"}),
    }


@contextmanager
def http_place(trouble, name, certificate) -> Iterator[tuple[str, list]]:
    """Where to send to in this trouble, and the requests that another host got."""
    tls = certificate.server if trouble == "TLS" else None
    with ExitStack() as stack:
        other = stack.enter_context(HookServer())
        script = {**answers(name, other.url), "success": FINE.get(name, Answer())}
        hook = stack.enter_context(HookServer(script.get(trouble, Answer()), tls=tls))
        urls = {
            "refused": f"http://127.0.0.1:{free_port()}",
            "DNS": "http://nowhere.invalid",
            "no URL": "http://127.0.0.1:99999",
        }
        yield urls.get(trouble, hook.url), other.requests


@contextmanager
def mail_place(trouble, certificate) -> Iterator[dict[str, object]]:
    """Host, port and certificate settings of a mail server in this trouble."""
    said = echo("email")
    script = {
        "451 to MAIL": {"MAIL": f"451 {said}"},
        "550 to RCPT": {"RCPT": f"550 {said}"},
        "554 to DATA": {"DATA": f"554 {said}"},
        "421 to DATA": {"DATA": f"421 {said}"},
        "hang-up": {"QUIT": ""},
    }
    login = ("another", "login") if trouble == "login" else (USER, PASSWORD)
    with (
        MailServer("starttls", certificate.server, login, script.get(trouble)) as server,
        SilentServer(b"220 ") as silent,
        SilentServer(f"HTTP/1.1 400 {said}\r\n".encode(), drip=0) as other,
    ):
        ports = {"refused": free_port(), "time-out": silent.port, "no SMTP": other.port}
        trusted = {} if trouble == "TLS" else {"ca_file": str(certificate.ca_file)}
        host = "nowhere.invalid" if trouble == "DNS" else "127.0.0.1"
        yield {"host": host, "port": ports.get(trouble, server.port), **trusted}


@contextmanager
def channel(name, trouble, certificate, monkeypatch) -> Iterator[SimpleNamespace]:
    """The settings of a channel in this trouble, its secrets in the environment."""
    secrets = {"KEY": KEY, "SIGNING": SIGNING, "USER": USER, "PASSWORD": PASSWORD}
    other: list = []
    with ExitStack() as stack:
        if name == "email":
            place = stack.enter_context(mail_place(trouble, certificate))
            keys = {"sender": "a@example.com", "to": ["b@example.com"], **place}
            keys |= {"user_env": "USER", "password_env": "PASSWORD"}
        else:
            here, other = stack.enter_context(http_place(trouble, name, certificate))
            keys = {
                key: here if value == "HERE" else value for key, value in PLACES[name].items()
            }
            secrets["URL"] = f"{here}{PATH}?{QUERY}"
            named = here.replace("http", "json", 1).replace("//", f"//{USER}:{PASSWORD}@")
            secrets["URLS"] = f"{named}{PATH}?+token={HEADER}"
        for variable, value in secrets.items():
            monkeypatch.setenv(variable, value)
        settings = msgspec.convert(keys, notifiers.load(name).settings_type)
        yield SimpleNamespace(settings=settings, other=other)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("trouble", HTTP)
def test_the_heartbeat_tells_nobody_its_url(trouble, certificate, monkeypatch, caplog, capfd):
    with http_place(trouble, "slack", certificate) as (here, other):
        monkeypatch.setenv("BEAT", f"{here}{PATH}?{QUERY}")
        slept: list[float] = []
        said = send_heartbeat(GeneralConfig(heartbeat_url_env="BEAT"), slept.append)
    records = " ".join(f"{vars(record)} {record.getMessage()}" for record in caplog.records)
    told = f"{said} {records} {caplog.text} {capfd.readouterr()}"
    assert re.findall(r"canary[\w-]*\d", told, re.IGNORECASE) == []
    assert other == []
    assert (said is None) == (trouble in {"success", "login page", "bad JSON"})
    assert sum(slept) <= 20


def outcome(name, settings, told) -> tuple[str, bool]:
    """All that a caller could tell of a delivery, and whether it was one."""
    notifier = notifiers.load(name)
    try:
        notifier.check(settings)
        return notifier.send(settings, told), True
    except FwtrackerError as error:
        whole = "".join(traceback.format_exception(error))
        return f"{error!r} {vars(error)} {error.__context__!r} {whole}", False


def assert_no_secret(name, trouble, told, certificate, monkeypatch, caplog, capfd):
    with channel(name, trouble, certificate, monkeypatch) as made_channel:
        said, delivered = outcome(name, made_channel.settings, told)
    records = " ".join(f"{vars(record)} {record.getMessage()}" for record in caplog.records)
    heard = f"{said} {records} {caplog.text} {capfd.readouterr()}"
    # With a digit: the name of this file stands in tracebacks, and is no secret.
    assert re.findall(r"canary[\w-]*\d", heard, re.IGNORECASE) == []
    assert made_channel.other == []
    assert delivered or trouble != "success"


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("name", "trouble"), SCENARIOS)
def test_no_secret_gets_out(name, trouble, certificate, monkeypatch, caplog, capfd):
    assert_no_secret(name, trouble, made.change(), certificate, monkeypatch, caplog, capfd)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("name", "trouble", "kind"), NOTICED)
def test_no_secret_gets_out_with_a_notice(
    name, trouble, kind, certificate, monkeypatch, caplog, capfd
):
    told = noticed.EVERY[kind]
    assert_no_secret(name, trouble, told, certificate, monkeypatch, caplog, capfd)


def test_there_are_enough_scenarios_on_every_channel():
    assert len(SCENARIOS) >= 60
    assert {name for name, _ in SCENARIOS} == set(notifiers.names())


def test_the_canaries_can_be_found(caplog):
    """The check itself: a secret that is logged is seen."""
    logging.getLogger("httpx").debug("POST %s", f"http://a{PATH}")
    assert re.findall(r"canary[\w-]*\d", caplog.text, re.IGNORECASE)
