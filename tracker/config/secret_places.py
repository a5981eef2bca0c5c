"""Keys that name the place of a secret: `_env` a variable, `_file` the path of a file.

Whoever pastes the secret itself there would find it in errors, logs and notices. So a value
that may be one is refused when the configuration is loaded, and never shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from tracker.errors import UsageError

# How tokens begin: GitHub, GitLab, Slack, Stripe, OpenAI, Hugging Face, npm, PyPI, AWS, JWT,
# SendGrid, Google.
_TOKEN = re.compile(
    r"(?:gh[oprsu]_|github_pat_|glpat-|xox[a-z]-|xapp-|[rs]k_(?:live|test)_|sk-|hf_|npm_|pypi-"
    r"|A[KS]IA|eyJ|SG\.|ya29\.)[\w.-]{12,}",
    re.ASCII,
)
_PATH_START = re.compile(r"(?:/|\.{1,2}/|~|[A-Za-z]:[\\/])")
_HOST_START = re.compile(r"[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|io|dev|app|cloud)(?::\d+)?/")
_RELATIVE = re.compile(r"[\w.-]+|[\w. -]+(?:/[\w. -]+)+")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LONGEST_WORD = 31  # letters and digits with nothing between them
_SHORTEST_PASSWORD = 8
_MOST_TURNS = 2  # between letters and digits, within a word: OAUTH2TOKEN, K8S


def check_secret_places(tables: dict[str, Any]) -> None:
    """Check every `_env` and `_file` key, at any depth. Raises UsageError without the value."""
    for place, key, value in _find_keys(tables, ""):
        if key.endswith("_env") and not is_variable_name(value):
            wanted = "the name of an environment variable"
            raise _refuse(place + key, wanted, "FWTRACKER_SLACK_URL, without $")
        if key.endswith("_file") and not is_path(value):
            raise _refuse(
                place + key, "the path of a file", "/etc/fwtracker/slack-url, or ./NAME"
            )


def _refuse(key: str, wanted: str, example: str) -> UsageError:
    return UsageError(
        f"{key}: the value is not {wanted}, and is not shown, as it may be the secret itself;"
        f" keep the secret elsewhere, and write here {wanted} that holds it, such as {example}"
    )


def is_variable_name(value: str) -> bool:
    """Return whether a value is a variable's name, and no token or password."""
    return value.isascii() and value.isidentifier() and not _is_token(value)


def is_path(value: str) -> bool:
    """Return whether a value is a path, and no URL, token or password.

    What begins with `/`, `./`, `../` or `~` is one, whatever follows. Other paths have neither
    the signs of a password, nor a host in front, nor what looks like a token.
    """
    if "://" in value or not value.isprintable():
        return False
    if _PATH_START.match(value):
        return True
    plain = _RELATIVE.fullmatch(value) and not _HOST_START.match(value)
    return bool(plain) and not _is_token(value)


def _find_keys(table: dict[str, Any], name: str) -> Iterator[tuple[str, str, str]]:
    """Yield the table in words, key and value of each key that names a place, unless empty."""
    place = f"[{name}] " if name else ""
    for key, value in table.items():
        if isinstance(value, str):
            if value and key.endswith(("_env", "_file")):
                yield place, key, value
            continue
        path = f"{name}.{key}".lstrip(".")
        if isinstance(value, dict):
            yield from _find_keys(value, path)
        elif isinstance(value, list):
            for number, item in enumerate(value):
                if isinstance(item, dict):
                    yield from _find_keys(item, f"{path}[{number}]")


def _is_token(value: str) -> bool:
    """Return whether a value looks like a token or a password: made, not named."""
    if _TOKEN.fullmatch(value) or _UUID.fullmatch(value):
        return True
    return any(map(_is_random, re.split(r"[\W_]", value)))


def _is_random(word: str) -> bool:
    turns = sum(one.isdigit() != other.isdigit() for one, other in pairwise(word))
    is_mixed = len(word) >= _SHORTEST_PASSWORD and turns > _MOST_TURNS
    return is_mixed or len(word) > _LONGEST_WORD
