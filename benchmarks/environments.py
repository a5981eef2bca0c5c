"""Two environments, as users have them: each tool by `pip install`, and nothing beside it."""

from __future__ import annotations

import subprocess
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
PLACE = ROOT / ".venv-bench"


def fwtracker() -> Path:
    """The environment with this tree installed, base dependencies only, anew each time."""
    return _environment("fwtracker", str(ROOT), fresh=True)


def urlwatch() -> Path:
    """The environment with urlwatch from PyPI; made once."""
    return _environment("urlwatch", "urlwatch", fresh=False)


def version(environment: Path, package: str) -> str:
    """The version of a package in an environment."""
    code = f"from importlib.metadata import version; print(version({package!r}))"
    command = [str(environment / "bin/python"), "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _environment(name: str, package: str, *, fresh: bool) -> Path:
    place = PLACE / name
    done = place / "installed"
    if not done.exists():
        venv.create(place, with_pip=True, clear=True)
    if fresh or not done.exists():
        pip = [str(place / "bin/python"), "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--quiet", package], check=True)
    done.touch()
    return place
