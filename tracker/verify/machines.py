"""Reports of other machines, by scripts or by `verify --json`: read, judged and combined.

A script judges certificates by what its machine trusts, which may include a company's own
authority. So the name of the topmost authority is compared with those of the public ones here.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import UNSET

from tracker.errors import UsageError
from tracker.model import Count, Number, Port, Protocol, Time
from tracker.text import clean, quote
from tracker.verify.plan import ProbeTarget, ProbeTask
from tracker.verify.probe import mark_unlisted
from tracker.verify.report import (
    Attempt,
    Result,
    VerifyReport,
    endpoint_text,
    summarize_attempts,
)
from tracker.verify.resolve import is_listed
from tracker.verify.states import STATES, State
from tracker.verify.tls import Peer, TrustedAuthorities

_MAX_BYTES = 16 * 1024 * 1024  # of one file
_BOMS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
_COMMON_NAME = re.compile(r"\b(?:CN|OU)\s*=\s*(\"[^\"]*\"|[^,/+]+)")
_ADDRESS = re.compile(r"[0-9a-fA-F.:%a-z]{2,60}")


class ScriptAttempt(msgspec.Struct, frozen=True):
    """What a script found at an address; `issuer` and `authority` as its tools print them."""

    target: str
    protocol: Protocol
    port: Port
    state: str
    detail: str
    name: str | None = None
    address: str | None = None
    seconds: float | None = None
    issuer: str = ""
    authority: str = ""


class MachineReport(msgspec.Struct, frozen=True):
    """The output of a script."""

    schema: Literal[1]
    kind: Literal["fwtracker-verify"]
    source: str
    version: Number
    digest: str
    script: str
    host: str
    started_at: Time
    seconds: float
    attempts: tuple[ScriptAttempt, ...]


class ClosedEndpoint(msgspec.Struct, frozen=True):
    """A required endpoint that is not open on some machines; `hosts` are their names."""

    endpoint: str
    states: dict[str, Count]
    hosts: tuple[str, ...]


class MachinesReport(msgspec.Struct, frozen=True):
    """The reports of several machines, as `verify --read --json` prints them."""

    schema: Literal[1]
    source: str
    reached: bool
    machines: tuple[VerifyReport, ...]
    closed: tuple[ClosedEndpoint, ...]


def read_report(path: Path) -> MachineReport | VerifyReport:
    """Return the report in a file. Raises UsageError if it does not contain one."""
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None
    if len(data) > _MAX_BYTES:
        raise UsageError(f"{path}: more than {_MAX_BYTES} bytes, which no report has")
    try:
        return _decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise UsageError(
            f"{path}: neither a report of `verify --json` nor one of its scripts:"
            f" {clean(str(error))}"
        ) from None


def _decode(data: bytes) -> MachineReport | VerifyReport:
    """Decode JSON in the encodings that Windows uses. Raises MsgspecError, UnicodeError."""
    coding = next((name for mark, name in _BOMS if data.startswith(mark)), "utf-8")
    text = data.decode(coding)
    kind = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    if "kind" in kind:
        return msgspec.json.decode(text, type=MachineReport)
    report = msgspec.json.decode(text, type=VerifyReport)
    unknown = {each.state for each in report.results} - set(STATES)
    if unknown:
        raise msgspec.ValidationError(f"unknown state {quote(min(unknown))}")
    return report


def known_authorities(file: str) -> frozenset[str]:
    """Return the names of the public authorities in a file of certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(file)
    return frozenset(
        value
        for certificate in context.get_ca_certs()
        for key, value in _name_parts(certificate)
        if key in {"commonName", "organizationalUnitName"}
    )


def _name_parts(certificate: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the key and value of each part of a certificate's subject."""
    for part in certificate.get("subject", ()):
        yield from part


class Judge:
    """Turns attempts of scripts into results, by public authorities and the page's lists."""

    def __init__(self, trusted: TrustedAuthorities) -> None:
        self._trusted = trusted
        self._known = known_authorities(trusted.file)

    def results(
        self, report: MachineReport, tasks: Sequence[ProbeTask], sites: Sequence[str]
    ) -> list[Result]:
        """Return a result for each task, in their order."""
        found: dict[tuple[str, str, int, str | None], list[ScriptAttempt]] = {}
        for each in report.attempts:
            found.setdefault((each.target, each.protocol, each.port, each.name), []).append(
                each
            )
        return [
            summarize_attempts(
                task,
                [one for probe in task.probes for one in self._attempts(probe, found)],
                sites,
            )
            for task in tasks
        ]

    def _attempts(
        self,
        probe: ProbeTarget,
        found: Mapping[tuple[str, str, int, str | None], Sequence[ScriptAttempt]],
    ) -> list[Attempt]:
        tried = found.get((probe.target, probe.protocol, probe.port, probe.name), ())
        if not tried:
            why = (
                "scripts try nothing by UDP" if probe.protocol == "udp" else "not in the report"
            )
            return [Attempt(None, probe.port, probe.target, "cannot-tell", why)]
        attempts = [self._attempt(probe, each) for each in tried]
        # As in a run: an IPv6 address does not count without a route, if there are others.
        routed = [each for each in attempts if not _lacks_ipv6(each)]
        return routed or attempts

    def _attempt(self, probe: ProbeTarget, tried: ScriptAttempt) -> Attempt:
        state, detail = self._judge(probe, tried)
        address = tried.address if tried.address and _ADDRESS.fullmatch(tried.address) else None
        is_host = probe.target != address
        if is_host and address and probe.listed and not _is_listed(address, probe.listed):
            state, detail = mark_unlisted(address, state, detail)
        return Attempt(
            address,
            probe.port,
            probe.target if is_host else None,
            state,
            detail,
            certified=UNSET if is_host or not probe.name else probe.name,
            seconds=UNSET if tried.seconds is None else tried.seconds,
        )

    def _judge(self, probe: ProbeTarget, tried: ScriptAttempt) -> tuple[State, str]:
        """Return the state, judged again if the machine may trust more than the public does."""
        state = next((each for each in STATES if each == tried.state), None)
        if state is None:
            return "cannot-tell", f"it says {quote(tried.state)}, which is not known here"
        if not probe.tls or state not in {"open", "tls-unknown-authority"} or not tried.issuer:
            return state, clean(tried.detail)
        return self._judge_authority(probe, tried)

    def _judge_authority(self, probe: ProbeTarget, tried: ScriptAttempt) -> tuple[State, str]:
        issuer = clean(tried.issuer)
        peer = Peer(probe.target, probe.name)
        if self._trusted.accepts(peer, issuer):
            return "open", f"certificate by {issuer}, as [verify.issuers] says"
        wanted = self._trusted.issuer_for(peer)
        if wanted is not None:
            return "tls-unknown-authority", f"certificate by {issuer}, not by {wanted}"
        if tried.state == "open" and self._is_public(tried):
            return "open", f"certificate by {issuer}"
        trusts = ", which that machine trusts and the public does not"
        return (
            "tls-unknown-authority",
            f"certificate by {issuer}{trusts if tried.state == 'open' else ''}",
        )

    def _is_public(self, tried: ScriptAttempt) -> bool:
        """Return whether the topmost authority has the name of a public one."""
        top = tried.authority or tried.issuer
        names = {each.strip('" ') for each in _COMMON_NAME.findall(top)}
        return not names.isdisjoint(self._known)


def _lacks_ipv6(attempt: Attempt) -> bool:
    return attempt.state == "no-route" and ":" in (attempt.address or "")


def _is_listed(address: str, listed: Sequence[str]) -> bool:
    try:
        return is_listed(address, listed)
    except ValueError:
        return False


def join_reports(source: str, machines: Sequence[VerifyReport]) -> MachinesReport:
    """Join the reports of several machines, with the endpoints that are closed on them."""
    closed: dict[str, list[tuple[str, State]]] = {}
    for report in machines:
        for result in _find_closed(report):
            place = (report.host or "a machine without a name", result.state)
            closed.setdefault(endpoint_text(result), []).append(place)
    return MachinesReport(
        1,
        source,
        all(each.reached for each in machines),
        tuple(machines),
        tuple(_closed_endpoint(text, places) for text, places in sorted(closed.items())),
    )


def _find_closed(report: VerifyReport) -> Iterable[Result]:
    """Yield the endpoints that a machine requires and that are not open there."""
    marked = any(each.requirement for each in report.results if each.is_outward)
    for each in report.results:
        needed = each.requirement == "required" or not marked
        if each.is_outward and each.applies and needed and not each.is_open:
            yield each


def _closed_endpoint(text: str, places: Sequence[tuple[str, State]]) -> ClosedEndpoint:
    states: dict[str, int] = {}
    for _, state in places:
        states[state] = states.get(state, 0) + 1
    return ClosedEndpoint(text, states, tuple(host for host, _ in places))
