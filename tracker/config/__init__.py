"""Reads the configuration file: TOML to typed values. An unknown key is an error.

It contains no secrets, only the names of environment variables or files that contain them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tracker.config.tables import (
    AssumedPorts,
    Channel,
    ConfigSection,
    DriftConfig,
    GeneralConfig,
    HealthConfig,
    LanConfig,
    Rules,
    ServeConfig,
    SigningConfig,
    VerifyConfig,
)
from tracker.config.validation import (
    check_findings,
    check_formats,
    check_host_names,
    check_names,
    check_secret_places,
    explain_error,
    parse_assumed_ports,
    parse_lan,
    parse_networks,
)
from tracker.decoding import convert_checked, decode_json
from tracker.errors import UsageError
from tracker.guard.limits import GuardLimits
from tracker.model import Service
from tracker.plugins import list_formats
from tracker.sources import DEFAULT as DEFAULT_SOURCE
from tracker.sources import Source, build_source
from tracker.sources.definition import Definition
from tracker.text import find_nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from notifiers import Notifier

DEFAULT = Path("config/fwtracker.toml")
SOURCES = "sources"  # the folder of definitions next to it
_COMMON = frozenset(Channel.__struct_fields__) - {"settings"}


class FileTables(ConfigSection, frozen=True):
    """The tables of the file, with the definitions next to it."""

    fwtracker: GeneralConfig = GeneralConfig()
    health: HealthConfig = HealthConfig()
    sources: dict[str, Source] = msgspec.field(default_factory=dict)
    guard: GuardLimits = GuardLimits()
    serve: ServeConfig = ServeConfig()
    signing: SigningConfig = SigningConfig()
    verify: VerifyConfig = VerifyConfig()
    drift: DriftConfig = DriftConfig()
    lan: LanConfig = LanConfig()
    rules: tuple[Rules, ...] = ()
    assumed_ports: tuple[AssumedPorts, ...] = (
        AssumedPorts(target="*.windowsupdate.com", ports=("tcp/80", "tcp/443")),
    )
    channels: tuple[Channel, ...] = ()


class Config(FileTables, frozen=True):
    """The configuration. `sources` are those to check, by name; `disabled` are the rest."""

    disabled: dict[str, Source] = msgspec.field(default_factory=dict)

    @property
    def assumptions(self) -> dict[str, tuple[Service, ...]]:
        """The assumed services of each target, in lower case."""
        return parse_assumed_ports(self.assumed_ports)

    def source(self, name: str) -> Source:
        """Return the source that is checked under this name. Raises UsageError."""
        if name in self.sources:
            return self.sources[name]
        known = f"there are: {', '.join(self.sources)}"
        if name in self.disabled:
            place = self.disabled[name].place
            raise UsageError(f"{place} has enabled = false: it is not checked; {known}")
        near = find_nearest(name, self.sources)
        hint = f'did you mean "{near}"?' if near else known
        raise UsageError(f'no enabled source is called "{name}"; {hint}')

    def chosen_regions(self, name: str) -> tuple[str, ...] | None:
        """Return the regions of a source that are shown; None for all."""
        source = self.sources.get(name) or self.disabled.get(name)
        return source.definition.regions if source else None

    @property
    def format_names(self) -> list[str]:
        """The names of the formats of rule files; a `[[rules]]` table may use another one."""
        chosen = self.fwtracker.formats
        return list_formats() if chosen is None else sorted({*chosen})


def load(path: Path | None) -> Config:
    """Return the configuration in `path`, or in the default file if it exists, or the defaults.

    Raises UsageError with the file, the key and what to do.
    """
    return build(read_raw(path))


class RawConfig(msgspec.Struct, frozen=True):
    """A configuration as it was written: the decoded file, with the definitions next to it.

    `file` is its name, "" if there is none; `files` has the names of the files of single
    sources. As JSON it is passed to other processes, so that their errors name the same files.
    """

    tables: dict[str, Any]
    file: str = ""
    files: dict[str, str] = {}

    def place(self, source: str) -> str:
        """Return the file or table of a source's definition, for errors."""
        return self.files.get(source) or self.with_file(f"[sources.{source}]")

    def with_file(self, text: str) -> str:
        """Return a text, prefixed with the file's name."""
        return f"{self.file}: {text}" if self.file else text


def read_raw(path: Path | None) -> RawConfig:
    """Read the file and the definitions in `sources/` next to it. Raises UsageError."""
    if path is None and not DEFAULT.is_file():
        return _read_definitions(RawConfig({}), DEFAULT)
    path = path or DEFAULT
    text = _read_file(path)
    if text.startswith("{"):  # not possible in TOML: another process has passed it on
        return _decode_passed(path, text)
    return _read_definitions(RawConfig(_decode_toml(path, text), str(path)), path)


def _decode_passed(path: Path, text: str) -> RawConfig:
    try:
        return decode_json(text, RawConfig)
    except msgspec.MsgspecError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from None


def _read_definitions(raw: RawConfig, path: Path) -> RawConfig:
    """Add the definitions next to the file `path`, which need not exist."""
    tables = _source_tables(raw)
    found, files = dict(tables), {}
    for file in _list_definitions(path.parent / SOURCES):
        name = file.stem
        if name in tables:
            raise UsageError(
                f"{file}: [sources.{name}] is in {path} as well; remove one of them"
            )
        try:
            check_names("sources", [name])
        except UsageError as error:
            raise UsageError(f"{file}: {error}") from None
        found[name], files[name] = _decode_toml(file, _read_file(file)), str(file)
    return RawConfig({**raw.tables, "sources": found}, raw.file, files)


def _list_definitions(folder: Path) -> list[Path]:
    try:
        files = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise UsageError(f"{folder}: cannot be listed: {error.strerror}; check it") from None
    return [file for file in files if file.suffix == ".toml" and not file.name.startswith(".")]


def _source_tables(raw: RawConfig) -> dict[str, Any]:
    tables = raw.tables.get("sources", {})
    if not isinstance(tables, dict):
        raise UsageError(raw.with_file("sources are tables: write [sources.NAME]"))
    return tables


def _read_file(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")  # editors on Windows may write a byte order mark
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read: {error.strerror}; check it, or choose another with"
            " --config"
        ) from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from None


def _decode_toml(path: Path, text: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415  many installations have no file at all

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from None


def parse(tables: dict[str, Any]) -> Config:
    """Convert a decoded file to a Config. Raises UsageError without the file's name."""
    return build(RawConfig(tables))


def build(raw: RawConfig) -> Config:
    """Convert what was read to a Config. Raises UsageError with the file and the key."""
    try:
        file = _convert_tables(raw.tables)
    except UsageError as error:
        raise UsageError(raw.with_file(str(error))) from None
    sources = _build_sources(raw)
    fields = {name: getattr(file, name) for name in FileTables.__struct_fields__}
    enabled, disabled = (
        {name: one for name, one in sources.items() if one.definition.enabled is wanted}
        for wanted in (True, False)
    )
    if not enabled:
        hint = "remove `enabled = false`, or add a source"
        raise UsageError(raw.with_file(f"no source is enabled; {hint}"))
    _check_sources_of_rules(file.rules, raw, sources)
    return Config(**{**fields, "sources": enabled, "disabled": disabled})


def _check_sources_of_rules(
    tables: Iterable[Rules], raw: RawConfig, sources: Collection[str]
) -> None:
    for rules in tables:
        for name in rules.sources or ():
            if name not in sources:
                hint = f"there are: {', '.join(sources)}"
                text = f'[[rules]] "{rules.name}": no source is called "{name}"; {hint}'
                raise UsageError(raw.with_file(text))


def _convert_tables(tables: dict[str, Any]) -> FileTables:
    """Return the configuration without its sources."""
    check_secret_places(tables)
    plain = {key: value for key, value in tables.items() if key not in {"channels", "sources"}}
    config: FileTables = convert(plain, FileTables, "")
    channels = tables.get("channels", [])
    if not isinstance(channels, list):
        raise UsageError("channels are a list: write [[channels]], with two brackets")
    config = msgspec.structs.replace(
        config,
        channels=tuple(_parse_channel(table, number) for number, table in enumerate(channels)),
    )
    check_findings(config.guard.publish)
    check_host_names(config.serve.names)
    parse_networks("trusted_proxies", config.serve.trusted_proxies)
    _check_lans(config)
    parse_assumed_ports(config.assumed_ports)
    check_formats("[fwtracker] formats", config.fwtracker.formats or ())
    for channel in config.channels:
        where = f"channel {channel.name}: attach"
        check_formats(where, getattr(channel.settings, "attach", None) or ())
    check_formats("[[rules]] format", [each.format for each in config.rules if each.format])
    check_names("rules", [rules.name for rules in config.rules])
    check_names("channels", [channel.name for channel in config.channels])
    return config


def _check_lans(config: FileTables) -> None:
    if config.lan.networks is not None:
        parse_lan("[lan] networks", config.lan.networks)
    for rules in config.rules:
        if rules.lan is not None:
            parse_lan(f'[[rules]] "{rules.name}" lan', rules.lan)


def _build_sources(raw: RawConfig) -> dict[str, Source]:
    """Return all sources by name, the default one first."""
    tables = _source_tables(raw)
    try:
        check_names("sources", list(tables))
    except UsageError as error:
        raise UsageError(raw.with_file(str(error))) from None
    found: dict[str, Source] = {}
    for name, table in {DEFAULT_SOURCE: {}, **tables}.items():
        definition = _convert_definition(raw, name, table)
        found[name] = build_source(name, definition, raw.place(name), table)
    return found


def _convert_definition(raw: RawConfig, name: str, table: object) -> Definition:
    file = raw.files.get(name)
    try:
        found: Definition = convert(table, Definition, "" if file else f"sources.{name}")
    except UsageError as error:
        text = f"{file}: {error}" if file else raw.with_file(str(error))
        raise UsageError(text) from None
    return found


def convert(raw: Any, kind: type[Any], where: str) -> Any:
    """Convert `raw` to `kind`. Raises UsageError with the key, and the nearest known one."""
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
    """Return the module of a channel type. Raises UsageError with the available types."""
    import notifiers  # noqa: PLC0415  only if there are channels

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
    """Return a secret from its environment variable or file. Raises UsageError."""
    from notifiers.shared.secrets import (  # noqa: PLC0415  only if there is one
        read_secret,
    )

    return read_secret(env, file, what).reveal()


def load_secret_text(env: str | None, file: str | None, what: str) -> str:
    """Return a secret of several lines in the same way. Raises UsageError."""
    from notifiers.shared.secrets import (  # noqa: PLC0415  only if there is one
        read_secret_text,
    )

    return read_secret_text(env, file, what).reveal()


def load_heartbeat() -> Callable[[str | None, str | None], None]:
    """Return the function that calls the heartbeat URL, given its variable or file."""
    from notifiers.shared.http_post import (  # noqa: PLC0415  only if there is one
        call_heartbeat,
    )

    return call_heartbeat
