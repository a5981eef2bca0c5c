"""The channels by name: one module per type, found and loaded here.

A module whose name starts with "_" is a shared helper; every other one is a channel
type and has:

    class Settings(
        msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True
    )
    def send(settings: Settings, message: Message) -> str
    def check(settings: Settings) -> None        # optional
    ATTACHES = True                              # optional: it can send files

`Settings` holds the keys of the type only; a channel's name and what it is told of are the
tracker's. `send` returns a short detail for the receipt, never a secret, or raises
`DeliveryError`. `check` raises `UsageError` for a missing variable or file, and sends
nothing. A message is an announcement of a version or a notice of the watch itself:
`words_of` in `_words` gives the same parts for both, so a channel lays out one kind. What
is owed, retried or noted as sent is not decided here.
"""

from __future__ import annotations

import importlib
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tracker.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tracker.model import Message

__all__ = ["Notifier", "load", "names"]


class Notifier(NamedTuple):
    """One channel type. `Settings` is the class that its configuration keys fill."""

    name: str
    Settings: type[msgspec.Struct]
    send: Callable[[Any, Message], str]
    check: Callable[[Any], None]
    attaches: bool = False


def names() -> list[str]:
    """The channel types in alphabetical order. Imports none of them."""
    import pkgutil  # noqa: PLC0415 - only a list of all needs it

    found = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name for name in found if not name.startswith("_"))


def load(type_name: str) -> Notifier:
    """The channel type of that name.

    Raises:
        UsageError: there is no such type.
        TypeError: its module does not keep the protocol described above.
    """
    module = _module(type_name)
    _demand_settings(module)
    _demand_function(module, "send", ("settings", "message"))
    if hasattr(module, "check"):
        _demand_function(module, "check", ("settings",))
    return Notifier(
        type_name,
        module.Settings,
        module.send,
        getattr(module, "check", _no_check),
        getattr(module, "ATTACHES", False) is True,
    )


def _module(type_name: str) -> ModuleType:
    if type_name.isidentifier() and not type_name.startswith("_"):
        path = f"{__name__}.{type_name}"
        try:
            return importlib.import_module(path)
        except ModuleNotFoundError as error:
            # A module that exists but misses a library of its own is another story.
            if error.name != path:
                raise
    known = ", ".join(names())
    raise UsageError(f"there is no channel type {type_name!r}; use one of: {known}")


def _demand_settings(module: ModuleType) -> None:
    settings = getattr(module, "Settings", None)
    if not (isinstance(settings, type) and issubclass(settings, msgspec.Struct)):
        raise TypeError(f"{module.__name__} has no msgspec class Settings")
    config = settings.__struct_config__
    for option in ("forbid_unknown_fields", "frozen"):
        if not getattr(config, option):
            raise TypeError(f"{module.__name__}.Settings is not {option}=True")


def _demand_function(module: ModuleType, name: str, wanted: tuple[str, ...]) -> None:
    function = getattr(module, name, None)
    shape = f"{name}({', '.join(wanted)})"
    if not isinstance(function, FunctionType):
        raise TypeError(f"{module.__name__} has no function {shape}")
    code = function.__code__
    if code.co_varnames[: code.co_argcount] != wanted:
        raise TypeError(f"{module.__name__}.{name} does not have the shape {shape}")


def _no_check(_settings: object) -> None:
    """Nothing can be told of this type without sending."""
