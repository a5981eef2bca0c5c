"""E-mail by SMTP: plain, STARTTLS or TLS, with or without login.

The conversation with the server is in `shared/smtp.py`. A message that the server accepted for
any receiver is delivered: it is never sent again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from notifiers.shared.bodies import render_html, render_text
from notifiers.shared.message import Line, MessageText, derive_delivery_id
from notifiers.shared.message_text import STEPS, compose_text
from notifiers.shared.secrets import read_secret
from notifiers.shared.summary import rate_impact
from notifiers.shared.text import to_line
from tracker.errors import UsageError
from tracker.notifications import Announcement, Notice

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence
    from email.message import EmailMessage

    from notifiers.shared.smtp import RefusedReceivers, SmtpLogin, SmtpServer
    from tracker.notifications import Attachment, Message


ATTACHES = True
PORTS = {"none": 25, "starttls": 587, "tls": 465}
ATTACHED_BYTES = 5_000_000  # mail servers often refuse 10 MB, and base64 adds a third
MOST_ATTACHED = 10  # deltas; more of them are joined to one text per format
# Gateways and mail programs refuse scripts by their names; https://support.google.com/mail/answer/6590
REFUSED_ENDINGS = (".ps1",)
DELTA = re.compile(r"(?P<form>.+)-(?P<way>apply|rollback)(?P<ending>\..+)")  # of a file

VERSION_DIGITS = 6  # as in the published tree
LINE_LIMIT = 998  # characters of a line of a mail (RFC 5322, 2.1.1)
ENCODED_LIMIT = 76  # of a line with encoded words (RFC 2047, 2)
RULE = "=" * 12
ADDRESS = re.compile(r"[^\s<>()\[\],;:\"\\@]+@[^\s<>()\[\],;:\"\\@]+")


class EmailSettings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """One server, one sender, one or more receivers.

    `port` defaults to the usual one for `security`. `ca_file` replaces the system's certificate
    authorities. Without user and password there is no login. `attach` lists the formats whose
    deltas are attached.
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
    attach: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for key, address in (("sender", self.sender), *(("to", to) for to in self.to)):
            if not (ADDRESS.fullmatch(address) and _is_printable_ascii(address)):
                raise ValueError(f"`{key}`: {address!r} is not an address like a@example.com")
        places = [
            (self.user_env is not None) + (self.user_file is not None),
            (self.password_env is not None) + (self.password_file is not None),
        ]
        if places not in ([0, 0], [1, 1]):
            raise ValueError(
                "a login needs one of `user_env`, `user_file` and one of"
                " `password_env`, `password_file`; without any of them there is none"
            )


SETTINGS = EmailSettings


def _is_printable_ascii(text: str) -> bool:
    # Others need SMTPUTF8 on every server, and a control character is a mistake.
    return text.isascii() and text.isprintable()


def check(settings: EmailSettings) -> None:
    """Raise `UsageError` if user, password or certificates cannot be read."""
    _build_server(settings)


def send(settings: EmailSettings, message: Message) -> str:
    """Send the message; return for how many receivers the server accepted it.

    Raises:
        UsageError: user, password or certificates cannot be read.
        DeliveryError: the server accepted the message for no receiver. Retriable for
            SMTP 4xx, broken connections and timeouts; not for 5xx, a refused login or an
            untrusted certificate.
    """
    import smtplib  # noqa: PLC0415

    from notifiers.shared.smtp import map_smtp_error  # noqa: PLC0415

    server = _build_server(settings)
    try:
        refused, note = _send_or_shorten(server, settings, message)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        failure = map_smtp_error(error, server.login)
    else:
        receipt = _build_receipt(len(settings.to), refused, server.login) + note
        if refused or note:
            import logging  # noqa: PLC0415

            logging.getLogger(__name__).warning("a mail was not taken as it was: %s", receipt)
        return receipt
    # Raised outside the handler, so that the server's words do not become its context.
    raise failure


def _send_or_shorten(
    server: SmtpServer, settings: EmailSettings, message: Message
) -> tuple[RefusedReceivers, str]:
    """Return the receivers that the server refused, and what to add to the receipt.

    If the server finds the mail too long, it is sent without attachments: no alert is lost.
    """
    import smtplib  # noqa: PLC0415

    from notifiers.shared.smtp import is_too_long, send_mail  # noqa: PLC0415

    sender, to = settings.sender, settings.to
    try:
        return send_mail(server, compose_mail(message, sender, to), sender, to), ""
    except smtplib.SMTPException as error:
        if not is_too_long(error):
            raise
    short = compose_mail(message, sender, to, attached=False)
    return send_mail(
        server, short, sender, to
    ), "; without attachments, too long for the server"


def _build_server(settings: EmailSettings) -> SmtpServer:
    from notifiers.shared.smtp import SmtpServer  # noqa: PLC0415

    return SmtpServer(
        host=settings.host,
        port=settings.port or PORTS[settings.security],
        security=settings.security,
        context=_build_tls_context(settings),
        login=_read_login(settings),
    )


def _read_login(settings: EmailSettings) -> SmtpLogin | None:
    if settings.user_env is None and settings.user_file is None:
        return None
    return (
        read_secret(settings.user_env, settings.user_file, "the SMTP user"),
        read_secret(settings.password_env, settings.password_file, "the SMTP password"),
    )


def _build_tls_context(settings: EmailSettings) -> ssl.SSLContext | None:
    import ssl  # noqa: PLC0415

    if settings.security == "none":
        return None
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        reason = error.strerror if error.errno else "it holds no certificate"
    raise UsageError(f"ca_file: cannot use {settings.ca_file}: {reason}")


def _build_receipt(asked: int, refused: RefusedReceivers, login: SmtpLogin | None) -> str:
    """Return how many receivers were accepted, and list those that were refused."""
    from notifiers.shared.smtp import quote_reply  # noqa: PLC0415

    words = [f"accepted for {asked - len(refused)} of {asked}"]
    for address, (code, answer) in refused.items():
        words.append(f"refused: {address} ({code} {quote_reply(answer, login)})")
    return "; ".join(words)


def compose_mail(
    message: Message, sender: str, to: Sequence[str], *, attached: bool = True
) -> EmailMessage:
    """Return the whole mail, without any secret. `sender` and `to` are bare addresses.

    With `attached`, the change set and deltas are attached unless they are too long, and the
    text names them.
    """
    from datetime import UTC, datetime  # noqa: PLC0415
    from email.message import EmailMessage  # noqa: PLC0415
    from email.policy import SMTP  # noqa: PLC0415
    from email.utils import format_datetime  # noqa: PLC0415

    files = list_files(message) if attached else []
    words = _name_files(compose_text(message), files)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Subject"] = words.subject
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = build_message_id(message, sender)
    for name, value in _build_headers(message, sender).items():
        mail[name] = value
    mail.set_content(render_text(words), cte="quoted-printable")
    mail.add_alternative(render_html(words), subtype="html", cte="quoted-printable")
    for file in files:
        main, _, sub = file.kind.partition("/")
        if main == "text":
            mail.add_attachment(_to_text(file.data), subtype=sub, filename=file.name)
        else:
            mail.add_attachment(file.data, maintype=main, subtype=sub, filename=file.name)
    # Filters and phones handle a single line better than a folded one.
    most = LINE_LIMIT if words.subject.isascii() else ENCODED_LIMIT
    mail.policy = SMTP.clone(max_line_length=most)
    return mail


def _build_headers(message: Message, sender: str) -> dict[str, str]:
    """Return the headers for filters and threads, and those that prevent automatic replies."""
    source, domain = _to_slug(message.source), sender.rpartition("@")[2]
    return {
        "References": f"<fwtracker.{source}@{domain}>",  # one thread for each source
        "List-Id": f"<{source}.fwtracker.{domain}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "X-Fwtracker": _build_stamp(message),
        "X-Fwtracker-Impact": rate_impact(message),
    }


def build_message_id(message: Message, sender: str) -> str:
    """Return an id that is the same for each repeat, so that mail programs show one mail."""
    source, number = _to_slug(message.source), _name_number(message)
    name = f"fwtracker.{source}.{number}.{derive_delivery_id(message)}"
    return f"<{name}@{sender.rpartition('@')[2]}>"


class MailFile(NamedTuple):
    """A file to attach: its name, its bytes, and its MIME type."""

    name: str
    data: bytes
    kind: str


def list_files(message: Message) -> list[MailFile]:
    """Return the attachments: the change set, and the deltas of the chosen formats."""
    deltas = _list_deltas(message) if isinstance(message, Announcement) else []
    return [*_list_change_set(message), *deltas]


def _name_files(words: MessageText, files: Sequence[MailFile]) -> MessageText:
    """Return the text with a line that names the attachments, by the steps to load them."""
    if not files:
        return words
    line = Line(tuple(file.name for file in files), label="Attached:")
    if not any(section.heading == STEPS for section in words.sections):
        return replace(words, facts=(line, *words.facts))
    sections = (
        replace(section, lines=(line, *section.lines)) if section.heading == STEPS else section
        for section in words.sections
    )
    return replace(words, sections=tuple(sections))


def _list_change_set(message: Message) -> list[MailFile]:
    """Return the change set as JSON; an empty list for a baseline, which has no changes."""
    if message.change_set is None or (isinstance(message, Announcement) and message.baseline):
        return []
    data = msgspec.json.format(msgspec.json.encode(message.change_set), indent=2)
    number = _name_number(message).zfill(VERSION_DIGITS)
    name, kind = f"{_to_slug(message.source)}-{number}-changes.json", "application/json"
    if len(data) > ATTACHED_BYTES:
        from gzip import compress  # noqa: PLC0415

        name, kind, data = f"{name}.gz", "application/gzip", compress(data, mtime=0)
    # A longer one would make servers refuse the whole mail; the published tree has it.
    return [MailFile(name, data, kind)] if len(data) <= ATTACHED_BYTES else []


def _list_deltas(message: Announcement) -> list[MailFile]:
    """Return the deltas as text, because many gateways refuse scripts and archives.

    A few are attached as they are, with names such as `action1-000002-europe-nftables.nft`;
    many as one text per format, with a heading for each file. The names of one format sort in
    the order in which they are to be applied.
    """
    source, files = _to_slug(message.source), message.attachments
    if len(files) > MOST_ATTACHED:
        named = _join_formats(files)
    else:
        named = {_name_delta(file.path): file.data for file in files}
    return [MailFile(f"{source}-{name}", data, "text/plain") for name, data in named.items()]


def _name_delta(path: str) -> str:
    """Return `000002-europe-nftables.nft` for a delta to apply."""
    *folders, file = path.removeprefix("deltas/").split("/")
    found = DELTA.fullmatch(file)
    if found:
        way = "" if found["way"] == "apply" else f"-{found['way']}"
        file = f"{found['form']}{way}{found['ending']}"
    name = "-".join((*folders, file))
    return f"{name}.txt" if name.endswith(REFUSED_ENDINGS) else name


def _join_formats(files: Sequence[Attachment]) -> dict[str, bytes]:
    """Return one text per format, such as `000002-nftables.txt`, with all deltas in order."""
    texts: dict[str, list[str]] = {}
    for path, data in ((file.path, file.data) for file in files):
        found = DELTA.fullmatch(path.rpartition("/")[2])
        form = found["form"] if found else "deltas"
        texts.setdefault(form, []).append(f"{RULE} {path} {RULE}\n{_to_text(data)}")
    steps = [file.path.split("/")[1] for file in files]
    first, last = steps[0], steps[-1]
    span = first if first == last else f"{first}-to-{last}"
    return {f"{span}-{form}.txt": "\n".join(parts).encode() for form, parts in texts.items()}


def _to_text(data: bytes) -> str:
    return data.decode(errors="replace").rstrip("\n") + "\n"


def _name_number(message: Message) -> str:
    """Return `2`, or `notice-7`."""
    return f"notice-{message.number}" if isinstance(message, Notice) else f"{message.version}"


def _build_stamp(message: Message) -> str:
    if isinstance(message, Notice):
        return f"{_to_slug(message.source)} notice {message.number} {message.kind}"
    digest = to_line(message.digest)[:12]
    return f"{_to_slug(message.source)} version {message.version} {digest}"


def _to_slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "-", text)[:40]
