"""Values that must not be seen, read from an environment variable or a file.

The configuration names the place, never the value.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.errors import UsageError

if TYPE_CHECKING:
    import msgspec

MAX_FILE_BYTES = 65_536
REDACTED = "[redacted]"
VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
USUAL_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")  # others may be a password, and are not shown


class Secret:
    """A value that only `reveal()` shows."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value, to send it over the network only."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({REDACTED})"

    __str__ = __repr__


def read_secret(env: str | None, file: str | None, what: str) -> Secret:
    """Return the secret in the variable `env` or in `file`, without white space around it.

    Args:
        env: Name of an environment variable, or None.
        file: Path of a text file, or None; "~" is the home folder.
        what: What it is, for messages: "the Slack webhook URL".

    Raises:
        UsageError: neither or both places are named, or the one named is missing, empty,
            unreadable, or has more than one line.
    """
    place, value = _read_place(env, file, what)
    if not value.isprintable():
        raise UsageError(f"{what}: {place} holds more than one line of text")
    return Secret(value)


def read_secrets(env: str | None, file: str | None, what: str) -> tuple[Secret, ...]:
    """Return several secrets from one place, one per line, without lines that start with "#".

    Raises UsageError as `read_secret` does, but not for several lines.
    """
    place, value = _read_place(env, file, what)
    lines = [line.strip() for line in value.splitlines()]
    found = [line for line in lines if line and not line.startswith("#")]
    if not found or not all(line.isprintable() for line in found):
        raise UsageError(f"{what}: {place} must hold one of them per line of text")
    return tuple(map(Secret, found))


def read_secret_text(env: str | None, file: str | None, what: str) -> Secret:
    """Return a secret of several lines, such as a key. Raises UsageError as `read_secret`."""
    _, value = _read_place(env, file, what)
    return Secret(value)


def redact(text: str, *secrets: Secret) -> str:
    """Return the text without the secrets, to quote a server's reply."""
    for secret in secrets:
        text = text.replace(secret.reveal(), REDACTED)
    return text


def require_one_place(settings: msgspec.Struct, key: str, *, optional: bool = False) -> None:
    """Raise ValueError unless the settings name one of `key`_env and `key`_file."""
    env, file = f"{key}_env", f"{key}_file"
    places = [name for name in (env, file) if getattr(settings, name) is not None]
    if len(places) > 1 or not (places or optional):
        amount = "at most" if optional else "exactly"
        raise ValueError(f"set {amount} one of `{env}` and `{file}`")


def quiet_loggers(*names: str) -> None:
    """Let other libraries' loggers log only errors: they log URLs, which are secrets here.

    This lasts for the rest of the process, because a connection that is closed later logs its
    URL then. httpx logs every URL at INFO, httpcore and urllib3 at DEBUG, urllib3 some at
    WARNING.
    """
    import logging  # noqa: PLC0415

    for name in names:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.ERROR))


def _read_place(env: str | None, file: str | None, what: str) -> tuple[str, str]:
    """Return the place in words, and its text without surrounding white space."""
    if (env is None) == (file is None):
        raise UsageError(f"{what}: name one place, an environment variable or a file, not both")
    place, value = _read_file(file or "", what) if env is None else _read_variable(env, what)
    value = value.strip()
    if not value:
        raise UsageError(f"{what}: {place} is empty; put the value there")
    return place, value


def _read_variable(env: str, what: str) -> tuple[str, str]:
    if not VARIABLE.fullmatch(env):  # it may be the secret itself
        raise UsageError(
            f"{what}: the configuration holds no name of an environment variable; put the value"
            " into a variable, and the variable's name there"
        )
    value = os.environ.get(env)
    if value is None:
        name = env if USUAL_VARIABLE.fullmatch(env) else "that the configuration names"
        raise UsageError(
            f"{what}: the environment variable {name} is not set; set it for this process"
        )
    return f"the environment variable {env}", value


def _read_file(file: str, what: str) -> tuple[str, str]:
    # A bare word may be a password.
    place = f"the file {file}" if {"/", "."} & {*file} else "the file that is named there"
    try:
        with Path(file).expanduser().open("rb") as stream:
            return place, stream.read(MAX_FILE_BYTES).decode()
    except UnicodeDecodeError:
        reason = "it is not UTF-8 text"
    except (OSError, RuntimeError) as error:  # RuntimeError: "~" without a home
        reason = getattr(error, "strerror", None) or "its home folder is unknown"
    raise UsageError(f"{what}: cannot read {place}: {reason}")
