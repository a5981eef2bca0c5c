"""Hosts to addresses, by the configured resolvers or those of this machine (dnspython)."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tracker.errors import UsageError

if TYPE_CHECKING:
    import dns.resolver

_PARALLEL = 8
_RESOLVER = re.compile(r"\[?(?P<address>[0-9a-fA-F.:]+?)\]?(?::(?P<port>\d{1,5}))?")


def look_up(
    hosts: Iterable[str], resolvers: Iterable[str], timeout: float
) -> tuple[dict[str, frozenset[str]], list[str]]:
    """The addresses of each host that any resolver knows, none where there is no such name.

    A host that could not be looked up is not in the answer, and a line says why. `resolvers`
    are addresses, `192.0.2.53` or `[2001:db8::53]:5353`; without any the machine's own count.
    Raises UsageError where dnspython is missing or a resolver is none.
    """
    known = _resolvers(tuple(resolvers), timeout)
    names = list(hosts)
    found: dict[str, frozenset[str]] = {}
    failed: list[str] = []
    with ThreadPoolExecutor(_PARALLEL) as pool:
        answers = pool.map(lambda host: _ask(host, known), names)
        for host, answer in zip(names, answers, strict=True):
            if isinstance(answer, str):
                failed.append(f"{host}: {answer}")
            else:
                found[host] = answer
    return found, failed


def _resolvers(wanted: tuple[str, ...], timeout: float) -> list[dns.resolver.Resolver]:
    if not importlib.util.find_spec("dns"):
        raise UsageError(
            "[drift] needs dnspython: pip install 'fwtracker[drift]', or set enabled = false"
        )
    made = [_resolver(text) for text in wanted] or [_of_this_machine()]
    for each in made:
        each.lifetime = timeout
        each.cache = None
    return made


def _of_this_machine() -> dns.resolver.Resolver:
    import dns.resolver  # noqa: PLC0415

    try:
        return dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration:
        raise UsageError(
            "[drift] this machine has no resolver: name one in [drift] resolvers"
        ) from None


def _resolver(text: str) -> dns.resolver.Resolver:
    import dns.inet  # noqa: PLC0415
    import dns.resolver  # noqa: PLC0415

    match = _RESOLVER.fullmatch(text) if text.count(":") < 2 or "[" in text else None  # noqa: PLR2004  an IPv6 address
    address, port = (match["address"], match["port"]) if match else (text, None)
    if not dns.inet.is_address(address):
        raise UsageError(f'[drift] resolvers: "{text}" is no address; write 192.0.2.53')
    made = dns.resolver.Resolver(configure=False)
    made.nameservers = [address]
    made.port = int(port or 53)
    return made


def _ask(host: str, resolvers: Iterable[dns.resolver.Resolver]) -> frozenset[str] | str:
    """All addresses that any of the resolvers has; or why none of them could say."""
    import dns.exception  # noqa: PLC0415
    import dns.resolver  # noqa: PLC0415

    found: set[str] = set()
    denied = failed = 0
    why = ""
    for resolver in resolvers:
        try:
            answers = resolver.resolve_name(host)
            found |= set(answers.addresses())
        except dns.resolver.NXDOMAIN:
            denied += 1
        except dns.exception.DNSException as error:
            failed, why = failed + 1, type(error).__name__
    if found or (denied and not failed):
        return frozenset(found)
    return why or "no answer"
