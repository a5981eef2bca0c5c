"""Diagnoses of the configuration, table by table, and of names that no page has."""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tracker.config import Config, FileTables, load_notifier
from tracker.config.tables import Channel, DriftConfig, VerifyConfig
from tracker.doctor.diagnosis import Diagnosis, catch_errors, check_file_mode, check_secret
from tracker.doctor.pages import PROXIES
from tracker.errors import FwtrackerError, UsageError
from tracker.filters.scope import narrow_snapshot
from tracker.model import Entry
from tracker.parse.pages.selectors import check_selectors
from tracker.plugins import build_command
from tracker.publish.signing import find_fault, load_signer
from tracker.sources import DEFAULT, Source, load_source
from tracker.store import open_store
from tracker.store.tree import Tree


@dataclass(frozen=True)
class Newest:
    """The rows of the newest version of each source, limited to the chosen regions."""

    entries: tuple[Entry, ...] = ()
    is_complete: bool = True  # there is a version of each source

    def find_unknown(self, targets: Iterable[str]) -> Iterator[str]:
        """Yield the targets that no row has; none as long as a source has no version."""
        known = {each.lower() for row in self.entries for each in (*row.hosts, *row.addresses)}
        if self.is_complete:
            yield from (each for each in targets if each.lower() not in known)


def load_newest(config: Config, place: str) -> Newest:
    """Return the rows of the newest versions; a damaged one counts as missing."""
    entries: list[Entry] = []
    missing = False
    for name, source in config.sources.items():
        try:
            latest = Tree(open_store(place), name).latest()
        except FwtrackerError:
            latest = None
        if latest is None:
            missing = True
        else:
            entries += narrow_snapshot(latest, source.definition.regions).entries
    return Newest(tuple(entries), not missing)


def check_settings(config: Config, newest: Newest) -> Iterator[Diagnosis]:
    """Check schedule, secrets, channels, tokens and installed packages."""
    yield from _check_sources(config)
    yield from _check_schedule(config)
    if not config.channels:
        advice = "add [[channels]], or let other systems use the published files"
        yield Diagnosis.warning("channels", "none is configured: no alert is sent", advice)
    for channel in config.channels:
        yield from _check_channel(channel)
    yield from _check_heartbeat(config)
    yield from _check_signing(config)
    yield from _check_service(config)
    yield from _check_assumed_ports(config, newest)


def _check_sources(config: Config) -> Iterator[Diagnosis]:
    """Yield the sources with their definitions, and what is wrong with them."""
    yield Diagnosis.good("sources", ", ".join(sorted(config.sources)))
    for name, source in sorted(config.sources.items()):
        if fault := find_definition_fault(source):
            yield Diagnosis.bad(f"{name} definition", fault)
        else:
            yield Diagnosis.good(f"{name} definition", _describe_definition(source))
    for name, source in sorted(config.disabled.items()):
        yield Diagnosis.good(
            f"{name} definition", f"{source.place}: not checked (enabled = false)"
        )


def find_definition_fault(source: Source) -> str:
    """Return what is wrong with the selectors and paths of a definition; empty if nothing."""
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
    """Check that secrets exist, are valid, and are in files that others cannot read."""
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
            about, f"{channel.type}; test it with: fwtracker notify test {channel.name}"
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
    advice = "set heartbeat_url_env, or monitor `expires` of version.json"
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
    """Sign a text and verify the signature; report the key."""
    if not config.signing.place:
        return
    try:
        signer = load_signer(config.signing)
    except FwtrackerError as error:
        yield Diagnosis.bad("signing", str(error))
        return
    if signer and find_fault(signer.add_signature(b'{"trial":true}'), [signer.public]):
        yield Diagnosis.bad("signing", "the key makes signatures that do not verify")
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
        text = f"not installed ({', '.join(missing)}); run and cron do not need it"
        yield Diagnosis.warning("serve", text, f"install them: {build_command('serve')}")
    own = config.serve
    if own.host not in {"127.0.0.1", "::1", "localhost"} and not own.tokens:
        text = f"it would listen on {own.host}, open to everyone who can reach it"
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
    """Yield the targets of `[[assumed_ports]]` that no page has, if they are configured."""
    if config.assumed_ports == FileTables().assumed_ports:
        return
    for target in newest.find_unknown(config.assumptions):
        text = f"[[assumed_ports]] {target}: no source's newest version has it"
        yield Diagnosis.warning("rules", text, "write it as the page does, or remove it")


def check_verify(config: Config, newest: Newest) -> Iterator[Diagnosis]:
    """Check the authorities, the source address, the proxy, and names that no page has."""
    own = config.verify
    if own == VerifyConfig():
        return
    yield from catch_errors("verify", _check_verify_options(own))
    for wildcard in newest.find_unknown(own.children):
        text = f"[verify] children: no source's newest version has {wildcard}"
        yield Diagnosis.warning("verify", text, "write it as the page does, or remove it")
    known = {row.only_for.lower() for row in newest.entries if row.only_for}
    for site in own.sites if newest.is_complete else ():
        if site.lower() not in known:
            text = f'[verify] sites: no row of the newest versions is only for "{site}"'
            yield Diagnosis.warning("verify", text, "write it as the page does, or remove it")


def _check_verify_options(own: VerifyConfig) -> Iterator[Diagnosis]:
    from tracker.verify.connect import check_source, parse_proxy  # noqa: PLC0415
    from tracker.verify.plan import KNOWN_ISSUERS  # noqa: PLC0415
    from tracker.verify.tls import load_authorities  # noqa: PLC0415

    load_authorities(own.ca_file, own.issuers, KNOWN_ISSUERS)
    yield Diagnosis.good("verify", f"authorities: {own.ca_file or 'those of browsers'}")
    if own.source_address:
        check_source(own.source_address)
    if own.proxy == "env":
        url = next((os.environ[name] for name in PROXIES if os.environ.get(name)), None)
        if url is None:
            text = '[verify] proxy is "env", but the environment has no proxy'
            yield Diagnosis.bad("verify", text, f"set one of {', '.join(PROXIES)}")
    else:
        url = own.proxy
    if url:
        parse_proxy(url)


def check_drift(config: Config, newest: Newest, *, online: bool) -> Iterator[Diagnosis]:
    """Check dnspython, the resolvers and the ignored names. Raises UsageError."""
    own = config.drift
    if not own.enabled:
        return
    if importlib.util.find_spec("dns") is None:
        advice = f"install it: {build_command('drift')}, or set enabled = false in [drift]"
        yield Diagnosis.bad("drift", "enabled, and dnspython is not installed", advice)
        return
    from tracker.drift.lookup import check_resolvers  # noqa: PLC0415

    yield from _check_ignored(own, newest)
    check_resolvers(own.resolvers)
    asked = ", ".join(own.resolvers) or "those of this machine"
    yield Diagnosis.good("drift", f"resolvers: {asked}")
    if online:
        for resolver in own.resolvers or (None,):
            yield from _ask_resolver(own, resolver, newest)


def _check_ignored(own: DriftConfig, newest: Newest) -> Iterator[Diagnosis]:
    from tracker.drift.differences import is_ignored  # noqa: PLC0415

    hosts = {host for row in newest.entries for host in row.hosts}
    for each in own.ignore if newest.is_complete else ():
        if not any(is_ignored(host, (each,)) for host in hosts):
            text = f"ignore: no source's newest version has the host {each}"
            yield Diagnosis.warning("drift", text, "write it as the page does, or remove it")


def _ask_resolver(
    own: DriftConfig, resolver: str | None, newest: Newest
) -> Iterator[Diagnosis]:
    """Look up one host of the pages at one resolver, or at that of this machine."""
    from tracker.drift.differences import explain_failures, find_page_hosts  # noqa: PLC0415
    from tracker.drift.lookup import resolve_hosts  # noqa: PLC0415

    host = next(iter(find_page_hosts(newest.entries, own.ignore)), None)
    if host is None:
        return
    about = f"resolver {resolver}" if resolver else "this machine's resolver"
    answer = resolve_hosts([host], [resolver] if resolver else (), own.timeout)[host]
    if not answer.missing:
        yield Diagnosis.good(about, f"answers for {host}")
        return
    text = f"does not answer for {host}: {explain_failures(answer.missing)}"
    advice = "check that it is a resolver and answers this machine, or use another"
    if answer.families:
        yield Diagnosis.warning(about, text, advice)
    else:
        yield Diagnosis.bad(about, text, advice)
