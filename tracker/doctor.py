"""Check a set-up: what is wrong with it, and what to do about it.

It reads, and writes nothing that stays. Each part is a generator of Diagnoses; an error in a
part becomes a Diagnosis as well, so that the other parts still run.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Literal

import msgspec

from tracker.alerts import outbox
from tracker.config import Config, load_notifier, load_secret
from tracker.config.tables import Channel
from tracker.context import CheckContext, CheckOutcome
from tracker.errors import Conflict, FetchError, FwtrackerError, Locked, UsageError
from tracker.extras import build_command
from tracker.fetch.fetcher import Fetched, Fetcher
from tracker.filter_report import FILTER_FINDINGS, find_problems_in
from tracker.history.integrity import verify_tree
from tracker.parse.pages import explain_refusal
from tracker.pipeline import dry_run
from tracker.publish.rule_files import NOT_MADE
from tracker.signing import find_fault, load_signer
from tracker.sources import Source
from tracker.sources.load import DEFAULT, load_source
from tracker.sources.selectors import check_selectors
from tracker.store import open_store
from tracker.store.blobs import Blobs
from tracker.store.held import list_held
from tracker.store.tree import Manifest, Tree
from tracker.times import format_utc, parse_utc

Verdict = Literal["good", "warning", "bad"]

_OTHERS = stat.S_IRGRP | stat.S_IROTH | stat.S_IWGRP | stat.S_IWOTH
_MIN_FREE, _LOW_FREE = 50 * 2**20, 500 * 2**20  # bytes; a version with all its files takes one
_MIN_INODES = 1000  # free inodes
_TRIAL_KEY = ".state/doctor/trial"
_MAX_CLOCK_DIFFERENCE = 120.0  # seconds by which two clocks may differ
_ADVICE = {
    "unreachable": "see that it has DNS and may go out by https; HTTPS_PROXY is heeded",
    "untrusted": "a proxy that opens https needs its authority in SSL_CERT_FILE",
    "http-status": "open it in a browser from this network",
    "challenged": "the site takes this machine for a robot; ask from another network",
    "login-page": "open it in a browser: the page may have moved behind a login",
    "moved": "set `url` in [sources.NAME] to where the page is now",
    "rate-limited": "check less often",
}
_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


class Diagnosis(msgspec.Struct, frozen=True):
    """The state of one thing, `about`, and what to do where it is not good."""

    about: str
    verdict: Verdict
    text: str
    advice: str = ""


def _good(about: str, text: str) -> Diagnosis:
    """Return a diagnosis that needs no action."""
    return Diagnosis(about, "good", text)


def _warning(about: str, text: str, advice: str) -> Diagnosis:
    """Return a diagnosis of what works, but should be looked at."""
    return Diagnosis(about, "warning", text, advice)


def _bad(about: str, text: str, advice: str = "") -> Diagnosis:
    """Return a diagnosis of what does not work; our own errors already say what to do."""
    return Diagnosis(about, "bad", text, advice)


def examine(config: Config, place: str, *, online: bool) -> Iterator[Diagnosis]:
    """Yield all diagnoses, in the order in which things are needed."""
    yield from _check_config(config)
    yield from _check_store(config, place)
    if online:
        yield from _check_proxy()
        for name, source in sorted(config.sources.items()):
            if not _find_fault(source):
                yield from _catch_errors(name, _check_pages(config, place, name))


def _catch_errors(about: str, found: Iterator[Diagnosis]) -> Iterator[Diagnosis]:
    try:
        yield from found
    except FwtrackerError as error:
        yield _bad(about, str(error))


def _check_config(config: Config) -> Iterator[Diagnosis]:
    """Check schedule, secrets, channels, tokens and installed packages."""
    yield from _check_sources(config)
    yield from _check_schedule(config)
    if not config.channels:
        advice = "add [[channels]] to the configuration, or feed what is published to others"
        yield _warning("channels", "none is configured: no alert is sent", advice)
    for channel in config.channels:
        yield from _check_channel(channel)
    yield from _check_heartbeat(config)
    yield from _check_signing(config)
    yield from _check_drift(config)
    yield from _check_service(config)


def _check_sources(config: Config) -> Iterator[Diagnosis]:
    """Say which sources are checked, by which definition, and what is wrong with one."""
    yield _good("sources", ", ".join(sorted(config.sources)))
    for name, source in sorted(config.sources.items()):
        if fault := _find_fault(source):
            yield _bad(f"{name} definition", fault)
        else:
            yield _good(f"{name} definition", _describe_definition(source))
    for name, source in sorted(config.disabled.items()):
        yield _good(f"{name} definition", f"{source.place}: not checked, by enabled = false")


def _find_fault(source: Source) -> str:
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
        yield _bad("schedule", str(error))
    else:
        yield _good("schedule", f'"{config.fwtracker.schedule}", for serve')


def _check_channel(channel: Channel) -> Iterator[Diagnosis]:
    """Check that the secrets exist, are valid, and are in files that others cannot read."""
    about, notifier = f"channel {channel.name}", load_notifier(channel.type)
    try:
        notifier.check(channel.settings)
        doubt = notifier.doubt(channel.settings) if notifier.doubt else ""
    except FwtrackerError as error:
        yield _bad(about, str(error))
    else:
        if doubt:
            yield _warning(about, *doubt.split("; ", 1))
        yield _good(
            about, f"{channel.type}; prove it with: fwtracker notify test {channel.name}"
        )
    for key in channel.settings.__struct_fields__:
        value = getattr(channel.settings, key)
        if key.endswith("_file") and key != "ca_file" and value:
            yield from _check_file_mode(about, Path(value))


def _check_file_mode(about: str, file: Path) -> Iterator[Diagnosis]:
    try:
        mode = file.expanduser().stat().st_mode
    except (OSError, RuntimeError):
        return  # a diagnosis before says so
    if mode & _OTHERS:
        text = f"{file} holds a secret and others can read or change it"
        yield _warning(about, text, f"chmod 600 {file}")


def _check_heartbeat(config: Config) -> Iterator[Diagnosis]:
    own = config.fwtracker
    if own.heartbeat_url_env or own.heartbeat_url_file:
        yield from _check_secret(
            "heartbeat", own.heartbeat_url_env or None, own.heartbeat_url_file or None
        )
        return
    advice = "set heartbeat_url_env, or have something watch `expires` of version.json"
    yield _warning("heartbeat", "none: fwtracker itself may stop unnoticed", advice)


def _check_signing(config: Config) -> Iterator[Diagnosis]:
    """Sign something, and prove the signature; say which key it is."""
    if not config.signing.place:
        return
    try:
        signer = load_signer(config.signing)
    except FwtrackerError as error:
        yield _bad("signing", str(error))
        return
    if signer and find_fault(signer.add_signature(b'{"trial":true}'), [signer.public]):
        yield _bad("signing", "the key makes signatures that it does not prove")
    elif signer:
        yield _good("signing", f"as {signer.public.fingerprint}: {signer.public.line}")
    if config.signing.key_file:
        yield from _check_file_mode("signing", Path(config.signing.key_file))


def _check_drift(config: Config) -> Iterator[Diagnosis]:
    """Check that dnspython is there where [drift] is enabled."""
    if not config.drift.enabled:
        return
    if importlib.util.find_spec("dns") is None:
        advice = f"install it: {build_command('drift')}, or set enabled = false in [drift]"
        yield _bad("drift", "enabled, and dnspython is not installed", advice)
    else:
        asked = ", ".join(config.drift.resolvers) or "those of this machine"
        yield _good("drift", f"resolvers: {asked}")


def _check_service(config: Config) -> Iterator[Diagnosis]:
    missing = [
        name
        for name in ("starlette", "uvicorn", "prometheus_client")
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        text = f"not installed ({', '.join(missing)}); run and cron need none of it"
        yield _warning("serve", text, f"install them: {build_command('serve')}")
    own = config.serve
    if own.host not in {"127.0.0.1", "::1", "localhost"} and not own.tokens:
        text = f"it would listen on {own.host}, for everybody who reaches that"
        yield _warning("serve", text, "set [[serve.tokens]], or put a proxy in front of it")
    for access in own.tokens:
        yield from _check_secret(f"token of {access.path}", access.token_env, access.token_file)


def _check_secret(about: str, env: str | None, file: str | None) -> Iterator[Diagnosis]:
    try:
        load_secret(env, file, about)
    except FwtrackerError as error:
        yield _bad(about, str(error))
    else:
        yield _good(about, f"is in {env or file}")
    if file:
        yield from _check_file_mode(about, Path(file))


def _check_store(config: Config, place: str) -> Iterator[Diagnosis]:
    """Check that the store can be written and has space, and each source in it."""
    try:
        blobs = open_store(place)
        yield from _check_writing(blobs, place)
    except FwtrackerError as error:
        yield _bad("store", str(error))
        return
    if "://" not in place:
        yield from _check_space(Path(place))
    for source in sorted(config.sources):
        try:
            yield from _check_source(config, Tree(blobs, source))
        except FwtrackerError as error:
            yield _bad(source, str(error))


def _check_writing(blobs: Blobs, place: str) -> Iterator[Diagnosis]:
    """Check that a file can be created once, replaced, read and removed."""
    blobs.delete(_TRIAL_KEY)
    try:
        blobs.create(_TRIAL_KEY, b"one")
        try:
            blobs.create(_TRIAL_KEY, b"two")
        except Conflict:
            yield _good("store", f"{place} can be written, and nothing there is made twice")
        else:
            advice = "two machines could commit one number; use another store"
            yield _bad("store", f"{place} lets a file be made twice", advice)
        blobs.replace({_TRIAL_KEY: b"three"})
        if blobs.read(_TRIAL_KEY) != b"three":
            yield _bad("store", f"{place} does not give back what was written")
    finally:
        blobs.delete(_TRIAL_KEY)


def _check_space(folder: Path) -> Iterator[Diagnosis]:
    free = shutil.disk_usage(folder).free
    said = f"{free / 2**20:,.0f} MiB free"
    if free < _MIN_FREE:
        yield _bad("disk", said, "free some space: a version that cannot be written is lost")
    elif free < _LOW_FREE:
        yield _warning("disk", said, "free some space")
    else:
        yield _good("disk", said)
    facts = os.statvfs(folder)
    if facts.f_files and facts.f_favail < _MIN_INODES:
        yield _bad("disk", f"only {facts.f_favail} more files fit", "remove files (df -i)")


def _check_source(config: Config, tree: Tree) -> Iterator[Diagnosis]:
    """Check the version in force, its files, what is held, and what is not delivered."""
    about, manifest = tree.source, tree.manifest()
    if manifest is None:
        advice = f"fwtracker run {tree.source}"
        yield _warning(about, "no version yet", advice)
        return
    faults = {fault.file: fault for fault in verify_tree(tree)}
    for fault in faults.values():
        yield _bad(about, f"{fault.file}: {fault.what}", fault.action.removeprefix("run: "))
    if not faults:
        yield _good(about, f"version {manifest.version}, every file is as it was written")
    yield from _check_freshness(about, manifest.checked_at, manifest.expires)
    if count := len(list_held(tree)):
        yield _warning(about, f"{count} held for review", "fwtracker held")
    try:
        with tree.lock(0):
            pass
    except Locked as error:
        yield _warning(about, f"a run is at work: {error}", "none, unless it never ends")
    yield from _check_filters(config, tree, manifest)
    yield from _check_deliveries(config, tree)


def _check_filters(config: Config, tree: Tree, manifest: Manifest) -> Iterator[Diagnosis]:
    """Say which filters match nothing in the version in force, and which files are withheld."""
    latest = tree.latest()
    context = CheckContext(config.source(tree.source), tree, config)
    found = find_problems_in(context, latest).findings if latest else ()
    for finding in (*found, *(each for each in manifest.findings if each.name == NOT_MADE)):
        yield _bad(tree.source, finding.message)


def _check_freshness(about: str, checked: str, expires: str) -> Iterator[Diagnosis]:
    now = datetime.now(UTC)
    if parse_utc(checked) > now:
        text = f"the last check was at {checked}, which is yet to come"
        yield _bad("clock", text, "set this machine's clock (timedatectl)")
    elif expires < format_utc(now):
        text = f"no good check since {checked}"
        yield _bad(about, text, "see that cron, a timer or serve runs; fwtracker run says more")
    else:
        yield _good(about, f"last good check {checked}")


def _check_deliveries(config: Config, tree: Tree) -> Iterator[Diagnosis]:
    for channel in config.channels:
        account = outbox.channel_status(tree, channel)
        about = f"channel {channel.name}"
        if account.dead or account.notices_dead:
            count = len(account.dead) + len(account.notices_dead)
            why = next(iter((account.dead | account.notices_dead).values()))
            text = f"{count} refused for good: {why}"
            yield _bad(about, text, f"mend it, then: fwtracker notify retry {channel.name}")
        if account.owed or account.notices_owed:
            count = len(account.owed) + len(account.notices_owed)
            text = f"{count} still to be delivered"
            yield _warning(about, text, f"fwtracker notify retry {channel.name}")


def _check_proxy() -> Iterator[Diagnosis]:
    if proxy := next((name for name in _PROXIES if os.environ.get(name)), None):
        yield _good("proxy", f"taken from {proxy}")


def _check_pages(config: Config, place: str, source: str) -> Iterator[Diagnosis]:
    """Fetch and read a source's pages once; nothing is stored."""
    about = f"{source} page"
    with Fetcher(explain=explain_refusal) as fetcher:
        check = CheckContext(
            config.source(source), Tree(open_store(place), source), config, fetcher
        )
        try:
            named = check.fetcher_for_page()
            first, *_ = [named.get(url) for url in check.page_urls]
        except (FetchError, UsageError) as error:
            yield _bad(about, str(error), _ADVICE.get(error.name, ""))
            return
        yield from _compare_clocks(first)
        outcome = dry_run(check)
        yield _check_reading(about, outcome)
        if outcome.outcome != "unchanged":  # that is said of the version in force
            for finding in outcome.findings:
                if finding.name in FILTER_FINDINGS:
                    yield _bad(about, finding.message)


def _compare_clocks(answer: Fetched) -> Iterator[Diagnosis]:
    try:
        theirs = parsedate_to_datetime(answer.date or "").astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return
    apart = (datetime.now(UTC) - theirs).total_seconds()
    if abs(apart) > _MAX_CLOCK_DIFFERENCE:
        way = "ahead of" if apart > 0 else "behind"
        text = f"this machine's is {abs(apart):,.0f} seconds {way} that of the page's server"
        yield _bad("clock", text, "set it (timedatectl set-ntp true)")
    else:
        yield _good("clock", "agrees with that of the page's server")


def _check_reading(about: str, outcome: CheckOutcome) -> Diagnosis:
    if outcome.error:
        advice = "fwtracker run --dry-run says what settles it" if outcome.error.settle else ""
        return _bad(about, outcome.error.message, advice)
    if outcome.outcome == "held":
        names = ", ".join(dict.fromkeys(finding.name for finding in outcome.findings))
        return _warning(
            about, f"a check would hold it: {names}", "fwtracker run; fwtracker held"
        )
    if outcome.outcome == "published":
        advice = "fwtracker run"
        return _warning(about, f"a check would publish version {outcome.version}", advice)
    return _good(about, f"reached, and says what version {outcome.version} says")
