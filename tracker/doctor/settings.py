"""What the configuration says: sources, schedule, channels, signing, `serve`, secrets."""

from __future__ import annotations

import importlib.util
import ipaddress
import socket
from collections.abc import Iterator
from pathlib import Path

from tracker.config import Config, FileTables, load_notifier
from tracker.config.tables import Channel
from tracker.doctor.diagnosis import Diagnosis, check_file_mode, check_secret
from tracker.doctor.versions import Newest
from tracker.errors import FwtrackerError, UsageError
from tracker.extras import build_command
from tracker.publish.signing import find_fault, load_signer
from tracker.sources import Source
from tracker.sources.load import DEFAULT, load_source
from tracker.sources.selectors import check_selectors


def check_settings(config: Config, newest: Newest) -> Iterator[Diagnosis]:
    """Check schedule, secrets, channels, tokens and installed packages."""
    yield from _check_sources(config)
    yield from _check_schedule(config)
    if not config.channels:
        advice = "add [[channels]] to the configuration, or feed what is published to others"
        yield Diagnosis.warning("channels", "none is configured: no alert is sent", advice)
    for channel in config.channels:
        yield from _check_channel(channel)
    yield from _check_heartbeat(config)
    yield from _check_signing(config)
    yield from _check_service(config)
    yield from _check_assumed_ports(config, newest)


def _check_sources(config: Config) -> Iterator[Diagnosis]:
    """Say which sources are checked, by which definition, and what is wrong with one."""
    yield Diagnosis.good("sources", ", ".join(sorted(config.sources)))
    for name, source in sorted(config.sources.items()):
        if fault := find_definition_fault(source):
            yield Diagnosis.bad(f"{name} definition", fault)
        else:
            yield Diagnosis.good(f"{name} definition", _describe_definition(source))
    for name, source in sorted(config.disabled.items()):
        yield Diagnosis.good(
            f"{name} definition", f"{source.place}: not checked, by enabled = false"
        )


def find_definition_fault(source: Source) -> str:
    """Return what is wrong with the selectors and paths of a definition, or nothing."""
    try:
        check_selectors(source.definition, source.place)
    except UsageError as error:
        return str(error)
    return ""


def _describe_definition(source: Source) -> str:
    base = source.definition.use or (source.name if source.name == DEFAULT else None)
    if base is None:
        return source.place
    if source.definition == load_source(base).definition:
        return "as it ships with fwtracker"
    return f"{source.place}, over the definition {base} that ships with fwtracker"


def _check_schedule(config: Config) -> Iterator[Diagnosis]:
    from tracker.scheduler.cron import parse_schedule  # noqa: PLC0415

    try:
        parse_schedule(config.fwtracker.schedule, config.fwtracker.jitter)
    except FwtrackerError as error:
        yield Diagnosis.bad("schedule", str(error))
    else:
        yield Diagnosis.good("schedule", f'"{config.fwtracker.schedule}", for serve')


def _check_channel(channel: Channel) -> Iterator[Diagnosis]:
    """Check that the secrets exist, are valid, and are in files that others cannot read."""
    about, notifier = f"channel {channel.name}", load_notifier(channel.type)
    try:
        notifier.check(channel.settings)
        doubt = notifier.doubt(channel.settings) if notifier.doubt else ""
    except FwtrackerError as error:
        yield Diagnosis.bad(about, str(error))
    else:
        if doubt:
            yield Diagnosis.warning(about, *doubt.split("; ", 1))
        yield Diagnosis.good(
            about, f"{channel.type}; prove it with: fwtracker notify test {channel.name}"
        )
    for key in channel.settings.__struct_fields__:
        value = getattr(channel.settings, key)
        if key.endswith("_file") and key != "ca_file" and value:
            yield from check_file_mode(about, Path(value))


def _check_heartbeat(config: Config) -> Iterator[Diagnosis]:
    own = config.fwtracker
    if own.heartbeat_url_env or own.heartbeat_url_file:
        env, file = own.heartbeat_url_env or None, own.heartbeat_url_file or None
        yield from check_secret("heartbeat", env, file)
        yield from _check_heartbeat_url(env, file)
        return
    advice = "set heartbeat_url_env, or have something watch `expires` of version.json"
    yield Diagnosis.warning("heartbeat", "none: fwtracker itself may stop unnoticed", advice)


def _check_heartbeat_url(env: str | None, file: str | None) -> Iterator[Diagnosis]:
    from notifiers.shared.http_post import check_secret_url  # noqa: PLC0415
    from notifiers.shared.secrets import read_secret  # noqa: PLC0415

    try:
        url = read_secret(env, file, "heartbeat")
    except FwtrackerError:
        return  # a diagnosis before says so
    try:
        check_secret_url(url, "it")
    except FwtrackerError as error:
        yield Diagnosis.bad("heartbeat", str(error))


def _check_signing(config: Config) -> Iterator[Diagnosis]:
    """Sign something, and prove the signature; say which key it is."""
    if not config.signing.place:
        return
    try:
        signer = load_signer(config.signing)
    except FwtrackerError as error:
        yield Diagnosis.bad("signing", str(error))
        return
    if signer and find_fault(signer.add_signature(b'{"trial":true}'), [signer.public]):
        yield Diagnosis.bad("signing", "the key makes signatures that it does not prove")
    elif signer:
        yield Diagnosis.good("signing", f"as {signer.public.fingerprint}: {signer.public.line}")
    if config.signing.key_file:
        yield from check_file_mode("signing", Path(config.signing.key_file))


def _check_service(config: Config) -> Iterator[Diagnosis]:
    missing = [
        name
        for name in ("starlette", "uvicorn", "prometheus_client")
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        text = f"not installed ({', '.join(missing)}); run and cron need none of it"
        yield Diagnosis.warning("serve", text, f"install them: {build_command('serve')}")
    own = config.serve
    if own.host not in {"127.0.0.1", "::1", "localhost"} and not own.tokens:
        text = f"it would listen on {own.host}, for everybody who reaches that"
        yield Diagnosis.warning(
            "serve", text, "set [[serve.tokens]], or put a proxy in front of it"
        )
    yield from _check_host(own.host)
    for access in own.tokens:
        yield from check_secret(f"token of {access.path}", access.token_env, access.token_file)


def _check_host(host: str) -> Iterator[Diagnosis]:
    """Check that this machine has the address to listen on; a name is not looked up."""
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET  # noqa: PLR2004  IPv6
        with socket.socket(family) as trial:
            trial.bind((host, 0))
    except ValueError:
        return
    except OSError:
        advice = "set `host` in [serve] to one of its addresses, or 0.0.0.0 for all"
        yield Diagnosis.bad("serve", f"{host} is not an address of this machine", advice)


def _check_assumed_ports(config: Config, newest: Newest) -> Iterator[Diagnosis]:
    """Name the targets of `[[assumed_ports]]` that no page has, where they were chosen."""
    if config.assumed_ports == FileTables().assumed_ports:
        return
    for target in newest.find_unknown(config.assumptions):
        text = f"[[assumed_ports]] {target}: the newest version of no source has it"
        yield Diagnosis.warning("rules", text, "write it as the page does, or remove it")
