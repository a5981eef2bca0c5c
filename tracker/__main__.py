"""The command `fwtracker`, which `python -m tracker` is too."""

from __future__ import annotations

import gc


def main() -> None:
    """See `tracker.cli.main`.

    A check lives for a tenth of a second: collecting cycles costs it a fifth of its time, the
    first of it while modules are loaded, so that is held off before any is.
    """
    gc.set_threshold(50_000, 20, 20)
    from tracker.cli import main as called  # noqa: PLC0415

    called()


if __name__ == "__main__":
    main()
