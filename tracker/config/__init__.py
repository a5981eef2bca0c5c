"""The configuration file: TOML to typed values; an unknown key is named with the nearest one.

Secrets are never in here, only the names of environment variables or files that hold them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from tracker.config.tables import (
    AssumedPorts,
    Channel,
    ConfigSection,
    DriftConfig,
    GeneralConfig,
    HealthConfig,
    Rules,
    ServeConfig,
    VerifyConfig,
)
from tracker.config.validation import (
    check_findings,
    check_formats,
    check_names,
    explain_error,
    find_nearest,
    parse_assumed_ports,
)
from tracker.decoding import convert_checked
from tracker.errors import UsageError
from tracker.guard.limits import GuardLimits
from tracker.model import Service
from tracker.plugins import list_formats
from tracker.sources import Source
from tracker.sources.definition import Definition
from tracker.sources.load import DEFAULT as DEFAULT_SOURCE
from tracker.sources.load import build_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from notifiers import Notifier

DEFAULT = Path("config/fwtracker.toml")
SOURCES = "sources"  # the folder of definitions beside it
_COMMON = frozenset(Channel.__struct_fields__) - {"settings"}


class Config(ConfigSection, frozen=True):
    """The whole file, and the definitions beside it. `sources` are those to check, by name."""

    fwtracker: GeneralConfig = GeneralConfig()
    health: HealthConfig = HealthConfig()
    sources: dict[str, Source] = msgspec.field(default_factory=dict)
    guard: GuardLimits = GuardLimits()
    serve: ServeConfig = ServeConfig()
    verify: VerifyConfig = VerifyConfig()
    drift: DriftConfig = DriftConfig()
    rules: tuple[Rules, ...] = ()
    assumed_ports: tuple[AssumedPorts, ...] = (
        AssumedPorts(target="*.windowsupdate.com", ports=("tcp/80", "tcp/443")),
    )
    channels: tuple[Channel, ...] = ()

    @property
    def assumptions(self) -> dict[str, tuple[Service, ...]]:
        """The assumed services of each target, in lower case."""
        return parse_assumed_ports(self.assumed_ports)

    def source(self, name: str) -> Source:
        """Return the source that is checked under this name. Raises UsageError."""
        if name in self.sources:
            return self.sources[name]
        near = find_nearest(name, list(self.sources))
        known = f"there are: {', '.join(self.sources)}"
        hint = f'did you mean "{near}"?' if near else known
        raise UsageError(f'no source that is checked is called "{name}"; {hint}')

    @property
    def format_names(self) -> list[str]:
        """The formats of the rule files, by name; a table of `[[rules]]` may name another."""
        chosen = self.fwtracker.formats
        return list_formats() if chosen is None else sorted({*chosen})


def load(path: Path | None) -> Config:
    """Return the configuration at `path`, or at the default place if there is one, or defaults.

    Raises UsageError that names the file, the key and what to do.
    """
    raw, places = read_raw(path)
    try:
        return parse(raw, places)
    except UsageError as error:
        where = f"{path or DEFAULT}: " if path or DEFAULT.is_file() else ""
        text = str(error)
        is_placed = any(text.startswith(place) for place in places.values())
        raise UsageError(text if is_placed else f"{where}{text}") from None


def read_raw(path: Path | None) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the decoded file with the definitions beside it, and where each of those stands.

    A definition may stand in `sources/NAME.toml` beside the file. Raises UsageError.
    """
    is_there = path is not None or DEFAULT.is_file()
    path = path or DEFAULT
    raw = _decode_file(path) if is_there else {}
    places: dict[str, str] = {}
    folder = path.parent / SOURCES
    for file in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
        tables = raw.setdefault("sources", {})
        if file.stem in tables:
            raise UsageError(f"{file}: [sources.{file.stem}] is in {path} as well; keep one")
        tables[file.stem], places[file.stem] = _decode_file(file), str(file)
    return raw, places


def _decode_file(path: Path) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415  many installations have no file at all

    try:
        text = path.read_text("utf-8")
        if text.startswith("{"):  # as the service passes it on
            found: dict[str, Any] = msgspec.json.decode(text)
            return found
        return tomllib.loads(text)
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read: {error.strerror}; check it, or name another by --config"
        ) from None
    except (tomllib.TOMLDecodeError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from None


def parse(raw: dict[str, Any], places: Mapping[str, str] = MappingProxyType({})) -> Config:
    """Convert a decoded file to a Config. Raises UsageError without the file's name."""
    plain = {key: value for key, value in raw.items() if key not in {"channels", "sources"}}
    config: Config = convert(plain, Config, "")
    channels = raw.get("channels", [])
    if not isinstance(channels, list):
        raise UsageError("channels are a list: write [[channels]], with two brackets")
    config = msgspec.structs.replace(
        config,
        sources=_build_sources(raw.get("sources", {}), places),
        channels=tuple(_parse_channel(table, number) for number, table in enumerate(channels)),
    )
    check_findings(config.guard.publish)
    parse_assumed_ports(config.assumed_ports)
    check_formats("[fwtracker] formats", config.format_names)
    check_formats("[[rules]] format", [each.format for each in config.rules if each.format])
    check_names("rules", [rules.name for rules in config.rules])
    check_names("channels", [channel.name for channel in config.channels])
    return config


def _build_sources(tables: object, places: Mapping[str, str]) -> dict[str, Source]:
    """Return the sources that are checked: the usual one first, unless it is switched off."""
    if not isinstance(tables, dict):
        raise UsageError("sources are tables: write [sources.NAME]")
    check_names("sources", list(tables))
    found: dict[str, Source] = {}
    for name, table in {DEFAULT_SOURCE: {}, **tables}.items():
        place = places.get(name, f"[sources.{name}]")
        definition: Definition = convert(table, Definition, place.strip("[]"))
        source = build_source(name, definition, place)
        if definition.enabled:
            found[name] = source
    if not found:
        raise UsageError("no source is enabled; remove `enabled = false`, or add a source")
    return found


def convert(raw: Any, kind: type[Any], where: str) -> Any:
    """Convert `raw` to `kind`. Raises UsageError that names the key and the nearest one."""
    try:
        return convert_checked(raw, kind)
    except msgspec.ValidationError as error:
        raise UsageError(explain_error(str(error), kind, where)) from None


def _parse_channel(table: dict[str, Any], number: int) -> Channel:
    where = f"channels[{number}]"
    common = {key: value for key, value in table.items() if key in _COMMON}
    channel: Channel = convert(common, Channel, where)
    own = {key: value for key, value in table.items() if key not in _COMMON}
    settings = convert(own, load_notifier(channel.type).settings_type, where)
    return msgspec.structs.replace(channel, settings=settings)


def load_notifier(kind: str) -> Notifier:
    """Return the module of a channel type. Raises UsageError naming the types there are."""
    import notifiers  # noqa: PLC0415  only for those who have channels

    try:
        return notifiers.load(kind)
    except UsageError:
        near = find_nearest(kind, notifiers.names())
        hint = f'; did you mean "{near}"?' if near else ""
        raise UsageError(
            f'no channel type is called "{kind}"{hint}'
            f" (there are: {', '.join(notifiers.names())})"
        ) from None


def load_secret(env: str | None, file: str | None, what: str) -> str:
    """Return a value that the configuration only names the place of. Raises UsageError."""
    from notifiers.shared.secrets import (  # noqa: PLC0415  only for those who have one
        read_secret,
    )

    return read_secret(env, file, what).reveal()


def load_heartbeat() -> Callable[[str | None, str | None], None]:
    """Return what calls the heartbeat URL, given the variable or file that it is in."""
    from notifiers.shared.http_post import (  # noqa: PLC0415  only for those who have one
        call_heartbeat,
    )

    return call_heartbeat
