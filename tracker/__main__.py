"""The command `fwtracker`, also available as `python -m tracker`."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from tracker import cli


def main() -> None:
    """Run the command line, then end the process at once with its exit status.

    The interpreter would spend a fifth of the time of an unchanged check on its shutdown. It
    is not needed: durable data is on the disk by then, and the remaining threads wait for
    servers whose responses are no longer needed.
    """
    _open_missing_streams()
    try:
        cli.main()
    except SystemExit as ended:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # reported when it was printed
                stream.flush()
        os._exit(ended.code if isinstance(ended.code, int) else 0)


def _open_missing_streams() -> None:
    """Open the null device where the caller closed stdout or stderr (`>&-` in a shell)."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115  for good


if __name__ == "__main__":
    main()
