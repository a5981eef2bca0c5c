"""`init`: a commented configuration, after a few questions or from options."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

import click

from tracker.commands.init_file import (
    Answers,
    MailAnswers,
    build_config,
    read_answers,
    read_shipped,
)
from tracker.config import DEFAULT, load
from tracker.errors import UsageError


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
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
    "--mail-security",
    type=click.Choice(["none", "starttls", "tls"]),
    default="starttls",
    help="How the connection to it is encrypted.  [starttls]",
)
@click.option("--mail-user-env", default="", help="Variable that holds the mail user name.")
@click.option("--mail-password-env", default="", help="Variable that holds its password.")
@click.option("--mail-password-file", default="", help="File that holds its password.")
@click.option("--yes", is_flag=True, help="Ask nothing; use defaults for missing options.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
# These are options of every command; they have no effect here.
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
    mail_password_file: str,
    *,
    yes: bool,
    force: bool,
    **given: str | tuple[str, ...],
) -> int:
    """Write a commented configuration, after a few questions or from options."""
    mail = None
    if mail_host:
        if not (mail_from and mail_to):
            raise click.UsageError("--mail-host needs --mail-from and --mail-to")
        mail = MailAnswers(
            *(mail_host, mail_from, mail_to, mail_security),
            *(mail_user_env, mail_password_env, mail_password_file),
        )
    answers = Answers(mail=mail, **given)  # type: ignore[arg-type]  # the options have the names of the fields
    is_asking = answers == Answers() and not yes and sys.stdin.isatty()
    if target.exists() and not (force or is_asking):
        raise UsageError(f"{target}: already exists; --force overwrites it")
    if is_asking:
        from tracker.commands.init_questions import ask_all  # noqa: PLC0415

        answers = ask_all(read_answers(load(target)) if target.exists() else Answers())
    text = _validate(build_config(read_shipped(), answers))
    kept = _back_up(target)
    _write(target, text)
    click.echo(f"{target} is written{kept}. {_describe_next(target)}")
    return 0


def _back_up(target: Path) -> str:
    """Keep a copy of the existing file next to it, and return a note of that."""
    if not target.exists():
        return ""
    before = target.with_name(f"{target.name}.before")
    try:
        shutil.copy2(target, before)
    except OSError as error:
        raise UsageError(f"{before}: cannot be written: {error.strerror}") from None
    return f"; the previous file is now {before}"


def _describe_next(target: Path) -> str:
    """Return the next commands to run, and the line for cron."""
    option = "" if target == DEFAULT else f" --config {shlex.quote(str(target))}"
    folder = shlex.quote(str(Path.cwd()))
    return (
        f"Next: fwtracker doctor{option}, then fwtracker run{option}\n"
        f"For cron: 17 * * * * cd {folder} && {_find_program()} run -q{option}"
    )


def _find_program() -> str:
    """Return the path of the running program: cron does not have the user's PATH."""
    beside = Path(sys.executable).with_name("fwtracker")
    if beside.is_file():
        return shlex.quote(str(beside))
    return f"{shlex.quote(sys.executable)} -m tracker"


def _validate(text: str) -> str:
    """Return the text, if it can be used. Raises UsageError with the answer at fault."""
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
