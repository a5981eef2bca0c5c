"""The configuration file: TOML to typed values, every unknown key named with its nearest kin.

Secrets are never in here, only the names of environment variables or files that hold them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from tracker import formats, sources
from tracker.errors import UsageError
from tracker.guard import NAMES, Limits
from tracker.model import LAST_PORT, Impact, Requirement, Service

if TYPE_CHECKING:
    from collections.abc import Callable

    from notifiers import Notifier

DEFAULT = Path("config/fwtracker.toml")
_NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,62}$")
_PORTS = re.compile(r"^(tcp|udp)/([0-9]{1,5})(?:-([0-9]{1,5}))?$")


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file: no key that we do not know."""


class General(_Table, frozen=True):
    """`[fwtracker]`: where snapshots are kept, when `serve` checks, how long removals wait.

    `jitter` is in seconds: a scheduled check comes up to that much later. `public_url` is where
    others find the snapshots folder, for links that leave it.
    """

    snapshots: str = "snapshots"
    schedule: str = "17 * * * *"
    jitter: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 60
    grace_days: Annotated[int, msgspec.Meta(ge=0, le=365)] = 7
    public_url: Annotated[str, msgspec.Meta(pattern=r"^(https?://[!-~]+)?$")] = ""
    heartbeat_url_env: str = ""
    heartbeat_url_file: str = ""

    def __post_init__(self) -> None:
        if self.heartbeat_url_env and self.heartbeat_url_file:
            raise ValueError("set one of `heartbeat_url_env` and `heartbeat_url_file`")


class Watching(_Table, frozen=True):
    """`[health]`: after how many failed checks, and hours without a good one, to tell."""

    failures: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 3
    stale_hours: Annotated[int, msgspec.Meta(ge=1, le=8760)] = 24

    @property
    def gap_hours(self) -> float:
        """After so long a good check tells of the gap before it.

        A daily check is never exactly a day after the last.
        """
        return self.stale_hours * 1.5


class Access(_Table, frozen=True):
    """`[[serve.tokens]]`: who asks for a path that begins so must show this token."""

    path: Annotated[str, msgspec.Meta(pattern=r"^/[!-~]*$")]
    token_env: str | None = None
    token_file: str | None = None


class Serve(_Table, frozen=True):
    """`[serve]`: where the service listens, and how much it works for one address.

    `rate` is the most answers a minute that have to be made for one client; files that are
    published, which is what firewalls load, do not count. 0 is no limit.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8377
    rate: Annotated[int, msgspec.Meta(ge=0)] = 120
    tokens: tuple[Access, ...] = ()


class Verify(_Table, frozen=True):
    """`[verify]`: how `fwtracker verify` tries, and what it cannot know by itself.

    `timeout` is seconds for each step, `deadline` for all of it, `parallel` how much goes on
    at once. `children` are hosts to try for a wildcard. `ca_file` holds the authorities that
    certificates have to come from, by default the public ones; `issuers` says for a host or a
    wildcard of hosts what its issuer's name has to contain instead.
    """

    timeout: Annotated[float, msgspec.Meta(gt=0, le=300)] = 5.0
    deadline: Annotated[float, msgspec.Meta(gt=0, le=3600)] = 120.0
    parallel: Annotated[int, msgspec.Meta(ge=1, le=256)] = 32
    children: dict[str, tuple[str, ...]] = {}
    issuers: dict[str, str] = {}
    ca_file: str | None = None


class Drifting(_Table, frozen=True):
    """`[drift]`: whether each check holds DNS against the page, and by which resolvers.

    `checks` is in how many checks in a row a difference is seen before it is told; `timeout`
    is seconds for each host.
    """

    enabled: bool = False
    resolvers: tuple[str, ...] = ()
    checks: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 3
    timeout: Annotated[float, msgspec.Meta(gt=0, le=60)] = 5.0


class SourceOptions(_Table, frozen=True):
    """`[sources.NAME]`: another URL, or only some regions."""

    url: str | None = None
    regions: tuple[str, ...] | None = None


class Rules(_Table, frozen=True):
    """`[[rules]]`: one more rule set, in one format or all, from a choice of entries."""

    name: str
    format: str | None = None
    regions: tuple[str, ...] | None = None
    components: tuple[str, ...] | None = None
    requirement: tuple[Requirement, ...] | None = None
    only_for: tuple[str, ...] | None = None


class AssumedPorts(_Table, frozen=True):
    """`[[assumed_ports]]`: what to open for a target whose ports the page does not state."""

    target: str
    ports: tuple[str, ...]


class Channel(_Table, frozen=True):
    """`[[channels]]`: the keys that all types share; `settings` is what its type adds.

    `health`: whether it is told of trouble with the watch itself.
    """

    name: str
    type: str
    regions: tuple[str, ...] | None = None
    components: tuple[str, ...] | None = None
    requirement: tuple[Requirement, ...] | None = None
    min_impact: Impact = "info"
    health: bool = True
    settings: Any = None


_COMMON = frozenset(Channel.__struct_fields__) - {"settings"}


class Config(_Table, frozen=True):
    """The whole file."""

    fwtracker: General = General()
    health: Watching = Watching()
    sources: dict[str, SourceOptions] = {}
    guard: Limits = Limits()
    serve: Serve = Serve()
    verify: Verify = Verify()
    drift: Drifting = Drifting()
    rules: tuple[Rules, ...] = ()
    assumed_ports: tuple[AssumedPorts, ...] = (
        AssumedPorts(target="*.windowsupdate.com", ports=("tcp/80", "tcp/443")),
    )
    channels: tuple[Channel, ...] = ()

    @property
    def assumptions(self) -> dict[str, tuple[Service, ...]]:
        """The assumed services of each target."""
        return {
            each.target.lower(): tuple(map(_service, each.ports)) for each in self.assumed_ports
        }


def load(path: Path | None) -> Config:
    """The configuration at `path`, or at the default place if there is one, or defaults.

    Raises UsageError that names the file, the key and what to do.
    """
    if path is None and not DEFAULT.is_file():
        return Config(sources={"action1": SourceOptions()})
    path = path or DEFAULT
    import tomllib  # noqa: PLC0415  many installations have no file at all

    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read: {error.strerror}; check it, or name another by --config"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from None
    try:
        return parse(raw)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def parse(raw: dict[str, Any]) -> Config:
    """A decoded file as a Config. Raises UsageError without the file's name."""
    plain = {key: value for key, value in raw.items() if key != "channels"}
    config: Config = convert(plain, Config, "")
    channels = raw.get("channels", [])
    if not isinstance(channels, list):
        raise UsageError("channels are a list: write [[channels]], with two brackets")
    config = msgspec.structs.replace(
        config,
        sources=config.sources or {"action1": SourceOptions()},
        channels=tuple(_channel(table, number) for number, table in enumerate(channels)),
    )
    _check_findings(config.guard.publish)
    _check_assumed(config)
    for rules in config.rules:
        if rules.format is not None:
            formats.load(rules.format)
    for name in config.sources:
        sources.load(name)
    _check_names("rules", [rules.name for rules in config.rules])
    _check_names("channels", [channel.name for channel in config.channels])
    return config


def convert(raw: Any, kind: type[Any], where: str) -> Any:
    """`raw` as `kind`. Raises UsageError that names the key and the nearest known one."""
    try:
        return msgspec.convert(raw, kind, strict=True)
    except msgspec.ValidationError as error:
        raise UsageError(_explained(str(error), kind, where)) from None


def _channel(table: dict[str, Any], number: int) -> Channel:
    where = f"channels[{number}]"
    common = {key: value for key, value in table.items() if key in _COMMON}
    channel: Channel = convert(common, Channel, where)
    own = {key: value for key, value in table.items() if key not in _COMMON}
    settings = convert(own, notifier(channel.type).Settings, where)
    return msgspec.structs.replace(channel, settings=settings)


def notifier(kind: str) -> Notifier:
    """The module of a channel type. Raises UsageError naming the types there are."""
    import notifiers  # noqa: PLC0415  only for those who have channels

    try:
        return notifiers.load(kind)
    except UsageError:
        near = _nearest(kind, notifiers.names())
        hint = f'; did you mean "{near}"?' if near else ""
        raise UsageError(
            f'no channel type is called "{kind}"{hint}'
            f" (there are: {', '.join(notifiers.names())})"
        ) from None


def _service(text: str) -> Service:
    """`tcp/443` or `tcp/1024-1030`. Raises UsageError for anything else."""
    found = _PORTS.match(text)
    first, last = (int(found[2]), int(found[3] or found[2])) if found else (0, 0)
    if found is None or not 1 <= first <= last <= LAST_PORT:
        raise UsageError(
            f'[assumed_ports] "{text}" is no port: write "tcp/443", or "udp/3478-3481"'
        )
    return Service("tcp" if found[1] == "tcp" else "udp", first, last)


def secret(env: str | None, file: str | None, what: str) -> str:
    """A value that the configuration only names the place of. Raises UsageError."""
    from notifiers._secret import read_secret  # noqa: PLC0415  only for those who have one

    return read_secret(env, file, what).reveal()


def heartbeat() -> Callable[[str | None, str | None], None]:
    """What calls the heartbeat URL once, given the variable or the file that it is in."""
    from notifiers._heartbeat import call  # noqa: PLC0415  only for those who have one

    return call


def _check_findings(names: tuple[str, ...]) -> None:
    for name in names:
        if name not in NAMES:
            near = _nearest(name, list(NAMES))
            known = f"the guard's are: {', '.join(NAMES)}"
            hint = f'did you mean "{near}"?' if near else known
            raise UsageError(f'[guard] publish: no finding is called "{name}"; {hint}')


def _check_assumed(config: Config) -> None:
    """Each target once, with ports that are some."""
    targets = [each.target.lower() for each in config.assumed_ports]
    for target in targets:
        if targets.count(target) > 1:
            raise UsageError(f'[assumed_ports] the target "{target}" is given twice')
    _ = config.assumptions


def _check_names(table: str, names: list[str]) -> None:
    for name in names:
        if not _NAME.match(name):
            raise UsageError(
                f'{table}: the name "{name}" must be lower-case letters, digits, - and _,'
                " because it becomes the name of a folder"
            )
        if names.count(name) > 1:
            raise UsageError(f'{table}: the name "{name}" is given twice')


def _explained(message: str, kind: type[Any], where: str) -> str:
    """Msgspec's message with our words for the place, and the nearest known key."""
    text, _, at = message.partition(" - at `$")
    place = f"{where}{at.rstrip('`')}".strip(".")
    prefix = f"[{place}] " if place else ""
    unknown = re.search(r"unknown field `(.+?)`", text)
    if not unknown:
        return f"{prefix}{text[0].lower()}{text[1:]}"
    known = _keys(kind, at.rstrip("`"))
    near = _nearest(unknown[1], known)
    hint = f'did you mean "{near}"?' if near else f"known keys: {', '.join(sorted(known))}"
    return f'{prefix}unknown key "{unknown[1]}"; {hint}'


def _nearest(word: str, known: list[str]) -> str | None:
    import difflib  # noqa: PLC0415  only for an error

    return next(iter(difflib.get_close_matches(word, known, 1)), None)


def _keys(kind: type[Any], path: str) -> list[str]:
    """The keys of the table at `path` (`.guard`, `.rules[0]`, `.sources[...]`) below `kind`."""
    info = msgspec.inspect.type_info(kind)
    for step in re.findall(r"\.(\w+)|\[(?:\d+|\.\.\.)\]", path):
        info = _inner(info, step)
    return [field.encode_name for field in getattr(info, "fields", ())]


def _inner(info: Any, step: str) -> Any:
    if not step:
        return getattr(info, "item_type", None) or getattr(info, "value_type", info)
    return next((f.type for f in info.fields if f.encode_name == step), info)
