"""What is wrong with one stored file, and the one step that heals it."""

from __future__ import annotations

import msgspec


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One file that is not as it must be. `derived`: `store rebuild` makes it again.

    `advice` is what to do about it where that is neither to rebuild nor to restore it.
    """

    file: str
    what: str
    derived: bool
    advice: str = ""

    @property
    def action(self) -> str:
        """The one step that heals it."""
        mend = "run: fwtracker store rebuild" if self.derived else "restore it from a backup"
        return self.advice or mend
