"""The contents of a script: a version, and the targets to connect to. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tracker.errors import UsageError
from tracker.fetch.addresses import forbidden_reason
from tracker.formats.shared.addresses import network_of
from tracker.text import quote
from tracker.verify.plan import ProbeTarget, ProbeTask

_PLAIN = re.compile(r"[A-Za-z0-9_:][A-Za-z0-9_.:-]*")
PROGRAM_KIND = "fwtracker-verify"  # the field `kind` of the output


@dataclass(frozen=True, slots=True)
class ScriptContents:
    """A version of a source, seconds for each step, and the targets to connect to by TCP."""

    source: str
    version: int
    digest: str
    timeout: int
    probes: tuple[ProbeTarget, ...] = ()

    def with_probes(self, probes: Sequence[ProbeTarget]) -> ScriptContents:
        """Return a copy with these targets."""
        return replace(self, probes=tuple(probes))


def list_probes(tasks: Iterable[ProbeTask]) -> list[ProbeTarget]:
    """Return the TCP targets, each once; scripts try no other protocol.

    Of the listed addresses each keeps those that are not public, which DNS may return for it.
    Raises UsageError for text that is neither a host nor an address: a script would run it.
    """
    found = (probe for task in tasks for probe in task.probes if probe.protocol == "tcp")
    probes = list(dict.fromkeys(map(_keep_private, found)))
    for text in (text for probe in probes for text in (probe.target, probe.name) if text):
        if not _PLAIN.fullmatch(text):
            raise UsageError(f"{quote(text)} is not a name that a script may hold")
    return probes


def _keep_private(probe: ProbeTarget) -> ProbeTarget:
    """Return a target with only those of its listed addresses that are not public."""
    return replace(probe, listed=tuple(filter(_is_private, probe.listed)))


def _is_private(listed: str) -> bool:
    network = network_of(listed)
    return network is not None and forbidden_reason(network.network_address) is not None


def is_address(probe: ProbeTarget) -> bool:
    """Return whether a target is an address, which needs no look-up."""
    return network_of(probe.target) is not None
