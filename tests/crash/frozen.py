"""The command line with its clock stopped, so that two runs write the same bytes.

A script of its own, started by path: `CRASH_CLOCK` says what time it is.
"""

import datetime as dt
import os
import sys

_NOW = dt.datetime.fromisoformat(os.environ["CRASH_CLOCK"])


class _Stopped(dt.datetime):
    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
        return _NOW.astimezone(tz)


dt.datetime = _Stopped

if __name__ == "__main__":
    from tracker.cli import main

    sys.exit(main())
