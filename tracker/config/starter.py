"""A first configuration: the shipped, commented file with the answers of a person in it. Pure.

What is not asked for stays in it as a comment with its default, so that the file is also the
reference of every key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tracker.errors import UsageError

_HEADER = re.compile(r"\A(?:#[^\n]*\n)+")
_INTRO = """\
# fwtracker's configuration, made by `fwtracker init`. What is commented out is the default or
# an example; to change it, take the "# " away. A key that does not exist is an error that names
# the nearest one. After a change: fwtracker doctor
"""


@dataclass(frozen=True, slots=True)
class Mail:
    """Where mail goes, and the variables that a login is in, if there is one."""

    host: str
    sender: str
    to: tuple[str, ...]
    security: str = "starttls"
    user_env: str = ""
    password_env: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person wants other than by default; "" and () for what they do not mind."""

    snapshots: str = ""
    schedule: str = ""
    url: str = ""
    regions: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    slack_env: str = ""
    slack_file: str = ""
    mail: Mail | None = None


def configuration(shipped: str, answers: Answers) -> str:
    """The file. Raises UsageError where the shipped one has no place for an answer."""
    text = _INTRO + _HEADER.sub("", shipped, count=1)
    for table, key, value in (
        ("[fwtracker]", "snapshots", answers.snapshots),
        ("[fwtracker]", "schedule", answers.schedule),
        ("[fwtracker]", "formats", answers.formats),
        ("[sources.action1]", "url", answers.url),
        ("[sources.action1]", "regions", answers.regions),
    ):
        if value:
            text = _set(text, table, key, value)
    blocks = list(_channels(answers))
    if blocks:
        text = f"{text.rstrip()}\n\n\n# The channels of this installation.\n\n" + "\n".join(
            blocks
        )
    return text


def _set(text: str, table: str, key: str, value: str | tuple[str, ...]) -> str:
    """Uncomment the first `# key = ...` after a table's line, with another value."""
    at = text.find(f"\n{table}\n")
    match = re.compile(rf"^# {key} = .*$", re.MULTILINE).search(text, max(at, 0))
    if at < 0 or match is None:
        raise UsageError(f"the shipped configuration has no {table} {key}")
    return text[: match.start()] + f"{key} = {_toml(value)}" + text[match.end() :]


def _channels(answers: Answers) -> Iterator[str]:
    if answers.slack_env or answers.slack_file:
        key = "url_env" if answers.slack_env else "url_file"
        place = answers.slack_env or answers.slack_file
        yield _block(name="slack", type="slack", **{key: place})
    if mail := answers.mail:
        login = {"user_env": mail.user_env, "password_env": mail.password_env}
        yield _block(
            name="mail",
            type="email",
            host=mail.host,
            security=mail.security,
            sender=mail.sender,
            to=mail.to,
            **{key: value for key, value in login.items() if value},
        )


def _block(**keys: str | tuple[str, ...]) -> str:
    lines = [f"{key} = {_toml(value)}\n" for key, value in keys.items()]
    return "[[channels]]\n" + "".join(lines)


def _toml(value: str | tuple[str, ...]) -> str:
    """A string or a list of them. TOML's basic strings are JSON's, but for what is escaped."""
    plain = list(value) if isinstance(value, tuple) else value
    return json.dumps(plain, ensure_ascii=False).replace("\x7f", "\\u007f")
