"""The channels by name: one module per type, found and loaded here.

Every module here is a channel type; code that several share is in `shared/`. A module has:

    SETTINGS = MySettings       # a msgspec.Struct: forbid_unknown_fields, kw_only, frozen
    def send(settings: MySettings, message: Message) -> str
    def check(settings: MySettings) -> None     # optional
    def doubt(settings: MySettings) -> str      # optional: what is likely wrong, or ""
    ATTACHES = True        # optional: it can send files; `attach` of its settings names formats
    def describe_attempt(settings: MySettings, message: Message) -> str     # optional
    def page(settings: MySettings, message: Message) -> str     # optional: a test that pages

The settings contain only the keys of the type; the tracker handles a channel's name and what it
is sent. `send` and `page` return a short detail for the receipt, never a secret, or raise
`DeliveryError`. `check` raises `UsageError` for a missing variable or file, and sends nothing.
`doubt` returns `what is likely wrong; what to do`, for `doctor` and `notify test`.
A type with `describe_attempt` gets the receipts of its earlier messages, in `Announcement.past`
and `Notice.receipts`, and also what this function returned for messages that may have arrived
without a receipt: after a kill, or if an answer was lost.
A message is an announcement of a version or a notice about fwtracker itself: `compose_text` in
`shared/message_text.py` gives the same parts for both, so a channel lays out one kind. The
tracker decides what is owed, retried or recorded as sent.
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

    from tracker.notifications import Message

__all__ = ["Notifier", "load", "names"]


class Notifier(NamedTuple):
    """One channel type. `settings_type` is the class that its configuration keys fill."""

    name: str
    settings_type: type[msgspec.Struct]
    send: Callable[[Any, Message], str]
    check: Callable[[Any], None]
    attaches: bool = False
    describe_attempt: Callable[[Any, Message], str] | None = None
    page: Callable[[Any, Message], str] | None = None
    doubt: Callable[[Any], str] | None = None


def names() -> list[str]:
    """Return the channel types in alphabetical order. Imports none of them."""
    import pkgutil  # noqa: PLC0415 - only a list of all needs it

    found = pkgutil.iter_modules(__path__)
    return sorted(module.name for module in found if not module.ispkg)


def load(type_name: str) -> Notifier:
    """Return the channel type of that name.

    Raises UsageError for an unknown type, TypeError for a module without the parts above.
    """
    module = _import_channel(type_name)
    _check_settings(module)
    _check_function(module, "send", ("settings", "message"))
    if hasattr(module, "check"):
        _check_function(module, "check", ("settings",))
    if hasattr(module, "describe_attempt"):
        _check_function(module, "describe_attempt", ("settings", "message"))
    if hasattr(module, "page"):
        _check_function(module, "page", ("settings", "message"))
    if hasattr(module, "doubt"):
        _check_function(module, "doubt", ("settings",))
    return Notifier(
        type_name,
        module.SETTINGS,
        module.send,
        getattr(module, "check", _no_check),
        getattr(module, "ATTACHES", False) is True,
        getattr(module, "describe_attempt", None),
        getattr(module, "page", None),
        getattr(module, "doubt", None),
    )


def _import_channel(type_name: str) -> ModuleType:
    if type_name.isidentifier() and not type_name.startswith("_") and type_name != "shared":
        path = f"{__name__}.{type_name}"
        try:
            return importlib.import_module(path)
        except ModuleNotFoundError as error:
            # A module that exists but cannot import its own library is another error.
            if error.name != path:
                raise
    known = ", ".join(names())
    raise UsageError(f"there is no channel type {type_name!r}; use one of: {known}")


def _check_settings(module: ModuleType) -> None:
    settings = getattr(module, "SETTINGS", None)
    if not (isinstance(settings, type) and issubclass(settings, msgspec.Struct)):
        raise TypeError(f"{module.__name__} has no msgspec class SETTINGS")
    config = settings.__struct_config__
    for option in ("forbid_unknown_fields", "frozen"):
        if not getattr(config, option):
            raise TypeError(f"{module.__name__}.SETTINGS is not {option}=True")


def _check_function(module: ModuleType, name: str, wanted: tuple[str, ...]) -> None:
    function = getattr(module, name, None)
    shape = f"{name}({', '.join(wanted)})"
    if not isinstance(function, FunctionType):
        raise TypeError(f"{module.__name__} has no function {shape}")
    code = function.__code__
    if code.co_varnames[: code.co_argcount] != wanted:
        raise TypeError(f"{module.__name__}.{name} does not have the shape {shape}")


def _no_check(_settings: object) -> None:
    """Accept the settings of a type that cannot check them without sending."""
