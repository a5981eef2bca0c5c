"""How to install an extra, in the way that this program itself was installed.

No package index has fwtracker: a name without a place could be anyone's.
"""

from __future__ import annotations

import shlex
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

_UNKNOWN = "the folder of fwtracker's source"


class _Origin(msgspec.Struct, frozen=True):
    """`direct_url.json` of an installed distribution (PEP 610), as far as it is used."""

    url: str
    vcs_info: dict[str, str] | None = None


def build_command(extra: str) -> str:
    """Return the command that installs an extra: `pipx install --force '/src[serve]'`.

    Where it is not known what fwtracker was installed from, a sentence says what to do.
    """
    requirement = _build_requirement(extra)
    if requirement is None:
        return f"pip install '.[{extra}]' in {_UNKNOWN}"
    return f"{_find_installer()} {shlex.quote(requirement)}"


def _build_requirement(extra: str) -> str | None:
    origin = _read_origin()
    if origin is None:
        return None
    parts = urlsplit(origin.url)
    path = Path(unquote(parts.path))
    if parts.scheme == "file" and path.is_dir():
        return f"{path}[{extra}]"
    url = origin.url
    if origin.vcs_info:
        revision = origin.vcs_info.get("commit_id", "")
        url = f"{origin.vcs_info.get('vcs', 'git')}+{url}@{revision}"
    return f"fwtracker[{extra}] @ {url}"


def _read_origin() -> _Origin | None:
    try:
        text = distribution("fwtracker").read_text("direct_url.json")
        return msgspec.json.decode(text, type=_Origin) if text else None
    except (PackageNotFoundError, msgspec.MsgspecError):
        return None


def _find_installer() -> str:
    """Return the command that changes the environment which this program runs in."""
    parts = Path(sys.prefix).parts
    if parts[-3:-1] == ("pipx", "venvs"):
        return "pipx install --force"
    if parts[-3:-1] == ("uv", "tools"):
        return "uv tool install --force"
    return f"{shlex.quote(sys.executable)} -m pip install"
