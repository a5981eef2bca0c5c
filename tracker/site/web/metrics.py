"""/metrics: what a monitoring system watches, worked out when it asks.

The figures of the store are read from the store, so that they are right on a standby and after
a restart too; those of checks are since this process started.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from tracker import __version__
from tracker.alerts import outbox
from tracker.errors import FwtrackerError
from tracker.publish.index import known_versions
from tracker.review import held
from tracker.scheduler.board import BUCKETS
from tracker.site.entries import region_name
from tracker.times import parse_utc

if TYPE_CHECKING:
    from tracker.site.web.app_state import Site

OUTCOMES = ("unchanged", "published", "held", "failed")


def exposed(site: Site, accept: str) -> tuple[bytes, str]:
    """All metrics in the form that the Accept header asks for, and that form's type."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(site))
    ProcessCollector(registry=registry)
    encode, kind = choose_encoder(accept)
    return encode(registry), kind


class _Figures(Collector):
    def __init__(self, site: Site) -> None:
        self.site = site

    def collect(self) -> Iterator[Metric]:
        """prometheus_client's name."""
        yield InfoMetricFamily("fwtracker", "The program.", {"version": __version__})
        yield from self._service()
        yield from _in_force(self.site)
        yield from _pending(self.site)
        yield from _checks(self.site)

    def _service(self) -> Iterator[Metric]:
        board = self.site.board
        yield _gauge(
            "fwtracker_leading", "1 where this process checks, 0 on a standby.", board.leads
        )
        yield _gauge(
            "fwtracker_config_reload_failed",
            "1 where the configuration was changed and cannot be used.",
            board.config_error is not None,
        )
        answers = CounterMetricFamily(
            "fwtracker_http_answers", "HTTP answers by status.", labels=["status"]
        )
        for status, count in sorted(board.answers.copy().items()):
            answers.add_metric([status], count)
        yield answers


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, value=float(value))


def _labelled(name: str, about: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, labels=["source", *labels])


def _in_force(site: Site) -> Iterator[Metric]:
    """What the manifest and the index say."""
    number = _labelled("fwtracker_version", "The version in force.")
    checked = _labelled(
        "fwtracker_last_good_check_timestamp_seconds",
        "When the page was last found to say what the version in force says.",
    )
    age = _labelled("fwtracker_age_seconds", "Time since the last good check.")
    stale = _labelled("fwtracker_stale", "1 where the manifest has expired.")
    changed = _labelled(
        "fwtracker_last_change_timestamp_seconds", "When the version in force was read."
    )
    ends = _labelled("fwtracker_endpoints", "Endpoints of the version in force.", "region")
    now = site.now()
    for source in site.sources:
        manifest = site.manifest(source)
        if manifest is None:
            continue
        last = parse_utc(manifest.checked_at)
        number.add_metric([source], manifest.version)
        checked.add_metric([source], last.timestamp())
        age.add_metric([source], (now - last).total_seconds())
        stale.add_metric([source], float(parse_utc(manifest.expires) < now))
        for entry in known_versions(site.tree(source))[-1:]:
            changed.add_metric([source], parse_utc(entry.captured_at).timestamp())
            for region, count in zip(entry.regions, entry.endpoints, strict=True):
                ends.add_metric([source, region_name(region)], count)
    yield from (number, checked, age, stale, changed, ends)


def _pending(site: Site) -> Iterator[Metric]:
    """What waits for somebody: held candidates, owed and dead deliveries."""
    waiting = _labelled("fwtracker_held", "Candidates that wait for a decision.")
    owed = _labelled("fwtracker_owed_deliveries", "Versions owed to a channel.", "channel")
    dead = _labelled(
        "fwtracker_dead_deliveries", "Versions that a channel refused for good.", "channel"
    )
    for source in site.sources:
        tree = site.tree(source)
        try:
            waiting.add_metric([source], len(held(tree)))
            for channel in site.config.channels:
                account = outbox.account(tree, channel)
                owed.add_metric([source, channel.name], len(account.owed))
                dead.add_metric([source, channel.name], len(account.dead))
        except FwtrackerError:
            continue  # the other figures still count; /readyz and the log say what is wrong
    yield from (waiting, owed, dead)


def _checks(site: Site) -> Iterator[Metric]:
    """What this process has done."""
    done = CounterMetricFamily(
        "fwtracker_checks", "Checks by what they came to.", labels=["source", "outcome"]
    )
    times = HistogramMetricFamily(
        "fwtracker_check_duration_seconds", "How long a check took.", labels=["source"]
    )
    late = CounterMetricFamily(
        "fwtracker_misfires", "Checks that ran late or were left out.", labels=["source"]
    )
    ended = _labelled("fwtracker_last_check_timestamp_seconds", "When the last check ended.")
    for source in site.sources:
        checks = site.board.of(source)
        for outcome in OUTCOMES:
            done.add_metric([source, outcome], checks.outcomes[outcome])
        times.add_metric([source], _cumulated(checks.durations), checks.seconds)
        late.add_metric([source], checks.misfires)
        if checks.ended is not None:
            ended.add_metric([source], checks.ended)
    yield from (done, times, late, ended)


def _cumulated(counts: list[int]) -> list[tuple[str, float]]:
    """A histogram's buckets as Prometheus has them: each holds those below it too."""
    bounds = [*map(str, BUCKETS), "+Inf"]
    return [(bound, float(sum(counts[: at + 1]))) for at, bound in enumerate(bounds)]
