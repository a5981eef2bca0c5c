"""Which modules a package of ours has: so are sources, formats and channel types found.

A folder that cannot be listed is an error. `pkgutil.iter_modules` takes it for an empty one,
and then rule files of no format at all would be published, and the old ones withdrawn.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tracker.errors import Incomplete


@cache
def names_in(folder: str) -> tuple[str, ...]:
    """Names of the modules in a package's folder, sorted; those with a leading _ are no use.

    Raises Incomplete where there is none to be seen.
    """
    try:
        files = [path.name for path in Path(folder).iterdir()]
    except OSError as error:
        raise Incomplete(
            f"{folder}: cannot list it: {error.strerror}; it is a part of fwtracker: check who"
            " may read it, and the limit of open files (ulimit -n)"
        ) from None
    found = {name.partition(".")[0] for name in files if name.endswith((".py", ".pyc"))}
    names = tuple(sorted(name for name in found if not name.startswith("_")))
    if not names:
        raise Incomplete(f"{folder}: a part of fwtracker is missing there; install it again")
    return names
