"""The configuration that `init` writes: the shipped, commented file with the answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tracker.config import Config
from tracker.errors import UsageError

_HEADER = re.compile(r"\A(?:#[^\n]*\n)+")
_INTRO = """\
# fwtracker's configuration, made by `fwtracker init`. What is commented out is the default or
# an example; to change it, take the "# " away. A key that does not exist is an error that names
# the nearest one. After a change: fwtracker doctor
"""
_HERE = Path(__file__).resolve()
# Inside the package if that is installed, otherwise in the repository.
_SHIPPED = (_HERE.with_name("fwtracker.toml"), _HERE.parents[2] / "config" / "fwtracker.toml")


@dataclass(frozen=True, slots=True)
class MailAnswers:
    """The mail settings, and the variables or the file of the login, if there is one."""

    host: str
    sender: str
    to: tuple[str, ...]
    security: str = "starttls"
    user_env: str = ""
    password_env: str = ""
    password_file: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """The operator's answers; "" and () mean the default."""

    snapshots: str = ""
    schedule: str = ""
    url: str = ""
    regions: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    slack_env: str = ""
    slack_file: str = ""
    mail: MailAnswers | None = None


def read_answers(config: Config) -> Answers:
    """Return the answers that lead to a configuration, to be proposed again."""
    own, definition = config.fwtracker, config.sources.get("action1")
    kinds = {channel.type: channel.settings for channel in reversed(config.channels)}
    slack, mail = kinds.get("slack"), kinds.get("email")
    plain = Config()
    return Answers(
        snapshots="" if own.snapshots == plain.fwtracker.snapshots else own.snapshots,
        schedule="" if own.schedule == plain.fwtracker.schedule else own.schedule,
        regions=(definition.definition.regions or ()) if definition else (),
        formats=own.formats or (),
        slack_env=(slack.url_env or "") if slack else "",
        slack_file=(slack.url_file or "") if slack else "",
        mail=MailAnswers(
            mail.host,
            mail.sender,
            tuple(mail.to),
            mail.security,
            mail.user_env or "",
            mail.password_env or "",
            mail.password_file or "",
        )
        if mail
        else None,
    )


def read_shipped() -> str:
    """Return the commented file that ships with the program. Raises UsageError."""
    found = next((path for path in _SHIPPED if path.is_file()), None)
    if found is None:
        raise UsageError("the shipped configuration is missing; install fwtracker again")
    return found.read_text("utf-8")


def build_config(shipped: str, answers: Answers) -> str:
    """Return the shipped, commented file with these answers filled in.

    Other keys stay comments with their defaults, so that the file is also the reference of all
    keys. Raises UsageError if the shipped file has no place for an answer.
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
    """Uncomment the first `# key = ...` after a table's line, and set its value."""
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
        login = {
            "user_env": mail.user_env,
            "password_env": mail.password_env,
            "password_file": mail.password_file,
        }
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
    """Return a string or a list of them: the same as in JSON, except for one character."""
    plain = list(value) if isinstance(value, tuple) else value
    return json.dumps(plain, ensure_ascii=False).replace("\x7f", "\\u007f")
