"""The command `fwtracker`, which `python -m tracker` is too."""

from tracker.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
