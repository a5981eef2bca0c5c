"""`init`: a commented configuration, after a few questions or from flags."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from tracker.config import DEFAULT
from tracker.errors import UsageError

_HEADER = re.compile(r"\A(?:#[^\n]*\n)+")
_INTRO = """\
# fwtracker's configuration, made by `fwtracker init`. What is commented out is the default or
# an example; to change it, take the "# " away. A key that does not exist is an error that names
# the nearest one. After a change: fwtracker doctor
"""
_HERE = Path(__file__).resolve()
# Inside the package where it is installed, in the repository where it is worked on.
_SHIPPED = (_HERE.with_name("fwtracker.toml"), _HERE.parents[2] / "config" / "fwtracker.toml")


@dataclass(frozen=True, slots=True)
class MailAnswers:
    """Where mail goes, and the variables that a login is in, if there is one."""

    host: str
    sender: str
    to: tuple[str, ...]
    security: str = "starttls"
    user_env: str = ""
    password_env: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """What the operator wants other than by default; "" and () stand for the default."""

    snapshots: str = ""
    schedule: str = ""
    url: str = ""
    regions: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    slack_env: str = ""
    slack_file: str = ""
    mail: MailAnswers | None = None


@click.command()
@click.option(
    "--config",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT,
    show_default=True,
    help="The file to write.",
)
@click.option("--snapshots", default="", help="Where versions are kept: a folder or s3://...")
@click.option("--schedule", default="", help='When serve checks: "17 * * * *" or "30m".')
@click.option("--url", default="", help="Read this page instead of the vendor's own.")
@click.option("--region", "regions", multiple=True, help="Only this region; may be repeated.")
@click.option(
    "--format",
    "formats",
    multiple=True,
    help="Rule files of this format only; may be repeated.",
)
@click.option("--slack-env", default="", help="Variable that holds a Slack webhook's URL.")
@click.option("--slack-file", default="", help="File that holds a Slack webhook's URL.")
@click.option("--mail-host", default="", help="Mail server.")
@click.option("--mail-from", default="", help="Sender of mails.")
@click.option("--mail-to", multiple=True, help="Receiver of mails; may be repeated.")
@click.option(
    "--mail-security", type=click.Choice(["none", "starttls", "tls"]), default="starttls"
)
@click.option("--mail-user-env", default="", help="Variable that holds the mail login's name.")
@click.option("--mail-password-env", default="", help="Variable that holds its password.")
@click.option("--yes", is_flag=True, help="Ask nothing; what is not given is the default.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
# These belong to every command; here there is nothing that they could change.
@click.option("-v", "--verbose", count=True, expose_value=False, hidden=True)
@click.option("-q", "--quiet", is_flag=True, expose_value=False, hidden=True)
@click.option("--log-format", expose_value=False, hidden=True)
def init(
    target: Path,
    mail_host: str,
    mail_from: str,
    mail_to: tuple[str, ...],
    mail_security: str,
    mail_user_env: str,
    mail_password_env: str,
    *,
    yes: bool,
    force: bool,
    **given: str | tuple[str, ...],
) -> int:
    """Write a commented configuration, after a few questions or from options."""
    if target.exists() and not force:
        raise UsageError(f"{target}: is there already; --force writes over it")
    mail = None
    if mail_host:
        if not (mail_from and mail_to):
            raise click.UsageError("--mail-host needs --mail-from and --mail-to")
        mail = MailAnswers(
            mail_host, mail_from, mail_to, mail_security, mail_user_env, mail_password_env
        )
    answers = Answers(mail=mail, **given)  # type: ignore[arg-type]  # by the names of the options
    if answers == Answers() and not yes and sys.stdin.isatty():
        answers = _ask()
    _write(target, _validate(build_config(_read_shipped(), answers)))
    click.echo(f"{target} is written. Next: fwtracker doctor, then fwtracker run")
    return 0


def _ask() -> Answers:
    """Ask the few questions whose answers have no default that fits most."""
    click.echo("Six questions; Enter takes what stands in brackets.\n")
    snapshots = click.prompt("Keep versions in (folder or s3://bucket/prefix)", "snapshots")
    regions = click.prompt(
        "Regions, with commas between them (empty: all)", "", show_default=False
    )
    formats = click.prompt(
        "Formats of your firewalls, by `fwtracker rules --list` (empty: all)",
        "",
        show_default=False,
    )
    slack = click.prompt(
        "Variable that will hold a Slack webhook's URL (empty: no Slack)",
        "",
        show_default=False,
    )
    host = click.prompt("Mail server (empty: no mail)", "", show_default=False)
    mail = _ask_mail(host) if host else None
    schedule = click.prompt('When does `serve` check ("17 * * * *", "30m")', "17 * * * *")
    return Answers(
        snapshots="" if snapshots == "snapshots" else snapshots,
        schedule="" if schedule == "17 * * * *" else schedule,
        regions=_split_list(regions),
        formats=_split_list(formats),
        slack_env=slack,
        mail=mail,
    )


def _ask_mail(host: str) -> MailAnswers:
    sender = click.prompt("Mails come from")
    to = click.prompt("Mails go to, with commas between them")
    user = click.prompt(
        "Variable that holds the login (empty: no login)", "", show_default=False
    )
    password = click.prompt("Variable that holds its password") if user else ""
    return MailAnswers(host, sender, _split_list(to), "starttls", user, password)


def _split_list(text: str) -> tuple[str, ...]:
    """Return what stands between commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _read_shipped() -> str:
    found = next((path for path in _SHIPPED if path.is_file()), None)
    if found is None:
        raise UsageError("the shipped configuration is missing; install fwtracker again")
    return found.read_text("utf-8")


def _validate(text: str) -> str:
    """Return the file, if it can be used. Raises UsageError that names the answer at fault."""
    import tomllib  # noqa: PLC0415

    from tracker.config import parse  # noqa: PLC0415
    from tracker.scheduler.cron import parse_schedule  # noqa: PLC0415

    config = parse(tomllib.loads(text))
    parse_schedule(config.fwtracker.schedule, config.fwtracker.jitter)
    return text


def _write(target: Path, text: str) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"{target}: cannot be written: {error.strerror}") from None


def build_config(shipped: str, answers: Answers) -> str:
    """Return the shipped, commented file with these answers in it.

    What was not asked for stays a comment with its default, so that the file is also the
    reference of every key. Raises UsageError where the shipped one has no place for an answer.
    """
    text = _INTRO + _HEADER.sub("", shipped, count=1)
    for table, key, value in (
        ("[fwtracker]", "snapshots", answers.snapshots),
        ("[fwtracker]", "schedule", answers.schedule),
        ("[fwtracker]", "formats", answers.formats),
        ("[sources.action1]", "url", answers.url),
        ("[sources.action1]", "regions", answers.regions),
    ):
        if value:
            text = _set_key(text, table, key, value)
    blocks = list(_channel_blocks(answers))
    if blocks:
        text = f"{text.rstrip()}\n\n\n# The channels of this installation.\n\n" + "\n".join(
            blocks
        )
    return text


def _set_key(text: str, table: str, key: str, value: str | tuple[str, ...]) -> str:
    """Uncomment the first `# key = ...` after a table's line, with another value."""
    at = text.find(f"\n{table}\n")
    match = re.compile(rf"^# {key} = .*$", re.MULTILINE).search(text, max(at, 0))
    if at < 0 or match is None:
        raise UsageError(f"the shipped configuration has no {table} {key}")
    return text[: match.start()] + f"{key} = {_to_toml(value)}" + text[match.end() :]


def _channel_blocks(answers: Answers) -> Iterator[str]:
    if answers.slack_env or answers.slack_file:
        key = "url_env" if answers.slack_env else "url_file"
        place = answers.slack_env or answers.slack_file
        yield _channel_block(name="slack", type="slack", **{key: place})
    if mail := answers.mail:
        login = {"user_env": mail.user_env, "password_env": mail.password_env}
        yield _channel_block(
            name="mail",
            type="email",
            host=mail.host,
            security=mail.security,
            sender=mail.sender,
            to=mail.to,
            **{key: value for key, value in login.items() if value},
        )


def _channel_block(**keys: str | tuple[str, ...]) -> str:
    lines = [f"{key} = {_to_toml(value)}\n" for key, value in keys.items()]
    return "[[channels]]\n" + "".join(lines)


def _to_toml(value: str | tuple[str, ...]) -> str:
    """Return a string or a list of them: TOML's are JSON's, but for one character."""
    plain = list(value) if isinstance(value, tuple) else value
    return json.dumps(plain, ensure_ascii=False).replace("\x7f", "\\u007f")
