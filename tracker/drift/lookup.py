"""Look up names: each host and record type at each resolver.

Uses dnspython, with the configured resolvers or those of this machine, and absolute names, as a
search list turns a name that does not resolve into others (RFC 1034, 3.1). A resolver that
fails is disregarded if another one answers. An answer without data differs from a name that
does not exist (NODATA and NXDOMAIN, RFC 2308, 2).
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tracker.errors import UsageError
from tracker.plugins import build_command

if TYPE_CHECKING:
    import dns.resolver

RECORDS: Mapping[int, str] = {4: "A", 6: "AAAA"}  # by IP version
_PARALLEL = 8
_MAX_SILENT = _PARALLEL  # look-ups in a row without an answer, then a resolver is skipped
_RESOLVER = re.compile(r"\[?(?P<address>[0-9a-fA-F.:]+?)\]?(?::(?P<port>\d{1,5}))?")


class LookupFailure(NamedTuple):
    """The reason why a resolver has no answer for one record type of a host."""

    host: str
    record: str
    resolver: str
    reason: str


class HostAnswer(NamedTuple):
    """The DNS answers for one host, from all resolvers together.

    `addresses` maps each address to the resolvers that returned it; `families` are the IP
    versions for which at least one resolver answered, even without an address. `is_known` is
    false if the name does not exist for any of those that answered. `resolvers` are these.
    """

    addresses: Mapping[str, tuple[str, ...]] = {}
    families: frozenset[int] = frozenset()
    is_known: bool = True
    resolvers: tuple[str, ...] = ()
    failures: tuple[LookupFailure, ...] = ()

    def of_family(self, family: int) -> frozenset[str]:
        """Return the addresses of an IP version."""
        return frozenset(each for each in self.addresses if (":" in each) == (family == 6))  # noqa: PLR2004  IPv6

    @property
    def missing(self) -> tuple[LookupFailure, ...]:
        """The failures of record types that no resolver answered."""
        answered = {RECORDS[family] for family in self.families}
        return tuple(each for each in self.failures if each.record not in answered)


Answers = Mapping[str, HostAnswer]


class _NoSuchName(NamedTuple):
    """The resolver answered that the name does not exist."""


_Reply = frozenset[str] | _NoSuchName | str  # a text is the reason for no answer


@dataclass
class _Server:
    """A resolver with the name to show, and its look-ups in a row without an answer."""

    label: str
    resolver: dns.resolver.Resolver
    silent: int = field(default=0)


def resolve_hosts(
    hosts: Iterable[str], resolvers: Iterable[str], timeout: float
) -> dict[str, HostAnswer]:
    """Return the DNS answers for each host.

    `resolvers` are addresses, `192.0.2.53` or `[2001:db8::53]:5353`; by default those of this
    machine. `timeout` is seconds for one look-up. Raises UsageError if dnspython is missing
    or a resolver is not an address.
    """
    servers, names = _build_servers(tuple(resolvers), timeout), list(dict.fromkeys(hosts))
    tasks = [(host, family, each) for host in names for family in RECORDS for each in servers]
    with ThreadPoolExecutor(_PARALLEL) as pool:
        replies = list(pool.map(lambda task: _query(*task), tasks))
    found: dict[str, list[tuple[int, str, _Reply]]] = {host: [] for host in names}
    for (host, family, server), reply in zip(tasks, replies, strict=True):
        found[host].append((family, server.label, reply))
    return {host: combine_replies(host, given) for host, given in found.items()}


def combine_replies(host: str, replies: Sequence[tuple[int, str, _Reply]]) -> HostAnswer:
    """Combine the replies of all resolvers: an answer takes precedence over a failure."""
    by_address: dict[str, dict[str, None]] = {}
    for _, label, reply in replies:
        for address in reply if isinstance(reply, frozenset) else ():
            by_address.setdefault(address, {})[label] = None
    answered = [each for each in replies if not isinstance(each[2], str)]
    is_known = any(isinstance(reply, frozenset) for _, _, reply in answered)
    # A name that does not exist has no records of any type.
    families = {each[0] for each in answered} if is_known or not answered else set(RECORDS)
    return HostAnswer(
        {address: tuple(labels) for address, labels in by_address.items()},
        frozenset(families),
        is_known or not answered,
        tuple(dict.fromkeys(label for _, label, _ in answered)),
        tuple(
            LookupFailure(host, RECORDS[family], label, reply)
            for family, label, reply in replies
            if isinstance(reply, str)
        ),
    )


def _query(host: str, family: int, server: _Server) -> _Reply:
    import dns.exception  # noqa: PLC0415
    import dns.name  # noqa: PLC0415
    import dns.resolver  # noqa: PLC0415

    if server.silent >= _MAX_SILENT:
        return f"not asked, after {_MAX_SILENT} look-ups without an answer"
    try:
        name = dns.name.from_text(host)
        answer = server.resolver.resolve(name, RECORDS[family], raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN:
        server.silent = 0
        return _NoSuchName()
    except dns.exception.Timeout:
        server.silent += 1
        return f"no answer in {server.resolver.lifetime:g} s"
    except dns.resolver.NoNameservers as error:
        server.silent = 0
        return _explain_refusal(error)
    except dns.exception.DNSException as error:
        return type(error).__name__
    server.silent = 0
    return frozenset(each.address for each in answer.rrset or ())


def _explain_refusal(error: dns.resolver.NoNameservers) -> str:
    """Return the code that the server answered with, such as SERVFAIL."""
    errors = error.kwargs.get("errors") or [(None, None, None, "no answer", None)]
    why = errors[-1][3]
    return why if isinstance(why, str) else type(why).__name__


def check_resolvers(resolvers: Iterable[str]) -> None:
    """Raise UsageError for a resolver that is not an address, or if dnspython is missing."""
    _build_servers(tuple(resolvers), 1.0)


def _build_servers(wanted: tuple[str, ...], timeout: float) -> list[_Server]:
    if not importlib.util.find_spec("dns"):
        raise UsageError(
            f"[drift] needs dnspython: {build_command('drift')}, or set enabled = false"
        )
    made = [_Server(text, _parse_resolver(text)) for text in wanted] or [_system_server()]
    for each in made:
        each.resolver.lifetime = timeout
        each.resolver.cache = None
    return made


def _system_server() -> _Server:
    import dns.resolver  # noqa: PLC0415

    try:
        found = dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration:
        raise UsageError(
            "[drift] this machine has no resolver: name one in [drift] resolvers"
        ) from None
    return _Server(f"this machine's ({', '.join(map(str, found.nameservers))})", found)


def _parse_resolver(text: str) -> dns.resolver.Resolver:
    import dns.inet  # noqa: PLC0415
    import dns.resolver  # noqa: PLC0415

    match = _RESOLVER.fullmatch(text) if text.count(":") < 2 or "[" in text else None  # noqa: PLR2004  an IPv6 address
    address, port = (match["address"], match["port"]) if match else (text, None)
    if not dns.inet.is_address(address):
        raise UsageError(f'[drift] resolvers: "{text}" is not an address; write 192.0.2.53')
    made = dns.resolver.Resolver(configure=False)
    made.nameservers = [address]
    made.port = int(port or 53)
    return made
