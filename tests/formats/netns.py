"""Runs nft, and probes of packets, in a network namespace that holds nothing but `lo`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
# A namespace of one's own needs no root where user namespaces are allowed.
ISOLATED: Final = ("unshare", "--map-root-user", "--net")


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a shell script in `folder`, isolated; stops at its first error."""
    return subprocess.run(
        [*ISOLATED, "sh", "-ec", script],
        cwd=folder,
        env={"PATH": PATH, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def need(*tools: str) -> None:
    """Skips the test where a tool is missing, and says which; fails it in CI."""
    missing = [tool for tool in ("unshare", *tools) if not shutil.which(tool, path=PATH)]
    if not missing and run("nft list ruleset", Path("/")).returncode:
        missing = ["a network namespace in which nft works (unshare -rn nft list ruleset)"]
    if missing:
        message = f"NOT TESTED with the real nft: this machine lacks {', '.join(missing)}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)


def ruleset(script: str, folder: Path) -> list[Any]:
    """What is loaded after the script: nft's own JSON without its handles.

    Sets and chains are sorted; the rules keep their order within a chain.
    """
    done = run(f"{script}\nnft -j list ruleset", folder)
    assert done.returncode == 0, done.stderr
    found = [each for each in json.loads(done.stdout)["nftables"] if "metainfo" not in each]
    for each in found:
        for body in each.values():
            body.pop("handle", None)
    return sorted(found, key=_place)


def _place(each: dict[str, Any]) -> tuple[str, str]:
    [(kind, body)] = each.items()
    return kind, body.get("chain") or body.get("name")
