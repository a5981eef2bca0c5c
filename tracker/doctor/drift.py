"""`[drift]`: what it needs, whether each resolver answers, and what is left out in vain."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

from tracker.config import Config
from tracker.config.tables import DriftConfig
from tracker.doctor.diagnosis import Diagnosis
from tracker.doctor.versions import Newest
from tracker.extras import build_command


def check_drift(config: Config, newest: Newest, *, online: bool) -> Iterator[Diagnosis]:
    """Check dnspython, the resolvers and the names that are left out. Raises UsageError."""
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
            yield from _ask(own, resolver, newest)


def _check_ignored(own: DriftConfig, newest: Newest) -> Iterator[Diagnosis]:
    from tracker.drift.differences import is_ignored  # noqa: PLC0415

    hosts = {host for row in newest.entries for host in row.hosts}
    for each in own.ignore if newest.is_complete else ():
        if not any(is_ignored(host, (each,)) for host in hosts):
            text = f"ignore: the newest version of no source has a host {each}"
            yield Diagnosis.warning("drift", text, "write it as the page does, or remove it")


def _ask(own: DriftConfig, resolver: str | None, newest: Newest) -> Iterator[Diagnosis]:
    """Look one host of the pages up at one resolver, or at that of this machine."""
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
    advice = "see that it is a resolver, and answers this machine; or name another"
    if answer.families:
        yield Diagnosis.warning(about, text, advice)
    else:
        yield Diagnosis.bad(about, text, advice)
