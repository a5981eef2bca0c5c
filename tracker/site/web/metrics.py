"""/metrics: the figures for a monitoring system, computed for each request.

Figures about the store are read from the store, so that they are right on a standby and after a
restart too; those about checks count from the start of this process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import product
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
from tracker.publish.index import load_index_entries
from tracker.scheduler.status import DURATION_BUCKETS
from tracker.site.rendering import format_region
from tracker.store.held import list_held
from tracker.times import parse_utc

if TYPE_CHECKING:
    from tracker.site.web.app_state import AppState

OUTCOMES = ("unchanged", "published", "held", "failed")


def render_metrics(state: AppState, accept: str) -> tuple[bytes, str]:
    """Return all metrics in the form that the Accept header asks for, and its media type."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(state))
    ProcessCollector(registry=registry)
    encode, kind = choose_encoder(accept)
    return encode(registry), kind


class _Figures(Collector):
    def __init__(self, state: AppState) -> None:
        self.state = state

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics; the name is prometheus_client's."""
        yield InfoMetricFamily("fwtracker", "The program.", {"version": __version__})
        yield from self._describe_service()
        yield from _describe_versions(self.state)
        yield from _describe_pending(self.state)
        yield from _describe_checks(self.state)

    def _describe_service(self) -> Iterator[Metric]:
        service = self.state.status
        yield _build_gauge(
            "fwtracker_leading", "1 where this process checks, 0 on a standby.", service.leads
        )
        yield _build_gauge(
            "fwtracker_config_reload_failed",
            "1 where the configuration was changed and cannot be used.",
            service.config_error is not None,
        )
        answers = CounterMetricFamily(
            "fwtracker_http_answers", "HTTP answers by status.", labels=["status"]
        )
        for status, count in sorted(service.answers.copy().items()):
            answers.add_metric([status], count)
        yield answers


def _build_gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, value=float(value))


def _build_labelled(name: str, about: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, labels=["source", *labels])


def _describe_versions(state: AppState) -> Iterator[Metric]:
    """Yield the metrics of the manifest and the index."""
    number = _build_labelled("fwtracker_version", "The version in force.")
    checked = _build_labelled(
        "fwtracker_last_good_check_timestamp_seconds",
        "When the page was last found to say what the version in force says.",
    )
    age = _build_labelled("fwtracker_age_seconds", "Time since the last good check.")
    stale = _build_labelled("fwtracker_stale", "1 where the manifest has expired.")
    changed = _build_labelled(
        "fwtracker_last_change_timestamp_seconds", "When the version in force was read."
    )
    ends = _build_labelled(
        "fwtracker_endpoints", "Endpoints of the version in force.", "region"
    )
    now = state.now()
    for source in state.sources:
        manifest = state.manifest(source)
        if manifest is None:
            continue
        last = parse_utc(manifest.checked_at)
        number.add_metric([source], manifest.version)
        checked.add_metric([source], last.timestamp())
        age.add_metric([source], (now - last).total_seconds())
        stale.add_metric([source], float(parse_utc(manifest.expires) < now))
        for entry in load_index_entries(state.tree(source))[-1:]:
            changed.add_metric([source], parse_utc(entry.captured_at).timestamp())
            for region, count in zip(entry.regions, entry.endpoints, strict=True):
                ends.add_metric([source, format_region(region)], count)
    yield from (number, checked, age, stale, changed, ends)


def _describe_pending(state: AppState) -> Iterator[Metric]:
    """Yield the metrics of held candidates, owed and dead deliveries.

    Unreadable ones have no figure; /readyz, the log and `doctor` report what is wrong.
    """
    waiting = _build_labelled("fwtracker_held", "Held pages that are waiting for review.")
    for source in state.sources:
        with suppress(FwtrackerError):
            waiting.add_metric([source], len(list_held(state.tree(source))))
    yield waiting
    yield from _describe_deliveries(state)


def _describe_deliveries(state: AppState) -> Iterator[Metric]:
    """Yield what channels have not received, for versions and for notices."""
    pending = [
        _build_labelled(f"fwtracker_{name}", about, "channel")
        for name, about in (
            ("owed_deliveries", "Versions owed to a channel."),
            ("dead_deliveries", "Versions that a channel rejected permanently."),
            ("owed_notices", "Health notices owed to a channel."),
            ("dead_notices", "Health notices that a channel rejected permanently."),
        )
    ]
    for source, channel in product(state.sources, state.config.channels):
        with suppress(FwtrackerError):
            status = outbox.channel_status(state.tree(source), channel)
            counts = (status.owed, status.dead, status.notices_owed, status.notices_dead)
            for metric, found in zip(pending, counts, strict=True):
                metric.add_metric([source, channel.name], len(found))
    yield from pending


def _describe_checks(state: AppState) -> Iterator[Metric]:
    """Yield the metrics of the checks in this process."""
    done = CounterMetricFamily(
        "fwtracker_checks", "Checks by outcome.", labels=["source", "outcome"]
    )
    times = HistogramMetricFamily(
        "fwtracker_check_duration_seconds", "How long a check took.", labels=["source"]
    )
    late = CounterMetricFamily(
        "fwtracker_misfires", "Checks that ran late or were skipped.", labels=["source"]
    )
    ended = _build_labelled(
        "fwtracker_last_check_timestamp_seconds", "When the last check ended."
    )
    for source in state.sources:
        checks = state.status.checks_of(source)
        for outcome in OUTCOMES:
            done.add_metric([source, outcome], checks.outcomes[outcome])
        times.add_metric([source], _accumulate(checks.durations), checks.seconds)
        late.add_metric([source], checks.misfires)
        if checks.ended is not None:
            ended.add_metric([source], checks.ended)
    yield from (done, times, late, ended)


def _accumulate(counts: list[int]) -> list[tuple[str, float]]:
    """Return a histogram's buckets as in Prometheus: each includes the smaller ones."""
    bounds = [*map(str, DURATION_BUCKETS), "+Inf"]
    return [(bound, float(sum(counts[: at + 1]))) for at, bound in enumerate(bounds)]
