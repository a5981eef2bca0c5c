"""The questions of `init`; each answer is checked immediately.

No answer is a secret: a webhook's URL or a password is in a variable or a file, and the
configuration contains only the name of that.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import click

from tracker.commands.init_file import Answers, MailAnswers
from tracker.config.validation import check_formats
from tracker.errors import UsageError

_Answer = TypeVar("_Answer")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9a-fA-F:.]+")
_MAIL = re.compile(r"[^@\s,<>]+@[^@\s,<>]+")
_FOLDER, _SCHEDULE = "snapshots", "17 * * * *"


def ask_all(before: Answers) -> Answers:
    """Ask the few questions for which no default suits most users.

    `before` are the answers in the existing file: they are proposed.
    """
    click.echo("A few questions; Enter accepts the value in brackets, - clears it.\n")
    snapshots = _ask(
        "Keep versions in (folder or s3://bucket/prefix)",
        before.snapshots or _FOLDER,
        _check_place,
    )
    regions = _ask_list(
        "Regions as the page spells them, separated by commas (empty: all)",
        before.regions,
        _accept,
    )
    formats = _ask_list(
        "Formats of your firewalls, by `fwtracker rules --list` (empty: all)",
        before.formats,
        _check_format,
    )
    slack = _ask(
        "Slack: the variable or the file that will hold the webhook's URL (empty: no Slack)",
        before.slack_env or before.slack_file,
        _check_secret_place,
    )
    mail = _ask_mail(before.mail)
    schedule = _ask(
        "When does `serve` check? Cron has its own times (17 * * * *, 30m)",
        before.schedule or _SCHEDULE,
        _check_schedule,
    )
    return Answers(
        snapshots="" if snapshots == _FOLDER else snapshots,
        schedule="" if schedule == _SCHEDULE else schedule,
        url=before.url,
        regions=regions,
        formats=formats,
        slack_env="" if _is_file(slack) else slack,
        slack_file=slack if _is_file(slack) else "",
        mail=mail,
    )


def _ask_mail(before: MailAnswers | None) -> MailAnswers | None:
    known = before or MailAnswers("", "", ())
    host = _ask("Mail server (empty: no mail)", known.host, _check_host)
    if not host:
        return None
    sender = _ask("Sender of mails", known.sender, _check_address)
    to = _ask_list(
        "Receivers of mails, separated by commas", known.to, _check_address, needed=True
    )
    security = _ask("Security (none, starttls, tls)", known.security, _check_security)
    user = _ask(
        "Variable that holds the login (empty: no login)", known.user_env, _check_variable
    )
    password = (
        _ask(
            "Variable or file that holds its password",
            known.password_env or known.password_file,
            _check_needed_place,
        )
        if user
        else ""
    )
    in_file = _is_file(password)
    return MailAnswers(
        host,
        sender,
        to,
        security,
        user,
        "" if in_file else password,
        password if in_file else "",
    )


def _ask(question: str, default: str, check: Callable[[str], _Answer]) -> _Answer:
    """Ask until the answer is valid, and return the result of the check."""
    while True:
        given = click.prompt(question, default, show_default=bool(default)).strip()
        try:
            return check("" if given == "-" else given)
        except UsageError as error:
            click.echo(f"  {error}")


def _ask_list(
    question: str,
    default: tuple[str, ...],
    check: Callable[[str], str],
    *,
    needed: bool = False,
) -> tuple[str, ...]:
    def check_all(text: str) -> tuple[str, ...]:
        """Return the checked values between the commas."""
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if needed and not parts:
            raise UsageError("at least one is needed")
        return tuple(check(part) for part in parts)

    return _ask(question, ", ".join(default), check_all)


def _accept(text: str) -> str:
    return text


def _check_place(text: str) -> str:
    from tracker.store import open_store  # noqa: PLC0415

    if not text:
        raise UsageError("a folder is needed, such as snapshots")
    open_store(text)  # makes no connection, but reports a missing extra
    return text


def _check_format(text: str) -> str:
    check_formats("formats", [text])
    return text


def _check_secret_place(text: str) -> str:
    if "://" in text:
        raise UsageError(
            "that is the URL itself, a secret: name the variable or the file that holds it"
        )
    if text and not _is_file(text) and not _VARIABLE.fullmatch(text):
        raise UsageError(
            f'"{text}" is neither a variable\'s name nor a path (/etc/fwtracker/slack)'
        )
    return text


def _check_needed_place(text: str) -> str:
    if not text:
        raise UsageError("name the variable or the file that holds it")
    return _check_secret_place(text)


def _check_variable(text: str) -> str:
    if text and not _VARIABLE.fullmatch(text):
        raise UsageError(f'"{text}" is not a variable\'s name, such as SMTP_USER')
    return text


def _check_host(text: str) -> str:
    if text and not _HOST.fullmatch(text):
        raise UsageError(
            f'"{text}" is not a host; write smtp.example.com, without scheme and port'
        )
    return text


def _check_address(text: str) -> str:
    if not _MAIL.fullmatch(text):
        raise UsageError(f'"{text}" is not a mail address; write netops@example.com')
    return text


def _check_security(text: str) -> str:
    if text not in {"none", "starttls", "tls"}:
        raise UsageError(f'"{text}" is not one of none, starttls and tls')
    return text


def _check_schedule(text: str) -> str:
    from tracker.scheduler.cron import parse_schedule  # noqa: PLC0415

    parse_schedule(text, 0)
    return text


def _is_file(place: str) -> bool:
    return "/" in place
