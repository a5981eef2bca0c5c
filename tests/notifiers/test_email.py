"""E-mail over real SMTP: three kinds of security, login, and every kind of refusal."""

from __future__ import annotations

import asyncio
import logging
import smtplib
import time
import traceback
from contextlib import contextmanager
from email import message_from_bytes

import msgspec
import pytest

from notifiers import email
from notifiers.shared import smtp
from notifiers.shared.smtp import map_smtp_error
from tests.support import announcements as made
from tests.support.certificate import make_certificate
from tests.support.servers import MailServer, Rig, SilentServer, free_port
from tracker.alerts import delivery
from tracker.errors import DeliveryError, UsageError

SENDER, TO, OTHER = "fwtracker@example.com", "netops@example.com", "msp@example.org"
LOGIN = ("canary-user-1c", "canary-password-9e")
SIMPLE = {"host": "mail.example", "sender": SENDER, "to": [TO]}
CREDENTIALS = {"user_env": "MAIL_USER", "password_env": "MAIL_PASSWORD"}
TROUBLE = {
    "busy": {"DATA": f"451 later, {LOGIN[1]}"},
    "refused": {"DATA": f"554 no, {LOGIN[0]} {LOGIN[1]}"},
}


@contextmanager
def rig(folder, trouble="fine"):
    """A mail server with STARTTLS and login for the suite of all notifiers."""
    certificate = make_certificate(folder)
    answers = TROUBLE.get(trouble, {})
    with (
        MailServer("starttls", certificate.server, LOGIN, answers) as server,
        SilentServer(b"220 ") as silent,
    ):
        ports = {"absent": free_port(), "silent": silent.port}
        yield Rig(
            settings={
                "host": "127.0.0.1",
                "port": ports.get(trouble, server.port),
                "sender": SENDER,
                "to": [TO],
                "ca_file": str(certificate.ca_file),
                "user_env": "RIG_MAIL_USER",
                "password_env": "RIG_MAIL_PASSWORD",
            },
            environment={"RIG_MAIL_USER": LOGIN[0], "RIG_MAIL_PASSWORD": LOGIN[1]},
            received=lambda: [[_part(mail, "html")] for mail in server.mails],
            shown=lambda: [
                f"{mail.message['Subject']}\n{_part(mail, 'plain')}" for mail in server.mails
            ],
        )


def _part(mail, kind: str) -> str:
    return mail.message.get_body((kind,)).get_content().replace("\r\n", "\n")


@pytest.fixture(autouse=True)
def _login(monkeypatch):
    monkeypatch.setenv("MAIL_USER", LOGIN[0])
    monkeypatch.setenv("MAIL_PASSWORD", LOGIN[1])


def settings(server, **keys) -> email.EmailSettings:
    own = {"host": "127.0.0.1", "port": server.port, "security": "none"}
    return msgspec.convert({**SIMPLE, **own, **keys}, email.EmailSettings)


def failure(server, **keys) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        email.send(settings(server, **keys), made.change())
    assert caught.value.__context__ is None
    return caught.value


@pytest.mark.parametrize("login", [None, LOGIN], ids=["no login", "login"])
@pytest.mark.parametrize("security", ["none", "starttls", "tls"])
def test_each_security_with_and_without_login(certificate, security, login):
    keys = dict(CREDENTIALS) if login else {}
    if security != "none":
        keys["ca_file"] = str(certificate.ca_file)
    with MailServer(security, certificate.server, login) as server:
        chosen = settings(server, security=security, **keys)
        assert email.send(chosen, made.change()) == "accepted for 1 of 1"
    (mail,) = server.mails
    assert mail.tls == (security != "none")
    assert mail.user == (LOGIN[0] if login else None)
    assert (mail.sender, mail.to) == (SENDER, [TO])
    assert mail.message["Subject"].startswith("BREAKING Action1 Europe")
    assert "* 13.41.182.195, 18.171.0.33" in _part(mail, "plain")


def test_a_server_by_name_and_secrets_in_files(certificate, tmp_path):
    for name, value in zip(("user", "password"), LOGIN, strict=True):
        (tmp_path / name).write_text(f"{value}\n")
    with MailServer("starttls", certificate.server, LOGIN) as server:
        chosen = settings(
            server,
            host="localhost",
            security="starttls",
            ca_file=str(certificate.ca_file),
            user_file=str(tmp_path / "user"),
            password_file=str(tmp_path / "password"),
        )
        email.check(chosen)
        assert email.send(chosen, made.baseline()) == "accepted for 1 of 1"


def test_the_default_is_starttls_on_its_port():
    chosen = email.EmailSettings(host="mail.example", sender=SENDER, to=(TO,))
    assert chosen.security == "starttls"
    assert email._build_server(chosen).port == 587
    assert email.PORTS == {"none": 25, "starttls": 587, "tls": 465}


def test_without_starttls_nothing_is_sent_not_even_the_login():
    with MailServer("none", login=LOGIN) as server:
        error = failure(server, security="starttls", **CREDENTIALS)
    assert not error.retriable
    assert "offers no STARTTLS" in str(error)
    assert server.mails == server.logins == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_untrusted_certificate_is_final(certificate, security):
    with MailServer(security, certificate.server, LOGIN) as server:
        error = failure(server, security=security, **CREDENTIALS)
    assert not error.retriable
    assert "certificate is not trusted" in str(error)
    assert server.logins == []


def test_tls_against_a_plain_server_is_final():
    with MailServer("none") as server:
        error = failure(server, security="tls")
    assert not error.retriable
    assert "check security and port" in str(error)


def test_a_wrong_password_is_final_and_not_repeated(certificate, monkeypatch):
    monkeypatch.setenv("MAIL_PASSWORD", "canary-wrong")
    with MailServer("none", login=LOGIN) as server:
        error = failure(server, **CREDENTIALS)
    assert not error.retriable
    assert str(error) == "SMTP 535: login refused; check user and password"


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("550 5.7.30 Basic authentication is not supported", "no longer takes logins"),
        ("535 5.7.139 Authentication unsuccessful canary", "no longer takes logins"),
        ("534 5.7.9 Application-specific password required", "an application password"),
        ("535 5.7.8 not accepted canary", "check user and password"),
        ("535 not accepted, see 5.7.9", "check user and password"),
    ],
)
def test_the_enhanced_code_chooses_the_advice(said, advice):
    code, _, text = said.partition(" ")
    error = map_smtp_error(smtplib.SMTPAuthenticationError(int(code), text.encode()), None)
    assert not error.retriable
    assert advice in str(error)
    assert "canary" not in str(error)


def test_a_refusal_after_the_login_has_the_same_advice():
    answers = {"MAIL": "550 5.7.30 Basic authentication ended"}
    with MailServer("none", answers=answers) as server:
        error = failure(server)
    assert not error.retriable
    assert "docs/guides/mail.md" in str(error)


def test_a_server_that_offers_no_login_is_final():
    with MailServer("none") as server:
        error = failure(server, **CREDENTIALS)
    assert not error.retriable
    assert "no login" in str(error)


@pytest.mark.parametrize(
    ("answers", "retriable"),
    [
        ({"DATA": "451 later"}, True),
        ({"DATA": "554 spam"}, False),
        ({"MAIL": "421 too busy"}, True),
        ({"MAIL": "550 not you"}, False),
        ({"RCPT": "450 greylisted"}, True),
        ({"RCPT": "550 no such user"}, False),
        ({f"RCPT {TO}": "450 later", f"RCPT {OTHER}": "550 nobody"}, True),
    ],
)
def test_smtp_4xx_may_pass_and_5xx_will_not(answers, retriable):
    with MailServer("none", answers=answers) as server:
        error = failure(server, to=[TO, OTHER])
    assert error.retriable is retriable
    assert next(iter(answers.values()))[4:] in str(error)
    assert server.mails == []


def test_a_partial_refusal_is_delivered_and_names_the_refused():
    answers = {f"RCPT {OTHER}": "550 no such user"}
    with MailServer("none", answers=answers) as server:
        detail = email.send(settings(server, to=[TO, OTHER]), made.change())
    assert detail == f"accepted for 1 of 2; refused: {OTHER} (550 no such user)"
    assert server.mails[0].to == [TO]


@pytest.mark.parametrize("bye", ["", "421 going down", "500 what"])
def test_an_odd_goodbye_does_not_undo_a_delivery(bye):
    with MailServer("none", answers={"QUIT": bye}) as server:
        assert email.send(settings(server), made.change()) == "accepted for 1 of 1"


def test_nobody_there_is_retriable():
    with SilentServer() as server:
        port = free_port()
        error = failure(server, port=port)
        assert error.retriable
        error = failure(server, host="no-such-host.invalid")
        assert error.retriable
    assert str(error) == "its host is not found (DNS)"


class Scripted(MailServer):
    """Answers `END` once it has the whole of a message; None hangs up, "" says nothing."""

    def __init__(self, end, most=None, pause=1.0):
        super().__init__()
        self.end, self.most, self.pause, self.came = end, most, pause, []

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802
        self.came.append(envelope.content)
        if self.most is not None:
            return "250 queued" if len(envelope.content) < self.most else "552 too big"
        if self.end is None:
            server.transport.abort()
        if self.end == "":
            await asyncio.sleep(self.pause)
        return self.end or "250 late"


@pytest.mark.parametrize("end", [None, "", "what?"])
def test_a_message_that_was_sent_and_not_answered_is_left_to_the_next_run(monkeypatch, end):
    monkeypatch.setattr(smtp, "LIMIT_SECONDS", 20)
    monkeypatch.setattr(smtp, "PATIENCE_SECONDS", 0.4)
    with Scripted(end) as server:
        error = failure(server)
        assert len(server.came) == 1
    assert str(error) == "the message was sent, but no answer came: it may have arrived"
    assert error.retriable
    assert error.retry_after > delivery.BACKOFF.longest


def test_a_server_may_look_at_a_message_for_longer_than_a_conversation_takes(monkeypatch):
    monkeypatch.setattr(smtp, "LIMIT_SECONDS", 2.0)
    with Scripted("", pause=2.5) as server:
        assert email.send(settings(server), made.change()) == "accepted for 1 of 1"


def test_a_mail_that_is_too_long_comes_without_attachments(caplog):
    told = made.published()
    with Scripted("", most=len(email.compose_mail(told, TO, [TO]).as_bytes()) - 500) as server:
        receipt = email.send(settings(server), told)
        whole, short = map(message_from_bytes, server.came)
    assert receipt == "accepted for 1 of 1; without attachments, too long for the server"
    assert receipt in caplog.text
    assert whole["Message-ID"] == short["Message-ID"]
    assert [part.get_filename() for part in short.walk() if part.get_filename()] == []
    assert "attached" not in short.as_string()
    with Scripted("", most=0) as server:
        error = failure(server)
    assert not error.retriable
    assert "552 too big" in str(error)


@pytest.mark.parametrize("line", [b"HTTP/1.1 400 Bad\r\n", b"220 " + b"x" * 20_000 + b"\r\n"])
def test_what_is_no_mail_server_is_named_and_may_pass(line):
    with SilentServer(line, drip=0) as server:
        error = failure(server)
    assert str(error) == "the server does not speak SMTP; check host and port"
    assert error.retriable


@pytest.mark.parametrize("greeting", [b"", b"220 hello\r\n", b"554 go away\r\n"])
def test_silence_ends_in_time(monkeypatch, greeting):
    monkeypatch.setattr(smtp, "LIMIT_SECONDS", 0.4)
    start = time.monotonic()
    with SilentServer(greeting, drip=0.001) as server:
        error = failure(server)
    assert time.monotonic() - start < 20
    assert error.retriable is not greeting.startswith(b"5")


def test_the_limit_is_one_for_the_whole_conversation(monkeypatch):
    monkeypatch.setattr(smtp, "LIMIT_SECONDS", 0.5)
    start = time.monotonic()
    # Each line comes well within the limit, all of them do not.
    with SilentServer(b"220 hello\r\n" + b"250-more\r\n" * 100, drip=0.02) as server:
        error = failure(server)
    assert time.monotonic() - start < 20
    assert error.retriable
    assert "time ran out" in str(error)


def test_a_host_that_is_no_name_is_final():
    with SilentServer() as server:
        error = failure(server, host="a" * 80 + ".example")
    assert not error.retriable


def test_an_unknown_network_error_is_retriable():
    assert map_smtp_error(OSError("odd"), None).retriable


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"to": []}, "length >= 1"),
        ({"to": ["a@b.c\r\nBcc: x@y.z"]}, "`to`"),
        ({"to": ["nobody"]}, "not an address like"),
        ({"to": ["a@b@c"]}, "`to`"),
        ({"to": ["ü@example.com"]}, "`to`"),
        ({"sender": "Me <me@example.com>"}, "`sender`"),
        ({"host": ""}, "host"),
        ({"port": 0}, "port"),
        ({"security": "ssl"}, "security"),
        ({"user_env": "A"}, "a login needs"),
        ({"user_env": "A", "password_env": "B", "password_file": "c"}, "a login needs"),
        ({"pasword_env": "B"}, "pasword_env"),
    ],
)
def test_wrong_settings_are_named(keys, said):
    with pytest.raises(msgspec.ValidationError, match=said):
        msgspec.convert({**SIMPLE, **keys}, email.EmailSettings)


def test_missing_secrets_and_certificates_are_named(monkeypatch, tmp_path):
    chosen = {**SIMPLE, "to": (TO,)}
    monkeypatch.delenv("MAIL_USER")
    with pytest.raises(UsageError, match=r"SMTP user.*MAIL_USER is not set"):
        email.check(email.EmailSettings(**chosen, **CREDENTIALS))
    with pytest.raises(UsageError, match=r"ca_file.*absent\.pem: No such file"):
        email.check(email.EmailSettings(**chosen, ca_file=str(tmp_path / "absent.pem")))
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(UsageError, match="no certificate"):
        email.check(email.EmailSettings(**chosen, ca_file=str(tmp_path / "empty.pem")))


def test_login_appears_in_no_error_or_log(caplog):
    caplog.set_level(logging.DEBUG)
    for answers in TROUBLE.values():
        with MailServer("none", login=LOGIN, answers=answers) as server:
            error = failure(server, **CREDENTIALS)
        said = "".join(traceback.format_exception(error))
        assert "canary" not in said
        assert "[redacted]" in str(error)
