"""A ruleset as `nft -j list ruleset` prints it (libnftables-json(5)), sets and jumps included.

Also our own nftables.nft, which is no JSON. Tables of family ip, ip6 and inet, chains of type
filter; nat and mangle rules let nothing through.
"""

from __future__ import annotations

from typing import Any

from tracker.audit.parsed_config import Dump, DumpError, Sets, Unread, place
from tracker.audit.readers import Reader
from tracker.audit.readers._chains import openings
from tracker.audit.readers._flows import Chain
from tracker.audit.readers._json import Odd, decoded, items, starts_like, table, text
from tracker.audit.readers._nft import Ruleset, rules_of
from tracker.audit.readers._own import own
from tracker.formats import nftables
from tracker.formats._nft_plan import cannot
from tracker.text import clean

_FAMILIES = {"ip": (4,), "ip6": (6,), "inet": (4, 6)}


def read(content: str, _: Sets) -> Dump:
    """The openings of a ruleset. Raises DumpError for what is no ruleset."""
    if not content.lstrip().startswith("{"):
        return own(content, nftables.FORMAT)
    dump, rules = Dump(), Ruleset()
    try:
        objects = items(table(decoded(content), "the file").get("nftables"))
        for each in objects:
            _declare(table(each, "an object"), rules)
    except Odd as odd:
        raise DumpError(f"is no ruleset of nft -j: {odd}") from None
    for number, each in enumerate(objects):
        if "rule" in each:
            _add_rule(each["rule"], number, rules, dump)
    openings(rules.chains, dump)
    return dump


def _declare(each: dict[str, Any], rules: Ruleset) -> None:
    """A chain or set, known before the rules that name it. Raises Odd."""
    for kind in each.keys() & {"chain", "set", "map"}:
        body = table(each[kind], kind)
        name, where = text(body.get("name"), "name"), _table(body)
        if kind == "chain":
            if families := _FAMILIES.get(text(body.get("family"), "family")):
                rules.chains[f"{where} {name}"] = _chain(body, f"{where} {name}", families)
        else:
            rules.sets[f"{where} {name}"] = body


def _chain(body: dict[str, Any], name: str, families: tuple[int, ...]) -> Chain:
    chain = Chain(name, place(0, f"chain {name}"), families)
    hook = body.get("hook")
    if body.get("type") == "filter" and hook in ("input", "forward", "output"):
        chain.hook = hook
        chain.policy = "drop" if body.get("policy") == "drop" else "accept"
    return chain


def _add_rule(body: Any, number: int, rules: Ruleset, dump: Dump) -> None:
    """One rule into its chain, or among what is not understood."""
    at = place(0, f"rule {number}")
    try:
        body = table(body, "a rule")
        name = f"{_table(body)} {text(body.get('chain'), 'chain')}"
        said = f" {clean(str(body['comment']))}" if "comment" in body else ""
        at = place(0, f"{name} handle {body.get('handle', number)}{said}")
        if body.get("family") not in (*_FAMILIES,):
            return  # bridge, arp and netdev: below addresses and ports
        if name not in rules.chains:
            raise Odd("its chain is not in the file")
        rules.chains[name].rules += rules_of(body, at, _table(body), rules)
    except Odd as odd:
        dump.unread.append(Unread(at, str(odd)))


def _table(body: dict[str, Any]) -> str:
    return f"{text(body.get('family'), 'family')} {text(body.get('table'), 'table')}"


READER = Reader(
    name="nftables",
    about="a ruleset of nftables",
    export="nft -j list ruleset > nft.json",
    sniff=lambda start: starts_like(start, "nftables") or "\nadd rule inet filter " in start,
    read=read,
    cannot=cannot,
    fix="nftables",
)
