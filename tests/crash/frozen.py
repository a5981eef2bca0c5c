"""The command line with its clock stopped, so that two runs write the same bytes.

A script of its own, started by path: `CRASH_CLOCK` says what time it is.
"""

import datetime
import os
import sys

_NOW = datetime.datetime.fromisoformat(os.environ["CRASH_CLOCK"])


class _Stopped(datetime.datetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
        return _NOW.astimezone(tz)


datetime.datetime = _Stopped

if __name__ == "__main__":
    from tracker.cli import main

    sys.exit(main())
