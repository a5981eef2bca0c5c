"""smtplib's clients that know when a whole message has been sent, and then wait longer.

After its last dot the server may scan a mail for minutes before it says that it has it. Who
hangs up meanwhile and sends it again makes copies: RFC 5321, 4.5.3.2.6, asks for ten minutes.
Apart from `_smtp`, so that smtplib is loaded where a mail is sent.
"""

from __future__ import annotations

import smtplib
from threading import Timer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

END = b"\r\n.\r\n"


class _Patient(smtplib.SMTP):
    """Hangs up after `limit` seconds in all, or `patience` after a message was sent whole."""

    sent_whole = False
    patience: float
    _watch: Timer

    def watch(self, limit: float, patience: float, hang_up: Callable[[], None]) -> None:
        """Begin to count the seconds of the conversation."""
        self.patience, self._hang_up = patience, hang_up
        self._start(limit)

    def leave(self) -> None:
        """Stop to count, and close."""
        self._watch.cancel()
        self.close()

    def send(self, s: Any) -> None:
        """As it is, but for the end of a message."""
        super().send(s)
        if isinstance(s, bytes) and s.endswith(END) and self.sock:
            self.sent_whole = True
            self._watch.cancel()
            self.sock.settimeout(self.patience)
            self._start(self.patience)

    def _start(self, limit: float) -> None:
        self._watch = Timer(limit, self._hang_up)
        self._watch.daemon = True
        self._watch.start()


class Plain(_Patient):
    """Without TLS, or with STARTTLS."""


class Tls(_Patient, smtplib.SMTP_SSL):
    """With TLS from the first byte."""
