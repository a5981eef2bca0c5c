"""Finds what is installed: modules of formats and other plugins, data files, and extras.

A folder that cannot be listed is an error. `pkgutil.iter_modules` treats it as empty, and then
no rule files would be published, and the old ones would be withdrawn.
"""

from __future__ import annotations

import shlex
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from tracker.errors import Incomplete

_SHARED = "shared"
# fwtracker is on no package index: anyone could register its bare name.
_UNKNOWN = "the folder of fwtracker's source"


@cache
def discover_modules(folder: str) -> tuple[str, ...]:
    """Return the names of the modules and packages in a package's folder, sorted.

    Names with a leading underscore and `shared`, for common code, are left out.
    Raises Incomplete if the folder cannot be listed or has none.
    """
    try:
        found = {_module_name(path) for path in Path(folder).iterdir()}
    except OSError as error:
        raise _make_incomplete(folder, "list", error) from None
    names = tuple(sorted(name for name in found if name and not name.startswith("_")))
    if not names:
        raise Incomplete(f"{folder}: a part of fwtracker is missing there; install it again")
    return names


def _module_name(path: Path) -> str | None:
    """Return the name by which a file or folder is imported; None if it is not a module."""
    if path.suffix in {".py", ".pyc"}:
        return path.name.partition(".")[0]
    is_package = any((path / f"__init__{suffix}").is_file() for suffix in (".py", ".pyc"))
    return path.name if is_package and path.name != _SHARED else None


def list_formats() -> list[str]:
    """Return all rule formats by name, without loading their modules. Raises Incomplete."""
    folder = str(Path(__file__).with_name("formats"))
    return [name.replace("_", "-") for name in discover_modules(folder)]


def read_resource(package: str, name: str) -> bytes:
    """Return a data file of a package. Raises Incomplete if it cannot be read."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise Incomplete(f"{package}: fwtracker needs that package; install fwtracker again")
    path = Path(spec.submodule_search_locations[0]) / name
    try:
        found = path.read_bytes()
    except OSError as error:
        raise _make_incomplete(path, "read", error) from None
    if not found:
        raise Incomplete(f"{path}: fwtracker needs that file, which is empty; install it again")
    return found


def _make_incomplete(path: str | Path, what: str, error: OSError) -> Incomplete:
    return Incomplete(
        f"{path}: cannot {what} it: {error.strerror}; it is a part of fwtracker: check who may"
        " read it, and the limit of open files (ulimit -n)"
    )


class _Origin(msgspec.Struct, frozen=True):
    """The used part of `direct_url.json` of an installed distribution (PEP 610)."""

    url: str
    vcs_info: dict[str, str] | None = None


def build_command(extra: str) -> str:
    """Return the command that installs an extra: `pipx install --force '/src[serve]'`.

    If it is unknown what fwtracker was installed from, a sentence describes what to do.
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
    from importlib.metadata import (  # noqa: PLC0415  slow to import, and rarely needed
        PackageNotFoundError,
        distribution,
    )

    try:
        text = distribution("fwtracker").read_text("direct_url.json")
        return msgspec.json.decode(text, type=_Origin) if text else None
    except (PackageNotFoundError, msgspec.MsgspecError):
        return None


def _find_installer() -> str:
    """Return the install command for the environment in which this program runs."""
    parts = Path(sys.prefix).parts
    if parts[-3:-1] == ("pipx", "venvs"):
        return "pipx install --force"
    if parts[-3:-1] == ("uv", "tools"):
        return "uv tool install --force"
    return f"{shlex.quote(sys.executable)} -m pip install"
