"""What an installed package has: its modules, by which sources and formats are found, its data.

A folder that cannot be listed is an error. `pkgutil.iter_modules` takes it for an empty one,
and then rule files of no format at all would be published, and the old ones withdrawn.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from tracker.errors import Incomplete

_SHARED = "shared"


@cache
def discover_modules(folder: str) -> tuple[str, ...]:
    """Return the names of the modules and packages in a package's folder, sorted.

    Names with a leading underscore and `shared` are for what several of them use.
    Raises Incomplete where the folder cannot be listed or has none.
    """
    try:
        found = {_module_name(path) for path in Path(folder).iterdir()}
    except OSError as error:
        raise _unread(folder, "list", error) from None
    names = tuple(sorted(name for name in found if name and not name.startswith("_")))
    if not names:
        raise Incomplete(f"{folder}: a part of fwtracker is missing there; install it again")
    return names


def _module_name(path: Path) -> str | None:
    """Return the name by which a file or folder is imported; None where it is not."""
    if path.suffix in {".py", ".pyc"}:
        return path.name.partition(".")[0]
    is_package = any((path / f"__init__{suffix}").is_file() for suffix in (".py", ".pyc"))
    return path.name if is_package and path.name != _SHARED else None


def list_formats() -> list[str]:
    """Return all rule formats by name, without loading their modules. Raises Incomplete."""
    folder = str(Path(__file__).with_name("formats"))
    return [name.replace("_", "-") for name in discover_modules(folder)]


def read_resource(package: str, name: str) -> bytes:
    """Return a file that came with a package. Raises Incomplete where it cannot be read."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise Incomplete(f"{package}: fwtracker needs that package; install fwtracker again")
    path = Path(spec.submodule_search_locations[0]) / name
    try:
        found = path.read_bytes()
    except OSError as error:
        raise _unread(path, "read", error) from None
    if not found:
        raise Incomplete(f"{path}: fwtracker needs that file, which is empty; install it again")
    return found


def _unread(path: str | Path, what: str, error: OSError) -> Incomplete:
    return Incomplete(
        f"{path}: cannot {what} it: {error.strerror}; it is a part of fwtracker: check who may"
        " read it, and the limit of open files (ulimit -n)"
    )
