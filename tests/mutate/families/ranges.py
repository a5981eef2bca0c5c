"""Ranges of ports and addresses in every spelling: all that lies between their ends."""

from __future__ import annotations

from ipaddress import IPv4Address, summarize_address_range
from random import Random
from typing import Final

from tests.mutate.facts import Facts, Families, Mutated, Place
from tests.mutate.oracle import NOTHING, exactly
from tests.mutate.spots import every, fits, listed, of_resource, said, with_ports
from tests.mutate.spots import with_value as with_value_of

_BETWEEN: Final = (
    *("-", " - ", "–", " – ", "—", " — ", " to ", "…", " … ", "...", " ... ", " through "),
    *("‑", "−", " − ", "‒", "..", " .. ", "&ndash;", "&hellip;", "&#8211;", " thru ", "~"),
    *("<br>-<br>", " -<br>", "<br>to<br>", "<br>– ", " &mdash;<br>", "<b>-</b>", " <i>to</i> "),
    *("&nbsp;-&nbsp;", "\u2009–\u2009", "-\u200b", "<wbr>-<wbr>", "<span> – </span>"),
    *("…<br>", "\n-\n", " up to ", " till ", "->", " → ", "÷", " bis ", " a "),
)
_PORTS: Final = ((22543, 22550), (50000, 50100), (5000, 5010), (1024, 65535), (80, 443))
_CELLS: Final = (
    *("{} TCP", "TCP {}", "TCP: {}", "{} (TCP)", "TCP ports {}", "{}/tcp", "TCP/{}"),
    *("ports {} TCP", "TCP (between {})", "TCP ({})", "TCP port range {}"),
)
_WRONG: Final = (
    *("22550-22543 TCP", "TCP 50100 to 50000", "22543-22550-22560 TCP", "50000-100 TCP"),
    *(
        "5010 … 5000 TCP",
        "TCP 5000-10",
        "5000-5010-TCP-5020",
        "TCP 5000 – 4999",
        "5000-70000 TCP",
    ),
    *("22543…TCP", "… 5000 TCP", "TCP 5000 ... ", "TCP 5000-<br>", "between 5000 TCP and"),
    *("5000 TCP - 5010 UDP", "5000-5010/5020 TCP - 5030", "from 5000 TCP", "5000 TCP onwards"),
    *("5000 TCP and above", "TCP >= 5000", "5000 TCP ff.", "TCP 5000 et seq.", "5000-x TCP"),
)
_SPANS: Final = (("52.10.11.0", 15), ("52.10.11.12", 3), ("198.18.0.250", 10), ("3.5.7.9", 1))
_WRONG_SPANS: Final = (
    *("52.10.11.15-52.10.11.0", "52.10.11.15 … 52.10.11.0", "52.10.11.15 to 52.10.11.0"),
    *("52.10.11.0-", "52.10.11.0 …", "- 52.10.11.15", "52.10.11.0-52.10.11.256"),
    *("52.10.11.0-52.10.11.7-52.10.11.15", "52.10.11.0/28-52.10.12.0/28", "52.10.11.9-3"),
    *("52.10.11.x", "52.10.11.[15-0]", "52.10.11.0 and above", "52.10.11.*"),
)
_SHORT: Final = ("{start}-{octet}", "{start} - {octet}", "{stem}.[{first}-{octet}]")
_SHORT_TOO: Final = (
    "{start}–{octet}",
    "{stem}.{first}-.{octet}",
    "{stem}.{{{first}..{octet}}}",
)


def ports_between(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A range of ports, by any sign or word."""
    place, (start, end) = dice.choice(facts.places), dice.choice(_PORTS)
    sign = every(list(_BETWEEN), dice, facts)
    source = dice.choice(_CELLS).format(f"{start}{sign}{end}")
    oracle = exactly(said(facts, place, f"tcp/{start}-{end}"), words=False)
    return Mutated(with_ports(facts, place, source), f"ports of {place}: {source!r}", oracle)


def ports_in_a_list(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A range of ports among single ones."""
    place, (start, end) = dice.choice(facts.places), dice.choice(_PORTS[:3])
    sign = every([sign for sign in _BETWEEN if "," not in sign], dice, facts)
    form = dice.choice(("443, {} UDP", "UDP {}, 443", "UDP 443, {}", "443 and {} UDP"))
    source = form.format(f"{start}{sign}{end}")
    oracle = exactly(said(facts, place, "udp/443-443", f"udp/{start}-{end}"), words=False)
    return Mutated(with_ports(facts, place, source), f"ports of {place}: {source!r}", oracle)


def ports_astray(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A range that runs backwards, has no end, or three of them."""
    place, source = dice.choice(facts.places), every(list(_WRONG), dice, facts)
    if source is None:
        return None
    return Mutated(with_ports(facts, place, source), f"ports of {place}: {source!r}", NOTHING)


def addresses_between(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A range of addresses, by any sign or word."""
    start, more = dice.choice(_SPANS)
    end = str(IPv4Address(start) + more)
    sign = every(list(_BETWEEN), dice, facts)
    return _in_a_list(page, dice, facts, f"{start}{sign}{end}", start, end)


def addresses_in_short(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A range of addresses whose end is its last number."""
    start, more = dice.choice([span for span in _SPANS if _octets(span)])
    end = str(IPv4Address(start) + more)
    stem, _, first = start.rpartition(".")
    form = dice.choice((*_SHORT, *_SHORT_TOO))
    octet = end.rpartition(".")[2]
    source = form.format(start=start, stem=stem, first=first, octet=octet)
    return _in_a_list(page, dice, facts, source, start, end)


def addresses_astray(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A range of addresses that runs backwards, or has no end."""
    place, at = _address(dice, facts)
    source = dice.choice(_WRONG_SPANS)
    changed = with_value_of(facts, place, at, source)
    return Mutated(changed, f"value {at + 1} of {place}: {source!r}", NOTHING)


def range_over_items(page: str, dice: Random, facts: Facts) -> Mutated | None:
    """A range whose ends are two items of a list."""
    if facts.markup not in {"table-spans", "index", "tabs", "accordion", "boxes", "aria"}:
        return None
    start, more = dice.choice(_SPANS)
    end = str(IPv4Address(start) + more)
    sign = dice.choice((" -</li><li>", "</li><li>- ", "</li><li>to</li><li>", " …</li><li>"))
    return _in_a_list(page, dice, facts, f"{start}{sign}{end}", start, end)


def _octets(span: tuple[str, int]) -> bool:
    """Whether the ends of the range differ in their last number only."""
    return int(span[0].rpartition(".")[2]) + span[1] < 256


def _address(dice: Random, facts: Facts) -> tuple[Place, int]:
    return dice.choice([(p, n) for p, n in listed(facts) if facts.resource(p).addresses])


def _in_a_list(
    page: str, dice: Random, facts: Facts, source: str, start: str, end: str
) -> Mutated | None:
    """The range in place of one listed address, read as the networks that it is made of."""
    if not fits(facts, source):
        return None
    place, at = _address(dice, facts)
    old = list(facts.resource(place).addresses)
    at = min(at, len(old) - 1)
    networks = summarize_address_range(IPv4Address(start), IPv4Address(end))
    old[at : at + 1] = [str(net).removesuffix("/32") for net in networks]
    entries = of_resource(facts, place, addresses=tuple(old))
    changed = with_value_of(facts, place, len(facts.resource(place).listed_hosts) + at, source)
    return Mutated(changed, f"{source!r} of {place}", exactly(entries, words=False))


FAMILIES: Families = {
    "port ranges": (ports_between, ports_between, ports_in_a_list, ports_astray),
    "address ranges": (
        addresses_between,
        addresses_between,
        addresses_in_short,
        addresses_astray,
        range_over_items,
    ),
}
