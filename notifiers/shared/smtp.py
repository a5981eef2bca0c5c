"""One conversation with a mail server, within a time limit, and what its failures mean.

Imported only when a mail is sent, because smtplib is slow to import. After the final dot the
server may scan a mail for minutes before it accepts it; a client that hangs up meanwhile and
sends it again makes copies (RFC 5321, 4.5.3.2.6, asks for ten minutes), so the timeout is then
longer. By SMTP's own rule 4xx errors are transient and 5xx errors permanent.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from contextlib import suppress
from threading import Timer
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from notifiers.shared.secrets import Secret, redact
from notifiers.shared.text import clip
from tracker.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from email.message import EmailMessage

LIMIT_SECONDS = 30.0  # until a message is sent, and
PATIENCE_SECONDS = 120.0  # from then on: the server may scan it before it accepts it
NEXT_RUN = 60.0  # seconds; so long that this run does not try again
REPLY_LIMIT = 80
LOGIN_WANTED = 530
TOO_LONG = 552
PERMANENT = 500  # the first reply code of a permanent failure
END_OF_MESSAGE = b"\r\n.\r\n"
ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
_NO_PASSWORDS = (
    "this provider no longer takes logins by password; use a relay, a connector or OAuth:"
    " see docs/guides/mail.md"
)
ADVICE = {
    # https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online
    "5.7.30": _NO_PASSWORDS,  # /deprecation-of-basic-authentication-exchange-online
    "5.7.139": _NO_PASSWORDS,  # /authenticated-client-smtp-submission
    # https://support.google.com/mail/answer/185833
    "5.7.9": "this provider wants an application password instead: see docs/guides/mail.md",
}

SmtpLogin = tuple[Secret, Secret]  # user and password
RefusedReceivers = dict[str, tuple[int, bytes]]  # receiver to code and reply


class SmtpServer(NamedTuple):
    """Where and how to connect. `context` is None only if `security` is "none"."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"]
    context: ssl.SSLContext | None
    login: SmtpLogin | None


def send_mail(
    server: SmtpServer, message: EmailMessage, sender: str, to: Sequence[str]
) -> RefusedReceivers:
    """Send the message; return the receivers that the server refused, with its replies.

    Raises:
        DeliveryError: STARTTLS was asked for and is not offered.
        smtplib.SMTPException, OSError, ValueError: the server accepted it for no receiver.
    """
    smtp = _open_client(server)
    # The timeout of smtplib is for each read; this one is for the whole conversation.
    smtp.start_timer(LIMIT_SECONDS, PATIENCE_SECONDS, lambda: _shut_down(smtp))
    try:
        if server.security == "starttls":
            _require_starttls(smtp, server)
        if server.login:
            user, password = server.login
            smtp.login(user.reveal(), password.reveal())
        refused = _send_message(smtp, message, sender, to)
        _quit(smtp)
        return refused
    finally:
        smtp.stop()


def _open_client(server: SmtpServer) -> PatientClient:

    if server.security == "tls":
        return TlsClient(
            server.host, server.port, timeout=LIMIT_SECONDS, context=server.context
        )
    return PatientClient(server.host, server.port, timeout=LIMIT_SECONDS)


def _send_message(
    smtp: PatientClient, message: EmailMessage, sender: str, to: Sequence[str]
) -> RefusedReceivers:
    """Send the mail; return the refused receivers. Without a reply it may have arrived."""
    try:
        return smtp.send_message(message, sender, to)
    except smtplib.SMTPResponseException as error:
        if not (smtp.sent_whole and is_unreadable(error)):
            raise
    except OSError:  # smtplib's own errors are of this kind too
        if not smtp.sent_whole:
            raise
    raise DeliveryError(
        "the message was sent, but no answer came: it may have arrived",
        retriable=True,
        retry_after=NEXT_RUN,
    )


def _require_starttls(smtp: smtplib.SMTP, server: SmtpServer) -> None:
    smtp.ehlo_or_helo_if_needed()
    if not smtp.has_extn("starttls"):
        raise DeliveryError(
            "the server offers no STARTTLS, so nothing was sent; "
            'use security = "tls", or "none" if the network in between is safe',
            retriable=False,
        )
    smtp.starttls(context=server.context)


def _quit(smtp: smtplib.SMTP) -> None:
    """Send QUIT. The message is accepted, so an error now does not matter."""
    with suppress(smtplib.SMTPException, OSError):
        smtp.quit()


def _shut_down(smtp: smtplib.SMTP) -> None:
    # A shutdown wakes the reading thread; a mere close would leave it waiting.
    with suppress(OSError):
        if smtp.sock:
            smtp.sock.shutdown(socket.SHUT_RDWR)


class PatientClient(smtplib.SMTP):
    """A client that closes after `limit` seconds, or `patience` seconds after a message."""

    sent_whole = False
    patience: float
    _timer: Timer

    def start_timer(self, limit: float, patience: float, hang_up: Callable[[], None]) -> None:
        """Start the timer of the conversation, which calls `hang_up` when it runs out."""
        self.patience, self._hang_up = patience, hang_up
        self._restart(limit)

    def stop(self) -> None:
        """Stop the timer, and close."""
        self._timer.cancel()
        self.close()

    def send(self, s: Any) -> None:
        """Send the data; after the end of a message, allow `patience` seconds for the reply."""
        super().send(s)
        if isinstance(s, bytes) and s.endswith(END_OF_MESSAGE) and self.sock:
            self.sent_whole = True
            self._timer.cancel()
            self.sock.settimeout(self.patience)
            self._restart(self.patience)

    def _restart(self, limit: float) -> None:
        self._timer = Timer(limit, self._hang_up)
        self._timer.daemon = True
        self._timer.start()


class TlsClient(PatientClient, smtplib.SMTP_SSL):
    """The same client with TLS from the first byte."""


def map_smtp_error(error: Exception, login: SmtpLogin | None) -> DeliveryError:
    """Return the error for what smtplib, ssl or the network raised, without the login."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            return _map_refusals(error, login)
        case smtplib.SMTPAuthenticationError(smtp_code=code, smtp_error=said):
            # The reply is not quoted: some servers repeat what was sent to them.
            advice = find_advice(said) or "check user and password"
            text = f"SMTP {code}: login refused; {advice}"
            return DeliveryError(text, retriable=_is_transient_reply(code))
        case smtplib.SMTPResponseException() if is_unreadable(error):
            text = "the server does not speak SMTP; check host and port"
            return DeliveryError(text, retriable=True)
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=said) if (
            known := find_advice(said)
        ):
            return DeliveryError(f"SMTP {code}: refused; {known}", retriable=False)
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=said):
            advice = "; check user and password" if code == LOGIN_WANTED else ""
            text = f"SMTP {code} {quote_reply(said, login)}{advice}"
            return DeliveryError(text, retriable=_is_transient_reply(code))
    return _map_network_error(error)


def find_advice(said: bytes | str) -> str:
    """Return advice for a provider's enhanced status code (RFC 3463); "" for other codes."""
    text = said if isinstance(said, str) else said.decode(errors="replace")
    found = ENHANCED.match(text)
    return ADVICE.get(found[0], "") if found else ""


def is_unreadable(error: smtplib.SMTPResponseException) -> bool:
    """Return whether the reply was not SMTP: smtplib then sets its own code or text."""
    return error.smtp_code < 0 or isinstance(error.smtp_error, str)


def is_too_long(error: Exception) -> bool:
    """Return whether the message is too long for the server (RFC 1870; RFC 3463, 5.3.4)."""
    if not isinstance(error, smtplib.SMTPResponseException):
        return False
    said = error.smtp_error if isinstance(error.smtp_error, bytes) else b""
    return error.smtp_code == TOO_LONG or said.startswith(b"5.3.4")


def quote_reply(answer: bytes | str, login: SmtpLogin | None) -> str:
    """Return the server's reply, clipped, on one line and without the login."""
    text = answer if isinstance(answer, str) else answer.decode(errors="replace")
    return clip(redact(text, *(login or ())), REPLY_LIMIT)


def _map_refusals(
    error: smtplib.SMTPRecipientsRefused, login: SmtpLogin | None
) -> DeliveryError:
    """Return the error if all receivers are refused; retriable if one may be accepted later."""
    answers = error.recipients
    passing = any(_is_transient_reply(code) for code, _ in answers.values())
    first, (code, said) = next(iter(answers.items()))
    text = f"no receiver accepted; {first}: {code} {quote_reply(said, login)}"
    return DeliveryError(text, retriable=passing)


def _map_network_error(error: Exception) -> DeliveryError:
    """Return the error if there was no reply, by the first kind that matches."""
    broke = "the connection broke, or time ran out"
    absent = "no connection: the server does not answer; check host and port"
    unknown = "its host is not found (DNS)"
    # Many are subclasses of a kind below them: the order matters.
    kinds: tuple[tuple[type[Exception], str, bool], ...] = (
        (ssl.SSLCertVerificationError, _describe_distrust(error), False),
        (ssl.SSLEOFError, broke, True),
        (ssl.SSLZeroReturnError, broke, True),
        (ssl.SSLError, "no TLS with this server; check security and port", False),
        (ValueError, "the host name cannot be used", False),
        (smtplib.SMTPServerDisconnected, broke, True),
        (smtplib.SMTPException, "the server offers no login that we can use", False),
        (TimeoutError, "no answer in time", True),
        (ConnectionRefusedError, absent, True),
        (socket.gaierror, unknown, True),
    )
    for kind, text, retriable in kinds:
        if isinstance(error, kind):
            return DeliveryError(text, retriable=retriable)
    return DeliveryError(broke, retriable=True)


def _describe_distrust(error: Exception) -> str:
    reason = clip(str(getattr(error, "verify_message", "")), REPLY_LIMIT)
    return f"the server's TLS certificate is not trusted ({reason}); see ca_file"


def _is_transient_reply(code: int) -> bool:
    # smtplib sets -1 for a reply that it could not read.
    return code < PERMANENT
