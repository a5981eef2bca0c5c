"""Skips a test whose checker is not on this machine, loudly; in CI it fails."""

from __future__ import annotations

import importlib.util
import os
import shutil
from typing import Final

import pytest

PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def need(*, tools: tuple[str, ...] = (), modules: tuple[str, ...] = ()) -> None:
    """Names of programs, and of Python modules."""
    missing = [tool for tool in tools if not shutil.which(tool, path=PATH)]
    missing += [module for module in modules if importlib.util.find_spec(module) is None]
    if missing:
        message = f"NOT TESTED with the real checker: this machine lacks {', '.join(missing)}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
