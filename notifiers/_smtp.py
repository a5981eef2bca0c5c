"""One conversation with a mail server, within a time limit.

What a failure means is `_refusal`'s; settings and secrets are `email`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from tracker.errors import DeliveryError

if TYPE_CHECKING:
    import smtplib
    import ssl
    from collections.abc import Sequence
    from email.message import EmailMessage

    from notifiers._refusal import Login, Refused

LIMIT_SECONDS = 30.0


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
    from threading import Timer  # noqa: PLC0415

    smtp = _connect(server)
    # The time-out of smtplib is one per read; this one is for all that is left.
    watch = Timer(LIMIT_SECONDS, _hang_up, [smtp])
    watch.daemon = True
    watch.start()
    try:
        if server.security == "starttls":
            _start_tls(smtp, server)
        if server.login:
            user, password = server.login
            smtp.login(user.reveal(), password.reveal())
        refused = smtp.send_message(message, sender, to)
        _quit(smtp)
        return refused
    finally:
        watch.cancel()
        smtp.close()


def _connect(server: Server) -> smtplib.SMTP:
    import smtplib  # noqa: PLC0415

    if server.security == "tls":
        return smtplib.SMTP_SSL(
            server.host, server.port, timeout=LIMIT_SECONDS, context=server.context
        )
    return smtplib.SMTP(server.host, server.port, timeout=LIMIT_SECONDS)


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
