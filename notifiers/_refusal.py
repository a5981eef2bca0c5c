"""What an SMTP failure means: whether the same message may get through later.

SMTP's own rule decides where the server spoke: 4xx may pass, 5xx will not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notifiers._secret import Secret, redact
from notifiers._text import clip
from tracker.errors import DeliveryError

if TYPE_CHECKING:
    import smtplib

QUOTED = 80
LOGIN_WANTED = 530
TOO_LONG = 552
PERMANENT = 500  # the first status that will not pass by itself

Login = tuple[Secret, Secret]  # user and password
Refused = dict[str, tuple[int, bytes]]  # receiver to status and answer


def failure_of(error: Exception, login: Login | None) -> DeliveryError:
    """What smtplib, ssl or the network raised, as one line without user or password."""
    import smtplib  # noqa: PLC0415

    match error:
        case smtplib.SMTPRecipientsRefused():
            return _nobody(error, login)
        case smtplib.SMTPAuthenticationError(smtp_code=code):
            # Not quoted: some servers repeat what was sent to them.
            text = f"SMTP {code}: login refused; check user and password"
            return DeliveryError(text, retriable=_passing(code))
        case smtplib.SMTPResponseException() if is_unreadable(error):
            text = "what answers there does not speak SMTP; check host and port"
            return DeliveryError(text, retriable=True)
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=said):
            advice = "; check user and password" if code == LOGIN_WANTED else ""
            text = f"SMTP {code} {quoted(said, login)}{advice}"
            return DeliveryError(text, retriable=_passing(code))
    return _unanswered(error)


def is_unreadable(error: smtplib.SMTPResponseException) -> bool:
    """Whether it is no answer of SMTP: smtplib has put a code or words of its own."""
    return error.smtp_code < 0 or isinstance(error.smtp_error, str)


def is_too_long(error: Exception) -> bool:
    """Whether the message is more than the server takes (RFC 1870; RFC 3463, 5.3.4)."""
    import smtplib  # noqa: PLC0415

    if not isinstance(error, smtplib.SMTPResponseException):
        return False
    said = error.smtp_error if isinstance(error.smtp_error, bytes) else b""
    return error.smtp_code == TOO_LONG or said.startswith(b"5.3.4")


def quoted(answer: bytes | str, login: Login | None) -> str:
    """What the server said, short, on one line and without user or password."""
    text = answer if isinstance(answer, str) else answer.decode(errors="replace")
    return clip(redact(text, *(login or ())), QUOTED)


def _nobody(error: smtplib.SMTPRecipientsRefused, login: Login | None) -> DeliveryError:
    """All receivers refused; one that may be taken later is reason to come back."""
    answers = error.recipients
    passing = any(_passing(code) for code, _ in answers.values())
    first, (code, said) = next(iter(answers.items()))
    text = f"no receiver accepted; {first}: {code} {quoted(said, login)}"
    return DeliveryError(text, retriable=passing)


def _unanswered(error: Exception) -> DeliveryError:
    """The server said nothing of use; the first kind that fits decides."""
    import smtplib  # noqa: PLC0415
    import socket  # noqa: PLC0415
    import ssl  # noqa: PLC0415

    broke = "the connection broke, or time ran out"
    absent = "no connection: nobody answers there; check host and port"
    unknown = "its host is not found (DNS)"
    # Each is also an OSError, and many are of the kind below them: the order counts.
    kinds: tuple[tuple[type[Exception], str, bool], ...] = (
        (ssl.SSLCertVerificationError, _distrust(error), False),
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


def _distrust(error: Exception) -> str:
    reason = clip(str(getattr(error, "verify_message", "")), QUOTED)
    return f"the server's TLS certificate is not trusted ({reason}); see ca_file"


def _passing(code: int) -> bool:
    # Smtplib's -1 stands for an answer that could not be read.
    return code < PERMANENT
