"""Diagnoses of the network: the proxy, the clock, and each page as a check reads it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tracker.check.context import CheckContext, CheckOutcome
from tracker.config import Config
from tracker.doctor.diagnosis import Diagnosis
from tracker.errors import FetchError, UsageError
from tracker.fetch.fetcher import Fetched, Fetcher
from tracker.filters.report import FILTER_FINDINGS
from tracker.parse.pages import explain_refusal
from tracker.pipeline import dry_run
from tracker.store import open_store
from tracker.store.tree import Tree

_MAX_CLOCK_DIFFERENCE = 120.0  # seconds by which two clocks may differ
_ADVICE = {
    "unreachable": "check that it has DNS and outbound https; HTTPS_PROXY is used if set",
    "untrusted": "if a proxy inspects TLS, put its authority into SSL_CERT_FILE",
    "http-status": "open it in a browser from this network",
    "challenged": "the site treats this machine as a bot; try from another network",
    "login-page": "open it in a browser: the page may have moved behind a login",
    "moved": "set `url` in [sources.NAME] to where the page is now",
    "rate-limited": "check less often",
}
PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


def check_proxy() -> Iterator[Diagnosis]:
    """Yield the variable that sets a proxy."""
    if proxy := next((name for name in PROXIES if os.environ.get(name)), None):
        yield Diagnosis.good("proxy", f"set by {proxy}")


def check_pages(config: Config, place: str, source: str) -> Iterator[Diagnosis]:
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
            yield Diagnosis.bad(about, str(error), _ADVICE.get(error.name, ""))
            return
        yield from _compare_clocks(first)
        outcome = dry_run(check)
        yield _check_reading(about, outcome)
        if outcome.outcome != "unchanged":  # reported for the version in force
            for finding in outcome.findings:
                if finding.name in FILTER_FINDINGS:
                    yield Diagnosis.bad(about, finding.message)


def _compare_clocks(answer: Fetched) -> Iterator[Diagnosis]:
    try:
        theirs = parsedate_to_datetime(answer.date or "").astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return
    apart = (datetime.now(UTC) - theirs).total_seconds()
    if abs(apart) > _MAX_CLOCK_DIFFERENCE:
        way = "ahead of" if apart > 0 else "behind"
        text = f"this machine's is {abs(apart):,.0f} seconds {way} that of the page's server"
        yield Diagnosis.bad("clock", text, "set it (timedatectl set-ntp true)")
    else:
        yield Diagnosis.good("clock", "agrees with that of the page's server")


def _check_reading(about: str, outcome: CheckOutcome) -> Diagnosis:
    if outcome.error:
        advice = (
            "fwtracker run --dry-run shows how to resolve it" if outcome.error.settle else ""
        )
        return Diagnosis.bad(about, outcome.error.message, advice)
    if outcome.outcome == "held":
        names = ", ".join(dict.fromkeys(finding.name for finding in outcome.findings))
        return Diagnosis.warning(
            about, f"a check would hold it: {names}", "fwtracker run; fwtracker held"
        )
    if outcome.outcome == "published":
        advice = "fwtracker run"
        return Diagnosis.warning(
            about, f"a check would publish version {outcome.version}", advice
        )
    return Diagnosis.good(about, f"reached; it says the same as version {outcome.version}")
