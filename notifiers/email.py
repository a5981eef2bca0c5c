"""E-mail by SMTP: plain, STARTTLS or TLS, with or without login.

Settings and receipts live here, the message in `_mail`, the conversation in `_smtp`. A
message that the server took for anybody is delivered: it is never sent again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from notifiers._mail import compose
from notifiers._refusal import Login, Refused, failure_of, is_too_long, quoted
from notifiers._secret import read_secret
from notifiers._smtp import Server, converse
from tracker.errors import UsageError

if TYPE_CHECKING:
    import ssl

    from tracker.model import Message

ATTACHES = True
PORTS = {"none": 25, "starttls": 587, "tls": 465}
ADDRESS = re.compile(r"[^\s<>()\[\],;:\"\\@]+@[^\s<>()\[\],;:\"\\@]+")


class Settings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """One server, one sender, one or more receivers.

    `port` is that of `security` unless given. `ca_file` replaces the system's
    certificate authorities. Without user and password there is no login.
    """

    host: Annotated[str, msgspec.Meta(min_length=1)]
    sender: str
    to: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None
    security: Literal["none", "starttls", "tls"] = "starttls"
    user_env: str | None = None
    user_file: str | None = None
    password_env: str | None = None
    password_file: str | None = None
    ca_file: str | None = None

    def __post_init__(self) -> None:
        for key, address in (("sender", self.sender), *(("to", to) for to in self.to)):
            if not (ADDRESS.fullmatch(address) and _ascii(address)):
                raise ValueError(f"`{key}`: {address!r} is no address like a@example.com")
        places = [
            (self.user_env is not None) + (self.user_file is not None),
            (self.password_env is not None) + (self.password_file is not None),
        ]
        if places not in ([0, 0], [1, 1]):
            raise ValueError(
                "a login needs one of `user_env`, `user_file` and one of"
                " `password_env`, `password_file`; without any of them there is none"
            )


def _ascii(text: str) -> bool:
    # Others need SMTPUTF8 all the way, and a control character is never meant.
    return text.isascii() and text.isprintable()


def check(settings: Settings) -> None:
    """Raise `UsageError` when user, password or certificates cannot be read."""
    _server(settings)


def send(settings: Settings, message: Message) -> str:
    """Send the message; the receipt tells how many receivers the server took.

    Raises:
        UsageError: user, password or certificates cannot be read.
        DeliveryError: the server took the message for nobody. Retriable for SMTP 4xx,
            broken connections and time-outs; not for 5xx, a refused login or an
            untrusted certificate.
    """
    import smtplib  # noqa: PLC0415

    server = _server(settings)
    try:
        refused, note = _told(server, settings, message)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        failure = failure_of(error, server.login)
    else:
        receipt = _receipt(len(settings.to), refused, server.login) + note
        if refused or note:
            import logging  # noqa: PLC0415

            logging.getLogger(__name__).warning("a mail was not taken as it was: %s", receipt)
        return receipt
    # Raised out here, so that the server's words do not hang on it as its context.
    raise failure


def _told(server: Server, settings: Settings, message: Message) -> tuple[Refused, str]:
    """Whom the server refused, and what to add to the receipt.

    One that finds the mail too long gets it without attachments: an alert is not lost for them.
    """
    import smtplib  # noqa: PLC0415

    sender, to = settings.sender, settings.to
    try:
        return converse(server, compose(message, sender, to), sender, to), ""
    except smtplib.SMTPException as error:
        if not is_too_long(error):
            raise
    short = compose(message, sender, to, attached=False)
    return converse(server, short, sender, to), "; without attachments, too long for the server"


def _server(settings: Settings) -> Server:
    return Server(
        host=settings.host,
        port=settings.port or PORTS[settings.security],
        security=settings.security,
        context=_context(settings),
        login=_login(settings),
    )


def _login(settings: Settings) -> Login | None:
    if settings.user_env is None and settings.user_file is None:
        return None
    return (
        read_secret(settings.user_env, settings.user_file, "the SMTP user"),
        read_secret(settings.password_env, settings.password_file, "the SMTP password"),
    )


def _context(settings: Settings) -> ssl.SSLContext | None:
    import ssl  # noqa: PLC0415

    if settings.security == "none":
        return None
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        reason = error.strerror if error.errno else "it holds no certificate"
    raise UsageError(f"ca_file: cannot use {settings.ca_file}: {reason}")


def _receipt(asked: int, refused: Refused, login: Login | None) -> str:
    """How many receivers were taken, and each that was refused."""
    words = [f"accepted for {asked - len(refused)} of {asked}"]
    for address, (code, answer) in refused.items():
        words.append(f"refused: {address} ({code} {quoted(answer, login)})")
    return "; ".join(words)
