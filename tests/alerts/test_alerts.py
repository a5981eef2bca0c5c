"""Alerts for new versions: real Slack and mail servers on loopback, the outbox in between."""

from __future__ import annotations

import json

import pytest

from tests.support.servers import Answer, HookServer, MailServer

pytestmark = pytest.mark.usefixtures("few_formats")

CONFIG = """
[[channels]]
name = "netops"
type = "slack"
url_env = "TEST_SLACK_URL"

[[channels]]
name = "mail"
type = "email"
host = "127.0.0.1"
port = {port}
security = "none"
sender = "fwtracker@example.com"
to = ["netops@example.com"]
"""


@pytest.fixture(autouse=True)
def one_attempt(monkeypatch):
    """One attempt a run, so that what the next run does is seen at once."""
    monkeypatch.setattr("tracker.alerts.delivery.ATTEMPTS", 1)


@pytest.fixture
def mail():
    with MailServer() as server:
        yield server


@pytest.fixture
def configured(tmp_path, monkeypatch, mail):
    """A configuration with two channels; returns a function that points Slack somewhere."""
    path = tmp_path / "alerts.toml"
    path.write_text(CONFIG.format(port=mail.port))

    def point(hook: HookServer):
        monkeypatch.setenv("TEST_SLACK_URL", f"{hook.url}/services/T0/B0/s3cr3t-canary")
        return path

    return point


def texts(hook: HookServer) -> list[str]:
    return [json.loads(request.body)["text"] for request in hook.requests]


def test_every_new_version_reaches_every_channel_once(site, fwtracker, configured, mail):
    with HookServer() as hook:
        config = configured(hook)
        for sample in ("2024-04/stacks.html", "2024-04/bare.html", "2024-11/bare.html"):
            site.show_sample(sample)
            assert fwtracker("run", "--config", config, "--url", site.url).status == 0
        said = texts(hook)
    assert [("baseline" in text, "11 endpoints to allow" in text) for text in said] == [
        (True, False),
        (False, True),
    ]
    assert len(mail.mails) == 2


def test_what_is_said(site, fwtracker, configured, mail, tmp_path):
    with HookServer() as hook:
        config = configured(hook)
        site.show_sample("2024-04/stacks.html")
        fwtracker("run", "--config", config, "--url", site.url)
        site.show_sample("2024-11/stacks.html")
        fwtracker("run", "--config", config, "--url", site.url)
        slack = hook.requests[-1].body.decode()
    body = mail.mails[-1].message.get_body(("plain",)).get_content()
    wanted = ("North America", "3.104.236.56", "tcp/22543", "diff 1 2", "relay servers")
    folders = ("action1/rules/north-america/", "action1/deltas/000002/north-america/")
    for said in (slack, body):
        assert [word for word in (*wanted, *folders) if word not in said] == []
    assert "ttached" not in slack
    _, deltas, *_ = mail.mails[-1].message.iter_attachments()
    assert deltas.get_filename() == "action1-000002-north-america-ips.txt"
    stored = (
        tmp_path / "snapshots/action1/deltas/000002/north-america/ips-apply.txt"
    ).read_text()
    assert stored.rstrip() in deltas.get_content().replace("\r\n", "\n")


def test_an_undelivered_version_is_sent_by_the_next_run(site, fwtracker, configured, mail):
    with HookServer(Answer(500), Answer(500), Answer(200)) as hook:
        config = configured(hook)
        site.show_sample("2024-04/stacks.html")
        ran = fwtracker("run", "--config", config, "--url", site.url, "--json")
        assert ran.status == 1
        assert (ran.json[0]["outcome"], ran.json[0]["owed"]) == ("published", 1)
        assert len(mail.mails) == 1  # one channel's failure does not touch the other
        site.show_sample("2024-11/stacks.html")
        ran = fwtracker("run", "--config", config, "--url", site.url)
        assert ran.status == 1
        assert "channel netops: version 1 is still owed" in ran.err
        ran = fwtracker("run", "--config", config, "--url", site.url)
        assert (ran.status, ran.err) == (0, "")
        said = texts(hook)
    assert "baseline" in said[-2]
    assert "11 endpoints to allow" in said[-1]
    assert len(mail.mails) == 2


def test_alerts_are_sent_also_when_the_check_fails(site, fwtracker, configured):
    with HookServer(Answer(500), Answer(200)) as hook:
        config = configured(hook)
        site.show_sample("2024-04/stacks.html")
        fwtracker("run", "--config", config, "--url", site.url)
        site.pages.clear()
        ran = fwtracker("run", "--config", config, "--url", site.url, "--json")
        assert (ran.status, ran.json[0]["owed"]) == (1, 0)
        assert len(hook.requests) == 2


def test_no_notify_sends_nothing_and_owes_it(site, fwtracker, configured, mail):
    with HookServer() as hook:
        config = configured(hook)
        site.show_sample("2024-04/stacks.html")
        ran = fwtracker("run", "--config", config, "--url", site.url, "--no-notify")
        assert ran.status == 0, ran.err
        assert hook.requests == []
        assert mail.mails == []
        ran = fwtracker("notify", "retry", "--config", config)
        assert ran.out == "action1: 2 delivered, 0 still owed\n"
        assert len(hook.requests) == len(mail.mails) == 1


def test_a_channel_that_is_new_to_a_filled_store_owes_nothing(site, fwtracker, configured):
    site.show_sample("2024-04/stacks.html")
    fwtracker("run", "--url", site.url)
    with HookServer() as hook:
        config = configured(hook)
        ran = fwtracker("run", "--config", config, "--url", site.url)
        assert "it gets alerts from the next version on" in ran.err
        assert (ran.status, hook.requests) == (0, [])
        site.show_sample("2024-11/stacks.html")
        fwtracker("run", "--config", config, "--url", site.url)
        assert len(hook.requests) == 1


def test_a_channel_for_another_region_stays_silent(site, fwtracker, tmp_path, monkeypatch):
    config = tmp_path / "c.toml"
    config.write_text(
        '[[channels]]\nname="eu"\ntype="slack"\nurl_env="TEST_SLACK_URL"\nregions=["Europe"]\n'
    )
    with HookServer() as hook:
        monkeypatch.setenv("TEST_SLACK_URL", hook.url)
        for sample in ("2024-04/stacks.html", "2024-11/stacks.html"):
            site.show_sample(sample)
            ran = fwtracker("run", "--config", config, "--url", site.url, "--json")
            assert (ran.status, ran.json[0]["owed"]) == (0, 0)
        said = texts(hook)
    assert len(said) == 1
    assert "baseline" in said[0]
    assert "15 entries" in said[0]


def test_a_missing_secret_is_one_line_and_stays_owed(site, fwtracker, configured, monkeypatch):
    with HookServer() as hook:
        config = configured(hook)
        monkeypatch.delenv("TEST_SLACK_URL")
        site.show_sample("2024-04/stacks.html")
        ran = fwtracker("run", "--config", config, "--url", site.url)
        assert ran.status == 1
        assert "TEST_SLACK_URL" in ran.err
        assert len(ran.err.strip().splitlines()) == 1


def test_notify_test_judges_by_the_real_answer(fwtracker, configured, mail):
    with HookServer(Answer(404, b"no_service"), Answer(200)) as hook:
        config = configured(hook)
        ran = fwtracker("notify", "test", "netops", "--config", config)
        assert ran.status == 1
        assert "404" in ran.err
        ran = fwtracker("notify", "test", "--config", config)
        assert (ran.status, ran.out.count("delivered")) == (0, 2)
    message = mail.mails[0].message
    assert message["Subject"] == "TEST Action1: this channel works, nothing has changed"
    said = message.get_body(("plain",)).get_content()
    assert said.startswith("This channel works. Nothing to do")
    assert "0 entries" not in said


def test_notify_test_names_the_channels_there_are(fwtracker, configured):
    with HookServer() as hook:
        ran = fwtracker("notify", "test", "netopps", "--config", configured(hook))
    assert ran.status == 2
    assert "netops, mail" in ran.err


def test_the_webhook_address_is_said_nowhere(site, fwtracker, configured, tmp_path):
    with HookServer(Answer(500)) as hook:
        config = configured(hook)
        site.show_sample("2024-04/stacks.html")
        ran = fwtracker("run", "-v", "-v", "--config", config, "--url", site.url)
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert hook.requests[0].path.endswith("s3cr3t-canary")
    assert "s3cr3t" not in ran.out + ran.err
    assert b"s3cr3t" not in stored
