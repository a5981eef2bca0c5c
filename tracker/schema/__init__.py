"""The JSON Schemas of the program's output: their names, and the files as shipped.

`python -m tracker.schema.build` makes them from the types and writes the files; a test checks
that they match the types. Each has a permanent name, its `$id`, such as
`urn:fwtracker:schema:1:snapshot`. It is not a URL, because there is no single place for them:
each published tree, each `serve` and the package have the same file.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

SUFFIX = ".schema.json"
# The files of the published tree, and the webhook's body; these are published with the tree.
PUBLISHED = (
    "changeset",
    "deltas",
    "endpoints",
    "index",
    "manifest",
    "snapshot",
    "version",
    "webhook",
)
# The output of commands with --json; `show` and `as-of` print a snapshot, `diff` a change set.
PRINTED = (
    "audit",
    "blame",
    "doctor",
    "drift",
    "held",
    "history",
    "notify-status",
    "parse",
    "replay",
    "run",
    "source-check",
    "source-list",
    "store-verify",
    "verify",
)
ALL = "all"  # all types, each once, to generate classes from them
NAMES = (ALL, *PUBLISHED, *PRINTED)


@cache
def read_schema(name: str) -> bytes:
    """Return the schema of that name, as shipped. Raises KeyError if there is none."""
    if name not in NAMES:
        raise KeyError(name)
    return files("tracker.schema").joinpath(f"{name}{SUFFIX}").read_bytes()


def list_published() -> dict[str, bytes]:
    """Return the files of the published tree's folder `schema/`, by their paths in the tree."""
    return {f"schema/{name}{SUFFIX}": read_schema(name) for name in PUBLISHED}
