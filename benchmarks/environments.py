"""An environment for each tool, as users have them: `pip install`, and nothing beside it."""

from __future__ import annotations

import subprocess
import venv
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PLACE = ROOT / ".venv-bench"
# The versions that figures in the documents were taken with.
PEERS = {"urlwatch": "2.29", "webchanges": "3.37.0", "changedetection.io": "0.60.10"}


class NotInstalled(Exception):
    """What was to be measured could not be installed."""


@cache
def fwtracker() -> Path:
    """The environment with this tree installed, base dependencies only, anew each time."""
    return _environment("fwtracker", str(ROOT), fresh=True)


@cache
def fwtracker_serve() -> Path:
    """The same with what the service needs beside them."""
    return _environment("fwtracker-serve", f"{ROOT}[serve]", fresh=True)


@cache
def peer(name: str) -> Path:
    """The environment with another tool from PyPI; made once."""
    return _environment(name, f"{name}=={PEERS[name]}", fresh=False)


def site_packages(environment: Path) -> Path:
    """Where its packages are."""
    return next(environment.glob("lib/python3*/site-packages"))


def _environment(name: str, package: str, *, fresh: bool) -> Path:
    place = PLACE / name
    done = place / "installed"
    wanted = package if not fresh else name
    if not done.exists() or done.read_text() != wanted:
        venv.create(place, with_pip=True, clear=True)
        fresh = True
    if fresh:
        pip = [str(place / "bin/python"), "-m", "pip", "--disable-pip-version-check"]
        # Compiled, as pip does by itself, whatever this process was told.
        command = [*pip, "install", "--quiet", "--compile", package]
        if subprocess.run(command, check=False).returncode:
            raise NotInstalled(f"pip could not install {package}, see above")
    done.write_text(wanted)
    return place
