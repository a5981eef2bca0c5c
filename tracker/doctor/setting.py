"""The configuration: schedule, secrets, channels, tokens, what is installed."""

from __future__ import annotations

import importlib.util
import stat
from collections.abc import Iterator
from pathlib import Path

from tracker.config import Config, notifier, secret
from tracker.config.tables import Channel
from tracker.doctor import Line, bad, good, warning
from tracker.errors import FwtrackerError

_OTHERS = stat.S_IRGRP | stat.S_IROTH | stat.S_IWGRP | stat.S_IWOTH


def lines(config: Config) -> Iterator[Line]:
    """What can be said without the store or the network."""
    yield good("sources", ", ".join(sorted(config.sources)))
    yield from _schedule(config)
    if not config.channels:
        advice = "add [[channels]] to the configuration, or feed what is published to others"
        yield warning("channels", "none is configured, so nobody is told", advice)
    for channel in config.channels:
        yield from _channel(channel)
    yield from _heartbeat(config)
    yield from _drift(config)
    yield from _serving(config)


def _schedule(config: Config) -> Iterator[Line]:
    from tracker.scheduler.cron import parse_schedule  # noqa: PLC0415

    try:
        parse_schedule(config.fwtracker.schedule, config.fwtracker.jitter)
    except FwtrackerError as error:
        yield bad("schedule", str(error))
    else:
        yield good("schedule", f'"{config.fwtracker.schedule}", for serve')


def _channel(channel: Channel) -> Iterator[Line]:
    """Its secrets are there and of the right kind, and nobody else can read their files."""
    about = f"channel {channel.name}"
    try:
        notifier(channel.type).check(channel.settings)
    except FwtrackerError as error:
        yield bad(about, str(error))
    else:
        yield good(
            about, f"{channel.type}; prove it with: fwtracker notify test {channel.name}"
        )
    for key in channel.settings.__struct_fields__:
        value = getattr(channel.settings, key)
        if key.endswith("_file") and key != "ca_file" and value:
            yield from _private(about, Path(value))


def _private(about: str, file: Path) -> Iterator[Line]:
    try:
        mode = file.expanduser().stat().st_mode
    except (OSError, RuntimeError):
        return  # the line before says so
    if mode & _OTHERS:
        text = f"{file} holds a secret and others can read or change it"
        yield warning(about, text, f"chmod 600 {file}")


def _heartbeat(config: Config) -> Iterator[Line]:
    own = config.fwtracker
    if own.heartbeat_url_env or own.heartbeat_url_file:
        yield from _known(
            "heartbeat", own.heartbeat_url_env or None, own.heartbeat_url_file or None
        )
        return
    advice = "set heartbeat_url_env, or have something watch `expires` of manifest.json"
    yield warning("heartbeat", "none: nobody notices when fwtracker itself is dead", advice)


def _drift(config: Config) -> Iterator[Line]:
    """Looking up names needs a library, and so does every check where it is enabled."""
    if not config.drift.enabled:
        return
    if importlib.util.find_spec("dns") is None:
        advice = "pip install 'fwtracker[drift]', or set enabled = false in [drift]"
        yield bad("drift", "enabled, and dnspython is not installed", advice)
    else:
        asked = ", ".join(config.drift.resolvers) or "those of this machine"
        yield good("drift", f"resolvers: {asked}")


def _serving(config: Config) -> Iterator[Line]:
    missing = [
        name
        for name in ("starlette", "uvicorn", "prometheus_client")
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        text = f"not installed ({', '.join(missing)}); run and cron need none of it"
        yield warning("serve", text, "pip install 'fwtracker[serve]'")
    own = config.serve
    if own.host not in {"127.0.0.1", "::1", "localhost"} and not own.tokens:
        text = f"it would listen on {own.host}, for everybody who reaches that"
        yield warning("serve", text, "set [[serve.tokens]], or put a proxy in front of it")
    for access in own.tokens:
        yield from _known(f"token of {access.path}", access.token_env, access.token_file)


def _known(about: str, env: str | None, file: str | None) -> Iterator[Line]:
    try:
        secret(env, file, about)
    except FwtrackerError as error:
        yield bad(about, str(error))
    else:
        yield good(about, f"is in {env or file}")
    if file:
        yield from _private(about, Path(file))
