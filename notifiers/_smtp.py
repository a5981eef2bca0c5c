"""One conversation with a mail server, within a time limit.

What a failure means is `_refusal`'s; settings and secrets are `email`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from notifiers._refusal import is_unreadable
from tracker.errors import DeliveryError

if TYPE_CHECKING:
    import smtplib
    import ssl
    from collections.abc import Sequence
    from email.message import EmailMessage

    from notifiers._patient import Plain, Tls
    from notifiers._refusal import Login, Refused

LIMIT_SECONDS = 30.0  # until a message is sent, and
PATIENCE_SECONDS = 120.0  # from then on: the server may look at it before it says yes
NEXT_RUN = 60.0  # seconds: no more in this run


class Server(NamedTuple):
    """Where and how to connect. `context` is None only where `security` is "none"."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"]
    context: ssl.SSLContext | None
    login: Login | None


def converse(server: Server, message: EmailMessage, sender: str, to: Sequence[str]) -> Refused:
    """Send the message; the receivers that the server refused, with its answers.

    Raises:
        DeliveryError: STARTTLS was asked for and is not offered.
        smtplib.SMTPException, OSError, ValueError: the server took it for nobody.
    """
    smtp = _connect(server)
    # The time-out of smtplib is one per read; this one is for all that is left.
    smtp.watch(LIMIT_SECONDS, PATIENCE_SECONDS, lambda: _hang_up(smtp))
    try:
        if server.security == "starttls":
            _start_tls(smtp, server)
        if server.login:
            user, password = server.login
            smtp.login(user.reveal(), password.reveal())
        refused = _sent(smtp, message, sender, to)
        _quit(smtp)
        return refused
    finally:
        smtp.leave()


def _connect(server: Server) -> Plain | Tls:
    from notifiers._patient import Plain, Tls  # noqa: PLC0415

    if server.security == "tls":
        return Tls(server.host, server.port, timeout=LIMIT_SECONDS, context=server.context)
    return Plain(server.host, server.port, timeout=LIMIT_SECONDS)


def _sent(smtp: Plain | Tls, message: EmailMessage, sender: str, to: Sequence[str]) -> Refused:
    """Send it; whom the server refused. Without an answer to all of it, it may be there."""
    import smtplib  # noqa: PLC0415

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


def _start_tls(smtp: smtplib.SMTP, server: Server) -> None:
    smtp.ehlo_or_helo_if_needed()
    if not smtp.has_extn("starttls"):
        raise DeliveryError(
            "the server offers no STARTTLS, so nothing was sent; "
            'use security = "tls", or "none" if the way there is safe',
            retriable=False,
        )
    smtp.starttls(context=server.context)


def _quit(smtp: smtplib.SMTP) -> None:
    """Say goodbye. The message is taken: whatever comes now changes nothing of it."""
    import smtplib  # noqa: PLC0415
    from contextlib import suppress  # noqa: PLC0415

    with suppress(smtplib.SMTPException, OSError):
        smtp.quit()


def _hang_up(smtp: smtplib.SMTP) -> None:
    import socket  # noqa: PLC0415
    from contextlib import suppress  # noqa: PLC0415

    # A shut-down wakes the thread that reads; a close alone would leave it waiting.
    with suppress(OSError):
        if smtp.sock:
            smtp.sock.shutdown(socket.SHUT_RDWR)
