"""Runs nft, and probes of packets, in a network namespace that holds nothing but `lo`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.support import checkers


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a shell script in `folder`, isolated; stops at its first error."""
    return checkers.run(*checkers.ISOLATED, "sh", "-ec", script, folder=folder)


def need(*tools: str) -> None:
    """Skips the test where a tool is missing, and says which; fails it in CI."""
    checkers.need("unshare", *tools)
    if run("nft list ruleset", Path("/")).returncode:
        checkers.lacking("a network namespace with nft (unshare -rn nft list ruleset)")


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
