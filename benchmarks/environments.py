"""An environment for each tool, as users have it: after `pip install`, without extras."""

from __future__ import annotations

import subprocess
import venv
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PLACE = ROOT / ".venv-bench"
# The versions of the figures in the documents.
PEERS = {"urlwatch": "2.29", "webchanges": "3.37.0", "changedetection.io": "0.60.10"}


class NotInstalled(Exception):
    """A tool could not be installed."""


@cache
def fwtracker() -> Path:
    """Install this tree with its base dependencies, every time; return the environment."""
    return _environment("fwtracker", str(ROOT), fresh=True)


@cache
def fwtracker_serve() -> Path:
    """Do the same with the dependencies of the service."""
    return _environment("fwtracker-serve", f"{ROOT}[serve]", fresh=True)


@cache
def peer(name: str) -> Path:
    """Return the environment with another tool from PyPI, which is installed once."""
    return _environment(name, f"{name}=={PEERS[name]}", fresh=False)


def site_packages(environment: Path) -> Path:
    """Return the folder with the packages of an environment."""
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
        # Compile, as pip does by default, even if this process's environment forbids it.
        command = [*pip, "install", "--quiet", "--compile", package]
        if subprocess.run(command, check=False).returncode:
            raise NotInstalled(f"pip could not install {package}, see above")
    done.write_text(wanted)
    return place
