"""`python -m tracker` is `fwtracker`."""

from tracker.cli import main

main()
