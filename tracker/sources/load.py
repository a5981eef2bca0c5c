"""Definitions to sources: those that ship with the program, and an operator's over them."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

from tracker.decoding import convert_checked
from tracker.errors import Incomplete, UsageError
from tracker.plugins import read_resource
from tracker.sources import Source
from tracker.sources.definition import Definition, check_definition, check_repeats
from tracker.text import find_nearest

DEFAULT = "action1"  # the one that is checked without a word in the configuration
_PACKAGE, _FOLDER = "tracker.sources", "shipped"


@cache
def list_shipped() -> tuple[str, ...]:
    """Return the names of the definitions that ship with the program. Raises Incomplete."""
    folder = Path(__file__).with_name(_FOLDER)
    try:
        names = tuple(sorted(path.stem for path in folder.iterdir() if path.suffix == ".toml"))
    except OSError as error:
        raise Incomplete(f"{folder}: cannot list it: {error.strerror}; install again") from None
    if not names:
        raise Incomplete(f"{folder}: a part of fwtracker is missing there; install it again")
    return names


def read_shipped(name: str) -> str:
    """Return a shipped definition as it is written. Raises UsageError for an unknown name."""
    if name not in list_shipped():
        known = ", ".join(list_shipped())
        raise UsageError(
            f'no definition called "{name}" ships with fwtracker; there is: {known}'
        )
    return read_resource(_PACKAGE, f"{_FOLDER}/{name}.toml").decode()


@cache
def load_source(name: str) -> Source:
    """Return a source as it ships with the program. Raises UsageError for an unknown name."""
    import tomllib  # noqa: PLC0415

    raw: dict[str, Any] = tomllib.loads(read_shipped(name))
    return Source(name, convert_checked(raw, Definition), f"the definition {name} of fwtracker")


def build_source(
    name: str, definition: Definition, place: str, keys: Collection[str] = ()
) -> Source:
    """Return a source of the configuration: an operator's definition over the shipped one.

    `keys` are those that the operator has written. Raises UsageError for what cannot be right
    in any page.
    """
    base = definition.use or (name if name == DEFAULT else None)
    whole = definition
    if base is not None:
        check_repeats(definition, place)
        whole = definition.over(_load_base(base, place), keys)
    check_definition(whole, place)
    is_named = bool(definition.urls)
    return Source(name, _with_url(whole, name, place), place, is_named or base is None)


def _load_base(name: str, place: str) -> Definition:
    if name not in list_shipped():
        known = ", ".join(list_shipped())
        raise UsageError(f'{place} use: no definition "{name}" is shipped; there are: {known}')
    return load_source(name).definition


def _with_url(definition: Definition, name: str, place: str) -> Definition:
    if definition.urls:
        return definition
    near = find_nearest(name, list_shipped())
    hint = f'; or use = "{near}", which ships with fwtracker' if near else ""
    raise UsageError(f"{place}: it has no url; say which page to read{hint}")
