"""Rule sets to render in tests: of the sample pages, made by hand, and random ones."""

from __future__ import annotations

import ipaddress
from itertools import chain
from typing import Any, Final

import msgspec
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.pages import GENERATIONS, expected
from tracker.config import Config
from tracker.diff.pairing import carry_ids
from tracker.formats import RuleSet
from tracker.model import LAN, Endpoint, Entry, Service, digest, endpoints_of
from tracker.publish.rule_sets import assume_ports

HOSTILE: Final = (
    'x" accept\n}\nflush ruleset\n',
    "<!channel> <script>alert(1)</script>",
    '=cmd|"/c calc"!A1',
    "+1\t-1\r\n@SUM(A1)",
    "\u202eevil\u2066 \u200b\ufeff",
    "# \\\n$(reboot) `id` ; drop, accept",
    "'; DROP TABLE x; -- {{ 7*7 }} ${x} %{y}",
    "\x00\x1b[31m\x85\u2028",
    "São Paulo & Söhne “quoted”",
    "x" * 500,
)


def rule_set(
    *entries: Entry, name: str = "europe", version: int = 2, source: str = "action1"
) -> RuleSet:
    return RuleSet(
        source=source,
        name=name,
        version=version,
        digest=digest(entries),
        captured_at="2024-04-18T10:00:00Z",
        page_url="https://www.action1.com/documentation/firewall-configuration/",
        entries=entries,
    )


def entry(*targets: str, ports: tuple[Any, ...] = (443,), **changes: Any) -> Entry:
    """An entry with these targets; a port is a number, a (from, to), or None."""
    spans = [port if isinstance(port, tuple) else (port, port) for port in ports]
    scope = "lan" if targets == (LAN,) else "internet"
    addresses = tuple(each for each in targets if each[-1].isdigit() or ":" in each)
    fields: dict[str, Any] = {
        "region": "Europe",
        "resource": "Servers",
        "hosts": tuple(t for t in targets if t not in addresses and t != LAN),
        "addresses": addresses,
        "scope": scope,
        "direction": "outbound",
        "services": tuple(Service("tcp", *span) for span in spans),
        "requirement": "required",
        "only_for": None,
        "components": ("Agents",),
        "purpose": "Connection.",
    }
    return Entry(**fields | changes)


def sample(generation: str, region: str | None = None) -> RuleSet:
    """One region of a generation of the sample pages, or all of it."""
    entries = carry_ids((), msgspec.convert(expected(GENERATIONS[generation]), list[Entry]))
    chosen = [each for each in entries if region in {None, each.region}]
    name = region.lower().replace(" ", "-") if region else "all"
    ported, replaced = assume_ports(chosen, Config().assumptions)
    assumed = frozenset(chain.from_iterable(replaced.values()))
    return replace(rule_set(*chosen, name=name), entries=ported, assumed=assumed)


SAMPLES: Final = {
    "2024-04-europe": sample("2024-04", "Europe"),
    "2024-04-all": sample("2024-04"),
    "2026-02-north-america": sample("2026-02", "North America"),
}

# Few enough values that random entries share, hold and cross each other.
ADDRESSES: Final = (
    *("192.0.2.1", "192.0.2.2", "192.0.2.0/30", "192.0.2.0/24", "203.0.113.64/26"),
    *("10.0.0.5", "2001:db8::1", "2001:db8::/32", "2001:db8::/64", "::ffff:192.0.2.1"),
    *("192.0.2.1/32", "2001:DB8::1/128"),
)
HOSTS: Final = ("a.example.com", "*.example.com", "example.com", "xn--bcher-kva.example")
PORTS: Final = (
    *((443, 443), (80, 80), (81, 81), (400, 500), (440, 450), (1, 134), (22543, 22543)),
    *((135, 135), (139, 139), (389, 389), (445, 445), (49152, 65535), (50000, 50000)),
    *((1, 65535), (440, 446), (49152, 49405), (49152, 49406), (None, None)),
)
PROTOCOLS: Final = ("tcp", "udp")

words = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40))
services = st.builds(
    lambda protocol, ports, name, inferred: Service(protocol, *ports, name, inferred),
    st.sampled_from(PROTOCOLS),
    st.sampled_from(PORTS),
    st.none() | words,
    st.booleans(),
)


def entries_with(text: st.SearchStrategy[str]) -> st.SearchStrategy[Entry]:
    common = {
        "region": st.none() | text,
        "resource": text,
        "direction": st.sampled_from(["outbound", "inbound"]),
        "services": st.lists(services, min_size=1, max_size=4).map(tuple),
        "requirement": st.sampled_from(["required", "recommended", "optional", None]),
        "only_for": st.none() | text,
        "components": st.lists(text, max_size=2).map(tuple),
        "purpose": text,
    }
    public = st.builds(
        Entry,
        hosts=st.lists(st.sampled_from(HOSTS), max_size=2).map(tuple),
        addresses=st.lists(st.sampled_from(ADDRESSES), max_size=4).map(tuple),
        scope=st.just("internet"),
        **common,
    )
    nothing = st.just(())
    lan = st.builds(Entry, hosts=nothing, addresses=nothing, scope=st.just("lan"), **common)
    return public | lan


rule_sets = st.lists(entries_with(words), max_size=8).map(lambda found: rule_set(*found))


# Wilder ones, for the promises that hold for any rule set: addresses, names and ports from
# anywhere, many regions, endpoints that leave, and ports that are assumed.
networks = st.builds(
    lambda address, spare: str(
        ipaddress.ip_network((address, max(address.max_prefixlen - spare, 8)), strict=False)
    ),
    st.ip_addresses(),
    st.sampled_from([0, 0, 0, 1, 4, 8, 16, 64]),
)
labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
names = st.builds(
    lambda star, parts, top: ".".join([*(["*"] if star else []), *parts, top]),
    st.booleans(),
    st.lists(labels, min_size=1, max_size=3),
    st.sampled_from(["com", "example", "xn--p1ai"]),
)
spans = st.tuples(st.integers(1, 65535), st.integers(0, 300)).map(
    lambda pair: (pair[0], min(pair[0] + pair[1], 65535))
)
any_services = st.lists(
    st.builds(
        lambda protocol, ports, name: Service(protocol, *ports, name),
        st.sampled_from(PROTOCOLS),
        st.sampled_from(PORTS) | spans,
        st.none() | words,
    ),
    min_size=1,
    max_size=3,
).map(tuple)
any_entries = st.builds(
    lambda region, public, hosts, addresses, way, services, text, only_for: Entry(
        region=region,
        resource=text,
        hosts=tuple(hosts) if public else (),
        addresses=tuple(addresses) if public else (),
        scope="internet" if public else "lan",
        direction=way,
        services=services,
        requirement="required",
        only_for=only_for,
        components=(text,),
        purpose=text,
    ),
    st.sampled_from([None, "Europe", "North America 2", *HOSTILE[:4]]),
    st.sampled_from([True, True, True, False]),
    st.lists(st.sampled_from(HOSTS) | names, max_size=3),
    st.lists(st.sampled_from(ADDRESSES) | networks, min_size=1, max_size=4),
    st.sampled_from(["outbound", "outbound", "inbound"]),
    any_services,
    words,
    st.none() | words,
)


def _odd(entries: list[Entry], name: str, going: int, assumed: int) -> RuleSet:
    """Every so many endpoints leave, or have an assumed port."""
    found = endpoints_of(entries)
    return replace(
        rule_set(*entries, name=name),
        until=dict.fromkeys(found[::going], "2026-03-09T12:00:00Z"),
        assumed=frozenset(found[::assumed]),
    )


set_names = st.sampled_from(["europe", "north-america-2", "branch_office", "0", "a" * 63])
some = st.lists(any_entries, min_size=1, max_size=4)
few = st.lists(any_entries, max_size=2)
any_rule_sets = st.builds(_odd, some, set_names, st.integers(1, 9), st.integers(1, 9))
# One rule set in two versions: some entries stay, some go, some come.
any_pairs = st.builds(
    lambda name, stay, go, come, version: (
        rule_set(*stay, *go, name=name, version=version),
        rule_set(*come, *stay, name=name, version=version + 1),
    ),
    *(set_names, few, few, few, st.integers(1, 999)),
)


def withheld(endpoint: Endpoint) -> bool:
    """Said again in other words than the policy's: no LAN service to a public target."""
    first, last = endpoint.from_port, endpoint.to_port
    if endpoint.target == LAN or first is None:
        return False
    span = set(range(first, last + 1))
    return bool(span & {135, 139, 389, 445}) or len(span & set(range(49152, 65536))) > 254


def is_address(target: str) -> bool:
    try:
        ipaddress.ip_network(target)
    except ValueError:
        return False
    return True
