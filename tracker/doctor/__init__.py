"""Check a setup: what is wrong with it, and what to do about it.

It leaves no change behind. Each part is a generator of Diagnoses; an error in a part becomes a
Diagnosis as well, so that the other parts still run.
"""

from __future__ import annotations

from collections.abc import Iterator

from tracker.config import Config
from tracker.doctor.diagnosis import Diagnosis, catch_errors
from tracker.doctor.pages import check_pages, check_proxy
from tracker.doctor.settings import (
    check_drift,
    check_settings,
    check_verify,
    find_definition_fault,
    load_newest,
)
from tracker.doctor.store import check_store

__all__ = ["Diagnosis", "examine"]


def examine(config: Config, place: str, *, online: bool) -> Iterator[Diagnosis]:
    """Yield all diagnoses, in the order in which their subjects are needed."""
    newest = load_newest(config, place)
    yield from check_settings(config, newest)
    yield from catch_errors("verify", check_verify(config, newest))
    yield from catch_errors("drift", check_drift(config, newest, online=online))
    yield from check_store(config, place)
    if online:
        yield from check_proxy()
        for name, source in sorted(config.sources.items()):
            if not find_definition_fault(source):
                yield from catch_errors(name, check_pages(config, place, name))
