"""The page: can it be reached and read today, and does its server's clock agree with ours."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tracker.config import Config
from tracker.context import CheckContext, CheckOutcome
from tracker.doctor import Line, bad, good, warning
from tracker.errors import FetchError, UsageError
from tracker.fetch.fetcher import Fetched, Fetcher
from tracker.parse.pages import explain_refusal
from tracker.pipeline import dry_run
from tracker.sources import load
from tracker.store import open_store
from tracker.store.tree import Tree

_APART = 120.0  # seconds by which two clocks may differ
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


def lines(config: Config, place: str, source: str) -> Iterator[Line]:
    """One fetch and one reading; nothing is stored."""
    about = f"{source} page"
    if proxy := next((name for name in _PROXIES if os.environ.get(name)), None):
        yield good("proxy", f"taken from {proxy}")
    with Fetcher(explain=explain_refusal) as fetcher:
        check = CheckContext(load(source), Tree(open_store(place), source), config, fetcher)
        try:
            answer = check.fetcher_for_page().get(check.page_url)
        except (FetchError, UsageError) as error:
            yield bad(about, str(error), _ADVICE.get(error.name, ""))
            return
        yield from _clocks(answer)
        yield _reading(about, dry_run(check))


def _clocks(answer: Fetched) -> Iterator[Line]:
    try:
        theirs = parsedate_to_datetime(answer.date or "").astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return
    apart = (datetime.now(UTC) - theirs).total_seconds()
    if abs(apart) > _APART:
        way = "ahead of" if apart > 0 else "behind"
        text = f"this machine's is {abs(apart):,.0f} seconds {way} that of the page's server"
        yield bad("clock", text, "set it (timedatectl set-ntp true)")
    else:
        yield good("clock", "agrees with that of the page's server")


def _reading(about: str, outcome: CheckOutcome) -> Line:
    if outcome.error:
        return bad(about, outcome.error.message)
    if outcome.outcome == "held":
        names = ", ".join(dict.fromkeys(finding.name for finding in outcome.findings))
        return warning(
            about, f"a check would hold it: {names}", "fwtracker run; fwtracker held"
        )
    if outcome.outcome == "published":
        advice = "fwtracker run"
        return warning(about, f"a check would publish version {outcome.version}", advice)
    return good(about, f"reached, and says what version {outcome.version} says")
